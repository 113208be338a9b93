"""`/v1/events`: the ledger as clients poll it."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from app.core.docs import LISTS, READS
from app.core.pagination import Pager, Whole
from app.core.routing import StrictRoute
from app.core.sessions import Paging, PublicUrl, ReadSession
from app.ledger import queries
from app.ledger.schemas import EventFilters, EventPage, EventRead

router = APIRouter(prefix="/v1/events", tags=["events"], route_class=StrictRoute)


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
    return EventPage(
        data=[EventRead.of(row, public_url) for row in shown],
        has_more=has_more,
        next_cursor=cursor,
        poll_url=_poll_url(pager, reached),
    )


@router.get("/{seq}", operation_id="getEvent", responses=READS)
async def get_event(
    session: ReadSession,
    public_url: PublicUrl,
    seq: Annotated[Whole, Path(ge=1, le=2**53, description="The event's number.")],
) -> EventRead:
    """Get one entry of the ledger. It never changes."""
    return EventRead.of(await queries.get(session, seq), public_url)


def _poll_url(pager: Pager, reached: int) -> str:
    return pager.url(after=str(reached))
