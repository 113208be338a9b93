"""Imports as clients see and send them."""

from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from app.core.dates import Instant
from app.core.errors import InvalidProblemRead
from app.core.pagination import Page
from app.core.schemas import Body
from app.core.text import Prose
from app.imports.models import ImportKind, ImportStatus

LISTED = 1000
"""Rows of each outcome that a report lists; it counts all."""
SHOWN = 80
"""Characters of a cell that are shown again."""


class RowOutcome(StrEnum):
    """What becomes of a row."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


class ImportCreates(StrEnum):
    """What an import may put on the record besides the rows, where it is missing."""

    COMPANIES = "companies"
    ASKERS = "askers"
    BOTH = "companies,askers"


class RowNote(BaseModel):
    """What there is to say of a cell: why its row is refused, or what was left as it is."""

    line: int = Field(description="The line of the file on which the row begins.", examples=[17])
    column: str | None = Field(examples=["asked_on"])
    value: str | None = Field(
        description=f"What stands there, at most {SHOWN} characters of it.",
        examples=["05/06/2025"],
    )
    code: str = Field(description="For programs.", examples=["ambiguous_date"])
    message: str = Field(description="What is wrong, and what would be right.")


class RowChange(BaseModel):
    """A value that a row changes."""

    column: str = Field(examples=["topics"])
    before: str | list[str] | None
    after: str | list[str] | None


class RowReport(BaseModel):
    """What becomes of a row."""

    line: int
    outcome: RowOutcome
    external_id: str | None
    id: str | None = Field(
        description=(
            "Of the question, or of the timeline's entry; null where there is none, as in a dry run"
            " of what would be new."
        ),
        examples=["question_01jv8z4x9kf3t8w2m5r7c1q0ab"],
    )
    changes: list[RowChange]
    notes: list[RowNote]


class ImportReport(BaseModel):
    """What became of the rows of a file."""

    created: int
    updated: int
    unchanged: int
    refused: int
    companies: list[str] = Field(description="Companies that were put on the record with it.")
    askers: list[str] = Field(description="Askers that were put on the record with it.")
    rows: list[RowReport] = Field(
        description=f"In the order of the file, at most {LISTED:,} of each outcome."
    )
    is_complete: bool = Field(description="Whether all rows are listed.")


class ImportSummary(BaseModel):
    """An import."""

    id: str = Field(examples=["import_01jv8z4x9kf3t8w2m5r7c1q0ab"])
    url: str
    kind: ImportKind
    status: ImportStatus
    dry_run: bool
    actor: str = Field(description="The name of the key that sent it.", examples=["editor-paris"])
    sha256: str = Field(description="Of the file.")
    rows_done: int
    rows_total: int
    created_at: Instant
    finished_at: Instant | None
    first_seq: int | None = Field(
        description="The first event of what it recorded; null when it recorded nothing."
    )
    last_seq: int | None
    undone_first_seq: int | None = Field(
        description="The first event of what took it back; null while nothing has."
    )
    undone_last_seq: int | None
    undone_reason: str | None


class ImportRead(ImportSummary):
    """An import, with the report of its rows."""

    report: ImportReport | None = Field(
        description=(
            "Null while it is under way, and when it is kept no longer: a report is forgotten after"
            " 30 days, and when something on the record is redacted."
        )
    )


class ImportPage(Page[ImportSummary]):
    """A page of imports."""


class ImportProblemRead(InvalidProblemRead):
    """A file that was refused: nothing of it is on the record."""

    report: ImportReport = Field(description="What is wrong with each row.")


EXAMPLE: dict[str, Any] = {"reason": "The list had last year's dates."}


class ImportUndo(Body):
    """Why an import is taken back."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    reason: Prose = Field(description="Public: it stands in each correction.")


class UndoneEntry(BaseModel):
    """Something that an import recorded, and what becomes of it."""

    target: str = Field(examples=["ask_01jv8z4x9kf3t8w2m5r7c1q0ab"])
    detail: str = Field(description="What was done, or why it is left as it is.")


class ImportUndone(BaseModel):
    """What was taken back of an import."""

    id: str = Field(examples=["import_01jv8z4x9kf3t8w2m5r7c1q0ab"])
    url: str
    first_seq: int | None = Field(description="The first event that took something back.")
    last_seq: int | None
    corrected: int = Field(description="Asks, responses, rulings and statements.")
    withdrawn: int = Field(description="Questions that it had created.")
    restored: int = Field(description="Questions whose edited fields are as they were before.")
    left: list[UndoneEntry] = Field(
        description=f"What is left as it is, and why; at most {LISTED:,}."
    )
    version: int
