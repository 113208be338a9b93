"""What follows from an attempt: when it is tried again, and when it is given up."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.webhooks import schedule
from app.webhooks.models import DeliveryStatus
from app.webhooks.schedule import Next
from app.webhooks.transport import Outcome

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
MINUTE, HOUR, DAY = 60, 3600, 86_400
WAITS = [5, MINUTE, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR]
WAITS += [24 * HOUR]


def outcome(status: int | None, **fields: Any) -> Outcome:
    delivered = status is not None and 200 <= status < 300
    return Outcome(
        **{
            "status": status,
            "error": None if delivered else f"It answered {status}.",
            "answer": "",
            "retry_after": None,
            "disable": False,
            "address": "127.0.0.1",
            "started_at": NOW,
            "milliseconds": 1,
        }
        | fields
    )


def after(status: int | None, tries: int = 0, **fields: Any) -> Next:
    return schedule.after(outcome(status, **fields), tries, NOW)


@pytest.mark.parametrize("status", [200, 201, 204, 299])
def test_a_2xx_is_a_delivery(status: int) -> None:
    assert after(status, tries=3) == Next(DeliveryStatus.DELIVERED, 3)


@pytest.mark.parametrize("status", [None, 100, 301, 304, 400, 401, 404, 429, 500, 503, 599])
def test_everything_else_is_tried_again(status: int | None) -> None:
    found = after(status)

    assert (found.status, found.tries) == (DeliveryStatus.PENDING, 1)
    assert (found.pause_until, found.disable) == (None, None)


def test_a_2xx_whose_answer_broke_off_is_tried_again() -> None:
    found = after(200, error="It broke off in the middle of its answer.")

    assert (found.status, found.tries) == (DeliveryStatus.PENDING, 1)


@pytest.mark.parametrize(("tries", "seconds"), list(enumerate(WAITS)))
def test_each_wait_is_longer_and_up_to_a_fifth_off(tries: int, seconds: int) -> None:
    waits = []
    for _ in range(300):
        found = after(500, tries)
        assert (found.status, found.tries) == (DeliveryStatus.PENDING, tries + 1)
        assert found.due_at is not None
        waits.append((found.due_at - NOW).total_seconds())

    assert seconds * 0.8 <= min(waits) < seconds * 0.9  # all of it is used
    assert seconds * 1.1 < max(waits) <= seconds * 1.2


def test_after_eleven_attempts_a_delivery_has_failed() -> None:
    tries, attempts = 0, 0
    found = None
    while found is None or found.status is DeliveryStatus.PENDING:
        found = after(500, tries)
        tries, attempts = found.tries, attempts + 1

    assert attempts == 11
    assert found == Next(DeliveryStatus.FAILED, 11)


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("tries", [0, 10])
def test_who_asks_to_wait_is_left_alone_and_no_try_is_spent(status: int, tries: int) -> None:
    found = after(status, tries, retry_after=120.0)

    until = NOW + timedelta(minutes=2)
    assert found == Next(DeliveryStatus.PENDING, tries, due_at=until, pause_until=until)


@pytest.mark.parametrize("status", [429, 503])
def test_without_saying_how_long_it_is_a_failure(status: int) -> None:
    found = after(status)

    assert (found.tries, found.pause_until) == (1, None)
    assert after(status, 10).status is DeliveryStatus.FAILED


@pytest.mark.parametrize("status", [301, 400, 500, 502, 504])
def test_only_429_and_503_can_ask_to_wait(status: int) -> None:
    found = after(status, retry_after=120.0)

    assert (found.tries, found.pause_until) == (1, None)


def test_410_disables_and_the_delivery_waits_for_better_times() -> None:
    found = after(410, tries=2)

    assert (found.status, found.tries, found.due_at) == (DeliveryStatus.PENDING, 2, NOW)
    assert found.disable == "The endpoint answered 410 Gone."


@pytest.mark.parametrize("status", [302, 404, 429, 500, 503])
def test_the_header_disables_with_any_failure(status: int) -> None:
    found = after(status, disable=True, retry_after=5.0)

    assert (found.status, found.tries, found.pause_until) == (DeliveryStatus.PENDING, 0, None)
    assert found.disable == "The endpoint answered with `webhook-delivery: disable`."


def test_the_header_disables_though_the_delivery_arrived() -> None:
    found = after(204, disable=True)

    assert found.status is DeliveryStatus.DELIVERED
    assert found.disable == "The endpoint answered with `webhook-delivery: disable`."


@pytest.mark.parametrize(
    ("failures", "seconds", "given_up"),
    [
        (10, 5 * DAY, True),
        (11, 6 * DAY, True),
        (9, 5 * DAY, False),
        (9, 50 * DAY, False),
        (10, 5 * DAY - 1, False),
        (5000, 4 * DAY, False),
        (0, 0, False),
    ],
)
def test_an_endpoint_is_given_up_after_five_days_and_ten_attempts(
    failures: int, seconds: int, given_up: bool
) -> None:
    since = NOW - timedelta(seconds=seconds)

    assert schedule.gives_up(failures, since, NOW) is given_up


def test_an_endpoint_that_does_not_fail_is_not_given_up() -> None:
    assert not schedule.gives_up(10, None, NOW)
