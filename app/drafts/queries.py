"""Reading drafts."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import NotFound
from app.core.tables import table_of
from app.drafts.models import Draft, DraftStatus
from app.drafts.schemas import DraftFilters

DRAFT = table_of(Draft)
IS_WAITING = DRAFT.c.status == DraftStatus.WAITING.value


async def get(session: AsyncSession, draft_id: str) -> Draft:
    """Return the draft with this id.

    Raises:
        NotFound: there is none.
    """
    return _found(await session.get(Draft, draft_id))


async def lock(session: AsyncSession, draft_id: str) -> Draft:
    """Return the draft with this id, to be changed: nobody else changes it until the commit.

    Raises:
        NotFound: there is none.
    """
    query = select(Draft).where(DRAFT.c.id == draft_id).with_for_update()
    return _found((await session.execute(query)).scalar_one_or_none())


def _found(draft: Draft | None) -> Draft:
    if draft is None:
        raise NotFound("There is no draft with this id. GET /v1/drafts lists them.")
    return draft


async def page(session: AsyncSession, filters: DraftFilters, after: str | None) -> Sequence[Draft]:
    """Return drafts, oldest first, one more than asked for when there are more."""
    query = select(Draft).order_by(DRAFT.c.id).limit(filters.limit + 1)
    if after is not None:
        query = query.where(DRAFT.c.id > after)
    if filters.status is not None:
        query = query.where(DRAFT.c.status == filters.status.value)
    if filters.kind is not None:
        query = query.where(DRAFT.c.kind == filters.kind.value)
    return (await session.execute(query)).scalars().all()


async def unpublished(session: AsyncSession) -> Sequence[Draft]:
    """Return every draft that may still be published, to be changed."""
    query = select(Draft).where(DRAFT.c.status != DraftStatus.PUBLISHED.value)
    return (await session.execute(query.with_for_update())).scalars().all()


async def waiting(session: AsyncSession, limit: int) -> Sequence[tuple[str, datetime]]:
    """Return the ids and hours of drafts that wait for an hour, in its order."""
    query = (
        select(DRAFT.c.id, DRAFT.c.publish_at)
        .where(IS_WAITING, DRAFT.c.publish_at.is_not(None))
        .order_by(DRAFT.c.publish_at, DRAFT.c.id)
        .limit(limit)
    )
    return [(row.id, row.publish_at) for row in await session.execute(query)]
