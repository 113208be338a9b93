"""`/v1/askers`."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from app.askers import queries, service
from app.askers.models import Asker
from app.askers.schemas import (
    AskerCreate,
    AskerFilters,
    AskerPage,
    AskerPatch,
    AskerRead,
)
from app.auth.sessions import EditorSession
from app.core import slugs
from app.core.docs import CREATES, EDITS, LISTS, MERGES, READS_BY_SLUG
from app.core.schemas import MergeCreate
from app.core.sessions import IfMatch, Paging, PublicUrl, ReadSession
from app.ledger.public import TimelessRoute

router = APIRouter(prefix="/v1/askers", tags=["askers"], route_class=TimelessRoute)


@router.get("", operation_id="listAskers", responses=LISTS)
async def list_askers(
    session: ReadSession,
    pager: Paging,
    public_url: PublicUrl,
    response: Response,
    filters: Annotated[AskerFilters, Query()],
) -> AskerPage:
    """List who puts questions, in the order in which they came on the record."""
    after = pager.read(filters.cursor)
    rows = await queries.page(session, filters, after[0] if after else None)
    shown, cursor = pager.cut(response, rows, filters.limit, lambda row: [row.id])
    data = [to_read(row, public_url) for row in shown]
    return AskerPage(data=data, has_more=cursor is not None, next_cursor=cursor)


@router.get("/{asker}", operation_id="getAsker", responses=READS_BY_SLUG)
async def get_asker(
    session: ReadSession, public_url: PublicUrl, request: Request, asker: str
) -> AskerRead:
    """Get an asker by its id or slug. A former slug leads to the one that it has now."""
    asker_id = await slugs.locate(request, session, "asker", asker)
    row = await queries.get(session, asker_id)
    request.state.version = row.version
    return to_read(row, public_url)


@router.post("", status_code=201, operation_id="createAsker", responses=CREATES)
async def create_asker(
    session: EditorSession,
    public_url: PublicUrl,
    request: Request,
    response: Response,
    new: AskerCreate,
) -> AskerRead:
    """Put an asker on the record: a person or an organisation that puts questions.

    Its slug is made of its name, unless you give one.
    """
    row = await service.add(session, new)
    await session.flush()
    request.state.version = row.version
    response.headers["Location"] = f"/v1/askers/{row.id}"
    return to_read(row, public_url)


@router.patch("/{asker}", operation_id="updateAsker", responses=EDITS)
async def update_asker(
    session: EditorSession,
    seen: IfMatch,
    public_url: PublicUrl,
    request: Request,
    asker: str,
    patch: AskerPatch,
) -> AskerRead:
    """Edit an asker. A former slug goes on leading to it."""
    asker_id = await slugs.locate(request, session, "asker", asker)
    row = await service.edit(session, await queries.get(session, asker_id), patch, seen)
    await session.flush()
    request.state.version = row.version
    return to_read(row, public_url)


@router.post("/{asker}/merge", operation_id="mergeAsker", responses=MERGES)
async def merge_asker(
    session: EditorSession, public_url: PublicUrl, request: Request, asker: str, new: MergeCreate
) -> AskerRead:
    """Merge an asker that was recorded twice into the other one, and answer that one.

    Nothing is deleted. Its asks are shown as the other's from then on, and its id and slugs lead
    there (308); answers for an earlier `known_at` stay as they were. It cannot be undone.
    """
    asker_id = await slugs.to_merge(request, session, "asker", asker)
    row = await service.merge(session, await queries.get(session, asker_id), new)
    await session.flush()
    request.state.version = row.version
    return to_read(row, public_url)


def to_read(row: Asker, public_url: str) -> AskerRead:
    """Show an asker as clients see it."""
    return AskerRead(
        **row.model_dump(exclude={"merged_into"}), url=f"{public_url}/v1/askers/{row.id}"
    )
