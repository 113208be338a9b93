"""`/v1/stats`: figures about the record, each with what it counts."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from app.core.docs import LISTS
from app.core.sessions import Paging, PublicUrl, ReadSession, database_of
from app.ledger.public import PublicRoute
from app.record import viewpoint
from app.stats import answers, series
from app.stats.schemas import SeriesFilters, StatsFilters, StatsRead, TimeseriesRead

router = APIRouter(prefix="/v1/stats", tags=["stats"], route_class=PublicRoute)


@router.get("", operation_id="getStats", responses=LISTS)
async def get_stats(
    pager: Paging,
    public_url: PublicUrl,
    request: Request,
    response: Response,
    filters: Annotated[StatsFilters, Query()],
) -> StatsRead:
    """Get figures about the questions that match, and with `group_by` about each group of them.

    Every figure says what it counts, of how many, and what was left out for its age. Groups come
    in pages, the largest first. An answer for a past `known_at` never changes.
    """
    after, database = pager.read(filters.cursor), database_of(request)
    if answers.is_quick(filters):
        return await database.look(lambda read: answers.at_once(read, filters, public_url))
    async with database.reading() as session:
        view = await viewpoint.look(database, session, filters.as_of, filters.known_at)
        found, groups = await answers.read(session, filters, view, public_url, after)
    _, cursor = pager.cut(
        response, groups, filters.limit, lambda group: [group.tally.total, group.key]
    )
    return found.model_copy(update={"has_more": cursor is not None, "next_cursor": cursor})


@router.get("/timeseries", operation_id="getTimeseries", responses=LISTS)
async def get_timeseries(
    session: ReadSession,
    request: Request,
    filters: Annotated[SeriesFilters, Query()],
) -> TimeseriesRead:
    """Get how many questions stood where at the end of each week, month or year.

    All as this record has it now, or had it at `known_at`: a date that was corrected later counts
    as corrected. The period that is running ends today, or at `as_of`, and says so.
    """
    view = await viewpoint.look(database_of(request), session, filters.as_of, filters.known_at)
    return await series.read(session, filters, view)
