"""The tables of imports: what is on the record of one, and the private note of how it goes."""

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

from sqlalchemy import BigInteger, Text
from sqlmodel import Field, SQLModel

from app.core.tables import Key
from app.ledger.models import REDACTED, Headline, Recorded


class ImportKind(StrEnum):
    """What the rows of a file are."""

    QUESTIONS = "questions"
    TIMELINE = "timeline"


class ImportStatus(StrEnum):
    """How far an import has come.

    `running` is under way, `done` is on the record (or, as a dry run, would be), `refused` had rows
    that are not right and left nothing, `failed` ended on a fault of ours, `interrupted` ended with
    the process that did it; neither left anything. `undone` was taken back.
    """

    RUNNING = "running"
    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"
    INTERRUPTED = "interrupted"
    UNDONE = "undone"


class Import(Recorded, table=True):
    """That a file was imported: the last event of its batch, which is `first_seq` to `last_seq`.

    sha256: of the file. rows: in it, of which so many were created, updated or left as they were.
    undone_first_seq, undone_last_seq: the batch that took it back.
    """

    __tablename__ = "import"
    __personal__: ClassVar[dict[str, Any]] = {"undone_reason": REDACTED}

    kind: str = Field(sa_type=Key)
    sha256: str = Field(sa_type=Key)
    rows: int
    created: int
    updated: int
    unchanged: int
    first_seq: int = Field(sa_type=BigInteger)
    last_seq: int = Field(sa_type=BigInteger)
    undone_first_seq: int | None = Field(default=None, sa_type=BigInteger)
    undone_last_seq: int | None = Field(default=None, sa_type=BigInteger)
    undone_reason: str | None = Field(default=None, sa_type=Text)

    def headline(self, previous: dict[str, Any] | None, note: dict[str, Any]) -> Headline:
        """Describe an import, or that it was undone, without a word of its rows."""
        if previous is not None:
            return Headline(
                type="import.undone",
                summary=(
                    f"An import of {self.rows:,} rows was undone: what it had recorded, in events"
                    f" {self.first_seq} to {self.last_seq}, was corrected."
                ),
                reason=self.undone_reason,
            )
        what = "questions" if self.kind == ImportKind.QUESTIONS else "timeline entries"
        return Headline(
            type="import.recorded",
            summary=(
                f"A file of {self.rows:,} {what} was imported: {self.created:,} created,"
                f" {self.updated:,} updated. See events {self.first_seq} to {self.last_seq}."
            ),
        )


class ImportJob(SQLModel, table=True):
    """How one import goes or went, for those who may write; it is not on the record.

    report: as JSON; None while there is none, and after a redaction. reported_at: when `rows_done`
    was written.
    """

    __tablename__ = "import_job"

    id: str = Field(primary_key=True, sa_type=Key)
    actor: str
    kind: str = Field(sa_type=Key)
    status: str = Field(sa_type=Key)
    dry_run: bool
    sha256: str = Field(sa_type=Key)
    rows_done: int
    rows_total: int
    created_at: datetime = Field(index=True)
    finished_at: datetime | None = None
    report: str | None = Field(default=None, sa_type=Text)
