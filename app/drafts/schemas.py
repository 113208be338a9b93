"""Drafts as clients see and send them."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from app.core.dates import Instant
from app.core.errors import Fault
from app.core.pagination import Page, PageQuery
from app.core.schemas import OMITTED, Body
from app.core.text import Line
from app.drafts.models import DraftStatus
from app.drafts.writes import DraftKind, Write
from app.statements.schemas import EXAMPLE as STATEMENT_EXAMPLE

EXAMPLE: dict[str, Any] = {
    "title": "For Thursday's front page",
    "publish_at": "2030-01-17T05:00:00Z",
    "write": {"kind": "statement", "body": STATEMENT_EXAMPLE},
}
TITLE = "For those who can see drafts. It is never published."
HOUR = (
    "When it is published; null: only by `POST …/publish`. Dates in the write may go up to its day"
    " (UTC)."
)


class DraftCreate(Body):
    """A write to be kept until it is published."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    write: Write
    title: Line | None = Field(None, description=TITLE)
    publish_at: Instant | None = Field(None, description=HOUR)


class DraftPatch(Body):
    """An edit of a draft: only the fields that are sent change, `write` as a whole."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"publish_at": "2030-01-17T06:00:00Z"}]}
    )

    write: Write = OMITTED
    title: Line | None = None
    publish_at: Instant | None = None


class DraftProblem(BaseModel):
    """Why a draft could not be published: the problem (RFC 9457) that its write would get."""

    type: str = Field(examples=["/problems/conflict"])
    title: str
    status: int = Field(examples=[409])
    detail: str
    errors: list[Fault] = Field(description="Faults with their places, from `/write` on.")


class DraftResult(BaseModel):
    """What a draft became."""

    type: str = Field(description="What it made or changed.", examples=["statement"])
    id: str = Field(examples=["statement_01jv8z4x9kf3t8w2m5r7c1q0ab"])
    url: str = Field(description="Where it can be read.")
    seq: int = Field(description="The last event that it recorded.", examples=[42])


class DraftRead(BaseModel):
    """A write that is, or was, kept until it is published."""

    id: str = Field(examples=["draft_01jv8z4x9kf3t8w2m5r7c1q0ab"])
    title: str | None = Field(description=TITLE)
    kind: DraftKind
    status: DraftStatus
    publish_at: Instant | None = Field(description=HOUR)
    write: Write | None = Field(
        description="Null once it is published: the record has it, at `result`. Null, too, when it"
        " cannot be read any more: then `problem` says why."
    )
    problem: DraftProblem | None = Field(description="What stopped it, when it failed.")
    result: DraftResult | None = Field(description="What it became, once it is published.")
    created_by: str = Field(description="Name of the key that made it.")
    updated_by: str = Field(
        description="Name of the key that saved it last, which answers for it: it is the `actor` of"
        " the events when its hour comes. Once it is published: of the key that published it."
    )
    created_at: Instant
    updated_at: Instant
    version: int


class DraftPage(Page[DraftRead]):
    """A page of drafts."""


class DraftFilters(PageQuery):
    """Which drafts to list."""

    status: DraftStatus | None = None
    kind: DraftKind | None = None
