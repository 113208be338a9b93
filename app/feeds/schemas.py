"""What feeds may be asked for, and how a JSON Feed looks."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from app.core.dates import Instant
from app.core.pagination import DEFAULT_LIMIT, Limit, Truth, Whole
from app.core.schemas import is_none
from app.core.text import Reference, Tag
from app.ledger.schemas import EventTypes
from app.record.schemas import AskedAfter, AskedBefore

VERSION: Literal["https://jsonfeed.org/version/1.1"] = "https://jsonfeed.org/version/1.1"


class FeedFilters(BaseModel):
    """Which events a feed has: the newest ones of those that were chosen."""

    limit: Limit = DEFAULT_LIMIT
    before: Annotated[
        Whole | None,
        Field(ge=1, le=2**53, description="Only events with a lower seq: an older page."),
    ] = None
    type: EventTypes = None
    company: Reference | None = None
    question: Reference | None = None
    dossier: Annotated[
        Reference | None,
        Field(description="About a question that was in it then, or about the dossier itself."),
    ] = None
    topic: Annotated[Tag | None, Field(description="About a question that had it then.")] = None


class JsonFeedAuthor(BaseModel):
    """Who made an event."""

    name: str = Field(description="The event's `actor`.")


class JsonFeedItem(BaseModel):
    """One event. It never changes, unless something in it is redacted."""

    id: str = Field(description="The same for ever, and wherever the record is served.")
    url: str = Field(description="The event itself.")
    external_url: str = Field(description="What it is about.")
    title: str
    content_html: str
    date_published: Instant
    date_modified: Instant
    authors: list[JsonFeedAuthor]
    tags: list[str] = Field(description="The event's type, and the company's slug.")


class JsonFeed(BaseModel):
    """A page of a feed (JSON Feed 1.1), newest first."""

    version: Literal["https://jsonfeed.org/version/1.1"]
    title: str
    home_page_url: str
    feed_url: str
    description: str
    next_url: str | None = Field(
        None, exclude_if=is_none, description="Older events; left out when there are none."
    )
    language: Literal["en"]
    items: list[JsonFeedItem]


class CalendarFilters(BaseModel):
    """Which questions a calendar has, of those that are to be answered by a date."""

    company: Reference | None = None
    asker: Reference | None = None
    dossier: Reference | None = None
    topic: Tag | None = None
    state: Annotated[
        str | None,
        Field(
            max_length=120,
            description="One or more states, joined by commas; left out: the open ones.",
            examples=["unanswered,declined"],
        ),
    ] = None
    open: Annotated[Truth | None, Field(description="`false`: those that are answered.")] = None
    overdue: Truth | None = None
    asked_after: AskedAfter = None
    asked_before: AskedBefore = None
