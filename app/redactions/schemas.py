"""Redactions as clients see and send them."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from app.core.dates import Instant
from app.core.pagination import Page
from app.core.schemas import Body
from app.core.text import Line, Prose, line

EXAMPLE: dict[str, Any] = {
    "seq": 57,
    "pointers": ["/data/object/excerpt"],
    "legal_basis": "GDPR, article 17 (1) (d)",
    "reason": "The excerpt named an employee who is not a public figure.",
}
Pointer: Any = Annotated[
    line(200),
    Field(
        description="Where in the event (RFC 6901), such as `/summary` or `/data/object/excerpt`."
    ),
]


class RedactionCreate(Body):
    """What to make unreadable: fields of one event, and with them the same value elsewhere."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    seq: Annotated[int, Field(strict=True, ge=1, lt=2**53, description="The event's number.")]
    pointers: Annotated[list[Pointer], Field(min_length=1, max_length=50)]
    legal_basis: Line = Field(
        description="Public, such as a court's order or an article of a law. Name nobody here."
    )
    reason: Prose = Field(description="Public. Do not repeat here what is to be redacted.")


class Place(BaseModel):
    """Fields of one event."""

    seq: int
    pointers: list[str]


class RedactionRead(BaseModel):
    """A redaction."""

    id: str = Field(examples=["redaction_01jv8z4x9kf3t8w2m5r7c1q0ab"])
    seq: int
    pointers: list[str]
    legal_basis: str
    reason: str
    places: list[Place] = Field(
        description=(
            "All that became unreadable: the fields asked for; the same values of the same thing in"
            " other events; and summaries and reasons about it that quote them."
        )
    )
    recorded_at: Instant
    version: int


class RedactionCreated(RedactionRead):
    """A redaction with all that went, and where the text can still be read."""

    records: list[str] = Field(
        description=(
            "Ids of the redactions that this made, this one first: one for each question or company"
            " that has a part in it, so that whoever follows it is told. Each has its own `places`."
        )
    )
    remaining: list[Place] = Field(
        description=(
            "Where else on the record the same text stands, whole, at most 100 events: look at"
            " them, and redact them too if they have to go; a slug that was made of it as well."
            " Other things are not searched for texts under 4 characters."
        )
    )


class RedactionPage(Page[RedactionRead]):
    """A page of redactions."""
