"""Writing down, in batches, what came of attempts: on the delivery, the attempt, the webhook."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import structlog
from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.orm import Session
from yarl import URL

from app.core.lists import among
from app.webhooks import schedule
from app.webhooks.claims import Claimed
from app.webhooks.models import DeliveryStatus, Webhook
from app.webhooks.tables import ATTEMPT, DELIVERY, WEBHOOK, has
from app.webhooks.transport import Outcome

log = structlog.get_logger("answerable.webhooks")
STILL_MINE = (
    select(DELIVERY.c.id, DELIVERY.c.attempts)
    .where(among(DELIVERY.c.id, "ids"), has(DeliveryStatus.SENDING))
    .order_by(DELIVERY.c.id)
    .with_for_update()
)
ADD_ATTEMPTS = insert(ATTEMPT)
NOTE = (
    update(DELIVERY)
    .where(among(DELIVERY.c.id, "ids"))
    .values(
        leased_until=None,
        **{
            name: bindparam(f"new_{name}", type_=DELIVERY.c[name].type)
            for name in ("status", "tries", "due_at", "finished_at", "last_status", "last_error")
        },
    )
)
CONCERNED = (
    select(Webhook)
    .where((among(WEBHOOK.c.id, "well") & (WEBHOOK.c.failures > 0)) | among(WEBHOOK.c.id, "ill"))
    .order_by(WEBHOOK.c.id)
    .with_for_update()
)
FINISHED = (DeliveryStatus.DELIVERED, DeliveryStatus.FAILED)


class Result(NamedTuple):
    """A delivery that was sent, and what came of it."""

    claimed: Claimed
    outcome: Outcome


def write(session: Session, results: Sequence[Result], now: datetime) -> None:
    """Write results down. A delivery that another worker took over meanwhile is left to it.

    Webhooks first, then deliveries, each in the order of their ids, as everybody locks them.
    """
    next_of = {
        result.claimed.id: schedule.after(
            result.outcome, _tries(result.claimed), now, attempt=result.claimed.attempt
        )
        for result in results
    }
    concerned = _lock_concerned(session, results, next_of)
    mine = _still_mine(session, results)
    kept = [result for result in results if result.claimed.id in mine]
    if not kept:
        return
    _note_health(session, concerned, kept, next_of, now)
    session.execute(ADD_ATTEMPTS, [_attempt(result) for result in kept])
    for values in _alike(kept, next_of, now):
        session.execute(NOTE, values)


def _tries(claimed: Claimed) -> int:
    """Count the failures so far; a test is tried once, so that it holds up nothing."""
    return claimed.tries if claimed.seq else len(schedule.DELAYS)


def _still_mine(session: Session, results: Sequence[Result]) -> set[str]:
    attempts = {result.claimed.id: result.claimed.attempt for result in results}
    rows = session.execute(STILL_MINE, {"ids": list(attempts)})
    return {row.id for row in rows if row.attempts == attempts[row.id]}


def _attempt(result: Result) -> dict[str, Any]:
    outcome = result.outcome
    return {
        "delivery_id": result.claimed.id,
        "number": result.claimed.attempt,
        "started_at": outcome.started_at,
        "milliseconds": outcome.milliseconds,
        "status": outcome.status,
        "error": outcome.error,
        "answer": outcome.answer,
        "address": outcome.address,
    }


def _alike(
    results: Iterable[Result], next_of: dict[str, schedule.Next], now: datetime
) -> Iterable[dict[str, Any]]:
    """Group deliveries that get the same values, as those that arrived do: one UPDATE for all."""
    groups: dict[tuple[Any, ...], list[str]] = defaultdict(list)
    for result in results:
        next_, outcome = next_of[result.claimed.id], result.outcome
        key = (next_.status, next_.tries, next_.due_at, outcome.status, outcome.error)
        groups[key].append(result.claimed.id)
    for (status, tries, due_at, code, error), ids in groups.items():
        yield {
            "ids": ids,
            "new_status": status.value,
            "new_tries": tries,
            "new_due_at": due_at or now,
            "new_finished_at": now if status in FINISHED else None,
            "new_last_status": code,
            "new_last_error": error,
        }


def _lock_concerned(
    session: Session, results: Sequence[Result], next_of: dict[str, schedule.Next]
) -> Sequence[Webhook]:
    """Return the webhooks whose health may change; one that goes well as before is none."""
    ill = {
        one.claimed.target.id
        for one in results
        if not one.outcome.delivered or next_of[one.claimed.id].disable
    }
    well = {one.claimed.target.id for one in results} - ill
    return session.execute(CONCERNED, {"well": list(well), "ill": list(ill)}).scalars().all()


def _note_health(
    session: Session,
    concerned: Sequence[Webhook],
    kept: Sequence[Result],
    next_of: dict[str, schedule.Next],
    now: datetime,
) -> None:
    """Keep what the results say of their webhooks."""
    by_webhook: dict[str, list[Result]] = defaultdict(list)
    for result in kept:
        by_webhook[result.claimed.target.id].append(result)
    for webhook in concerned:
        for result in by_webhook[webhook.id]:
            _take_into_account(webhook, result, next_of[result.claimed.id], now)
        _give_up(webhook, now)
    session.flush()


def _take_into_account(
    webhook: Webhook, result: Result, next_: schedule.Next, now: datetime
) -> None:
    if result.outcome.delivered:
        webhook.failures, webhook.failing_since, webhook.last_error = 0, None, None
    elif next_.pause_until is None:
        webhook.failures += 1
        webhook.failing_since = webhook.failing_since or now
        webhook.last_error = result.outcome.error
        if webhook.failures == schedule.FAILING:
            log.warning(
                "webhook.failing",
                webhook=webhook.id,
                host=host_of(webhook),
                error=result.outcome.error,
            )
    if next_.pause_until is not None:
        webhook.paused_until = max(webhook.paused_until or now, next_.pause_until)
    if next_.disable is not None and webhook.disabled_at is None:
        webhook.disabled_at, webhook.disabled_reason = now, next_.disable


def _give_up(webhook: Webhook, now: datetime) -> None:
    """Disable a webhook that asked for it or failed for too long. What waits for it is held so."""
    if webhook.disabled_at is None and schedule.gives_up(
        webhook.failures, webhook.failing_since, now
    ):
        webhook.disabled_at = now
        webhook.disabled_reason = (
            f"It failed {webhook.failures} times in a row, for"
            f" {schedule.GIVE_UP_AFTER.days} days. Last: {webhook.last_error}"
        )
    if webhook.disabled_at != now:
        return
    log.error(
        "webhook.disabled",
        webhook=webhook.id,
        host=host_of(webhook),
        reason=webhook.disabled_reason,
    )


def host_of(webhook: Webhook) -> str:
    """Return what a log may hold of an address: chats take the rest of it for a password."""
    return URL(webhook.url).host or ""
