"""`/v1/corrections`."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from app.auth.sessions import EditorSession
from app.core.docs import CREATES, LISTS, READS
from app.core.sessions import Paging, ReadSession
from app.corrections import queries, service
from app.corrections.models import Correction
from app.corrections.schemas import (
    CorrectionCreate,
    CorrectionFilters,
    CorrectionPage,
    CorrectionRead,
)
from app.ledger.public import TimelessRoute

router = APIRouter(prefix="/v1/corrections", tags=["corrections"], route_class=TimelessRoute)


@router.get("", operation_id="listCorrections", responses=LISTS)
async def list_corrections(
    session: ReadSession,
    pager: Paging,
    response: Response,
    filters: Annotated[CorrectionFilters, Query()],
) -> CorrectionPage:
    """List corrections, newest first: what was wrong, why, and what stands in its place."""
    after = pager.read(filters.cursor)
    rows = await queries.page(session, filters, after[0] if after else None)
    shown, cursor = pager.cut(response, rows, filters.limit, lambda row: [row.id])
    data = [to_read(row) for row in shown]
    return CorrectionPage(data=data, has_more=cursor is not None, next_cursor=cursor)


@router.get("/{correction}", operation_id="getCorrection", responses=READS)
async def get_correction(session: ReadSession, correction: str) -> CorrectionRead:
    """Get a correction by its id. It never changes."""
    return to_read(await queries.get(session, correction))


@router.post("", status_code=201, operation_id="createCorrection", responses=CREATES)
async def create_correction(
    session: EditorSession, response: Response, request: Request, new: CorrectionCreate
) -> CorrectionRead:
    """Retract an ask, a statement, a response or a ruling that was wrong.

    `replacement` holds the corrected fields; what it leaves out stays as it was. The struck entry
    stays on the timeline, with your reason.
    """
    row = await service.correct(session, new)
    await session.flush()
    response.headers["Location"] = f"/v1/corrections/{row.id}"
    return to_read(row)


def to_read(row: Correction) -> CorrectionRead:
    """Show a correction as clients see it."""
    return CorrectionRead(
        id=row.id,
        target=row.target_id,
        reason=row.reason,
        replacement=row.replacement_id,
        company=row.company_id,
        question=row.question_id,
        part_of=row.part_of,
        recorded_at=row.created_at,
        version=row.version,
    )
