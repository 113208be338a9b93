"""Only a tree that continues what was signed is signed; what was signed is kept outside."""

import shutil
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import make_url, text

from app.askers.models import Asker
from app.auth.schemas import Scope
from app.core import ids
from app.core.db import Database
from app.core.errors import Unavailable
from app.core.settings import Settings
from app.ledger import recorder, tree
from app.transparency import notes, opening, queries
from app.transparency.notes import Checkpoint
from app.transparency.signing import SignedLog
from tests.conftest import new_key
from tests.support.client import Client
from tests.support.make import Make
from tests.support.server import serving
from tests.support.tampering import cut_back, rewrite


def without_key(settings: Settings, directory: Path) -> Settings:
    """The settings of a service that makes its own key."""
    return settings.model_copy(update={"log_key": None, "log_dir": str(directory)})


@asynccontextmanager
async def started(settings: Settings) -> AsyncIterator[tuple[Database, SignedLog]]:
    """The log as a process has it after its start."""
    database = Database(settings)
    signed = SignedLog(settings, database)
    await signed.prepare()
    try:
        yield database, signed
    finally:
        await database.close()


async def checkpoint(database: Database, signed: SignedLog) -> Checkpoint:
    async with database.reading() as session:
        note = notes.parse(await signed.checkpoint(session))
    assert notes.verified(note, [signer.verifier for signer in signed.signers])
    return Checkpoint.parse(note.text)


async def add_asker(database: Database, number: int = 0) -> None:
    async with recorder.recording(database, actor="tests") as session:
        session.add(
            Asker(
                id=ids.new("asker"),
                slug=f"asker-{ids.new('x')[2:]}",
                name=f"Asker {number}",
                kind="ngo",
                description=None,
                website=None,
            )
        )


async def forget_keys(database: Database) -> None:
    """Make the database that of a first start."""
    async with database.writing() as session:
        for table in ("log", "log_key"):
            await session.execute(text(f"DELETE FROM {table}"))


async def test_the_first_start_makes_a_key_that_only_its_owner_reads(
    settings: Settings, database: Database, tmp_path: Path
) -> None:
    await forget_keys(database)
    own = without_key(settings, tmp_path / "own")

    async with started(own) as (_, signed):
        first = [signer.verifier.vkey for signer in signed.signers]
    async with started(own) as (_, again):
        assert [signer.verifier.vkey for signer in again.signers] == first

    assert again.origin == "answerable.test/log"
    kept = tmp_path / "own" / "keys"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert stat.S_IMODE(kept.parent.stat().st_mode) == 0o700
    secret = kept.read_text().split("+", 4)[4].strip()
    async with database.reading() as session:
        stored = repr((await session.execute(text("SELECT * FROM log_key"))).all())
    assert secret not in stored


async def test_a_checkpoint_is_kept_before_it_is_given_out(
    settings: Settings, database: Database
) -> None:
    async with started(settings) as (own, signed):
        for size in range(1, 4):
            await add_asker(database)
            given = await checkpoint(own, signed)
            assert given.size == size
            kept = signed.vault.last()
            assert kept is not None
            assert Checkpoint.parse(notes.parse(kept).text) == given


@pytest.mark.parametrize("loss", ["older backup", "rewritten"])
async def test_a_database_that_does_not_continue_what_was_signed_is_not_signed_nor_written(
    settings: Settings, database: Database, loss: str
) -> None:
    for _ in range(5):
        await add_asker(database)
    async with started(settings) as (own, signed):
        await checkpoint(own, signed)
    if loss == "older backup":
        await cut_back(database, 3)
    else:
        await rewrite(database, 2)

    async with started(settings) as (own, signed):
        assert signed.refusal is not None
        assert "a checkpoint over 5 entries was signed" in signed.refusal
        assert "answerable log open" in signed.refusal
        with pytest.raises(Unavailable, match="not signed at present"):
            await checkpoint(own, signed)
        with pytest.raises(Unavailable, match="Nothing can be recorded"):
            await add_asker(own)
        async with own.reading() as session:
            assert await queries.head(session)  # reading goes on


async def test_who_begins_anew_is_told_which_folder_is_in_the_way(
    settings: Settings, database: Database
) -> None:
    await add_asker(database)
    async with started(settings) as (own, signed):
        await checkpoint(own, signed)
    await cut_back(database, 0)

    async with started(settings) as (_, signed):
        assert f"take {settings.log_dir} away" in str(signed.refusal)


async def test_a_backup_put_in_place_of_a_running_database_is_noticed_when_signing(
    settings: Settings, database: Database
) -> None:
    for _ in range(5):
        await add_asker(database)
    async with started(settings) as (own, signed):
        await checkpoint(own, signed)
        await cut_back(database, 3)
        with pytest.raises(Unavailable, match="not signed at present"):
            await checkpoint(own, signed)


async def test_writes_that_bring_the_old_size_back_do_not_bring_the_old_root_back(
    settings: Settings, database: Database
) -> None:
    for _ in range(4):
        await add_asker(database)
    async with started(settings) as (own, signed):
        await checkpoint(own, signed)
    await cut_back(database, 3)
    await add_asker(database)
    await add_asker(database)

    async with started(settings) as (_, signed):
        assert signed.refusal is not None
        assert "has others in their place" in signed.refusal


async def test_a_real_server_on_an_older_copy_reads_but_neither_signs_nor_records(
    sqlite_template: Path, tmp_path: Path
) -> None:
    path = tmp_path / "record.db"
    shutil.copy(sqlite_template, path)
    settings = Settings(
        database_url=f"sqlite:///{path}",
        pepper="p" * 40,
        log_dir=str(tmp_path / "tlog"),
        serve_worker=False,
    )
    setup = Database(settings)
    await forget_keys(setup)
    key = await new_key(settings, setup, "root", Scope.WRITE)
    await setup.close()
    async with running(settings, key) as http:
        await http.post("/v1/companies", json={"name": "One"})
    copy(tmp_path, "record", "backup")
    async with running(settings, key) as http:
        await http.post("/v1/companies", json={"name": "Two"})
        assert (await http.get("/log/checkpoint")).text.split("\n")[1] == "2"
    copy(tmp_path, "backup", "record")

    async with running(settings, key) as http:
        assert (await http.get("/v1/companies/one")).status_code == 200
        refused = await http.get("/log/checkpoint")
        assert refused.status_code == 503
        assert "older backup" in refused.json()["detail"]
        write = await http.post("/v1/companies", json={"name": "Two"})
        assert write.status_code == 503
        assert "answerable log open" in write.json()["detail"]


@asynccontextmanager
async def running(settings: Settings, key: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a real server, which is killed afterwards."""
    headers = {"Authorization": f"Bearer {key}"}
    with serving(settings) as server:
        async with httpx.AsyncClient(base_url=server.url, headers=headers) as client:
            yield client


def copy(folder: Path, name: str, to: str) -> None:
    """Put a copy of a database's files in place of another's."""
    for old in folder.glob(f"{to}.db*"):
        if old.is_file():
            old.unlink()
    for found in folder.glob(f"{name}.db*"):
        if found.is_file():
            shutil.copy(found, folder / found.name.replace(name, to))


async def test_a_new_log_embeds_the_old_checkpoint_and_covers_every_event(
    settings: Settings, database: Database, tmp_path: Path
) -> None:
    await forget_keys(database)
    own = without_key(settings, tmp_path / "own")
    for _ in range(5):
        await add_asker(database)
    async with started(own) as (base, signed):
        await checkpoint(base, signed)
        last = signed.vault.last()
    await cut_back(database, 3)

    origin = await opening.open_new(own, database, reason="The disk was lost.")

    assert origin == "answerable.test/log/2"
    async with started(own) as (base, signed):
        assert signed.refusal is None
        await add_asker(base)
        given = await checkpoint(base, signed)
        assert (given.origin, given.size) == (origin, 5)  # the opening and four events
        async with base.reading() as session:
            opened = await queries.opening_leaf(session)
            bundle = await queries.entries(session, 0, 5, 1)
            assert await queries.entries(session, 0, 256, 1) is None
        assert str(last).split("\n")[2].encode() in opened
        assert b"The disk was lost." in opened
        assert bundle is not None
        assert bundle[2 : 2 + len(opened)] == opened
        leaves = []
        while bundle:
            length = int.from_bytes(bundle[:2], "big")
            leaves.append(tree.leaf_hash(bundle[2 : 2 + length]))
            bundle = bundle[2 + length :]
        assert tree.root(tree.append(0, [], leaves)[1]) == given.root


async def test_after_a_rotation_both_keys_sign_until_the_former_one_ends(
    settings: Settings, database: Database, tmp_path: Path
) -> None:
    await forget_keys(database)
    own = without_key(settings, tmp_path / "own")
    await add_asker(database)
    async with started(own) as (base, signed):
        former = signed.signers[0].verifier
        await checkpoint(base, signed)

        new = await opening.rotate_key(base, signed, overlap=timedelta(days=1))

        await add_asker(base)
        async with base.reading() as session:
            note = notes.parse(await signed.checkpoint(session))  # without a restart
        assert notes.verified(note, [former]) == [former]
        assert notes.verified(note, [new.verifier]) == [new.verifier]
        await opening.rotate_key(base, signed, overlap=timedelta(0))
        assert len(signed.vault.signers()) == 1
    async with started(own) as (base, signed):
        assert signed.refusal is None
        await add_asker(base)
        await checkpoint(base, signed)


async def test_another_key_does_not_sign(
    settings: Settings, database: Database, tmp_path: Path
) -> None:
    await add_asker(database)
    async with started(without_key(settings, tmp_path / "empty")) as (base, signed):
        with pytest.raises(Unavailable, match="key that signs this log is not at hand"):
            await checkpoint(base, signed)
        await add_asker(base)  # which is no reason not to record


async def test_the_service_answers_while_nothing_is_signed(
    reader: Client, make: Make, database: Database
) -> None:
    await make.company()
    await make.asker()
    await reader.http.get("/log/checkpoint")
    await cut_back(database, 1)

    problem: Any = await reader.get("/log/checkpoint", expect=503)
    assert "older backup" in problem["detail"]
    assert (await reader.http.get("/log/tile/0/000.p/1")).status_code == 200
    assert len(await reader.events()) == 1
    await make.editor.post("/v1/companies", {"name": "Two"}, expect=503)


def test_the_directory_is_named_after_the_database(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/record.db"
    signed = SignedLog(Settings(database_url=url), Database(Settings(database_url=url)))
    assert str(signed.vault.directory) == f"{make_url(url).database}.tlog"
