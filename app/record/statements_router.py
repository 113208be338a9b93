"""`/v1/statements`, and the responses in them."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.auth.sessions import EditorSession
from app.core.docs import ADDS, CREATES, LISTS, READS
from app.core.sessions import Paging, PublicUrl, ReadSession
from app.ledger.public import TimelessRoute
from app.questions.schemas import ResponseCreate
from app.record import selection, statements
from app.record.assembly import Reading
from app.record.schemas import StatementOptions
from app.record.viewpoint import Viewpoint
from app.statements import queries, service
from app.statements.schemas import (
    ResponseRead,
    StatementCreate,
    StatementFilters,
    StatementPage,
    StatementRead,
)

router = APIRouter(prefix="/v1/statements", tags=["statements"], route_class=TimelessRoute)


@router.get("", operation_id="listStatements", responses=LISTS)
async def list_statements(
    session: ReadSession,
    pager: Paging,
    public_url: PublicUrl,
    response: Response,
    filters: Annotated[StatementFilters, Query()],
) -> StatementPage:
    """List what companies said, last recorded first."""
    expand = selection.expansions(filters.expand, *statements.EXPANSIONS)
    after = pager.read(filters.cursor)
    reading = Reading(session, Viewpoint(), public_url, expand)
    ids = await statements.page(reading, filters, after[0] if after else None)
    shown, cursor = pager.cut(response, ids, filters.limit, lambda row_id: [row_id])
    data = await statements.assemble(reading, shown)
    return StatementPage(data=data, has_more=cursor is not None, next_cursor=cursor)


@router.get("/{statement}", operation_id="getStatement", responses=READS)
async def get_statement(
    session: ReadSession,
    public_url: PublicUrl,
    request: Request,
    statement: str,
    options: Annotated[StatementOptions, Query()],
) -> StatementRead:
    """Get a statement by its id; `expand=responses` shows how it bears on questions."""
    expand = selection.expansions(options.expand, *statements.EXPANSIONS)
    reading = Reading(session, Viewpoint(), public_url, expand)
    found = await statements.get(reading, statement)
    request.state.version = found.version
    return found


@router.post("", status_code=201, operation_id="createStatement", responses=CREATES)
async def create_statement(
    session: EditorSession,
    public_url: PublicUrl,
    request: Request,
    response: Response,
    new: StatementCreate,
) -> StatementRead:
    """Publish what a company said, or that it refused to; each response moves its question."""
    row = await service.publish(session, new)
    await session.flush()
    response.headers["Location"] = f"/v1/statements/{row.id}"
    found = await statements.get(_reading(session, public_url), row.id)
    request.state.version = found.version
    return found


@router.post(
    "/{statement}/responses", status_code=201, operation_id="createResponse", responses=ADDS
)
async def create_response(
    session: EditorSession, public_url: PublicUrl, statement: str, new: ResponseCreate
) -> ResponseRead:
    """Let a statement bear on one more question: a verdict, which may move where it stands."""
    row = await service.respond(session, await queries.get(session, statement), new)
    await session.flush()
    return await statements.get_response(_reading(session, public_url), row.id)


def _reading(session: AsyncSession, public_url: str) -> Reading:
    return Reading(session, Viewpoint(), public_url, frozenset({"responses"}))
