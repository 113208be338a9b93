"""Deliveries as a bot sees them: listed, tried, tested, replayed, held back and let go again."""

import asyncio
import base64
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import standardwebhooks
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from httpx import AsyncClient

from app.core.dates import format_instant
from app.core.db import Database
from app.core.settings import Settings
from app.webhooks.worker import Worker
from tests.support.client import Client
from tests.support.make import SOURCE, Make
from tests.support.receiver import Answer, Receiver, accept
from tests.support.worker import working
from tests.webhooks.conftest import Bot, all_are

HOOKS = "/v1/webhooks"


def answering(status: int, text: str = "", **headers: str) -> Answer:
    """Answer every request alike. Of a header's name, `_` stands for `-`."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}

    async def answer(_: web.BaseRequest) -> web.StreamResponse:
        return web.Response(status=status, text=text, headers=named)

    return answer


def in_turn(*answers: Answer) -> Answer:
    """Answer each request in its own way, and those that come later in the last one."""
    left = list(answers)

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        return await (left.pop(0) if len(left) > 1 else left[0])(request)

    return answer


GONE = answering(410)
DISABLE = {"webhook_delivery": "disable"}


def of(webhook: Any) -> str:
    return f"{HOOKS}/{webhook['id']}"


async def becomes(bot: Bot, webhook: Any, done: Callable[[Any], bool]) -> Any:
    """Wait until a webhook is as it should become, and return it."""
    found: Any = None
    for _ in range(600):
        found = await bot.get(of(webhook))
        if done(found):
            return found
        await asyncio.sleep(0.05)
    raise AssertionError(f"never came about: {found}")


async def is_disabled(bot: Bot, webhook: Any) -> Any:
    return await becomes(bot, webhook, lambda found: found["status"] == "disabled")


async def companies(make: Make, count: int) -> None:
    """Record so many events."""
    for _ in range(count):
        await make.editor.post("/v1/companies", {"name": "Acme"})


def nth_is(number: int, name: str, value: Any) -> Callable[[list[Any]], bool]:
    """Return the test that a delivery has come to a value."""
    return lambda found: len(found) > number and found[number][name] == value


def numbers(receiver: Receiver) -> list[int]:
    return [int(request.headers["webhook-number"]) for request in receiver.requests]


def column(name: str, found: Sequence[Any]) -> list[Any]:
    return [one[name] for one in found]


async def test_deliveries_are_listed_newest_first_in_pages(
    bot: Bot, make: Make, receiver: Receiver, worker: Worker
) -> None:
    webhook = await bot.subscribe(receiver.url())
    await companies(make, 5)
    await bot.settled(webhook, all_are("delivered", 5))

    first = await bot.get(f"{of(webhook)}/deliveries", limit=2)

    assert column("number", first["data"]) == [5, 4]
    assert first["has_more"]
    assert column("number", await bot.pages(f"{of(webhook)}/deliveries", limit=2)) == [
        5,
        4,
        3,
        2,
        1,
    ]
    events = await bot.events(after=webhook["after_seq"])
    shown = await bot.deliveries(webhook)
    assert column("seq", shown) == column("seq", events)
    assert column("event_type", shown) == column("type", events)


async def test_deliveries_are_listed_by_status(
    bot: Bot, make: Make, receiver: Receiver, worker: Worker
) -> None:
    receiver.answer = in_turn(answering(500), accept)
    webhook = await bot.subscribe(receiver.url(), max_in_flight=1)
    await companies(make, 3)
    await receiver.wait_for(3)
    await bot.settled(
        webhook, lambda found: column("status", found) == ["pending", "delivered", "delivered"]
    )

    for status, expected in (("pending", [1]), ("delivered", [2, 3]), ("failed", []), ("held", [])):
        assert column("number", await bot.deliveries(webhook, status=status)) == expected
    detail = await bot.get(of(webhook))
    assert (detail["pending_count"], detail["held_count"], detail["number"]) == (1, 0, 3)
    for wrong in ({"status": "lost"}, {"status": ""}, {"limit": 0}, {"colour": "red"}):
        await bot.get(f"{of(webhook)}/deliveries", expect=422, **wrong)


async def test_a_cursor_of_one_webhooks_deliveries_is_none_of_anothers(bot: Bot) -> None:
    one, other = [await bot.subscribe("http://127.0.0.1:9999/") for _ in range(2)]
    for _ in range(2):
        await bot.post(f"{of(one)}/test", expect=202)
    cursor = (await bot.get(f"{of(one)}/deliveries", limit=1))["next_cursor"]

    await bot.get(f"{of(one)}/deliveries", cursor=cursor)
    await bot.get(f"{of(other)}/deliveries", expect=400, cursor=cursor)


async def test_a_delivery_shows_every_attempt_and_what_was_answered(
    bot: Bot, make: Make, receiver: Receiver, worker: Worker
) -> None:
    receiver.answer = in_turn(answering(500, "out of order"), answering(200, "thank you"))
    webhook = await bot.subscribe(receiver.url())
    await make.company()
    await receiver.wait_for(1)
    (failed,) = await bot.settled(webhook, all_are("pending"))
    shown = await bot.delivery(webhook, failed)
    assert (shown["last_status"], shown["finished_at"]) == (500, None)
    wait = datetime.fromisoformat(shown["due_at"]) - datetime.now(UTC)
    assert timedelta(0) < wait < timedelta(seconds=6.5)

    await bot.post(f"{of(webhook)}/deliveries/{failed['id']}/replay", expect=202)

    (done,) = await bot.settled(webhook, all_are("delivered"))
    shown = await bot.delivery(webhook, done)
    attempts = shown.pop("attempts")
    assert shown == done
    assert (done["attempt_count"], done["last_status"], done["last_error"]) == (2, 200, None)
    assert done["due_at"] is None
    assert done["finished_at"] is not None
    assert column("number", attempts) == [1, 2]
    assert column("status", attempts) == [500, 200]
    assert column("answer", attempts) == ["out of order", "thank you"]
    assert "500" in attempts[0]["error"]
    assert attempts[1]["error"] is None
    for attempt in attempts:
        assert attempt["address"] == "127.0.0.1"
        assert 0 <= attempt["milliseconds"] < 5000


async def test_an_endpoint_that_cannot_be_reached_is_told_in_the_attempt(
    bot: Bot, make: Make, receiver: Receiver, worker: Worker
) -> None:
    webhook = await bot.subscribe(f"http://127.0.0.2:{receiver.port}/")  # nobody listens there
    await make.company()

    (failed,) = await bot.settled(webhook, lambda found: found != [] and found[0]["last_error"])

    (attempt,) = (await bot.delivery(webhook, failed))["attempts"]
    assert (attempt["status"], attempt["answer"]) == (None, "")
    assert attempt["error"] == failed["last_error"]


async def test_a_test_arrives_signed_on_the_way_that_events_take(
    bot: Bot, receiver: Receiver, worker: Worker
) -> None:
    webhook = await bot.subscribe(receiver.url())

    answer = await bot.send("POST", f"{of(webhook)}/test")

    made = answer.json()
    assert answer.status_code == 202
    assert answer.headers["Location"] == f"{of(webhook)}/deliveries/{made['id']}"
    assert (made["seq"], made["event_type"], made["status"]) == (0, "webhook.test", "pending")
    (request,) = await receiver.wait_for(1)
    assert request.headers["webhook-id"] == made["id"]
    body = standardwebhooks.Webhook(webhook["secret"]).verify(request.body, request.headers)
    assert (body["type"], body["seq"]) == ("webhook.test", 0)
    assert body["subject"] == {"type": "webhook", "id": webhook["id"], "slug": None}
    await bot.settled(webhook, all_are("delivered"))
    assert (await bot.get(answer.headers["Location"]))["last_status"] == 204


async def test_tests_have_numbers_of_their_own_and_are_not_in_the_ledger(
    bot: Bot, make: Make, receiver: Receiver, worker: Worker
) -> None:
    webhook = await bot.subscribe(receiver.url())

    for _ in range(2):
        await bot.post(f"{of(webhook)}/test", expect=202)
    await make.company()
    await bot.post(f"{of(webhook)}/test", expect=202)

    found = await bot.settled(webhook, all_are("delivered", 4))
    assert column("number", found) == [1, 2, 3, 4]
    assert sorted(column("seq", found)) == [0, 0, 0, webhook["after_seq"] + 1]
    assert len(await bot.events()) == 1


async def test_the_public_key_verifies_what_arrives(
    bot: Bot, make: Make, receiver: Receiver, worker: Worker, http: AsyncClient
) -> None:
    await bot.subscribe(receiver.url())
    await make.company()
    (request,) = await receiver.wait_for(1)

    answer = await http.get("/.well-known/webhook-keys.json")

    assert answer.status_code == 200
    (key,) = answer.json()["keys"]
    assert (key["kty"], key["crv"], key["alg"], key["use"]) == ("OKP", "Ed25519", "EdDSA", "sig")
    public = base64.urlsafe_b64decode(key["x"] + "=")
    assert key["whpk"] == "whpk_" + base64.b64encode(public).decode()
    headers = request.headers
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + request.body
    signature = headers["webhook-signature"].split()[-1].removeprefix("v1a,")
    Ed25519PublicKey.from_public_bytes(public).verify(base64.b64decode(signature), signed)
    cached = {"If-None-Match": answer.headers["ETag"]}
    assert (await http.get("/.well-known/webhook-keys.json", headers=cached)).status_code == 304


async def test_one_delivery_is_replayed_under_its_own_id(
    bot: Bot, make: Make, receiver: Receiver, worker: Worker
) -> None:
    webhook = await bot.subscribe(receiver.url())
    await companies(make, 2)
    first, second = await bot.settled(webhook, all_are("delivered", 2))

    replayed = await bot.post(f"{of(webhook)}/deliveries/{first['id']}/replay", expect=202)

    assert replayed["id"] == first["id"]
    assert (replayed["status"], replayed["finished_at"]) == ("pending", None)
    again = (await receiver.wait_for(3))[-1]
    assert again.headers["webhook-id"] == first["id"]
    assert again.headers["webhook-number"] == str(first["number"])
    assert again.headers["webhook-attempt"] == "2"
    same = [one for one in receiver.requests if one.headers["webhook-id"] == first["id"]]
    assert same[0].body == same[1].body
    found = await bot.settled(webhook, all_are("delivered", 2))
    assert column("attempt_count", found) == [2, 1]
    assert found[1] == second


async def test_everything_is_replayed_and_what_was_there_keeps_its_id(
    bot: Bot, make: Make, receiver: Receiver, worker: Worker
) -> None:
    await companies(make, 3)
    webhook = await bot.subscribe(receiver.url())
    await companies(make, 2)
    before = await bot.settled(webhook, all_are("delivered", 2))

    replay = await bot.post(f"{of(webhook)}/replay", {"after_seq": 0}, expect=202)

    assert replay == {"count": 5, "after_seq": 0, "until_seq": 5, "dry_run": False}
    await receiver.wait_for(7)
    found = await bot.settled(webhook, all_are("delivered", 5))
    assert column("id", found[:2]) == column("id", before)
    assert column("attempt_count", found) == [2, 2, 1, 1, 1]
    assert column("seq", found) == [4, 5, 1, 2, 3]
    assert column("number", found) == [1, 2, 3, 4, 5]
    assert sorted(numbers(receiver)) == [1, 1, 2, 2, 3, 4, 5]
    after = await becomes(bot, webhook, lambda found: not found["replaying"])
    assert (after["number"], after["pending_count"]) == (5, 0)


async def test_a_replay_begins_after_a_seq_or_at_an_instant(
    bot: Bot, make: Make, receiver: Receiver, worker: Worker
) -> None:
    await companies(make, 4)
    third = (await bot.events())[2]
    for body in ({"after_seq": 2}, {"since": third["recorded_at"]}):
        webhook = await bot.subscribe(receiver.url())

        replay = await bot.post(f"{of(webhook)}/replay", body, expect=202)

        assert (replay["count"], replay["after_seq"], replay["until_seq"]) == (2, 2, 4)
        found = await bot.settled(webhook, all_are("delivered", 2))
        assert column("seq", found) == [3, 4]


async def test_a_dry_replay_counts_and_keeps_nothing(
    bot: Bot, make: Make, receiver: Receiver, worker: Worker
) -> None:
    await companies(make, 3)
    webhook = await bot.subscribe(receiver.url(), event_types=["company.created"])
    await make.asker()
    before = await bot.get(of(webhook))

    for body, params in (
        ({"after_seq": 1, "dry_run": True}, {}),
        ({"after_seq": 1}, {"dry_run": "true"}),
    ):
        answer = await bot.send("POST", f"{of(webhook)}/replay", json=body, params=params)
        assert answer.status_code == 202
        assert (answer.json()["count"], answer.json()["dry_run"]) == (2, True)

    assert await bot.get(of(webhook)) == before
    assert await bot.deliveries(webhook) == []


async def test_a_replay_of_nothing_is_over_at_once(bot: Bot, make: Make, worker: Worker) -> None:
    await make.company()
    webhook = await bot.subscribe("http://127.0.0.1:9999/")

    replay = await bot.post(f"{of(webhook)}/replay", {"after_seq": 1}, expect=202)

    assert replay["count"] == 0
    assert not (await bot.get(of(webhook)))["replaying"]


async def test_a_replay_needs_one_beginning_that_has_been(bot: Bot, make: Make) -> None:
    await make.company()
    url = f"{of(await bot.subscribe('http://127.0.0.1:9999/'))}/replay"
    future = format_instant(datetime.now(UTC) + timedelta(hours=1))
    since = format_instant(datetime.now(UTC))

    for body, pointer in (
        ({"after_seq": 2}, "/after_seq"),
        ({"after_seq": -1}, "/after_seq"),
        ({"after_seq": "1"}, "/after_seq"),
        ({"after_seq": True}, "/after_seq"),
        ({"after_seq": 2**53 + 1}, "/after_seq"),
        ({"since": future}, "/since"),
        ({"since": "2025-05-15"}, "/since"),
        ({"since": "0001-01-01T00:00:00+14:00"}, "/since"),
        ({"since": 1747267200}, "/since"),
        ({"after_seq": 0, "dry_run": "yes"}, "/dry_run"),
        ({"after_seq": 0, "until_seq": 1}, "/until_seq"),
    ):
        problem = await bot.post(url, body, expect=422)
        assert column("pointer", problem["errors"]) == [pointer], body
    for none_or_both in ({}, {"dry_run": True}, {"after_seq": 0, "since": since}, None):
        await bot.post(url, none_or_both, expect=422)
    await bot.post(url, {"since": "0001-01-01T00:00:00Z"}, expect=202)


async def test_a_replay_asked_for_while_the_worker_is_behind_sends_all_once(
    bot: Bot, make: Make, receiver: Receiver, settings: Settings, database: Database
) -> None:
    await make.company()
    webhook = await bot.subscribe(receiver.url(), event_types=["ask.recorded"])
    asker = await make.asker()
    ask = {"asker": asker, "asked_on": "2025-05", "source": SOURCE}
    for slug in ("one", "two"):  # more events than are turned into deliveries at once
        await make.question(slug=slug, asks=[ask] * 100)

    await bot.post(f"{of(webhook)}/replay", {"after_seq": 0}, expect=202)

    async with working(settings, database):
        found = await bot.settled(webhook, all_are("delivered", 200))
    assert len(found) == 200
    assert column("number", found) == list(range(1, 201))


async def test_numbers_have_no_gaps_whatever_is_filtered(
    bot: Bot, make: Make, receiver: Receiver, worker: Worker
) -> None:
    webhook = await bot.subscribe(receiver.url(), event_types=["company.created", "ask.recorded"])

    for slug in ("one", "two", "three"):
        await make.question(slug=slug, company=slug, state="declined")

    found = await bot.settled(webhook, all_are("delivered", 6))
    assert sorted(numbers(receiver)) == [1, 2, 3, 4, 5, 6]
    assert column("seq", found) == sorted(column("seq", found))
    assert (await bot.get(of(webhook)))["number"] == 6


@pytest.mark.parametrize(
    ("answer", "status"),
    [(GONE, "held"), (answering(200, **DISABLE), "delivered"), (answering(500, **DISABLE), "held")],
)
async def test_an_endpoint_may_disable_its_webhook(
    answer: Answer, status: str, bot: Bot, make: Make, receiver: Receiver, worker: Worker
) -> None:
    receiver.answer = answer
    webhook = await bot.subscribe(receiver.url())
    await make.company("first")

    disabled = await is_disabled(bot, webhook)

    assert disabled["disabled_at"] is not None
    assert ("410" in disabled["disabled_reason"]) is (answer is GONE)
    assert ("webhook-delivery" in disabled["disabled_reason"]) is (answer is not GONE)
    await bot.settled(webhook, all_are(status))
    await make.company("second")
    found = await bot.settled(webhook, lambda found: len(found) == 2)
    assert column("status", found) == [status, "held"]
    detail = await bot.get(of(webhook))
    assert (detail["held_count"], detail["pending_count"]) == (
        column("status", found).count("held"),
        0,
    )
    assert len(receiver.requests) == 1


async def test_what_waited_when_a_webhook_was_disabled_is_held(
    bot: Bot, make: Make, receiver: Receiver, worker: Worker
) -> None:
    receiver.answer = in_turn(answering(500), GONE)
    webhook = await bot.subscribe(receiver.url())
    await make.company("first")
    await bot.settled(webhook, nth_is(0, "last_status", 500))

    await make.company("second")

    await is_disabled(bot, webhook)
    found = await bot.settled(webhook, all_are("held", 2))
    assert column("last_status", found) == [500, 410]


async def test_what_was_under_way_when_it_was_disabled_is_held_if_it_fails(
    bot: Bot, make: Make, receiver: Receiver, worker: Worker
) -> None:
    over = asyncio.Event()

    async def late(_: web.BaseRequest) -> web.StreamResponse:
        await over.wait()
        return web.Response(status=500)

    receiver.answer = in_turn(late, GONE)
    webhook = await bot.subscribe(receiver.url())
    await make.company("first")
    await receiver.wait_for(1)
    await make.company("second")
    await is_disabled(bot, webhook)

    over.set()

    found = await bot.settled(webhook, nth_is(0, "last_status", 500))
    assert column("status", found) == ["held", "held"]


async def test_nothing_is_asked_of_a_disabled_webhook(
    bot: Bot, make: Make, receiver: Receiver, worker: Worker
) -> None:
    receiver.answer = GONE
    webhook = await bot.subscribe(receiver.url())
    await make.company()
    before = await is_disabled(bot, webhook)
    (held,) = await bot.settled(webhook, all_are("held"))

    for path, body in (
        ("/test", None),
        ("/replay", {"after_seq": 0}),
        ("/replay", {"after_seq": 0, "dry_run": True}),
        (f"/deliveries/{held['id']}/replay", None),
    ):
        problem = await bot.post(of(webhook) + path, body, expect=409)
        assert "410" in problem["detail"]
        assert "/enable" in problem["detail"]

    await bot.post(f"{of(webhook)}/enable", expect=200, params={"dry_run": "true"})
    await bot.post(f"{of(webhook)}/rotate-secret", expect=200, params={"dry_run": "true"})
    assert await bot.get(of(webhook)) == before


async def disabled_with_three_held(bot: Bot, make: Make, receiver: Receiver) -> Any:
    """Make a webhook that its endpoint disabled and that since then would have got more."""
    receiver.answer = in_turn(GONE, accept)
    webhook = await bot.subscribe(receiver.url())
    await make.company("first")
    await is_disabled(bot, webhook)
    await companies(make, 2)
    await bot.settled(webhook, all_are("held", 3))
    return webhook


async def test_enabling_sends_what_was_held_if_that_is_wished(
    bot: Bot, make: Make, receiver: Receiver, worker: Worker
) -> None:
    webhook = await disabled_with_three_held(bot, make, receiver)

    enabled = await bot.post(f"{of(webhook)}/enable", {"replay_held": True}, expect=200)

    assert (enabled["status"], enabled["failures"]) == ("enabled", 0)
    assert (enabled["disabled_at"], enabled["disabled_reason"]) == (None, None)
    assert (enabled["last_error"], enabled["failing_since"]) == (None, None)
    assert (enabled["pending_count"], enabled["held_count"]) == (3, 0)
    found = await bot.settled(webhook, all_are("delivered", 3))
    assert column("attempt_count", found) == [2, 1, 1]
    assert sorted(numbers(receiver)) == [1, 1, 2, 3]


async def test_enabling_keeps_what_was_held_for_a_later_replay(
    bot: Bot, make: Make, receiver: Receiver, worker: Worker
) -> None:
    webhook = await disabled_with_three_held(bot, make, receiver)

    enabled = await bot.post(f"{of(webhook)}/enable", expect=200)
    await make.company("fourth")

    assert (enabled["status"], enabled["held_count"]) == ("enabled", 3)
    found = await bot.settled(webhook, nth_is(3, "status", "delivered"))
    assert column("status", found) == ["held", "held", "held", "delivered"]

    await bot.post(f"{of(webhook)}/deliveries/{found[0]['id']}/replay", expect=202)
    await bot.settled(webhook, nth_is(0, "status", "delivered"))
    body = {"after_seq": found[0]["seq"]}
    assert (await bot.post(f"{of(webhook)}/replay", body, expect=202))["count"] == 3

    await bot.settled(webhook, all_are("delivered", 4))
    await receiver.wait_for(6)
    assert sorted(numbers(receiver)) == [1, 1, 2, 3, 4, 4]
    assert (await bot.get(of(webhook)))["held_count"] == 0


async def test_enabling_once_more_sends_what_was_still_held(
    bot: Bot, make: Make, receiver: Receiver, worker: Worker
) -> None:
    webhook = await disabled_with_three_held(bot, make, receiver)
    await bot.post(f"{of(webhook)}/enable", expect=200)

    await bot.post(f"{of(webhook)}/enable", {"replay_held": True}, expect=200)

    await bot.settled(webhook, all_are("delivered", 3))


async def test_three_failures_in_a_row_show_and_a_success_ends_it(
    bot: Bot, make: Make, receiver: Receiver, worker: Worker
) -> None:
    receiver.answer = answering(500)
    webhook = await bot.subscribe(receiver.url())
    await companies(make, 2)
    twice = await becomes(bot, webhook, lambda found: found["failures"] == 2)
    assert twice["status"] == "enabled"

    await make.company("third")

    failing = await becomes(bot, webhook, lambda found: found["failures"] == 3)
    assert failing["status"] == "failing"
    assert "500" in failing["last_error"]
    since = datetime.fromisoformat(failing["failing_since"])
    assert since <= datetime.now(UTC)
    assert failing["failing_since"] == twice["failing_since"]

    receiver.answer = accept
    await bot.post(f"{of(webhook)}/test", expect=202)
    well = await becomes(bot, webhook, lambda found: found["failures"] == 0)
    assert (well["status"], well["last_error"], well["failing_since"]) == ("enabled", None, None)


async def test_enabling_a_failing_webhook_forgets_its_failures(
    bot: Bot, make: Make, receiver: Receiver, worker: Worker
) -> None:
    receiver.answer = answering(500)
    webhook = await bot.subscribe(receiver.url())
    await companies(make, 3)
    await becomes(bot, webhook, lambda found: found["status"] == "failing")
    await bot.settled(webhook, all_are("pending", 3))

    enabled = await bot.post(f"{of(webhook)}/enable", expect=200)

    assert (enabled["status"], enabled["failures"], enabled["last_error"]) == ("enabled", 0, None)
    assert (enabled["pending_count"], enabled["held_count"]) == (3, 0)


@pytest.mark.parametrize("status", [429, 503])
async def test_an_endpoint_may_ask_to_wait(
    status: int, bot: Bot, make: Make, receiver: Receiver, worker: Worker
) -> None:
    receiver.answer = answering(status, retry_after="3600")
    webhook = await bot.subscribe(receiver.url())
    await make.company("first")

    paused = await becomes(bot, webhook, lambda found: found["status"] == "paused")

    (waiting,) = await bot.settled(webhook, all_are("pending"))
    assert waiting["due_at"] == paused["paused_until"]
    wait = datetime.fromisoformat(paused["paused_until"]) - datetime.now(UTC)
    assert timedelta(minutes=50) < wait <= timedelta(hours=1)
    await make.company("second")
    found = await bot.settled(webhook, lambda found: len(found) == 2)
    assert column("attempt_count", found) == [1, 0]
    assert len(receiver.requests) == 1

    receiver.answer = accept
    enabled = await bot.post(f"{of(webhook)}/enable", expect=200)
    assert (enabled["status"], enabled["paused_until"]) == ("enabled", None)
    await bot.settled(webhook, nth_is(1, "status", "delivered"))


async def test_after_the_pause_it_goes_on_and_no_attempt_was_spent(
    bot: Bot, make: Make, receiver: Receiver, worker: Worker
) -> None:
    pause = answering(429, retry_after="1")
    receiver.answer = in_turn(pause, pause, answering(500))
    webhook = await bot.subscribe(receiver.url())
    await make.company("first")
    await receiver.wait_for(3)

    (failed,) = await bot.settled(webhook, nth_is(0, "last_status", 500))

    assert failed["attempt_count"] == 3
    last = (await bot.delivery(webhook, failed))["attempts"][-1]
    wait = datetime.fromisoformat(failed["due_at"]) - datetime.fromisoformat(last["started_at"])
    assert wait < timedelta(seconds=40)  # the first delay of all, not the third
    receiver.answer = accept
    await make.company("second")
    await bot.settled(webhook, nth_is(1, "status", "delivered"))
    assert (await bot.get(of(webhook)))["status"] == "enabled"


@pytest.mark.parametrize("headers", [{}, {"retry_after": "soon"}])
async def test_a_429_without_a_time_is_a_failure_like_others(
    headers: dict[str, str], bot: Bot, make: Make, receiver: Receiver, worker: Worker
) -> None:
    receiver.answer = answering(429, **headers)
    webhook = await bot.subscribe(receiver.url())
    await make.company()

    failed = await becomes(bot, webhook, lambda found: found["failures"] == 1)

    assert (failed["status"], failed["paused_until"]) == ("enabled", None)


async def test_what_waits_goes_to_the_new_address_in_the_new_format(
    bot: Bot, make: Make, receiver: Receiver, worker: Worker
) -> None:
    receiver.answers["/old"] = answering(500)
    webhook = await bot.subscribe(receiver.url("/old"))
    await make.company()
    (waiting,) = await bot.settled(webhook, nth_is(0, "last_status", 500))

    await bot.patch(of(webhook), {"url": receiver.url("/new"), "format": "slack"})
    await bot.post(f"{of(webhook)}/deliveries/{waiting['id']}/replay", expect=202)

    old, new = await receiver.wait_for(2)
    assert (old.path, new.path) == ("/old", "/new")
    assert old.headers["webhook-id"] == new.headers["webhook-id"]
    assert b'"blocks"' in new.body


async def test_what_is_recorded_while_no_worker_runs_is_sent_by_the_next(
    bot: Bot, make: Make, receiver: Receiver, settings: Settings, database: Database
) -> None:
    webhook = await bot.subscribe(receiver.url())
    async with working(settings, database):
        await make.company("first")
        await bot.settled(webhook, all_are("delivered"))
    await make.company("second")
    assert len(await bot.deliveries(webhook)) == 1

    async with working(settings, database):
        found = await bot.settled(webhook, all_are("delivered", 2))

    assert column("attempt_count", found) == [1, 1]


async def test_a_repeated_test_or_replay_acts_once(
    bot: Bot, make: Make, receiver: Receiver
) -> None:
    await make.company()
    webhook = await bot.subscribe(receiver.url())
    for path, body in (("/test", None), ("/replay", {"after_seq": 0})):
        options: dict[str, Any] = {"expect": 202, "headers": {"Idempotency-Key": path}}
        first = await bot.post(of(webhook) + path, body, **options)
        assert await bot.post(of(webhook) + path, body, **options) == first

    assert len(await bot.deliveries(webhook)) == 1


async def test_deliveries_are_private(bot: Bot, editor: Client, reader: Client) -> None:
    webhook = await bot.subscribe("http://127.0.0.1:9999/")
    answer = await bot.send("GET", f"{of(webhook)}/deliveries")
    assert answer.headers["Cache-Control"] == "private, no-cache"
    for client, status in ((editor, 403), (reader, 401)):
        await client.get(f"{of(webhook)}/deliveries", expect=status)
