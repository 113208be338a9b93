"""`/v1/sources`."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from app.auth.sessions import EditorSession
from app.core.docs import CREATES, EDITS, LISTS, READS
from app.core.routing import StrictRoute
from app.core.sessions import IfMatch, Paging, ReadSession
from app.sources import queries, service
from app.sources.models import Source
from app.sources.schemas import SourceCreate, SourceDetail, SourceFilters, SourcePage, SourcePatch

FOUND: dict[int | str, dict[str, Any]] = {
    200: {"model": SourceDetail, "description": "It was on the record already."}
}

router = APIRouter(prefix="/v1/sources", tags=["sources"], route_class=StrictRoute)


@router.get("", operation_id="listSources", responses=LISTS)
async def list_sources(
    session: ReadSession,
    pager: Paging,
    response: Response,
    filters: Annotated[SourceFilters, Query()],
) -> SourcePage:
    """List the documents that are cited, oldest first."""
    after = pager.read(filters.cursor)
    rows = await queries.page(session, filters, after[0] if after else None)
    shown, cursor = pager.cut(response, rows, filters.limit, lambda row: [row.id])
    data = [to_read(row) for row in shown]
    return SourcePage(data=data, has_more=cursor is not None, next_cursor=cursor)


@router.get("/{source}", operation_id="getSource", responses=READS)
async def get_source(session: ReadSession, request: Request, source: str) -> SourceDetail:
    """Get a source by its id, with what the last check of its address found."""
    row = await queries.get(session, source)
    request.state.version = row.version
    return to_read(row)


@router.post(
    "",
    status_code=201,
    operation_id="createSource",
    responses=FOUND | CREATES,
)
async def create_source(
    session: EditorSession, request: Request, response: Response, new: SourceCreate
) -> SourceDetail:
    """Put a source on the record; 200 with the one that is there when it is there already."""
    row, is_new = await service.add(session, new)
    await session.flush()
    request.state.version = row.version
    response.status_code = 201 if is_new else 200
    response.headers["Location"] = f"/v1/sources/{row.id}"
    return to_read(row)


@router.patch("/{source}", operation_id="updateSource", responses=EDITS)
async def update_source(
    session: EditorSession, seen: IfMatch, request: Request, source: str, patch: SourcePatch
) -> SourceDetail:
    """Edit what is said of a source: its title, author, archived copy and the like.

    Its `url` and `sha256` are what it is, and stay.
    """
    row = await service.edit(session, await queries.get(session, source), patch, seen)
    await session.flush()
    request.state.version = row.version
    return to_read(row)


def to_read(row: Source) -> SourceDetail:
    """Show a source as clients see it."""
    return SourceDetail(**row.model_dump())
