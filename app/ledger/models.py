"""The ledger's tables, and the base of every table that is recorded in it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import BigInteger, Index, LargeBinary, SmallInteger, Text
from sqlmodel import Field, SQLModel

from app.core.tables import Key


class LogHead(SQLModel, table=True):
    """How far the ledger has come: one row, whose lock is the ledger lock.

    peaks: those of the Merkle tree over the leaves, 32 bytes each. opening: 1 if the tree begins
    with a leaf that is no event (a log that follows another one), else 0.
    """

    __tablename__ = "log_head"

    id: int = Field(primary_key=True)
    seq: int = Field(sa_type=BigInteger)
    recorded_at: datetime
    peaks: bytes = Field(default=b"", sa_type=LargeBinary)
    opening: int = Field(default=0, sa_type=SmallInteger)

    @property
    def size(self) -> int:
        """How many leaves the tree has."""
        return self.seq + self.opening


class Event(SQLModel, table=True):
    """One entry of the ledger: its leaf, and the columns by which it is found, which repeat it.

    Triggers refuse to change or delete it.
    """

    __tablename__ = "event"
    __table_args__ = (
        Index("ix_event_subject_id_seq", "subject_id", "seq"),
        Index("ix_event_question_id_seq", "question_id", "seq"),
        Index("ix_event_company_id_seq", "company_id", "seq"),
        Index("ix_event_type_seq", "type", "seq"),
        Index("ix_event_actor_seq", "actor", "seq"),
    )

    seq: int = Field(
        primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False}
    )
    type: str = Field(sa_type=Key)
    recorded_at: datetime = Field(index=True)
    actor: str
    subject_id: str = Field(sa_type=Key)
    company_id: str | None = Field(sa_type=Key)
    question_id: str | None = Field(sa_type=Key)
    leaf: bytes = Field(sa_type=LargeBinary)


class Disclosure(SQLModel, table=True):
    """What opens the salted fields of one event: see `ledger.leaves`. A redaction shortens it."""

    __tablename__ = "disclosure"

    seq: int = Field(
        primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False}
    )
    content: str = Field(sa_type=Text)


class TreeNode(SQLModel, table=True):
    """A complete subtree of the Merkle tree over the leaves, from which it derives.

    address: see `ledger.tree.key`.
    """

    __tablename__ = "tree_node"
    __table_args__ = ({"sqlite_with_rowid": False},)

    address: int = Field(
        primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False}
    )
    hash: bytes = Field(sa_type=LargeBinary)


REDACTED = "[redacted]"
"""What stands in place of a text that was redacted."""


@dataclass(frozen=True)
class Headline:
    """What an event says of a change besides the row's values."""

    type: str
    summary: str
    effective_on: str | None = None
    reason: str | None = None
    company_id: str | None = None
    company_slug: str | None = None
    question_id: str | None = None
    details: dict[str, Any] = field(default_factory=dict)


STAMPED: Any = Field(default=None, nullable=False)
"""The default of a column that the recorder fills in."""


class Recorded(SQLModel):
    """The base of a table whose every change becomes an event.

    Subclasses say which columns are derived, and so no news; which hold references (in an
    after-image a reference `company_id` is called `company`, as in the API); and which may hold
    personal data, each with what stands there when it was redacted.
    """

    __derived__: ClassVar[frozenset[str]] = frozenset()
    __references__: ClassVar[dict[str, str]] = {}
    __personal__: ClassVar[dict[str, Any]] = {}

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


def recorded_models() -> Iterator[type[Recorded]]:
    """Yield the model of every table that is recorded."""
    pending = list(Recorded.__subclasses__())
    for model in pending:
        pending.extend(model.__subclasses__())
        if hasattr(model, "__table__"):
            yield model


def model_of(row_id: str) -> type[Recorded]:
    """Return the model of the row that has this id."""
    kind = row_id.partition("_")[0]
    return next(model for model in recorded_models() if model.__tablename__ == kind)
