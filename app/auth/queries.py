"""Reading API keys."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.auth.models import ApiKey
from app.core.errors import NotFound
from app.core.tables import table_of


async def get(session: AsyncSession, key_id: str) -> ApiKey:
    """Return the key with this id.

    Raises:
        NotFound: there is none.
    """
    key = await session.get(ApiKey, key_id)
    if key is None:
        raise NotFound("There is no key with this id. GET /v1/keys lists them.")
    return key


async def by_prefix(session: AsyncSession, prefix: str) -> ApiKey | None:
    """Return the key that has, or before its rotation had, this prefix."""
    columns = table_of(ApiKey).c
    query = select(ApiKey).where(or_(columns.prefix == prefix, columns.former_prefix == prefix))
    return (await session.execute(query)).scalar_one_or_none()


async def by_name(session: AsyncSession, name: str) -> ApiKey | None:
    """Return the key with this name, revoked or not."""
    columns = table_of(ApiKey).c
    return (await session.execute(select(ApiKey).where(columns.name == name))).scalar_one_or_none()


async def made_by(session: AsyncSession, name: str, since: datetime) -> Sequence[ApiKey]:
    """Return the keys that the key with this name has made since an instant, oldest first."""
    columns = table_of(ApiKey).c
    query = select(ApiKey).where(columns.created_by == name, columns.created_at >= since)
    return (await session.execute(query.order_by(columns.id))).scalars().all()


async def page(session: AsyncSession, *, after: str | None, limit: int) -> Sequence[ApiKey]:
    """Return keys, oldest first, one more than `limit` when there are more."""
    columns = table_of(ApiKey).c
    query = select(ApiKey).order_by(columns.id).limit(limit + 1)
    if after is not None:
        query = query.where(columns.id > after)
    return (await session.execute(query)).scalars().all()
