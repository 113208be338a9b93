"""Reading corrections."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import mergers, slugs
from app.core.errors import NotFound
from app.core.tables import table_of
from app.corrections.models import Correction
from app.corrections.schemas import CorrectionFilters

CORRECTION = table_of(Correction)


async def get(session: AsyncSession, correction_id: str) -> Correction:
    """Return the correction with this id.

    Raises:
        NotFound: there is none.
    """
    correction = await session.get(Correction, correction_id)
    if correction is None:
        raise NotFound("There is no correction with this id. GET /v1/corrections lists them.")
    return correction


async def page(
    session: AsyncSession, filters: CorrectionFilters, after: str | None
) -> Sequence[Correction]:
    """Return corrections, newest first, one more than asked for when there are more."""
    query = select(Correction).order_by(CORRECTION.c.id.desc()).limit(filters.limit + 1)
    if after is not None:
        query = query.where(CORRECTION.c.id < after)
    for kind in ("company", "question"):
        reference = getattr(filters, kind)
        if reference is not None:
            target = await slugs.filtered(session, kind, reference)
            family = await mergers.family_of(session, target)
            query = query.where(CORRECTION.c[f"{kind}_id"].in_(family))
    return (await session.execute(query)).scalars().all()
