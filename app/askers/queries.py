"""Reading askers."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.askers.models import Asker
from app.askers.schemas import AskerFilters
from app.core import foresight, slugs
from app.core.errors import NotFound
from app.core.tables import table_of

KIND = "asker"
ASKER = table_of(Asker)


async def get(session: AsyncSession, asker_id: str) -> Asker:
    """Return the asker with this id.

    Raises:
        NotFound: there is none.
    """
    asker = await session.get(Asker, asker_id)
    if asker is None:
        raise NotFound("There is no asker with this id. GET /v1/askers lists them.")
    return asker


async def find(session: AsyncSession, reference: str) -> Asker | None:
    """Return the asker that an id, a slug or a former slug stands for, even if it was merged."""
    known = foresight.ask(session, KIND, reference)
    if isinstance(known, Asker):
        return known
    target = await slugs.resolve(session, "asker", reference)
    return await session.get(Asker, target) if target else None


async def page(session: AsyncSession, filters: AskerFilters, after: str | None) -> Sequence[Asker]:
    """Return askers, oldest first, one more than asked for when there are more."""
    query = select(Asker).where(ASKER.c.merged_into.is_(None))
    query = query.order_by(ASKER.c.id).limit(filters.limit + 1)
    if after is not None:
        query = query.where(ASKER.c.id > after)
    if filters.kind is not None:
        query = query.where(ASKER.c.kind == filters.kind.value)
    return (await session.execute(query)).scalars().all()
