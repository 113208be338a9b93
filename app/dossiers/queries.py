"""Reading dossiers."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import slugs
from app.core.errors import NotFound
from app.core.tables import table_of
from app.dossiers.models import Dossier
from app.dossiers.schemas import DossierFilters

DOSSIER = table_of(Dossier)


async def get(session: AsyncSession, dossier_id: str) -> Dossier:
    """Return the dossier with this id.

    Raises:
        NotFound: there is none.
    """
    dossier = await session.get(Dossier, dossier_id)
    if dossier is None:
        raise NotFound("There is no dossier with this id. GET /v1/dossiers lists them.")
    return dossier


async def find(session: AsyncSession, reference: str) -> Dossier | None:
    """Return the dossier that an id, a slug or a former slug stands for."""
    target = await slugs.resolve(session, "dossier", reference)
    return await session.get(Dossier, target) if target else None


async def page(
    session: AsyncSession, filters: DossierFilters, after: str | None
) -> Sequence[Dossier]:
    """Return dossiers, oldest first, one more than asked for when there are more."""
    query = select(Dossier).order_by(DOSSIER.c.id).limit(filters.limit + 1)
    if after is not None:
        query = query.where(DOSSIER.c.id > after)
    return (await session.execute(query)).scalars().all()
