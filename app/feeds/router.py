"""`/v1/feeds`: what happened, for feed readers; and what is due, for calendars."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse

from app.core.docs import LISTS
from app.core.sessions import PublicUrl, ReadSession
from app.feeds import atom, ical, jsonfeed, queries
from app.feeds.entries import Feed
from app.feeds.schemas import CalendarFilters, FeedFilters, JsonFeed
from app.ledger.public import PublicRoute

router = APIRouter(prefix="/v1/feeds", tags=["feeds"], route_class=PublicRoute)


class JsonFeedResponse(JSONResponse):
    """An answer that is a JSON Feed."""

    media_type = jsonfeed.MEDIA_TYPE


def _documented(media_type: str) -> dict[int | str, dict[str, Any]]:
    return {200: {"content": {media_type: {"schema": {"type": "string"}}}}, **LISTS}


@router.get(
    "/events.atom",
    operation_id="getAtomFeed",
    response_class=Response,
    responses=_documented(atom.MEDIA_TYPE),
)
async def get_atom_feed(
    session: ReadSession,
    public_url: PublicUrl,
    request: Request,
    filters: Annotated[FeedFilters, Query()],
) -> Response:
    """Get the newest events as an Atom feed (RFC 4287), one entry each.

    An entry never changes, unless something in it is redacted. `rel="next"` leads to older ones.
    """
    request.state.is_timeless = True
    feed = Feed.of(await queries.newest(session, filters), filters, public_url, "atom")
    return Response(atom.write(feed, public_url), media_type=atom.MEDIA_TYPE)


@router.get(
    "/events.json", operation_id="getJsonFeed", response_class=JsonFeedResponse, responses=LISTS
)
async def get_json_feed(
    session: ReadSession,
    public_url: PublicUrl,
    request: Request,
    filters: Annotated[FeedFilters, Query()],
) -> JsonFeed:
    """Get the newest events as a JSON Feed 1.1, one item each; `next_url` leads to older ones."""
    request.state.is_timeless = True
    rows = await queries.newest(session, filters)
    return jsonfeed.make(Feed.of(rows, filters, public_url, "json"))


@router.get(
    "/respond_by.ics",
    operation_id="getRespondByCalendar",
    response_class=Response,
    responses=_documented(ical.MEDIA_TYPE),
)
async def get_respond_by_calendar(
    session: ReadSession,
    public_url: PublicUrl,
    request: Request,
    filters: Annotated[CalendarFilters, Query()],
) -> Response:
    """Get the days by which companies were asked to answer, as a calendar (RFC 5545).

    It has open questions, unless `open` or `state` says otherwise; withdrawn ones never, and not
    more than the 1,000 that were asked last. A month or a year is shown on its last day.
    """
    request.state.is_timeless = filters.overdue is None
    body = ical.write(await queries.due(session, filters), filters, public_url)
    headers = {"Content-Disposition": 'inline; filename="respond_by.ics"'}
    return Response(body, media_type=f"{ical.MEDIA_TYPE}; charset=utf-8", headers=headers)
