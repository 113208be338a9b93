"""Statements and responses as clients see and send them."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from app.core.dates import EdtfDate, Instant
from app.core.pagination import Page, PageQuery
from app.core.schemas import Body, Ref, is_none
from app.core.text import Language, Line, Prose, Reference, Title
from app.questions.schemas import CorrectedRead, ResponseCreate
from app.questions.state import Verdict
from app.sources.schemas import EXAMPLE as SOURCE_EXAMPLE
from app.sources.schemas import Citation, SourceRead, SourceRef
from app.statements.models import StatementKind

EXAMPLE: dict[str, Any] = {
    "company": "microsoft",
    "kind": "publication",
    "title": "Statement on the technology provided to the Israeli military",
    "published_on": "2025-05",
    "lang": "en",
    "source": SOURCE_EXAMPLE,
    "responses": [{"question": "microsoft-external-firm-name", "verdict": "nonresponsive"}],
}


class StatementCreate(Body):
    """A new statement, with how it bears on questions."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    company: Reference
    kind: StatementKind
    title: Title
    published_on: EdtfDate
    lang: Language
    source: Citation
    summary: Prose | None = None
    attributed_to: Line | None = Field(None, description="Who spoke; null when it is unsigned.")
    responses: Annotated[list[ResponseCreate], Field(max_length=200)] = []


class StatementRef(BaseModel):
    """A statement, short."""

    id: str = Field(examples=["statement_01jv8z4x9kf3t8w2m5r7c1q0ab"])
    kind: StatementKind
    title: str
    published_on: EdtfDate
    attributed_to: str | None
    url: str


class QuestionRef(BaseModel):
    """A question, short."""

    id: str
    slug: str
    text: str


class ResponseRead(BaseModel):
    """How a statement bears on a question."""

    id: str = Field(examples=["response_01jv8z4x9kf3t8w2m5r7c1q0ab"])
    question: QuestionRef
    verdict: Verdict
    effective_on: EdtfDate = Field(description="When the statement was made.")
    excerpt: str | None
    rationale: str | None
    recorded_at: Instant
    corrected: CorrectedRead | None = Field(description="Set when it was retracted.")
    statement: "StatementRead | StatementRef"


class StatementRead(BaseModel):
    """One thing a company said, or its refusal to speak."""

    id: str = Field(examples=["statement_01jv8z4x9kf3t8w2m5r7c1q0ab"])
    url: str
    company: Ref
    kind: StatementKind
    title: str
    published_on: EdtfDate
    lang: str
    summary: str | None
    attributed_to: str | None
    source: SourceRead | SourceRef
    response_count: int
    recorded_at: Instant
    corrected: CorrectedRead | None = Field(description="Set when it was retracted.")
    version: int
    responses: list[ResponseRead] | None = Field(
        None, exclude_if=is_none, description="Only with `expand=responses`."
    )


class StatementPage(Page[StatementRead]):
    """A page of statements."""


class StatementFilters(PageQuery):
    """Which statements to list."""

    company: Reference | None = None
    question: Reference | None = None
    kind: StatementKind | None = None
    expand: Annotated[
        str | None,
        Field(max_length=80, description="`responses`, `source`, or both joined by a comma."),
    ] = None
