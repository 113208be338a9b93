"""The table of drafts. It is not recorded in the ledger, which is public in full."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Index, LargeBinary, text
from sqlmodel import Field, SQLModel

from app.core.tables import CanonicalJson, Key, reference


class DraftStatus(StrEnum):
    """What became of a draft.

    `waiting` for its hour or for `POST …/publish`; `published`: it is on the record; `failed`: its
    hour came, it did not fit, and nothing of it was written. An edit makes it wait again.
    """

    WAITING = "waiting"
    PUBLISHED = "published"
    FAILED = "failed"


WAITING = text("status = 'waiting'")


class Draft(SQLModel, table=True):
    """A write that is not on the record yet.

    content: its title, the write and the problem, sealed (`drafts.contents`). key_id: of the key
    that saved it last, in whose name it is published. result: what was made, public by then.
    """

    __tablename__ = "draft"
    __table_args__ = (
        Index("ix_draft_due", "publish_at", "id", sqlite_where=WAITING, postgresql_where=WAITING),
    )

    id: str = Field(primary_key=True, sa_type=Key)
    key_id: str = reference("api_key.id")
    kind: str = Field(sa_type=Key)
    status: str = Field(sa_type=Key)
    publish_at: datetime | None
    content: bytes = Field(sa_type=LargeBinary)
    result: dict[str, Any] | None = Field(sa_type=CanonicalJson)
    created_by: str
    updated_by: str
    created_at: datetime
    updated_at: datetime
    version: int = 1
