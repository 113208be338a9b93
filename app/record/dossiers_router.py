"""`/v1/dossiers`."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy import func, select

from app.auth.sessions import EditorSession
from app.core import negotiation, slugs
from app.core.clock import FOREVER
from app.core.docs import CREATES, EDITS, LISTS, READS_BY_SLUG
from app.core.pagination import MAX_LIMIT
from app.core.sessions import IfMatch, Paging, PublicUrl, ReadSession, announced
from app.dossiers import queries, service
from app.dossiers.models import Dossier
from app.dossiers.schemas import (
    DossierCreate,
    DossierFilters,
    DossierPatch,
    DossierRead,
    LocalizedDossier,
)
from app.ledger.public import Languages, PublicRoute
from app.record import questions, selection
from app.record.assembly import Reading
from app.record.schemas import DossierDetail, DossierOptions, DossierPage, QuestionFilters
from app.record.viewpoint import Viewpoint

router = APIRouter(prefix="/v1/dossiers", tags=["dossiers"], route_class=PublicRoute)


@router.get("", operation_id="listDossiers", responses=LISTS)
async def list_dossiers(
    session: ReadSession,
    pager: Paging,
    public_url: PublicUrl,
    languages: Languages,
    response: Response,
    filters: Annotated[DossierFilters, Query()],
) -> DossierPage:
    """List dossiers, oldest first."""
    after = pager.read(filters.cursor)
    rows = await queries.page(session, filters, after[0] if after else None)
    shown, cursor = pager.cut(response, rows, filters.limit, lambda row: [row.id])
    data = [to_read(row, public_url, languages) for row in shown]
    return DossierPage(data=data, has_more=cursor is not None, next_cursor=cursor)


@router.get("/{dossier}", operation_id="getDossier", responses=READS_BY_SLUG)
async def get_dossier(
    session: ReadSession,
    public_url: PublicUrl,
    languages: Languages,
    request: Request,
    response: Response,
    dossier: str,
    options: Annotated[DossierOptions, Query()],
) -> DossierDetail:
    """Get a dossier by its id or slug; `expand=questions` shows what is in it."""
    expand = selection.expansions(options.expand, "questions")
    dossier_id = await slugs.locate(request, session, "dossier", dossier)
    row = await queries.get(session, dossier_id)
    response.headers["Link"] = announced(public_url, "dossier", f"/v1/dossiers/{dossier_id}")
    request.state.version = row.version
    table = selection.DOSSIER
    counted = select(func.count()).where(
        table.c.dossier_id == dossier_id, table.c.known_to == FOREVER
    )
    detail = DossierDetail(
        **to_read(row, public_url, languages).model_dump(),
        question_count=(await session.execute(counted)).scalar_one(),
    )
    if "questions" in expand:
        filters = QuestionFilters(dossier=dossier_id, limit=MAX_LIMIT)
        detail.questions = await questions.newest(
            Reading(session, Viewpoint(), public_url, languages=languages), filters
        )
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


def to_read(row: Dossier, public_url: str, languages: tuple[str, ...] = ()) -> DossierRead:
    """Show a dossier as clients see it, in the language that is wanted most."""
    values = {**row.model_dump(), "url": f"{public_url}/v1/dossiers/{row.id}"}
    read = DossierRead.model_validate(values)
    if languages:
        lang = negotiation.choose(languages, row.translations)
        said = read if lang is None else read.translations[lang]
        read.localized = LocalizedDossier(
            lang=lang,
            title=said.title,
            description=said.description,
            machine=lang is not None and read.translations[lang].machine,
        )
    return read
