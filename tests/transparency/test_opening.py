"""A new log follows the one that signed last, whatever backup was restored; no origin repeats."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, text

from app.core import clock
from app.core.db import Database
from app.core.errors import Conflict, Unavailable
from app.core.settings import Settings
from app.ledger import leaves
from app.ledger.queries import DISCLOSURE, EVENT, HEAD
from app.transparency import audit, opening, queries
from app.transparency.models import KEY, LOG, PUBLISHED
from app.transparency.queries import NODE
from app.transparency.signing import SignedLog
from app.transparency.vault import Vault, checkpoint_of
from tests.support.tampering import cut_back, tampered
from tests.transparency.test_signing import add_asker, checkpoint, forget_keys, started

ORIGIN = "answerable.test/log"
TABLES = (LOG, KEY, PUBLISHED, NODE, DISCLOSURE, EVENT, HEAD)
Backup = dict[str, list[dict[str, Any]]]


async def sign(settings: Settings, database: Database, *, events: int) -> None:
    for _ in range(events):
        await add_asker(database)
    async with started(settings) as (base, signed):
        await checkpoint(base, signed)


async def open_new(settings: Settings, database: Database, reason: str = "Lost.") -> str:
    return await opening.open_new(settings, database, reason=reason)


async def backed_up(database: Database) -> Backup:
    async with database.reading() as session:
        return {
            table.name: [dict(row._mapping) for row in await session.execute(select(table))]
            for table in TABLES
        }


async def restore(database: Database, backup: Backup) -> None:
    """Put back the ledger and the log as they were."""
    async with tampered(database) as session:
        connection = await session.connection()
        for table in TABLES:
            await connection.execute(delete(table))
        for table in reversed(TABLES):
            if backup[table.name]:
                await connection.execute(insert(table), backup[table.name])
        seq = {"seq": backup[HEAD.name][0]["seq"]}
        await connection.execute(text("DELETE FROM asker WHERE version > :seq"), seq)
        await session.commit()


def last_origin(settings: Settings) -> tuple[str, int]:
    kept = checkpoint_of(str(Vault(settings).last()))
    return kept.origin, kept.size


async def refusal_of(settings: Settings) -> str:
    """Return why a process that starts now neither signs nor records."""
    async with started(settings) as (base, signed):
        with pytest.raises(Unavailable, match="Nothing can be recorded"):
            await add_asker(base)
        with pytest.raises(Unavailable, match="not signed at present"):
            await checkpoint(base, signed)
        assert signed.halted is not None
        return signed.halted


async def previous(database: Database) -> str:
    """Return the checkpoint that the first leaf embeds."""
    async with database.reading() as session:
        leaf = json.loads(await queries.opening_leaf(session))
        await audit.check(session, set())
    return str(leaf["previous_checkpoint"])


async def test_the_first_checkpoint_of_a_new_log_is_kept_at_once(
    apart: Settings, database: Database
) -> None:
    await cut_back(database, 3)

    assert await open_new(apart, database) == f"{ORIGIN}/2"

    assert last_origin(apart) == (f"{ORIGIN}/2", 4)
    async with started(apart) as (base, signed):
        assert (await checkpoint(base, signed)).size == 4


@pytest.mark.parametrize("is_signed", [True, False])
async def test_a_backup_of_an_earlier_log_is_noticed_and_followed_by_one_with_a_new_number(
    apart: Settings, database: Database, *, is_signed: bool
) -> None:
    await open_new(apart, database)
    await sign(apart, database, events=2)
    backup = await backed_up(database)
    await sign(apart, database, events=4)
    await open_new(apart, database)
    if is_signed:
        await sign(apart, database, events=1)
    last = str(Vault(apart).last())
    await restore(database, backup)

    refusal = await refusal_of(apart)

    assert f"{ORIGIN}/3 was opened since" in refusal
    assert "older backup" in refusal
    assert "ANSWERABLE_LOG_DIR" not in refusal
    assert await open_new(apart, database) == f"{ORIGIN}/4"
    assert await previous(database) == last
    await sign(apart, database, events=1)
    assert last_origin(apart) == (f"{ORIGIN}/4", 9)


async def test_a_backup_of_the_first_log_leads_to_a_third(
    apart: Settings, database: Database
) -> None:
    backup = await backed_up(database)
    await open_new(apart, database)
    await sign(apart, database, events=1)
    last = str(Vault(apart).last())
    await restore(database, backup)
    assert f"{ORIGIN}/2 was opened since" in await refusal_of(apart)

    assert await open_new(apart, database) == f"{ORIGIN}/3"

    assert await previous(database) == last
    async with database.reading() as session:
        assert (await queries.log(session)).number == 3


async def test_opening_that_did_not_come_to_its_end_is_ended_by_giving_it_again(
    apart: Settings, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Vault, "go_on", lambda *_: None)
        await open_new(apart, database)
    refusal = await refusal_of(apart)
    assert "did not come to its end" in refusal

    assert await open_new(apart, database) == f"{ORIGIN}/2"

    await sign(apart, database, events=1)
    assert last_origin(apart) == (f"{ORIGIN}/2", 7)


async def test_a_directory_older_than_the_log_is_no_log_to_follow(
    apart: Settings, database: Database
) -> None:
    older = Vault(apart).last()
    await sign(apart, database, events=1)
    await open_new(apart, database)
    (Path(apart.log_dir) / "checkpoint").write_text(str(older))
    assert "older copy" in await refusal_of(apart)

    with pytest.raises(Conflict, match=r"from before answerable\.test/log/2 was opened"):
        await open_new(apart, database)


async def test_a_directory_of_another_record_stays_a_conflict(
    apart: Settings, database: Database
) -> None:
    async with database.writing() as session:
        for name in ("log", "log_key"):
            await session.execute(text(f"DELETE FROM {name}"))
        values = {"number": 1, "origin": "other.test/log", "opened_at": clock.now()}
        await session.execute(insert(LOG).values(**values, opening=None))

    with pytest.raises(
        Conflict, match=r"belongs to the log answerable\.test/log, and the database"
    ):
        await open_new(apart, database)


async def test_a_database_that_never_had_a_log_is_followed_by_the_next_number(
    apart: Settings, database: Database
) -> None:
    await open_new(apart, database)
    await forget_keys(database)
    await cut_back(database, 2)
    async with database.writing() as session:
        await session.execute(text("UPDATE log_head SET opening = 0"))
    assert "holds only" in await refusal_of(apart)

    assert await open_new(apart, database) == f"{ORIGIN}/3"


async def test_a_reason_that_no_leaf_can_hold_is_refused_and_changes_nothing(
    apart: Settings, database: Database
) -> None:
    before = await backed_up(database)

    with pytest.raises(Conflict, match="The reason is too long by"):
        await open_new(apart, database, "x" * leaves.MOST_BYTES)

    assert await backed_up(database) == before
    assert not (Path(apart.log_dir) / "keys.next").exists()
    assert last_origin(apart) == (ORIGIN, 5)


async def test_a_lost_key_is_not_replaced_in_an_older_backup(
    apart: Settings, database: Database
) -> None:
    await cut_back(database, 3)
    (Path(apart.log_dir) / "keys").unlink()
    async with started(apart) as (base, signed):
        before = await backed_up(base)
        with pytest.raises(Conflict, match="older backup"):
            await opening.rotate_key(base, signed, overlap=timedelta(1))
        assert await backed_up(base) == before


async def test_a_process_that_runs_while_a_new_log_is_opened_signs_that_one(
    apart: Settings, database: Database
) -> None:
    own = SignedLog(apart, database)
    await checkpoint(database, own)

    await open_new(apart, database)

    assert (await checkpoint(database, own)).origin == f"{ORIGIN}/2"
    assert last_origin(apart) == (f"{ORIGIN}/2", 6)
