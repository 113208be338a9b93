"""Real workers around the hour of many drafts: two that race, and `kill -9` again and again."""

import asyncio
from typing import Any

import pytest

from app.core.db import Database
from app.core.settings import Settings
from tests.drafts.conftest import Drafting, hour, question, until
from tests.support.client import Client
from tests.support.worker import WorkerProcess

DRAFTS, KILLS = 60, 2


async def saved(drafting: Drafting) -> list[Any]:
    """Save drafts of questions that are published at one hour, which is far."""
    when = hour(days=1)
    return [
        await drafting.save(question(slug=f"asked-{number}"), publish_at=when)
        for number in range(DRAFTS)
    ]


async def asked(reader: Client, least: int) -> None:
    """Wait until so many questions are on the record."""
    await until(lambda: reader.pages("/v1/questions", limit=200), lambda found: len(found) >= least)


async def check_whole(drafting: Drafting, reader: Client) -> set[str]:
    """See that what is marked as published is what is on the record, each once."""
    drafts = await drafting.editor.pages("/v1/drafts", limit=200)
    marked = [one["result"]["id"] for one in drafts if one["status"] == "published"]
    events = await reader.events(limit=200)
    told = [event["subject"]["id"] for event in events if event["type"] == "question.created"]
    asks = [event for event in events if event["type"] == "ask.recorded"]
    assert sorted(marked) == sorted(told)
    assert len(set(told)) == len(told) == len(asks)
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    assert {one["status"] for one in drafts} <= {"waiting", "published"}
    return set(marked)


@pytest.mark.timeout(240)
async def test_workers_that_are_killed_at_the_hour_publish_every_draft_once_and_whole(
    drafting: Drafting, reader: Client, settings: Settings, database: Database
) -> None:
    drafts = await saved(drafting)
    processes = [WorkerProcess(settings), WorkerProcess(settings)]
    came = 0
    try:
        for number in range(1, KILLS + 1):
            for process in processes:
                process.start()
            part = drafts[came : came + DRAFTS // (KILLS + 1)]
            came += len(part)
            await drafting.come(*part)
            await asked(reader, (number - 1) * len(part) + 1)
            for process in processes:
                process.kill()
            await check_whole(drafting, reader)
        for process in processes:
            process.start()
        await drafting.come(*drafts[came:])
        await drafting.settled(*drafts)
        for process in processes:
            assert await asyncio.to_thread(process.stop) == 0
    finally:
        for process in processes:
            process.kill()

    assert len(await check_whole(drafting, reader)) == DRAFTS
    actors = {event["actor"] for event in await reader.events(type="question.created")}
    assert actors == {"editor-paris"}
