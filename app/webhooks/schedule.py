"""What follows from an attempt: a pure function of its outcome and of what was tried before."""

import random
from datetime import datetime, timedelta
from typing import NamedTuple

from app.webhooks.models import DeliveryStatus
from app.webhooks.transport import Outcome

DELAYS = tuple(
    timedelta(seconds=seconds)
    for seconds in (5, 60, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
)
"""How long to wait after a delivery's first, second … failure; after one more it has failed."""

JITTER = 0.2
"""So much shorter or longer a wait may be, lest failures of one moment come back as one."""

FAILING = 3
"""So many failures in a row make an endpoint one that fails, and bring it down to one at a time."""

GIVE_UP_AFTER = timedelta(days=5)
GIVE_UP_ATTEMPTS = 10
PAUSING = (429, 503)
SHORTEST_PAUSE = timedelta(seconds=1)
"""However little an endpoint asks to wait, as such an answer costs no try."""


class Next(NamedTuple):
    """What becomes of a delivery, and of its webhook, after an attempt.

    tries: the failures that count. pause_until: before then nothing is sent to the webhook.
    disable: why the webhook is not to be used any more.
    """

    status: DeliveryStatus
    tries: int
    due_at: datetime | None = None
    pause_until: datetime | None = None
    disable: str | None = None


def after(outcome: Outcome, tries: int, now: datetime, *, attempt: int = 1) -> Next:
    """Say what follows from an attempt, where `tries` failed before it.

    attempt: its number; who asks to wait again and again is asked less often.
    """
    disable = _disables(outcome)
    if outcome.delivered:
        return Next(DeliveryStatus.DELIVERED, tries, disable=disable)
    if disable is not None:
        return Next(DeliveryStatus.PENDING, tries, due_at=now, disable=disable)
    if outcome.status in PAUSING and outcome.retry_after is not None:
        until = now + max(timedelta(seconds=outcome.retry_after), min(attempt, 60) * SHORTEST_PAUSE)
        return Next(DeliveryStatus.PENDING, tries, due_at=until, pause_until=until)
    wait = delay(tries + 1)
    if wait is None:
        return Next(DeliveryStatus.FAILED, tries + 1)
    return Next(DeliveryStatus.PENDING, tries + 1, due_at=now + wait)


def delay(tries: int) -> timedelta | None:
    """Return how long to wait after so many failures, None when it was the last try."""
    if tries > len(DELAYS):
        return None
    return DELAYS[tries - 1] * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311  no secret


def gives_up(failures: int, failing_since: datetime | None, now: datetime) -> bool:
    """Tell whether a webhook has failed for so long, and so often, that it is disabled."""
    return (
        failures >= GIVE_UP_ATTEMPTS
        and failing_since is not None
        and now - failing_since >= GIVE_UP_AFTER
    )


def _disables(outcome: Outcome) -> str | None:
    if outcome.status == 410:
        return "The endpoint answered 410 Gone."
    if outcome.disable:
        return "The endpoint answered with `webhook-delivery: disable`."
    return None
