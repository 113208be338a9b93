"""Reading subscriptions and deliveries. A key sees only its own."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, false, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import NotFound
from app.ledger.queries import EVENT, WHOLE
from app.webhooks import replays
from app.webhooks.matching import Wanted, matches
from app.webhooks.models import Delivery, DeliveryStatus, Webhook
from app.webhooks.schemas import DeliveryFilters
from app.webhooks.tables import ATTEMPT, DELIVERY, WEBHOOK, has

COUNTED = 10_000
ATTEMPTS = 100


async def get(session: AsyncSession, key_id: str, webhook_id: str) -> Webhook:
    """Return a key's webhook.

    Raises:
        NotFound: the key has none with this id.
    """
    query = _own(key_id).where(WEBHOOK.c.id == webhook_id)
    return _found((await session.execute(query)).scalar_one_or_none())


async def lock(session: AsyncSession, key_id: str, webhook_id: str) -> Webhook:
    """Return a key's webhook, to be changed: the worker leaves it alone until the commit.

    Raises:
        NotFound: the key has none with this id.
    """
    query = _own(key_id).where(WEBHOOK.c.id == webhook_id).with_for_update()
    return _found((await session.execute(query)).scalar_one_or_none())


def _own(key_id: str) -> Any:
    return select(Webhook).where(WEBHOOK.c.key_id == key_id, WEBHOOK.c.deleted_at.is_(None))


def _found(webhook: Webhook | None) -> Webhook:
    if webhook is None:
        raise NotFound("Your key has no webhook with this id. GET /v1/webhooks lists yours.")
    return webhook


async def page(
    session: AsyncSession, key_id: str, *, after: str | None, limit: int
) -> Sequence[Webhook]:
    """Return a key's webhooks, oldest first, one more than `limit` when there are more."""
    query = _own(key_id).order_by(WEBHOOK.c.id).limit(limit + 1)
    if after is not None:
        query = query.where(WEBHOOK.c.id > after)
    return list((await session.execute(query)).scalars())


async def count(session: AsyncSession, key_id: str) -> int:
    """Return how many webhooks a key has."""
    query = select(func.count()).select_from(_own(key_id).subquery())
    found: int = (await session.execute(query)).scalar_one()
    return found


def shown_as(webhook: Webhook, status: DeliveryStatus) -> ColumnElement[bool]:
    """Return the condition that a delivery is shown with a status.

    Whatever waits for a disabled webhook is held, without a row being changed.
    """
    if webhook.disabled_at is None:
        return has(status)
    if status is DeliveryStatus.PENDING:
        return false()
    held = status is DeliveryStatus.HELD
    return or_(has(status), has(DeliveryStatus.PENDING)) if held else has(status)


async def waiting(session: AsyncSession, webhook: Webhook, *statuses: DeliveryStatus) -> int:
    """Count a webhook's deliveries of some statuses, up to 10,000."""
    some = (
        select(DELIVERY.c.id)
        .where(DELIVERY.c.webhook_id == webhook.id)
        .where(or_(*(shown_as(webhook, status) for status in statuses)))
        .limit(COUNTED)
    )
    query = select(func.count()).select_from(some.subquery())
    found: int = (await session.execute(query)).scalar_one()
    return found


async def delivery(session: AsyncSession, webhook_id: str, delivery_id: str) -> Delivery:
    """Return a webhook's delivery.

    Raises:
        NotFound: it has none with this id, or no longer.
    """
    query = select(Delivery).where(
        DELIVERY.c.id == delivery_id, DELIVERY.c.webhook_id == webhook_id
    )
    found = (await session.execute(query)).scalar_one_or_none()
    if found is None:
        raise NotFound(
            "This webhook has no delivery with this id; finished ones are kept for some months."
            f" GET /v1/webhooks/{webhook_id}/deliveries lists them."
        )
    return found


async def deliveries(
    session: AsyncSession, webhook: Webhook, filters: DeliveryFilters, before: int | None
) -> Sequence[Delivery]:
    """Return a webhook's deliveries, newest first, one more than asked for when there are more."""
    query = (
        select(Delivery)
        .where(DELIVERY.c.webhook_id == webhook.id)
        .order_by(DELIVERY.c.number.desc())
        .limit(filters.limit + 1)
    )
    if filters.status is not None:
        query = query.where(shown_as(webhook, filters.status))
    if before is not None:
        query = query.where(DELIVERY.c.number < before)
    return list((await session.execute(query)).scalars())


async def attempts(session: AsyncSession, delivery_id: str) -> Sequence[Any]:
    """Return the newest attempts of a delivery, oldest first."""
    query = (
        select(ATTEMPT)
        .where(ATTEMPT.c.delivery_id == delivery_id)
        .order_by(ATTEMPT.c.number.desc())
        .limit(ATTEMPTS)
    )
    return (await session.execute(query)).all()[::-1]


async def matched_since(
    session: AsyncSession, wanted: Wanted, since: datetime, samples: int
) -> tuple[int, Sequence[Any]]:
    """Count the events since an instant that are wanted, and return the newest of them."""
    condition = (EVENT.c.recorded_at >= since) & matches(wanted)
    counted: int = (await session.execute(replays.count(condition))).scalar_one()
    newest = WHOLE.where(condition).order_by(EVENT.c.seq.desc()).limit(samples)
    return counted, (await session.execute(newest)).all()
