"""What is exported verifies without the service, and nothing that was altered does."""

import asyncio
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

from app.core.db import Database
from app.core.settings import Settings
from app.transparency import archive, exports, opening, verify
from app.transparency.exports import Moved
from app.transparency.signing import SignedLog
from tests.commands.test_verify import command
from tests.conftest import ROOT
from tests.support.client import Client
from tests.support.make import Make
from tests.support.server import environment, serving
from tests.support.tampering import cut_back
from tests.transparency.test_signing import add_asker, checkpoint, forget_keys, started, without_key


@pytest.fixture
def signed(web: FastAPI) -> SignedLog:
    """The log as the application signs it."""
    found: SignedLog = web.state.log
    return found


async def process(*arguments: str | Path, **options: Any) -> subprocess.CompletedProcess[str]:
    def run() -> subprocess.CompletedProcess[str]:
        full = [sys.executable, *map(str, arguments)]
        return subprocess.run(full, capture_output=True, text=True, check=False, **options)

    return await asyncio.to_thread(run)


async def verified(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Verify an archive as a stranger does: with the program in it, and nothing else."""
    return await process("verify.py", ".", *options, cwd=folder, env={})


async def test_an_archive_verifies_by_itself_and_a_later_one_continues_it(
    settings: Settings, make: Make, database: Database, signed: SignedLog, tmp_path: Path
) -> None:
    await make.question(state="answered")
    first, second = tmp_path / "first", tmp_path / "second"

    made = await process("-m", "app.cli", "export", first, cwd=ROOT, env=environment(settings))

    assert made.returncode == 0, made.stderr
    events = len(await make.editor.events())
    assert f"{events} events are in" in made.stdout
    checked = await verified(first, "--kept", "kept.json")
    assert checked.returncode == 0, checked.stderr
    assert checked.stdout.startswith(f"VERIFIED.\n{events} events are as signed.")
    await make.ruling(await make.question(company="google"), state="declined", on="2025-07")
    await archive.write(database, signed, second)
    shutil.copy(first / "kept.json", second)
    later = await verified(second, "--kept", "kept.json")
    assert later.returncode == 0, later.stderr
    assert (
        json.loads((second / "kept.json").read_text())["checkpoint"]
        == (second / "checkpoint").read_text()
    )
    shutil.copy(second / "kept.json", first)
    older = await verified(first, "--kept", "kept.json")
    assert older.returncode == 1
    assert "entries were removed" in older.stderr


async def test_an_archive_has_the_files_that_the_service_serves(
    make: Make, database: Database, signed: SignedLog, tmp_path: Path
) -> None:
    await make.question()
    await archive.write(database, signed, tmp_path / "archive")

    for name in ("checkpoint", "vkey", "verify.py", "tile"):
        at = tmp_path / "archive" / name
        for path in [at] if at.is_file() else [one for one in at.rglob("*") if one.is_file()]:
            url = f"/log/{path.relative_to(tmp_path / 'archive')}"
            assert (await make.editor.http.get(url)).content == path.read_bytes(), url
    served = await make.editor.http.get("/v1/exports/ledger.jsonl")
    assert served.headers["content-type"] == "application/jsonl"
    assert served.content == (tmp_path / "archive" / "ledger.jsonl").read_bytes()


async def test_one_flipped_bit_is_found_and_its_event_named(
    make: Make,
    database: Database,
    signed: SignedLog,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    await make.question(state="answered")
    size = await archive.write(database, signed, tmp_path / "archive")

    def flipped(path: Path, at: int, bit: int) -> str:
        whole = path.read_bytes()
        changed = bytearray(whole)
        changed[at] ^= 1 << bit
        path.write_bytes(changed)
        assert verify.main([str(tmp_path / "archive")]) == 1, (path, at, bit)
        path.write_bytes(whole)
        return capsys.readouterr().err

    hashes = tmp_path / f"archive/tile/0/000.p/{size}"
    bundle = tmp_path / f"archive/tile/entries/000.p/{size}"
    ledger = tmp_path / "archive/ledger.jsonl"
    lines, entry = ledger.read_bytes().splitlines(keepends=True), 0
    start = len(lines[0])
    for seq, line in enumerate(lines[1:], 1):
        named = f"NOT VERIFIED. Event {seq}: "
        assert flipped(hashes, 32 * seq - 7, seq % 8).startswith(named)
        length = int.from_bytes(bundle.read_bytes()[entry : entry + 2], "big")
        for at in (entry, entry + 1, entry + 2, entry + length // 2, entry + 1 + length):
            assert flipped(bundle, at, 1).startswith(named)
        for at in range(0, len(line), 1 + len(line) // 40):
            said = flipped(ledger, start + at, at % 8)
            # a state that no longer follows is told of the event of the same write that moved it
            assert said.startswith(named) or "the state of" in said
        entry, start = entry + 2 + length, start + len(line)
    note = tmp_path / "archive/checkpoint"
    for at in range(0, len(note.read_bytes()), 5):
        flipped(note, at, at % 7)
    assert verify.main([str(tmp_path / "archive")]) == 0


async def test_a_record_without_events_is_exported_and_verifies(
    database: Database, signed: SignedLog, tmp_path: Path
) -> None:
    assert await archive.write(database, signed, tmp_path / "archive") == 0
    assert (await verified(tmp_path / "archive")).returncode == 0


async def test_a_folder_that_holds_something_is_left_alone(
    settings: Settings, tmp_path: Path
) -> None:
    folder = tmp_path / "archive"
    folder.mkdir()
    (folder / "notes.txt").write_text("Mine.")

    refused = await command("export", str(folder), settings=settings)

    assert refused.returncode == 1
    assert f"error: {folder} is not empty. Choose another folder." in refused.stderr
    assert [path.name for path in folder.iterdir()] == ["notes.txt"]
    another = await command("export", str(folder / "notes.txt"), settings=settings)
    assert another.returncode == 1
    assert another.stderr.startswith("error: ")


async def redact(admin: Client) -> None:
    body = {"seq": 1, "pointers": ["/summary"], "legal_basis": "A court", "reason": "It must go."}
    await admin.post("/v1/redactions", body)


async def test_an_export_is_broken_off_when_something_is_redacted_meanwhile(
    make: Make, admin: Client, database: Database, signed: SignedLog, tmp_path: Path
) -> None:
    await make.question()
    head = await exports.header(database, signed)
    lines = exports.lines(database, head)
    await anext(lines)
    await make.asker("bbc")

    await redact(admin)

    with pytest.raises(Moved, match="Begin again"):
        await anext(lines)
    assert await archive.write(database, signed, tmp_path / "archive") > 4
    checked = await verified(tmp_path / "archive")
    assert checked.returncode == 0, checked.stderr
    assert "texts were redacted, all on the record." in checked.stdout


async def test_an_archive_that_was_broken_off_leaves_an_empty_folder(
    make: Make,
    admin: Client,
    database: Database,
    signed: SignedLog,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await make.company()
    header = exports.header

    async def then_redact(*given: Any) -> Any:
        head = await header(*given)
        await redact(admin)
        return head

    monkeypatch.setattr(exports, "header", then_redact)
    with pytest.raises(Moved):
        await archive.write(database, signed, tmp_path / "archive")

    assert list((tmp_path / "archive").iterdir()) == []


async def test_a_log_that_was_opened_anew_is_exported_and_verifies(
    settings: Settings, database: Database, tmp_path: Path
) -> None:
    await forget_keys(database)
    apart = without_key(settings, tmp_path / "own")
    for _ in range(4):
        await add_asker(database)
    async with started(apart) as (base, first):
        await archive.write(base, first, tmp_path / "first")
    assert (await verified(tmp_path / "first", "--kept", "kept.json")).returncode == 0
    await cut_back(database, 3)
    await opening.open_new(apart, database, reason="The disk was lost.")

    async with started(apart) as (base, second):
        assert await archive.write(base, second, tmp_path / "second") == 3
        assert (await checkpoint(base, second)).size == 4

    checked = await verified(tmp_path / "second")
    assert checked.returncode == 0, checked.stderr
    assert checked.stdout.startswith("VERIFIED.\n3 events are as signed.")
    shutil.copy(tmp_path / "first" / "kept.json", tmp_path / "second")
    unknown = await verified(tmp_path / "second", "--kept", "kept.json")
    assert unknown.returncode == 1
    assert "another key signs it" in unknown.stderr
    vkey = (tmp_path / "second" / "vkey").read_text().strip()
    told = await verified(tmp_path / "second", "--kept", "kept.json", "--vkey", vkey)
    assert told.returncode == 0, told.stderr
    assert "follows the one that you kept" in told.stdout


async def test_a_service_is_verified_from_one_time_to_the_next(
    settings: Settings, make: Make, tmp_path: Path
) -> None:
    await make.question(state="declined")
    kept = str(tmp_path / "kept.json")
    with serving(settings) as server:
        first = await command("verify", server.url, "--kept", kept, settings=settings)
        assert first.returncode == 0, first.stderr
        assert "1 states shown by the service are right" in first.stdout
        await make.question(state="answered", company="google")

        second = await command("verify", server.url, "--kept", kept, settings=settings)

        assert second.returncode == 0, second.stderr
        assert "2 states shown by the service are right" in second.stdout
    gone = await command("verify", server.url, "--kept", kept, settings=settings)
    assert gone.returncode == 2
    assert gone.stderr.startswith("Could not be checked.")
