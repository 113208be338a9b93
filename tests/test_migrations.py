"""Migrations: from nothing to the models and back, on both databases."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from app.core.db import Database, maintenance_engine
from app.core.settings import Settings
from app.transparency import audit
from tests.conftest import ROOT
from tests.support.client import Client
from tests.support.make import Make


def run(settings: Settings, work: Any, *arguments: Any) -> None:
    config = Config(ROOT / "alembic.ini")
    config.attributes["url"] = settings.database_url
    with ThreadPoolExecutor(1) as thread:
        thread.submit(work, config, *arguments).result()


async def tables(settings: Settings) -> set[str]:
    engine = maintenance_engine(settings.database_url)
    async with engine.connect() as connection:
        found = await connection.run_sync(lambda sync: set(inspect(sync).get_table_names()))
    await engine.dispose()
    return found


def test_the_migrated_database_is_what_the_models_say(settings: Settings) -> None:
    run(settings, command.check)


async def test_down_to_nothing_and_up_again(settings: Settings) -> None:
    before = await tables(settings)
    run(settings, command.downgrade, "base")
    assert await tables(settings) == {"alembic_version"}
    run(settings, command.upgrade, "head")
    assert await tables(settings) == before
    run(settings, command.check)


async def test_a_ledger_from_before_the_log_becomes_leaves_that_open_to_the_same_events(
    settings: Settings, reader: Client, make: Make, database: Database
) -> None:
    question = await make.question(state="declined", context="A line\u2028and “more”.\tEnd")
    await make.editor.patch(f"/v1/questions/{question['id']}", {"context": None, "reason": "No."})
    await make.statement(question, verdict="answered")
    events = await reader.events()
    await database.engine.dispose()

    run(settings, command.downgrade, "0004")
    engine = maintenance_engine(settings.database_url)
    async with engine.connect() as connection:
        found = await connection.execute(
            text("SELECT summary, subject_slug, effective_on, data FROM event ORDER BY seq")
        )
        rows = found.all()
    await engine.dispose()
    run(settings, command.upgrade, "head")

    assert [row.summary for row in rows] == [event["summary"] for event in events]
    assert [row.subject_slug for row in rows] == [event["subject"]["slug"] for event in events]
    assert [json.loads(row.data) for row in rows] == [event["data"] for event in events]
    again = await reader.events()
    without = {"leaf_hash": ""}  # which is salted anew
    assert [event | without for event in again] == [event | without for event in events]
    async with database.reading() as session:
        checker = await audit.check(session, set())
    assert checker.events == len(events)


@pytest.mark.parametrize("said", ["Locks taken:", "Safe with the previous release:", "Reversible:"])
def test_every_migration_says_what_it_does_to_a_running_service(said: str) -> None:
    scripts = ScriptDirectory.from_config(Config(ROOT / "alembic.ini"))
    for revision in scripts.walk_revisions():
        doc = revision.module.__doc__ or ""
        assert said in doc
        assert "…" not in doc
