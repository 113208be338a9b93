"""The stream of events: Server-Sent Events, as the HTML standard describes them (section 9.2).

Every event of the ledger is a message, with its seq as id and the event's JSON as data. None has a
name: browsers show named messages only to those who listen for each name, and the JSON has `type`.
The first lines say when to come back, and give an id even before the first message, so that who
loses the connection then comes back to where it was.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.types import Receive, Scope, Send

from app.core.errors import Invalid, Location
from app.core.pagination import Whole
from app.core.sessions import database_of
from app.core.text import Reference
from app.ledger import queries
from app.ledger.following import Follower, Reader, Wanted
from app.ledger.schemas import EventRead, EventSelection, EventTypes

HEARTBEAT = 15.0
"""Seconds without an event after which a comment keeps the connection from being closed."""
RETRY = 3000
"""Milliseconds after which a browser comes back."""
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
"""The second keeps nginx from holding events back."""
EXAMPLE = 'retry: 3000\nid: 41\n\nid: 42\ndata: {"seq":42,"type":"question.state_changed",…}\n\n'


class StreamSelection(BaseModel):
    """Which events to stream, and from where on."""

    after: Annotated[
        Whole | None,
        Field(
            ge=0,
            le=2**53,
            description=(
                "Begin with what came after this seq; `0` begins with the first event. Left out:"
                " only what is recorded from now on."
            ),
        ),
    ] = None
    type: EventTypes = None
    company: Reference | None = None
    question: Reference | None = None


class EventStream(StreamingResponse):
    """Sends a reader what it wants, until it leaves, reads too slowly, or the server ends."""

    media_type = "text/event-stream"

    def __init__(self, follower: Follower, reader: Reader, head: int) -> None:
        self._follower = follower
        self._reader = reader
        self._head = head
        super().__init__(self._pieces(), headers=HEADERS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send all, and free what it takes however it ends.

        Raises:
            Unavailable: there are too many readers.
        """
        self._follower.join(self._reader, self._head)
        watching = asyncio.create_task(self._watch(receive))
        try:
            await self.stream_response(send)
        finally:
            watching.cancel()
            self._follower.leave(self._reader)

    async def _watch(self, receive: Receive) -> None:
        """Wait until the client has left."""
        while (await receive())["type"] != "http.disconnect":
            pass
        self._reader.end("")

    async def _pieces(self) -> AsyncIterator[bytes]:
        reader = self._reader
        yield f"retry: {RETRY}\nid: {reader.seq}\n\n".encode()
        while reader.ending is None:
            written = reader.take()
            if written is not None:
                yield written
            elif not reader.is_live:
                await self._follower.catch_up(reader)
            elif not await reader.news(HEARTBEAT):
                yield b": heartbeat\n"  # no empty line: some clients would take it for a message
        if reader.ending:
            yield f": {reader.ending}, resume with Last-Event-ID: {reader.seq}\n\n".encode()


async def begin(
    request: Request,
    session: AsyncSession,
    filters: StreamSelection,
    last_event_id: int | None,
) -> EventStream:
    """Make the answer that streams; the session is not needed any more when it is sent.

    Raises:
        Invalid: a filter names nothing that there is, or the ledger has not come so far.
    """
    follower = _follower_of(request)
    wanted = await _wanted(session, filters)
    head = await queries.head(session)
    if last_event_id is not None:
        _check(last_event_id, head, "/last-event-id", "header")
        return EventStream(follower, Reader(wanted, last_event_id), head)
    if filters.after is not None:
        _check(filters.after, head, "/after", "query")
        return EventStream(follower, Reader(wanted, filters.after), head)
    return EventStream(follower, Reader(wanted, head), head)


def _follower_of(request: Request) -> Follower:
    """Return the application's follower; the first reader brings it into being."""
    state, database = request.app.state, database_of(request)
    follower: Follower | None = getattr(state, "follower", None)
    if follower is None or follower.database is not database:
        url = request.app.state.settings.public_url
        follower = state.follower = Follower(database, lambda row: _message(row, url))
        getattr(request.state, "ending", []).append(follower.end)
    return follower


def _message(row: Any, url: str) -> bytes:
    return f"id: {row.seq}\ndata: {EventRead.of(row, url).model_dump_json()}\n\n".encode()


async def _wanted(session: AsyncSession, filters: StreamSelection) -> Wanted:
    selection = EventSelection(**filters.model_dump(exclude={"after"}))
    conditions = await queries.conditions(session, selection)
    ids = {
        kind: frozenset(await queries.named(session, kind, reference))
        for kind in ("company", "question")
        if (reference := getattr(filters, kind)) is not None
    }
    return Wanted(
        conditions,
        types=None
        if filters.type is None
        else frozenset(part.strip() for part in filters.type.split(",")),
        company_ids=ids.get("company"),
        question_ids=ids.get("question"),
    )


def _check(after: int, head: int, pointer: str, location: Location) -> None:
    """Refuse to wait for what may never come: a ledger that was restored would be silent."""
    if after > head:
        detail = f"The ledger has come to {head}, and not so far. Give that number or a lower one."
        raise Invalid.at(pointer, detail, code="not_reached", location=location)
