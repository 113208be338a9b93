"""How the ledger's events look to clients."""

from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import BaseModel, Field

from app.core.dates import EdtfDate, Instant
from app.core.pagination import Page, PageQuery, Whole
from app.core.text import Reference


class EventType(StrEnum):
    """What happened."""

    COMPANY_CREATED = "company.created"
    COMPANY_UPDATED = "company.updated"
    ASKER_CREATED = "asker.created"
    ASKER_UPDATED = "asker.updated"
    DOSSIER_CREATED = "dossier.created"
    DOSSIER_UPDATED = "dossier.updated"
    SOURCE_CREATED = "source.created"
    SOURCE_UPDATED = "source.updated"
    QUESTION_CREATED = "question.created"
    QUESTION_UPDATED = "question.updated"
    ASK_RECORDED = "ask.recorded"
    STATEMENT_RECORDED = "statement.recorded"
    RESPONSE_RECORDED = "response.recorded"
    RULING_RECORDED = "ruling.recorded"
    QUESTION_STATE_CHANGED = "question.state_changed"
    CORRECTION_RECORDED = "correction.recorded"
    QUESTION_OVERDUE = "question.overdue"
    QUESTION_UNANSWERED_FOR = "question.unanswered_for"


class SubjectRead(BaseModel):
    """What an event is about."""

    type: str = Field(examples=["question"])
    id: str = Field(examples=["question_01jv8z4x9kf3t8w2m5r7c1q0ab"])
    slug: str | None


class EventRead(BaseModel):
    """One entry of the ledger."""

    seq: int = Field(description="Its number: gapless, in the order of commits.")
    type: EventType
    recorded_at: Instant = Field(
        description="When it was recorded; all events of one write share the instant."
    )
    effective_on: EdtfDate | None = Field(description="When it took effect in the world.")
    actor: str = Field(
        description="The name of the key that wrote it; `clock` where time alone made the event.",
        examples=["editor-paris"],
    )
    reason: str | None
    subject: SubjectRead
    company: str | None = Field(description="Slug of the company, as it was then.")
    question: str | None = Field(description="Id of the question.")
    summary: str = Field(description="A sentence that can be posted as it is.", max_length=280)
    url: str
    data: dict[str, Any] = Field(
        description="`object`: all values afterwards; `previous`: those before of what changed."
    )

    @classmethod
    def of(cls, row: Any, public_url: str) -> Self:
        """Show an event's row as clients see it."""
        return cls(
            seq=row.seq,
            type=row.type,
            recorded_at=row.recorded_at,
            effective_on=row.effective_on,
            actor=row.actor,
            reason=row.reason,
            subject=SubjectRead(type=row.subject_type, id=row.subject_id, slug=row.subject_slug),
            company=row.company_slug,
            question=row.question_id,
            summary=row.summary,
            url=f"{public_url}{_page(row)}",
            data=row.data,
        )


def _page(row: Any) -> str:
    if row.question_id:
        return f"/q/{row.question_id}"
    collection = {"company": "companies"}.get(row.subject_type, f"{row.subject_type}s")
    return f"/v1/{collection}/{row.subject_id}"


class EventPage(Page[EventRead]):
    """A page of the ledger."""

    poll_url: str = Field(description="Ask here for what comes next; always there.")


class EventFilters(PageQuery):
    """Which events to list."""

    after: Annotated[
        Whole, Field(ge=0, le=2**53, description="Only events with a greater seq.")
    ] = 0
    type: Annotated[
        str | None,
        Field(
            max_length=400,
            description="One or more event types, joined by commas.",
            examples=["question.state_changed"],
        ),
    ] = None
    company: Reference | None = None
    question: Reference | None = None
