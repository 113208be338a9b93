"""What Atom and JSON Feed have in common: a feed, and one entry for each event."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from typing import Any, Self
from urllib.parse import quote, urlencode

from pydantic import BaseModel

from app.feeds.schemas import FeedFilters
from app.ledger.schemas import EventRead

PATH = "/v1/feeds/events"
DESCRIPTION = "What changed on the public record of questions put to companies, newest first."
IDS = uuid.UUID("b58d4b8e-8c55-5d0b-9a53-6a2c50f4b6c1")
"""The namespace of entries' ids."""
NEVER = datetime(1970, 1, 1, tzinfo=UTC)
"""When a feed without entries was updated: it must say something that does not change."""
PAGING = ("limit", "before")


@dataclass(frozen=True)
class Entry:
    """One event, as an entry of a feed. html: what happened, for people."""

    event: EventRead
    id: str
    url: str
    html: str

    @classmethod
    def of(cls, row: Any, public_url: str) -> Self:
        """Make the entry of an event.

        Its id is made of the leaf's hash (a version 5 UUID, RFC 9562): it stays when the service
        moves to another address and when something is redacted, and another record, or one that
        was begun anew, never has it for something else.
        """
        event = EventRead.of(row, public_url)
        url = f"{public_url}/v1/events/{event.seq}"
        return cls(event, uuid.uuid5(IDS, event.leaf_hash).urn, url, _html(event, url))


@dataclass(frozen=True)
class Feed:
    """A page of a feed. next_url: that of the older page, None when there is none."""

    title: str
    id: str
    self_url: str
    first_url: str
    next_url: str | None
    home_url: str
    entries: list[Entry]

    @classmethod
    def of(cls, rows: Sequence[Any], filters: FeedFilters, public_url: str, form: str) -> Self:
        """Make a page of up to one row more than it may have. form: the end of its address."""
        start = f"{public_url}{PATH}.{form}"
        shown = rows[: filters.limit]
        older = {"before": shown[-1].seq} if len(rows) > filters.limit else None
        return cls(
            title=title("Answerable", filters),
            id=address(start, filters, without=PAGING),
            self_url=address(start, filters),
            first_url=address(start, filters, without=("before",)),
            next_url=address(start, filters.model_copy(update=older)) if older else None,
            home_url=_home(filters, public_url),
            entries=[Entry.of(row, public_url) for row in shown],
        )

    @property
    def updated(self) -> datetime:
        """When its newest event was recorded."""
        return self.entries[0].event.recorded_at if self.entries else NEVER


def title(start: str, filters: BaseModel) -> str:
    """Name what a feed or calendar has, by its filters."""
    chosen = _given(filters, PAGING)
    return " · ".join([start, *(f"{name} {value}" for name, value in chosen.items())])


def address(start: str, filters: BaseModel, without: Sequence[str] = ()) -> str:
    """Return an address with the filters that are given, always in the same order."""
    query = urlencode(sorted(_given(filters, without).items()), safe=",:")
    return f"{start}?{query}" if query else start


def _given(filters: BaseModel, without: Sequence[str]) -> dict[str, str]:
    given = filters.model_dump(mode="json", exclude_defaults=True, exclude=set(without))
    return {name: _text(value) for name, value in given.items()}


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _home(filters: FeedFilters, public_url: str) -> str:
    """Return the address of what the feed is about."""
    for reference, path in (
        (filters.question, "/q/"),
        (filters.dossier, "/v1/dossiers/"),
        (filters.company, "/v1/companies/"),
        (filters.topic, "/v1/questions?topic="),
    ):
        if reference is not None:
            return f"{public_url}{path}{quote(reference, safe='')}"
    return f"{public_url}/v1/events"


def _html(event: EventRead, url: str) -> str:
    """Say what happened, with all that people wrote escaped."""
    said = [event.summary]
    if "from" in event.data and "to" in event.data:
        said.append(f"From “{event.data['from']}” to “{event.data['to']}”.")
    if event.reason:
        said.append(f"Reason: {event.reason}")
    if event.effective_on:
        said.append(f"Effective on {event.effective_on}.")
    said.append(f"Entry {event.seq} of the ledger, recorded by {event.actor}.")
    if event.redacted:
        said.append("A part of this entry was redacted.")
    texts = [escape(" ".join(line.split())) for line in said]
    about = "The question" if event.question else "On the record"
    links = f'<a href="{escape(event.url)}">{about}</a> · <a href="{escape(url)}">This entry</a>'
    return "".join(f"<p>{text}</p>" for text in [*texts, links])
