"""What others see of an import that takes its time."""

import asyncio
from datetime import timedelta

from httpx import AsyncClient
from sqlalchemy import update

from app.auth.models import ApiKey
from app.auth.schemas import Scope
from app.core import clock
from app.core.db import Database
from app.core.settings import Settings
from tests.conftest import new_key
from tests.imports.conftest import Importer, row, written
from tests.support.client import Client


async def test_a_key_can_read_while_its_use_cannot_be_noted(
    importer: Importer, database: Database
) -> None:
    async with database.writing() as session:
        old = clock.now() - timedelta(hours=1)
        await session.execute(update(ApiKey).values(last_used_at=old))
    async with database.writing():  # as an import does, for a minute
        read = await importer.editor.get("/v1/imports")

    assert read["data"] == []


async def test_other_writers_wait_and_are_told_to_come_again_when_it_takes_long(
    importer: Importer, settings: Settings, database: Database, http: AsyncClient
) -> None:
    other = Client(http, await new_key(settings, database, "other", Scope.WRITE))
    database._timeout = 0.05  # of SQLite; PostgreSQL's is that of its connections
    content = written([row(n) for n in range(1, 601)])
    answer = await importer.send(content, headers={"Prefer": "respond-async"})
    statuses = set[int]()
    for _ in range(200):
        made = await other.send("POST", "/v1/companies", json={"name": "Acme"})
        statuses.add(made.status_code)
        if made.status_code == 503:
            assert int(made.headers["retry-after"]) > 0
        if made.status_code == 201:
            break
        await asyncio.sleep(0.05)

    assert statuses <= {201, 503}
    assert 201 in statuses
    for _ in range(200):
        if (await importer.editor.get(answer.headers["location"]))["status"] == "done":
            break
        await asyncio.sleep(0.05)
    events = await importer.editor.events(type="question.created")
    assert len(events) == 600
