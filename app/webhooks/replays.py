"""Sending events again: the worker queues a replay little by little, behind what comes now."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, literal_column, select, update
from sqlalchemy.orm import Session

from app.core.lists import among
from app.ledger.queries import EVENT
from app.webhooks import matching, queueing
from app.webhooks.models import DeliveryStatus, Priority, Webhook
from app.webhooks.queueing import Due
from app.webhooks.tables import DELIVERY, REACHED, WEBHOOK, has, in_use

MOST = 200
"""So many replayed deliveries of a webhook are queued at once; more follow as they are sent."""

GOING_ON = (
    select(Webhook)
    .where(WEBHOOK.c.replay_after.is_not(None), WEBHOOK.c.disabled_at.is_(None), in_use())
    .where(WEBHOOK.c.replay_until <= select(REACHED.c.seq).scalar_subquery())  # live ones first
    .order_by(WEBHOOK.c.id)
    .with_for_update(skip_locked=True)
)


def go_on(session: Session, now: datetime) -> None:
    """Queue the next events of the replays under way, where few are queued."""
    for webhook in session.execute(GOING_ON, {"now": now}).scalars().all():
        if _waiting(session, webhook.id) < MOST // 2:
            events = _next_events(session, webhook)
            there = _queue_again(session, webhook.id, events, now)
            missing = sorted(set(events) - there)
            new = [
                Due(webhook.id, seq, events[seq].type, events[seq].recorded_at) for seq in missing
            ]
            queueing.add(session, new, now, Priority.REPLAY)


def _waiting(session: Session, webhook_id: str) -> int:
    some = (
        select(DELIVERY.c.id)
        .where(
            DELIVERY.c.webhook_id == webhook_id,
            has(DeliveryStatus.PENDING),
            DELIVERY.c.priority == Priority.REPLAY,
        )
        .limit(MOST)
    )
    count: int = session.execute(select(func.count()).select_from(some.subquery())).scalar_one()
    return count


def _next_events(session: Session, webhook: Webhook) -> dict[int, Any]:
    """Return the next events by seq, and note how far that brings the replay."""
    assert webhook.replay_after is not None
    found = (
        select(EVENT.c.seq, EVENT.c.type, EVENT.c.recorded_at)
        .where(among_replayed(webhook, webhook.replay_after, webhook.replay_until))
        .order_by(EVENT.c.seq)
        .limit(MOST)
    )
    events = {row.seq: row for row in session.execute(found)}
    is_last = len(events) < MOST
    webhook.replay_after = None if is_last else max(events)
    webhook.replay_until = None if is_last else webhook.replay_until
    session.flush()
    return events


def _queue_again(
    session: Session, webhook_id: str, events: dict[int, Any], now: datetime
) -> set[int]:
    """Queue the deliveries that there were of these events; return the seqs of those."""
    no_test = DELIVERY.c.seq > literal_column("0")  # written so that the partial index serves
    of_events = (DELIVERY.c.webhook_id == webhook_id) & among(DELIVERY.c.seq, "seqs") & no_test
    seqs = {"seqs": list(events)}
    known = select(DELIVERY.c.seq).where(of_events).with_for_update()
    there = set(session.execute(known, seqs).scalars())
    queueing.again(session, update(DELIVERY).where(of_events), now, Priority.REPLAY, seqs)
    return there


def among_replayed(webhook: Webhook, after: int, until: int | None) -> ColumnElement[bool]:
    """Return the condition that an event is one of a replay."""
    wanted = matching.matches(matching.of(webhook))
    found: ColumnElement[bool] = (EVENT.c.seq > after) & (EVENT.c.seq <= until) & wanted
    return found


def count(condition: ColumnElement[bool]) -> Select[Any]:
    """Return a query that counts events."""
    return select(func.count()).select_from(EVENT).where(condition)
