"""How the ledger's events look to clients."""

from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import BaseModel, Field

from app.core.dates import EdtfDate, Instant
from app.core.pagination import Page, PageQuery, Truth, Whole
from app.core.text import Reference
from app.ledger import flags, leaves, tree
from app.ledger.models import REDACTED


class EventType(StrEnum):
    """What happened."""

    COMPANY_CREATED = "company.created"
    COMPANY_UPDATED = "company.updated"
    COMPANY_MERGED = "company.merged"
    ASKER_CREATED = "asker.created"
    ASKER_UPDATED = "asker.updated"
    ASKER_MERGED = "asker.merged"
    DOSSIER_CREATED = "dossier.created"
    DOSSIER_UPDATED = "dossier.updated"
    SOURCE_CREATED = "source.created"
    SOURCE_UPDATED = "source.updated"
    SOURCE_CHANGED = "source.changed"
    SOURCE_GONE = "source.gone"
    QUESTION_CREATED = "question.created"
    QUESTION_UPDATED = "question.updated"
    QUESTION_MERGED = "question.merged"
    ASK_RECORDED = "ask.recorded"
    STATEMENT_RECORDED = "statement.recorded"
    RESPONSE_RECORDED = "response.recorded"
    RULING_RECORDED = "ruling.recorded"
    QUESTION_STATE_CHANGED = "question.state_changed"
    CORRECTION_RECORDED = "correction.recorded"
    QUESTION_OVERDUE = "question.overdue"
    QUESTION_UNANSWERED_FOR = "question.unanswered_for"
    RECORD_REDACTED = "record.redacted"
    IMPORT_RECORDED = "import.recorded"
    IMPORT_UNDONE = "import.undone"
    KEY_COMPROMISED = "key.compromised"


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
        description=(
            "The name of the key that wrote it; `clock` where time alone made the event,"
            " `source-check` where a check of a source did, `cli` for the operator's command line."
        ),
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
    redacted: list[str] = Field(
        description=(
            "JSON Pointers (RFC 6901) to what was redacted since: something else stands there now."
        ),
        examples=[["/data/object/excerpt"]],
    )
    leaf_hash: str = Field(
        description=(
            "The hash of this event's leaf in the Merkle tree (RFC 6962), in hexadecimal:"
            " `/v1/events/{seq}/proof` proves that it is there."
        ),
        examples=["6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"],
    )

    @classmethod
    def of(cls, row: Any, public_url: str) -> Self:
        """Show an event as clients see it, read from its leaf; `row` has `leaf` and `content`."""
        event, redacted = leaves.opened(row.leaf, row.content)
        return cls.read(
            event, public_url, redacted=redacted, leaf_hash=tree.leaf_hash(row.leaf).hex()
        )

    @classmethod
    def read(
        cls, event: dict[str, Any], public_url: str, *, redacted: list[str], leaf_hash: str
    ) -> Self:
        """Show an event that is opened."""
        data = event["data"]
        return cls(
            seq=event["seq"],
            type=event["type"],
            recorded_at=event["recorded_at"],
            effective_on=event["effective_on"],
            actor=event["actor"],
            reason=event.get("reason"),
            subject=SubjectRead(**event["subject"], slug=data["object"].get("slug")),
            company=event["company"],
            question=event["question"],
            summary=event.get("summary", REDACTED),
            url=f"{public_url}{_page(event)}",
            data=data,
            redacted=redacted,
            leaf_hash=leaf_hash,
        )


def _page(event: dict[str, Any]) -> str:
    if event["question"]:
        return f"/q/{event['question']}"
    subject = event["subject"]
    if subject["type"] == "compromise":
        return flags.REVIEW
    if subject["type"] == "import":  # who imported what is told by the event alone
        return f"/v1/events/{event['seq']}"
    collection = {"company": "companies"}.get(subject["type"], f"{subject['type']}s")
    return f"/v1/{collection}/{subject['id']}"


class EventPage(Page[EventRead]):
    """A page of the ledger."""

    poll_url: str = Field(description="Ask here for what comes next; always there.")


EventTypes = Annotated[
    str | None,
    Field(
        max_length=400,
        description="One or more event types, joined by commas.",
        examples=["question.state_changed"],
    ),
]


class EventSelection(BaseModel):
    """Which events."""

    after: Annotated[
        Whole, Field(ge=0, le=2**53, description="Only events with a greater seq.")
    ] = 0
    type: EventTypes = None
    company: Reference | None = None
    question: Reference | None = None
    flagged: Annotated[
        Truth | None,
        Field(
            description=(
                "`true`: only events to review, because the key that wrote them was later reported"
                " stolen as of then; `false`: only the others. A report (`key.compromised`) flags"
                " what was listed before it: begin again at `after=0` when one comes."
            )
        ),
    ] = None


class EventFilters(PageQuery, EventSelection):
    """Which events to list."""
