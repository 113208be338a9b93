"""Forgetting, a little at a time: finished deliveries after some months, and deleted webhooks."""

from datetime import timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock, ids
from app.core.db import Database
from app.webhooks.models import DeliveryStatus
from app.webhooks.tables import ATTEMPT, DELIVERY, KEY, WEBHOOK, has

BATCH = 500
NOT_SENDING = ~has(DeliveryStatus.SENDING)


async def tidy(database: Database, *, keep: timedelta) -> int:
    """Delete what is older than `keep`, and all of deleted webhooks; return how many deliveries.

    What finished so long ago goes, and the webhooks of keys that were revoked so long ago.
    """
    old = DELIVERY.c.id < ids.before("delivery", clock.now() - keep)
    finished = DELIVERY.c.finished_at < clock.now() - keep
    count = await _delete_all(database, old & finished)
    revoked = select(KEY.c.id).where(KEY.c.revoked_at < clock.now() - keep)
    forgotten = WEBHOOK.c.deleted_at.is_not(None) | WEBHOOK.c.key_id.in_(revoked)
    gone = select(WEBHOOK.c.id).where(forgotten)
    count += await _delete_all(database, DELIVERY.c.webhook_id.in_(gone) & NOT_SENDING)
    async with database.writing() as session:
        left = select(DELIVERY.c.id).where(DELIVERY.c.webhook_id == WEBHOOK.c.id).exists()
        await session.execute(delete(WEBHOOK).where(forgotten, ~left))
    return count


async def _delete_all(database: Database, condition: Any) -> int:
    """Delete deliveries and their attempts, in transactions so short that nobody has to wait."""
    count = 0
    while True:
        async with database.writing() as session:
            deleted = await _delete_some(session, condition)
        count += deleted
        if deleted < BATCH:
            return count


async def _delete_some(session: AsyncSession, condition: Any) -> int:
    query = select(DELIVERY.c.id).where(condition).limit(BATCH).with_for_update()
    found = list((await session.execute(query)).scalars())
    if found:
        await session.execute(delete(ATTEMPT).where(ATTEMPT.c.delivery_id.in_(found)))
        await session.execute(delete(DELIVERY).where(DELIVERY.c.id.in_(found)))
    return len(found)
