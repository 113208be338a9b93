"""Reading sources."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import NotFound
from app.core.lists import among
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


async def at(session: AsyncSession, urls: Sequence[str]) -> Sequence[Source]:
    """Return the sources at these addresses that have no hash, oldest first."""
    query = select(Source).where(among(SOURCE.c.url, "urls"), SOURCE.c.sha256.is_(None))
    found = await session.execute(query.order_by(SOURCE.c.id), {"urls": urls})
    return found.scalars().all()


async def set_checked(session: AsyncSession, source_id: str, **instants: datetime) -> None:
    """Keep when a source was looked at, without a word of it.

    As a changed row it would get a new `updated_at`, and no event would say so: the present would
    differ from what the ledger holds.
    """
    connection = await session.connection()
    await connection.execute(update(SOURCE).where(SOURCE.c.id == source_id).values(**instants))


async def due(session: AsyncSession, checked_before: datetime, limit: int) -> Sequence[Any]:
    """Return id and url of sources without a result since an instant, longest untried first."""
    query = (
        select(SOURCE.c.id, SOURCE.c.url)
        .where(
            SOURCE.c.url.is_not(None),
            or_(SOURCE.c.checked_at.is_(None), SOURCE.c.checked_at <= checked_before),
        )
        .order_by(SOURCE.c.tried_at.nulls_first(), SOURCE.c.id)
        .limit(limit)
    )
    return (await session.execute(query)).all()


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
