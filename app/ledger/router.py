"""`/v1/events`: the ledger as clients poll it."""

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Header, Path, Query, Request, Response
from fastapi.responses import StreamingResponse

from app.core.docs import LISTS, READS
from app.core.pagination import Pager, Whole
from app.core.routing import StrictRoute
from app.core.sessions import Paging, PublicUrl, ReadSession
from app.ledger import queries, stream
from app.ledger.public import TimelessRoute
from app.ledger.schemas import EventFilters, EventPage, EventRead
from app.ledger.stream import EventStream, StreamSelection

FEEDS = {
    "/v1/feeds/events.atom": "application/atom+xml",
    "/v1/feeds/events.json": "application/feed+json",
}
STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {"text/event-stream": {"schema": {"type": "string"}, "example": stream.EXAMPLE}}
    },
    **LISTS,
}

router = APIRouter(prefix="/v1/events", tags=["events"], route_class=TimelessRoute)
streams = APIRouter(route_class=StrictRoute)  # it is no answer that is kept or has an ETag


@router.get("", operation_id="listEvents", responses=LISTS)
async def list_events(
    session: ReadSession,
    pager: Paging,
    public_url: PublicUrl,
    response: Response,
    filters: Annotated[EventFilters, Query()],
) -> EventPage:
    """List what was recorded, in order of seq.

    Every change of the record is here, once. Keep `poll_url` and ask there again: it gives what
    has come since.
    """
    key = pager.read(filters.cursor)
    after = key[0] if key else filters.after
    rows = await queries.page(session, filters, after)
    shown, has_more = rows[: filters.limit], len(rows) > filters.limit
    reached = shown[-1].seq if has_more else max(after, await queries.head(session))
    cursor = pager.write([reached]) if has_more else None
    pager.link(response, cursor)
    if filters.flagged is None:
        _announce_feeds(response, filters, public_url)
    return EventPage(
        data=[EventRead.of(row, public_url) for row in shown],
        has_more=has_more,
        next_cursor=cursor,
        poll_url=_poll_url(pager, reached),
    )


@streams.get(
    "/stream", operation_id="streamEvents", response_class=StreamingResponse, responses=STREAM
)
async def stream_events(
    session: ReadSession,
    request: Request,
    filters: Annotated[StreamSelection, Query()],
    last_event_id: Annotated[
        Whole | None,
        Header(ge=0, le=2**53, description="The last id that you have seen; it outdoes `after`."),
    ] = None,
) -> EventStream:
    """Stream events as they are recorded: Server-Sent Events, for `EventSource` and its like.

    The `data` of a message is the event as `GET /v1/events/{seq}` gives it, its `id` the seq.
    Messages have no name: look at `type`. A block without data only says where you are; a comment
    comes every 15 seconds. Who reads too slowly is cut off, and told where to go on. Nothing is
    left out and nothing comes twice when you come back with `Last-Event-ID`, as browsers do.
    """
    return await stream.begin(request, session, filters, last_event_id)


router.include_router(streams)


@router.get("/{seq}", operation_id="getEvent", responses=READS)
async def get_event(
    session: ReadSession,
    public_url: PublicUrl,
    seq: Annotated[Whole, Path(ge=1, le=2**53, description="The event's number.")],
) -> EventRead:
    """Get one entry of the ledger. Nothing but a redaction changes what it shows."""
    return EventRead.of(await queries.get(session, seq), public_url)


def _poll_url(pager: Pager, reached: int) -> str:
    return pager.url(after=str(reached))


def _announce_feeds(response: Response, filters: EventFilters, public_url: str) -> None:
    """Announce the feeds of the same events in the Link header (RFC 8288)."""
    chosen = {"type": filters.type, "company": filters.company, "question": filters.question}
    query = urlencode({name: value for name, value in chosen.items() if value}, safe=",:")
    links = [response.headers["Link"]] if "Link" in response.headers else []
    for path, kind in FEEDS.items():
        address = f"{public_url}{path}{query and '?'}{query}"
        links.append(f'<{address}>; rel="alternate"; type="{kind}"')
    response.headers["Link"] = ", ".join(links)
