"""`/v1/dossiers`."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy import func, select

from app.auth.sessions import EditorSession
from app.core import slugs
from app.core.clock import FOREVER
from app.core.docs import CREATES, EDITS, LISTS, READS_BY_SLUG
from app.core.pagination import MAX_LIMIT
from app.core.routing import StrictRoute
from app.core.sessions import IfMatch, Paging, PublicUrl, ReadSession
from app.dossiers import queries, service
from app.dossiers.models import Dossier
from app.dossiers.schemas import DossierCreate, DossierFilters, DossierPatch, DossierRead
from app.record import questions, selection
from app.record.assembly import Reading
from app.record.schemas import DossierDetail, DossierOptions, DossierPage, QuestionFilters
from app.record.viewpoint import Viewpoint

router = APIRouter(prefix="/v1/dossiers", tags=["dossiers"], route_class=StrictRoute)


@router.get("", operation_id="listDossiers", responses=LISTS)
async def list_dossiers(
    session: ReadSession,
    pager: Paging,
    public_url: PublicUrl,
    response: Response,
    filters: Annotated[DossierFilters, Query()],
) -> DossierPage:
    """List dossiers, oldest first."""
    after = pager.read(filters.cursor)
    rows = await queries.page(session, filters, after[0] if after else None)
    shown, cursor = pager.cut(response, rows, filters.limit, lambda row: [row.id])
    data = [to_read(row, public_url) for row in shown]
    return DossierPage(data=data, has_more=cursor is not None, next_cursor=cursor)


@router.get("/{dossier}", operation_id="getDossier", responses=READS_BY_SLUG)
async def get_dossier(
    session: ReadSession,
    public_url: PublicUrl,
    request: Request,
    dossier: str,
    options: Annotated[DossierOptions, Query()],
) -> DossierDetail:
    """Get a dossier by its id or slug; `expand=questions` shows what is in it."""
    expand = selection.expansions(options.expand, "questions")
    dossier_id = await slugs.locate(request, session, "dossier", dossier)
    row = await queries.get(session, dossier_id)
    request.state.version = row.version
    table = selection.DOSSIER
    counted = select(func.count()).where(
        table.c.dossier_id == dossier_id, table.c.known_to == FOREVER
    )
    detail = DossierDetail(
        **to_read(row, public_url).model_dump(),
        question_count=(await session.execute(counted)).scalar_one(),
    )
    if "questions" in expand:
        filters = QuestionFilters(dossier=dossier_id, limit=MAX_LIMIT)
        rows = await selection.page(session, filters, Viewpoint(), None)
        reading = Reading(session, Viewpoint(), public_url)
        detail.questions = await questions.assemble(reading, rows[:MAX_LIMIT])
    return detail


@router.post("", status_code=201, operation_id="createDossier", responses=CREATES)
async def create_dossier(
    session: EditorSession,
    public_url: PublicUrl,
    request: Request,
    response: Response,
    new: DossierCreate,
) -> DossierRead:
    """Open a dossier. Questions are put into it on the questions."""
    row = await service.open_(session, new)
    await session.flush()
    request.state.version = row.version
    response.headers["Location"] = f"/v1/dossiers/{row.id}"
    return to_read(row, public_url)


@router.patch("/{dossier}", operation_id="updateDossier", responses=EDITS)
async def update_dossier(
    session: EditorSession,
    seen: IfMatch,
    public_url: PublicUrl,
    request: Request,
    dossier: str,
    patch: DossierPatch,
) -> DossierRead:
    """Edit a dossier's texts. A former slug goes on leading to it."""
    dossier_id = await slugs.locate(request, session, "dossier", dossier)
    row = await service.edit(session, await queries.get(session, dossier_id), patch, seen)
    await session.flush()
    request.state.version = row.version
    return to_read(row, public_url)


def to_read(row: Dossier, public_url: str) -> DossierRead:
    """Show a dossier as clients see it."""
    values = {**row.model_dump(), "url": f"{public_url}/v1/dossiers/{row.id}"}
    return DossierRead.model_validate(values)
