"""`answerable verify --database`, and what the exit codes of `answerable verify` tell apart."""

import asyncio
import base64
import json
import subprocess
from pathlib import Path

import pytest
from fastapi import FastAPI
from sqlalchemy import text

from app.core.db import Database
from app.core.settings import Settings
from app.transparency import opening
from app.transparency.notes import Signer
from app.transparency.signing import SignedLog
from app.transparency.vault import Vault
from tests.support.make import Make
from tests.support.server import environment
from tests.support.tampering import cut_back, rewrite, tamper
from tests.test_cli import answerable
from tests.transparency.test_audit import event
from tests.transparency.test_signing import add_asker, forget_keys, started, without_key


def own(settings: Settings) -> dict[str, str]:
    """Return what a command needs to work on a test's database."""
    found = environment(settings).items()
    return {name: value for name, value in found if name.startswith("ANSWERABLE_") and value}


async def command(*arguments: str, settings: Settings) -> subprocess.CompletedProcess[str]:
    return await asyncio.to_thread(answerable, *arguments, **own(settings))


@pytest.fixture
def signed(web: FastAPI) -> SignedLog:
    """The log as the application signs it."""
    found: SignedLog = web.state.log
    return found


async def test_the_database_is_verified_by_a_command(
    settings: Settings, make: Make, database: Database, signed: SignedLog
) -> None:
    await make.question(state="declined")
    whole = await command("verify", "--database", settings=settings)
    assert whole.returncode == 0, whole.stderr
    assert "events, the tree over them, and every row" in whole.stdout
    assert "There is no signed checkpoint at hand" in whole.stdout
    async with database.reading() as session:
        await signed.checkpoint(session)
    signed_since = await command("verify", "--database", settings=settings)
    assert "It continues the checkpoint over 8 entries" in signed_since.stdout

    await tamper(database, event(2, actor="nobody"))

    altered = await command("verify", "--database", settings=settings)
    assert altered.returncode == 1
    assert altered.stderr.startswith("DOES NOT VERIFY: Event 2: its column actor is not")


@pytest.mark.parametrize("loss", ["older backup", "rewritten"])
async def test_a_database_that_is_sound_but_not_the_one_that_was_signed_does_not_verify(
    settings: Settings, database: Database, signed: SignedLog, loss: str
) -> None:
    for _ in range(5):
        await add_asker(database)
    async with database.reading() as session:
        await signed.checkpoint(session)
    if loss == "older backup":
        await cut_back(database, 3)
        await tamper(database, text("DELETE FROM asker WHERE version > 3"))
    else:
        await rewrite(database, 2)

    checked = await command("verify", "--database", settings=settings)

    assert checked.returncode == 1
    assert "This database is not the one that was signed last" in checked.stderr


@pytest.mark.parametrize("arguments", [[], ["somewhere", "--database"], ["/nowhere/ledger.jsonl"]])
async def test_what_cannot_be_checked_is_told_apart(
    settings: Settings, arguments: list[str]
) -> None:
    assert (await command("verify", *arguments, settings=settings)).returncode == 2


async def test_a_database_that_is_not_there_is_told_apart(tmp_path: Path) -> None:
    missing = Settings(database_url=f"sqlite:///{tmp_path}/none.db", log_dir=str(tmp_path))
    checked = await command("verify", "--database", settings=missing)
    assert checked.returncode == 2
    assert "answerable migrate" in checked.stderr


async def sign(database: Database, signed: SignedLog, *, events: int) -> Path:
    """Record events and sign them; return where the checkpoint is kept."""
    for _ in range(events):
        await add_asker(database)
    async with database.reading() as session:
        await signed.checkpoint(session)
    return signed.vault.directory / "checkpoint"


async def check(settings: Settings, *options: object) -> tuple[int, str]:
    ended = await command("verify", "--database", *map(str, options), settings=settings)
    assert "Traceback" not in ended.stderr
    return ended.returncode, ended.stdout + ended.stderr


async def test_a_changed_signature_of_the_kept_checkpoint_does_not_verify(
    settings: Settings, database: Database, signed: SignedLog
) -> None:
    path = await sign(database, signed, events=2)
    body, _, line = path.read_text().rstrip("\n").rpartition(" ")
    blob = bytearray(base64.b64decode(line))
    blob[-1] ^= 1
    path.write_text(f"{body} {base64.b64encode(blob).decode()}\n")

    code, said = await check(settings)

    assert code == 1
    assert "is false" in said
    assert str(path.parent) in said


async def test_a_checkpoint_that_another_key_signed_does_not_verify(
    settings: Settings, database: Database, signed: SignedLog
) -> None:
    path = await sign(database, signed, events=2)
    other = Signer.generate("answerable.test/log")
    text_ = path.read_text().partition("\n\n")[0] + "\n"
    path.write_text(f"{text_}\n{other.sign(text_)}")

    assert (await check(settings))[0] == 1
    code, said = await check(settings, "--vkey", other.verifier.vkey)
    assert (code, "the key that you gave" in said) == (0, True)


async def test_the_key_that_is_given_must_have_signed(
    settings: Settings, database: Database, signed: SignedLog
) -> None:
    right, wrong = signed.signers[0].verifier.vkey, Signer.generate("answerable.test/log")
    assert (await check(settings, "--vkey", right))[0] == 2  # there is nothing signed yet
    await sign(database, signed, events=2)

    code, said = await check(settings, "--vkey", right)
    assert (code, right in said) == (0, True)
    assert (await check(settings, "--vkey", wrong.verifier.vkey))[0] == 1
    code, said = await check(settings, "--vkey", "nonsense")
    assert (code, "--vkey cannot be used" in said) == (2, True)


@pytest.mark.parametrize("vault", ["kept", "lost"])
async def test_what_was_kept_is_compared_with_the_database(
    settings: Settings, database: Database, signed: SignedLog, tmp_path: Path, vault: str
) -> None:
    path, kept = await sign(database, signed, events=5), tmp_path / "kept.json"
    assert (await check(settings, "--kept", kept))[0] == 0
    first = json.loads(kept.read_text())
    await sign(database, signed, events=1)
    code, said = await check(settings, "--kept", kept)
    assert (code, f"since {first['since']}, when you kept it" in said) == (0, True)
    second = json.loads(kept.read_text())
    assert second["checkpoint"] == path.read_text() != first["checkpoint"]
    assert (second["since"], second["vkey"]) == (first["since"], first["vkey"])
    path.unlink()
    assert (await check(settings, "--kept", kept))[0] == 0
    await rewrite(database, 2)
    if vault == "kept":
        await sign(database, SignedLog(settings, database), events=1)  # as a thief would

    code, said = await check(settings, "--kept", kept)

    assert (code, "history was rewritten" in said) == (1, True)
    assert json.loads(kept.read_text()) == second


async def test_a_database_that_lost_what_was_kept_does_not_verify(
    settings: Settings, database: Database, signed: SignedLog, tmp_path: Path
) -> None:
    path, kept = await sign(database, signed, events=5), tmp_path / "kept.json"
    assert (await check(settings, "--kept", kept))[0] == 0
    path.unlink()
    await cut_back(database, 3)
    await tamper(database, text("DELETE FROM asker WHERE version > 3"))

    code, said = await check(settings, "--kept", kept)

    assert (code, "It has 3 entries, and had 5" in said) == (1, True)


async def test_an_older_directory_does_not_make_what_was_kept_older(
    settings: Settings, database: Database, signed: SignedLog, tmp_path: Path
) -> None:
    path, kept = await sign(database, signed, events=2), tmp_path / "kept.json"
    older = path.read_text()
    await sign(database, signed, events=2)
    await check(settings, "--kept", kept)
    newer = json.loads(kept.read_text())["checkpoint"]
    path.write_text(older)

    assert (await check(settings, "--kept", kept))[0] == 0

    assert json.loads(kept.read_text())["checkpoint"] == newer


async def test_a_kept_checkpoint_of_the_log_before_is_followed(
    settings: Settings, database: Database, tmp_path: Path
) -> None:
    await forget_keys(database)
    own, kept = without_key(settings, tmp_path / "own"), tmp_path / "kept.json"
    async with started(own) as (base, signed):
        path = await sign(base, signed, events=3)
    assert (await check(own, "--kept", kept))[0] == 0
    await opening.open_new(own, database, reason="Why not?")
    (vkey,) = [signer.verifier.vkey for signer in Vault(own).signers()]

    code, said = await check(own, "--kept", kept)
    assert (code, "another key signs it" in said) == (1, True)
    code, said = await check(own, "--kept", kept, "--vkey", vkey)
    assert code == 0, said
    assert json.loads(kept.read_text())["checkpoint"] == path.read_text()


async def test_a_kept_file_that_is_none_is_told_apart(
    settings: Settings, database: Database, tmp_path: Path
) -> None:
    (tmp_path / "kept.json").write_text("{}")
    code, said = await check(settings, "--kept", tmp_path / "kept.json")
    assert (code, "is not what an earlier run kept" in said) == (2, True)


async def test_a_garbled_checkpoint_file_is_a_clear_error(
    settings: Settings, database: Database, signed: SignedLog
) -> None:
    path = await sign(database, signed, events=1)
    path.write_text("garbled")

    code, said = await check(settings)

    assert (code, f"{path} holds no signed checkpoint" in said) == (2, True)
    shown = await command("log", "status", settings=settings)
    assert shown.returncode == 1
    assert shown.stderr.startswith(f"error: {path} holds no signed checkpoint")


async def test_verifying_begins_no_log(
    settings: Settings, database: Database, tmp_path: Path
) -> None:
    await forget_keys(database)
    own = without_key(settings, tmp_path / "own")

    assert (await check(own))[0] == 0

    assert not (tmp_path / "own").exists()
    async with database.reading() as session:
        for table in ("log", "log_key"):
            count = await session.execute(text(f"SELECT count(*) FROM {table}"))
            assert count.scalar_one() == 0
