"""An answer for an instant waits for the writes that may still claim that instant."""

import asyncio
from datetime import UTC, datetime

from app.askers import service as askers
from app.askers.models import AskerKind
from app.askers.schemas import AskerCreate
from app.core.dates import format_instant
from app.core.db import Database
from app.ledger import recorder
from tests.support.client import Client
from tests.support.make import Make


async def test_a_read_of_the_past_waits_for_a_write_that_began_before_it(
    reader: Client, make: Make, database: Database
) -> None:
    await make.question()
    async with recorder.recording(database, actor="tests") as session:
        asker = AskerCreate(name="Somebody", kind=AskerKind.INDIVIDUAL)
        await askers.add(session, asker)
        known_at = format_instant(datetime.now(UTC))
        await asyncio.sleep(0.01)
        reading = asyncio.create_task(reader.get("/v1/questions", known_at=known_at))
        done, _ = await asyncio.wait({reading}, timeout=0.3)
        assert not done

    first = await reading

    assert (await reader.events())[-1]["recorded_at"] < known_at
    assert await reader.get("/v1/questions", known_at=known_at) == first


async def test_a_read_of_what_is_long_known_waits_for_nobody(
    reader: Client, make: Make, database: Database
) -> None:
    await make.question()
    known_at = (await reader.events())[-1]["recorded_at"]
    async with recorder.recording(database, actor="tests"):
        page = await reader.get("/v1/questions", known_at=known_at)
    assert len(page["data"]) == 1


async def test_what_was_answered_for_an_instant_is_recorded_after_it_by_any_clock(
    reader: Client, make: Make
) -> None:
    await make.question()
    known_at = format_instant(datetime.now(UTC))
    await asyncio.sleep(0.001)
    first = await reader.get("/v1/questions", known_at=known_at)

    await make.question(slug="later")

    assert (await reader.events())[-1]["recorded_at"] > known_at
    assert await reader.get("/v1/questions", known_at=known_at) == first


async def test_many_readers_that_wait_hold_no_connection_and_share_one_turn(
    reader: Client, make: Make, database: Database
) -> None:
    await make.question()
    async with recorder.recording(database, actor="tests"):
        known_at = format_instant(datetime.now(UTC))
        await asyncio.sleep(0.001)
        waiting = [
            asyncio.create_task(reader.get("/v1/questions", known_at=known_at)) for _ in range(30)
        ]
        await asyncio.sleep(0.1)
        assert len((await reader.get("/v1/questions"))["data"]) == 1
    assert len({str(page) for page in await asyncio.gather(*waiting)}) == 1
