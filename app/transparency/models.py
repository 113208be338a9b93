"""The tables of the transparency log: which log it is, who signs it, and what was published."""

from datetime import datetime

from sqlalchemy import BigInteger, Text
from sqlmodel import Field, SQLModel

from app.core.tables import table_of


class Log(SQLModel, table=True):
    """One log over the ledger; the last is the one that goes on.

    There is a second only when a history was lost. It then begins with a leaf that is no event,
    `opening`, which embeds the last checkpoint of the one before.
    """

    __tablename__ = "log"

    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    origin: str
    opened_at: datetime
    opening: str | None = Field(sa_type=Text)


class LogKey(SQLModel, table=True):
    """A key that signs, or has signed, a log: its public half. The private one is never here."""

    __tablename__ = "log_key"

    vkey: str = Field(primary_key=True, sa_type=Text)
    added_at: datetime


class Published(SQLModel, table=True):
    """The newest checkpoint that witnesses were asked to cosign, with their cosignatures."""

    __tablename__ = "log_checkpoint"

    id: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    size: int = Field(sa_type=BigInteger)
    note: str = Field(sa_type=Text)
    published_at: datetime


LOG, KEY, PUBLISHED = table_of(Log), table_of(LogKey), table_of(Published)
