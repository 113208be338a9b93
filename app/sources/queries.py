"""Reading sources."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import NotFound
from app.core.tables import table_of
from app.sources.models import Source
from app.sources.schemas import SourceCreate, SourceFilters

SOURCE = table_of(Source)


async def get(session: AsyncSession, source_id: str) -> Source:
    """Return the source with this id.

    Raises:
        NotFound: there is none.
    """
    source = await session.get(Source, source_id)
    if source is None:
        raise NotFound("There is no source with this id. GET /v1/sources lists them.")
    return source


async def same(session: AsyncSession, given: SourceCreate) -> Source | None:
    """Return the source on the record that has the same URL and the same hash, or as little."""
    query = select(Source).where(
        SOURCE.c.url == given.url if given.url else SOURCE.c.url.is_(None),
        SOURCE.c.sha256 == given.sha256 if given.sha256 else SOURCE.c.sha256.is_(None),
    )
    found = await session.execute(query.order_by(SOURCE.c.id.desc()).limit(1))
    return found.scalar_one_or_none()


async def page(
    session: AsyncSession, filters: SourceFilters, after: str | None
) -> Sequence[Source]:
    """Return sources, oldest first, one more than asked for when there are more."""
    query = select(Source).order_by(SOURCE.c.id).limit(filters.limit + 1)
    if after is not None:
        query = query.where(SOURCE.c.id > after)
    if filters.url is not None:
        query = query.where(SOURCE.c.url == filters.url)
    if filters.sha256 is not None:
        query = query.where(SOURCE.c.sha256 == filters.sha256)
    return (await session.execute(query)).scalars().all()
