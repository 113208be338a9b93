"""`answerable log`: the state of the log, a new key for it, and a new log."""

from pathlib import Path

import pytest

from app.core.db import Database
from app.core.settings import Settings
from app.transparency import notes
from app.transparency.notes import Checkpoint, Note, Signer, Verifier
from tests.commands.test_verify import command
from tests.support.tampering import cut_back
from tests.transparency.test_signing import add_asker, checkpoint, forget_keys, started, without_key

ORIGIN = "answerable.test/log"


@pytest.fixture
async def apart(settings: Settings, database: Database, tmp_path: Path) -> Settings:
    """The settings of a log with a key of its own, over five events, that was signed."""
    await forget_keys(database)
    made = without_key(settings, tmp_path / "own")
    for _ in range(5):
        await add_asker(database)
    async with started(made) as (base, signed):
        await checkpoint(base, signed)
    return made


async def status(settings: Settings) -> tuple[list[Verifier], Note]:
    """Return the keys and the checkpoint that the command shows."""
    shown = await command("log", "status", settings=settings)
    assert shown.returncode == 0, shown.stderr
    lines = shown.stdout.split("\n")
    keys = [line.split()[1] for line in lines if line.startswith("key ")]
    head = 2 + len(keys)
    assert lines[head - 1].split() == ["directory", settings.log_dir]
    note = notes.parse("\n".join(lines[head:]))
    assert lines[0].split() == ["log", Checkpoint.parse(note.text).origin]
    return [Verifier.parse(key) for key in keys], note


async def fails(settings: Settings, *arguments: str) -> str:
    ended = await command("log", *arguments, settings=settings)
    assert (ended.returncode, ended.stdout.count("PRIVATE")) == (1, 0)
    assert ended.stderr.startswith("error: ")
    assert "Traceback" not in ended.stderr
    return ended.stderr


async def test_the_status_shows_keys_and_a_signed_checkpoint(apart: Settings) -> None:
    keys, note = await status(apart)
    assert notes.verified(note, keys) == keys
    assert Checkpoint.parse(note.text).size == 5


async def test_the_status_says_why_nothing_is_signed(apart: Settings) -> None:
    async with started(apart) as (_, signed):
        signed.vault.stop("A witness has seen another history.")

    assert "A witness has seen another history." in await fails(apart, "status")


async def test_a_rotated_key_signs_beside_the_former_one_for_a_while(apart: Settings) -> None:
    (former,), _ = await status(apart)

    rotated = await command("log", "rotate-key", settings=apart)

    assert rotated.returncode == 0, rotated.stderr
    new = Verifier.parse(rotated.stdout.strip())
    keys, note = await status(apart)
    assert keys == [new, former]
    assert notes.verified(note, keys) == keys
    last = await command("log", "rotate-key", "--overlap-days", "0", settings=apart)
    assert (await status(apart))[0] == [Verifier.parse(last.stdout.strip())]


async def test_a_lost_key_is_replaced_only_when_that_is_said(apart: Settings) -> None:
    (Path(apart.log_dir) / "keys").unlink()
    for arguments in (["status"], ["rotate-key"]):
        said = await fails(apart, *arguments)
        assert "The key that signs this log is not at hand" in said
        assert "rotate-key --lost" in said

    made = await command("log", "rotate-key", "--lost", settings=apart)

    assert made.returncode == 0, made.stderr
    keys, note = await status(apart)
    assert keys == [Verifier.parse(made.stdout.strip())]
    assert Checkpoint.parse(note.text).origin == ORIGIN


async def test_a_key_of_the_settings_is_rotated_there(
    settings: Settings, database: Database
) -> None:
    await add_asker(database)
    assert f"answerable log new-key {ORIGIN}" in await fails(settings, "rotate-key")
    assert settings.log_key is not None
    made = await command("log", "new-key", ORIGIN, settings=settings)
    both = f"{made.stdout.strip()} {settings.log_key.get_secret_value()}"

    keys, note = await status(Settings(**{**settings.model_dump(), "log_key": both}))

    assert keys == [Signer.parse(one).verifier for one in both.split()]
    assert notes.verified(note, keys) == keys
    assert "A key has a name" in await fails(settings, "new-key", "a b")


async def test_a_new_log_is_opened_where_entries_were_lost(
    apart: Settings, database: Database
) -> None:
    await cut_back(database, 3)
    assert "answerable log open" in await fails(apart, "status")
    assert "answerable log open" in await fails(apart, "rotate-key")

    opened = await command("log", "open", "--reason", "The disk was lost.", settings=apart)

    assert opened.returncode == 0, opened.stderr
    assert opened.stdout.startswith(f"The log is {ORIGIN}/2 now.")
    keys, note = await status(apart)
    assert Checkpoint.parse(note.text).size == 4
    assert [key.name for key in notes.verified(note, keys)] == [f"{ORIGIN}/2"]
    for name in ("checkpoint", "keys"):
        assert (Path(apart.log_dir) / f"{name}.log-1").exists()


async def test_a_new_log_after_an_alarm_is_signed_again(apart: Settings) -> None:
    async with started(apart) as (_, signed):
        signed.vault.stop("A witness has seen another history.")

    for number in (2, 3):
        opened = await command("log", "open", "--reason", "A thief had the key.", settings=apart)
        assert opened.stdout.startswith(f"The log is {ORIGIN}/{number} now."), opened.stderr
        assert Checkpoint.parse((await status(apart))[1].text).size == 6


async def test_no_log_is_opened_where_there_is_none_to_follow(
    settings: Settings, database: Database
) -> None:
    assert "there is no log to follow" in await fails(settings, "open", "--reason", "Why not?")


async def test_a_new_log_whose_key_is_in_the_settings_needs_one_of_its_own(
    settings: Settings, database: Database
) -> None:
    for _ in range(3):
        await add_asker(database)
    await status(settings)
    await cut_back(database, 2)
    why = ("open", "--reason", "The disk was lost.")
    assert f"answerable log new-key {ORIGIN}/2" in await fails(settings, *why)
    key = Signer.generate(f"{ORIGIN}/2").skey
    later = Settings(**{**settings.model_dump(), "log_key": key})

    opened = await command("log", *why, settings=later)

    assert opened.returncode == 0, opened.stderr
    assert Checkpoint.parse((await status(later))[1].text).size == 3


@pytest.mark.parametrize("name", ["serve", "worker"])
@pytest.mark.parametrize(
    ("witnesses", "said"),
    [((), "holds no signed checkpoint"), (("w1 https://example.org",), "LOG_WITNESSES")],
)
async def test_what_is_wrong_with_the_log_is_one_line_at_the_start(
    apart: Settings,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    witnesses: tuple[str, ...],
    said: str,
) -> None:
    monkeypatch.setenv("ANSWERABLE_PORT", "0")  # whichever is free
    if not witnesses:
        (Path(apart.log_dir) / "checkpoint").write_text("This is no note.\n")
    wrong = apart.model_copy(update={"log_witnesses": witnesses})

    ended = await command(name, settings=wrong)

    assert ended.returncode == 1
    assert ended.stderr.startswith("error: ")
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr
