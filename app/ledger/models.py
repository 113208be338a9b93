"""The ledger's tables, and the base of every table that is recorded in it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import BigInteger, Index, Text
from sqlmodel import Field, SQLModel

from app.core.tables import CanonicalJson, Key


class LogHead(SQLModel, table=True):
    """How far the ledger has come: one row, whose lock is the ledger lock."""

    __tablename__ = "log_head"

    id: int = Field(primary_key=True)
    seq: int = Field(sa_type=BigInteger)
    recorded_at: datetime


class Event(SQLModel, table=True):
    """One entry of the ledger. Triggers refuse to change or delete it."""

    __tablename__ = "event"
    __table_args__ = (
        Index("ix_event_subject_id_seq", "subject_id", "seq"),
        Index("ix_event_question_id_seq", "question_id", "seq"),
        Index("ix_event_company_id_seq", "company_id", "seq"),
        Index("ix_event_type_seq", "type", "seq"),
    )

    seq: int = Field(
        primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False}
    )
    type: str = Field(sa_type=Key)
    recorded_at: datetime = Field(index=True)
    effective_on: str | None = Field(sa_type=Key)
    actor: str
    reason: str | None = Field(sa_type=Text)
    subject_type: str = Field(sa_type=Key)
    subject_id: str = Field(sa_type=Key)
    subject_slug: str | None = Field(sa_type=Key)
    company_id: str | None = Field(sa_type=Key)
    company_slug: str | None = Field(sa_type=Key)
    question_id: str | None = Field(sa_type=Key)
    summary: str = Field(sa_type=Text)
    data: dict[str, Any] = Field(sa_type=CanonicalJson)


@dataclass(frozen=True)
class Headline:
    """What an event says of a change besides the row's values."""

    type: str
    summary: str
    effective_on: str | None = None
    reason: str | None = None
    slug: str | None = None
    company_id: str | None = None
    company_slug: str | None = None
    question_id: str | None = None
    details: dict[str, Any] = field(default_factory=dict)


STAMPED: Any = Field(default=None, nullable=False)
"""The default of a column that the recorder fills in."""


class Recorded(SQLModel):
    """The base of a table whose every change becomes an event.

    Subclasses say which columns are derived, and so no news, and which hold references; in an
    after-image a reference `company_id` is called `company`, as in the API.
    """

    __derived__: ClassVar[frozenset[str]] = frozenset()
    __references__: ClassVar[dict[str, str]] = {}

    id: str = Field(primary_key=True, sa_type=Key)
    created_at: datetime = STAMPED
    updated_at: datetime = STAMPED
    version: int = Field(default=0, sa_type=BigInteger)

    def headline(self, previous: dict[str, Any] | None, note: dict[str, Any]) -> Headline:
        """Describe this row's change; `previous` is None when the row is new."""
        raise NotImplementedError

    @classmethod
    def recorded_columns(cls) -> list[str]:
        """Name the columns that are in an after-image."""
        kept = {"created_at", "updated_at", "version"} | cls.__derived__
        return [column.key for column in cls.__table__.columns if column.key not in kept]  # type: ignore[attr-defined]

    def image(self) -> dict[str, Any]:
        """Return the after-image: every recorded column under its public name."""
        names = self.__references__
        return {names.get(key, key): getattr(self, key) for key in self.recorded_columns()}

    @classmethod
    def columns_of(cls, image: dict[str, Any]) -> dict[str, Any]:
        """Turn an after-image back into columns."""
        names = cls.__references__
        return {key: image.get(names.get(key, key)) for key in cls.recorded_columns()}
