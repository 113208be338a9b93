"""Commands record as the service does: behind the log's guard, and it is signed at their end."""

import pytest
from sqlalchemy import func, select, text

from app.auth.schemas import Scope
from app.commands.common import opened_to_record
from app.core.db import Database
from app.core.errors import Unavailable
from app.core.settings import Settings
from app.ledger.queries import EVENT
from app.transparency.vault import Vault, checkpoint_of
from tests.commands.test_verify import command
from tests.conftest import new_key
from tests.support.client import Client
from tests.support.tampering import cut_back
from tests.transparency.test_signing import add_asker, checkpoint, forget_keys, started

COMPROMISED = ("keys", "compromised", "thief", "--since", "2020-01-01")


async def events(database: Database) -> int:
    async with database.reading() as session:
        return (await session.execute(select(func.count()).select_from(EVENT))).scalar_one()


async def test_a_command_does_not_record_in_an_older_backup(
    settings: Settings, database: Database
) -> None:
    await new_key(settings, database, "thief", Scope.WRITE)
    for _ in range(5):
        await add_asker(database)
    async with started(settings) as (base, signed):
        await checkpoint(base, signed)
    await cut_back(database, 3)

    ended = await command(*COMPROMISED, settings=settings)

    assert ended.returncode == 1
    assert "older backup" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert await events(database) == 3


async def test_sources_are_not_checked_off_in_an_older_backup(
    settings: Settings, database: Database, editor: Client
) -> None:
    await editor.post("/v1/sources", {"url": "https://example.org/x", "sha256": "0" * 64})
    async with started(settings) as (base, signed):
        await checkpoint(base, signed)
        await add_asker(base)
        await checkpoint(base, signed)
    await cut_back(database, 1)

    async with opened_to_record(settings) as base:  # as `sources check` does
        with pytest.raises(Unavailable, match="older backup"):
            await add_asker(base)
    assert await events(database) == 1


async def test_what_a_command_recorded_is_signed_when_it_ends(
    settings: Settings, database: Database
) -> None:
    await new_key(settings, database, "thief", Scope.WRITE)

    ended = await command(*COMPROMISED, settings=settings)

    assert (ended.returncode, ended.stderr) == (0, "")
    assert checkpoint_of(str(Vault(settings).last())).size == 1


async def test_what_a_command_recorded_before_it_failed_is_signed_too(
    settings: Settings, database: Database
) -> None:
    async def fails() -> None:
        async with opened_to_record(settings) as base:
            await add_asker(base)
            raise LookupError

    with pytest.raises(LookupError):
        await fails()
    assert checkpoint_of(str(Vault(settings).last())).size == 1


async def test_that_it_could_not_be_signed_is_a_warning(
    settings: Settings, database: Database
) -> None:
    await new_key(settings, database, "thief", Scope.WRITE)
    Vault(settings).stop("A witness has seen another history.")

    ended = await command(*COMPROMISED, settings=settings)

    assert ended.returncode == 0
    assert ended.stderr.startswith("warning: What was recorded is not signed yet.")
    assert "another history" in ended.stderr


async def test_a_command_that_records_nothing_signs_nothing_and_begins_no_log(
    settings: Settings, database: Database
) -> None:
    await forget_keys(database)

    ended = await command("sources", "check", "--dry-run", settings=settings)

    assert ended.returncode == 0, ended.stderr
    assert Vault(settings).last() is None
    async with database.reading() as session:
        assert (await session.execute(text("SELECT count(*) FROM log"))).scalar_one() == 0
