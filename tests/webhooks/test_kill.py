"""`kill -9` of the worker, again and again, while it sends: nothing is lost, little is repeated."""

import asyncio
import json
from collections import defaultdict

import pytest
from sqlalchemy import func, select

from app.core.db import Database
from app.core.settings import Settings
from app.core.tables import table_of
from app.webhooks.models import Attempt
from tests.support.receiver import Receiver
from tests.support.worker import WorkerProcess
from tests.webhooks.conftest import Bot, counts, reached, record

ATTEMPT = table_of(Attempt)
WEBHOOKS, EVENTS, KILLS, SLOTS = 20, 500, 8, 100
DELIVERIES = WEBHOOKS * EVENTS


async def _attempts(database: Database, *where: object) -> int:
    query = select(func.count()).select_from(ATTEMPT).where(*where)  # type: ignore[arg-type]
    async with database.reading() as session:
        found: int = (await session.execute(query)).scalar_one()
    return found


async def _kill_again_and_again(
    process: WorkerProcess, receiver: Receiver, database: Database
) -> None:
    """Kill it each time when a tenth more has arrived, and record some more meanwhile."""
    for number in range(1, KILLS + 1):
        process.start()
        await record(database, EVENTS // 20)
        await receiver.wait_for(number * DELIVERIES // 10, seconds=60)
        process.kill()


@pytest.mark.timeout(240)
async def test_after_eight_kills_every_delivery_arrived_and_at_most_a_batch_a_kill_twice(
    settings: Settings, receiver: Receiver, bot: Bot, database: Database
) -> None:
    for number in range(WEBHOOKS):
        await bot.subscribe(receiver.url(f"/{number}"), max_in_flight=16)
    await record(database, EVENTS - KILLS * (EVENTS // 20))
    short = {"webhook_timeout": 2.0, "webhook_slots": SLOTS}  # and so are the leases
    process = WorkerProcess(settings.model_copy(update=short))
    try:
        await _kill_again_and_again(process, receiver, database)
        under_way = (await counts(database)).get("sending", 0)
        process.start()
        await receiver.wait_for(DELIVERIES, seconds=90)
        await reached(database, {"delivered": DELIVERIES}, seconds=90)
        assert await asyncio.to_thread(process.stop) == 0
    finally:
        process.kill()

    ids = defaultdict(set)
    for one in receiver.requests:
        ids[one.path, json.loads(one.body)["seq"]].add(one.headers["webhook-id"])
    everything = {(f"/{n}", seq) for n in range(WEBHOOKS) for seq in range(1, EVENTS + 1)}
    assert set(ids) == everything
    assert {len(same) for same in ids.values()} == {1}
    assert len(set().union(*ids.values())) == DELIVERIES

    lost = await _attempts(database, ATTEMPT.c.error.like("The worker that sent this ended%"))
    failed = await _attempts(database, ATTEMPT.c.error.is_not(None)) - lost
    assert 0 < under_way <= lost <= KILLS * SLOTS
    assert len(receiver.requests) - DELIVERIES <= lost + failed  # a busy machine may be too slow
    assert await _attempts(database) == DELIVERIES + lost + failed
