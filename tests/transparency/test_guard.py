"""What refuses to sign or to record ends by itself, without a restart, and takes no connection."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import structlog
from sqlalchemy.ext.asyncio import AsyncSession
from structlog.testing import capture_logs

from app.core.db import Database
from app.core.errors import Unavailable
from app.core.settings import Settings
from app.transparency import opening, queries
from app.transparency.signing import SignedLog
from app.transparency.vault import Vault
from tests.support.client import Client
from tests.support.make import Make
from tests.support.tampering import cut_back
from tests.transparency.test_opening import backed_up, restore
from tests.transparency.test_signing import add_asker, checkpoint, started


@pytest.fixture
def loud() -> Iterator[None]:
    """Let warnings be logged, which the tests otherwise leave out."""
    former = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(0))
    yield
    structlog.configure(**former)


async def test_signing_goes_on_when_the_alarm_is_taken_away(
    reader: Client, make: Make, settings: Settings
) -> None:
    await make.company()
    assert (await reader.http.get("/log/checkpoint")).status_code == 200
    vault = Vault(settings)
    vault.stop("A witness has seen another history.")
    for path in ("/log/checkpoint", "/v1/events/1/proof"):
        assert (await reader.http.get(path)).status_code == 503

    (vault.directory / "stopped").unlink()

    for path in ("/log/checkpoint", "/v1/events/1/proof"):
        assert (await reader.http.get(path)).status_code == 200


async def test_an_alarm_from_before_the_start_ends_too(
    settings: Settings, database: Database
) -> None:
    await add_asker(database)
    Vault(settings).stop("A witness has seen another history.")
    async with started(settings) as (base, signed):
        with pytest.raises(Unavailable, match="another history"):
            await checkpoint(base, signed)

        signed.vault.resume()

        assert (await checkpoint(base, signed)).size == 1


async def replace_key(settings: Settings, kept: bytes) -> None:
    """Rotate a lost key in another process."""
    async with started(settings) as (base, signed):
        await opening.rotate_key(base, signed, overlap=timedelta(0))


async def bring_back(settings: Settings, kept: bytes) -> None:
    (Path(settings.log_dir) / "keys").write_bytes(kept)


@pytest.mark.parametrize("helps", [replace_key, bring_back])
async def test_a_key_that_is_at_hand_again_signs_without_a_restart(
    apart: Settings, database: Database, helps: Callable[[Settings, bytes], Awaitable[None]]
) -> None:
    keys = Path(apart.log_dir) / "keys"
    kept = keys.read_bytes()
    keys.unlink()
    async with started(apart) as (base, signed):
        with pytest.raises(Unavailable, match="not at hand"):
            await checkpoint(base, signed)

        await helps(apart, kept)

        await add_asker(database)
        assert (await checkpoint(base, signed)).size == 6


@pytest.mark.parametrize("asks", ["signs", "records"])
async def test_a_newer_database_that_is_put_back_is_signed_and_written_again(
    settings: Settings, database: Database, asks: str
) -> None:
    for _ in range(5):
        await add_asker(database)
    async with started(settings) as (base, signed):
        await checkpoint(base, signed)
        newer = await backed_up(database)
        await cut_back(database, 3)
        with pytest.raises(Unavailable, match="older backup"):
            await checkpoint(base, signed)
        with pytest.raises(Unavailable, match="Nothing can be recorded"):
            await add_asker(base)
        assert signed.latest() is None

        await restore(database, newer)

        if asks == "records":
            await add_asker(base)
        assert (await checkpoint(base, signed)).size == 5 + (asks == "records")
        assert signed.latest() is not None
        await add_asker(base)


async def test_sessions_that_wait_to_sign_do_not_use_up_the_connections(
    settings: Settings, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = settings.model_copy(update={"database_pool_size": 2, "database_timeout": 15})
    await add_asker(database)
    rollback = AsyncSession.rollback

    async def and_others_are_quicker(self: AsyncSession) -> None:
        await rollback(self)
        await asyncio.sleep(0.01)  # whoever waits for a connection has this one now

    monkeypatch.setattr(AsyncSession, "rollback", and_others_are_quicker)
    async with started(few) as (base, signed), started(settings) as (other, signs_too):

        async def one() -> int:
            return (await checkpoint(base, signed)).size

        async with base.reading() as first, base.reading() as second:
            for session in (first, second):  # both see what was there before the other signs more
                assert (await queries.head(session)).size == 1
            await add_asker(database)
            await checkpoint(other, signs_too)
            waiting = [asyncio.create_task(one()) for _ in range(4)]
            await asyncio.sleep(0)
            notes = await asyncio.gather(signed.checkpoint(first), signed.checkpoint(second))
            await first.rollback()
            await second.rollback()
            assert await asyncio.gather(*waiting) == [2] * 4
        assert {note.split("\n")[1] for note in notes} == {"2"}


@pytest.mark.usefixtures("loud")
async def test_a_service_that_keeps_nothing_to_compare_with_says_so_once(
    settings: Settings, database: Database, tmp_path: Path
) -> None:
    await add_asker(database)
    machine = settings.model_copy(update={"log_dir": str(tmp_path / "second")})
    base = Database(machine)
    signed = SignedLog(machine, base)
    with capture_logs() as logs:
        await signed.start()
        await checkpoint(base, signed)
        await signed.prepare()
    await base.close()

    warned = [one for one in logs if one["log_level"] == "warning"]
    assert [one["event"] for one in warned] == ["nothing is kept to compare with"]
    assert str(tmp_path / "second") in warned[0]["advice"]
    again = Database(machine)
    with capture_logs() as logs:
        await SignedLog(machine, again).start()
    await again.close()
    assert logs == []


@pytest.mark.usefixtures("loud")
async def test_a_service_says_that_the_record_was_not_continued_and_that_it_is_again(
    settings: Settings, database: Database
) -> None:
    for _ in range(3):
        await add_asker(database)
    async with started(settings) as (base, signed):
        await checkpoint(base, signed)
    newer = await backed_up(database)
    await cut_back(database, 1)
    own = SignedLog(settings, database)
    with capture_logs() as logs:
        await own.start()
        await own.prepare()
        await restore(database, newer)
        await own.prepare()
    assert [one["log_level"] for one in logs] == ["critical", "warning"]
    assert "older backup" in logs[0]["reason"]


async def test_a_garbled_checkpoint_is_an_error_that_names_the_file(
    settings: Settings, database: Database
) -> None:
    await add_asker(database)
    async with started(settings) as (base, signed):
        await checkpoint(base, signed)
    path = Path(settings.log_dir) / "checkpoint"
    for garbled in (b"no note", b"\xff\xfe", b""):
        path.write_bytes(garbled)
        with pytest.raises(RuntimeError, match=f"{path} holds no signed checkpoint"):
            await SignedLog(settings, database).start()


async def test_a_checkpoint_of_a_log_that_was_followed_is_not_kept_nor_given(
    apart: Settings, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = SignedLog(apart, database)
    await own.prepare()
    remember = Vault.remember

    def too_late(self: Vault, note: str) -> bool:
        monkeypatch.setattr(Vault, "remember", remember)
        other = Vault(apart)
        other.go_on("log-1", str(other.last()).replace("test/log\n", "test/log/2\n", 1))
        return remember(self, note)

    await add_asker(database)
    monkeypatch.setattr(Vault, "remember", too_late)
    with pytest.raises(Unavailable, match="A new log was opened just now"):
        await checkpoint(database, own)
    assert "test/log/2\n" in str(Vault(apart).last())


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files to others")
def test_what_root_writes_belongs_to_the_directory_s_owner(tmp_path: Path) -> None:
    os.chown(tmp_path, 12345, 12345)
    vault = Vault(Settings(log_dir=str(tmp_path)))
    vault.first_keys("answerable.test/log")
    vault.stop("An alarm.")
    assert {one.stat().st_uid for one in tmp_path.iterdir()} == {12345}
    assert len(list(tmp_path.iterdir())) == 3


async def test_the_state_of_an_application_that_refuses_shows_in_its_answers(
    reader: Client, make: Make, database: Database
) -> None:
    for name in ("One", "Two"):
        await make.editor.post("/v1/companies", {"name": name})
    assert (await reader.http.get("/log/checkpoint")).status_code == 200
    newer = await backed_up(database)
    await cut_back(database, 1)
    assert (await reader.http.get("/log/checkpoint")).status_code == 503
    await make.editor.post("/v1/companies", {"name": "Three"}, expect=503)

    await restore(database, newer)

    await make.editor.post("/v1/companies", {"name": "Three"})
    assert (await reader.http.get("/log/checkpoint")).status_code == 200
