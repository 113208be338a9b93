"""Migrations: from nothing to the models and back, on both databases."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import inspect

from app.core.db import maintenance_engine
from app.core.settings import Settings
from tests.conftest import ROOT


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


@pytest.mark.parametrize("said", ["Locks taken:", "Safe with the previous release:", "Reversible:"])
def test_every_migration_says_what_it_does_to_a_running_service(said: str) -> None:
    scripts = ScriptDirectory.from_config(Config(ROOT / "alembic.ini"))
    for revision in scripts.walk_revisions():
        text = revision.module.__doc__ or ""
        assert said in text
        assert "…" not in text
