"""`answerable backup` copies a record while it serves, whole and by itself."""

import asyncio
import os
from pathlib import Path

from app.core.db import Database
from app.core.settings import Settings
from app.transparency.signing import SignedLog
from tests.commands.test_verify import command, signed
from tests.support.make import Make

__all__ = ["signed"]


async def test_a_copy_is_a_record_of_its_own(
    settings: Settings, make: Make, database: Database, signed: SignedLog, tmp_path: Path
) -> None:
    await make.question(state="declined")
    async with database.reading() as session:
        await signed.checkpoint(session)
    folder = tmp_path / "backup"

    ended = await command("backup", str(folder), settings=settings)

    if not settings.is_sqlite:
        assert ended.returncode == 1
        assert "pg_dump --format=custom" in ended.stderr
        return
    assert ended.stdout == f"Copied to {folder}: test.db, test.db.tlog.\n"
    await make.question(state="declined")
    copy = {"database_url": f"sqlite:///{folder}/test.db", "log_dir": f"{folder}/test.db.tlog"}
    verified = await command("verify", "--database", settings=settings.model_copy(update=copy))
    assert verified.returncode == 0, verified.stderr
    assert "It continues the checkpoint over 8 entries" in verified.stdout
    modes = [path.stat().st_mode & 0o077 for path in (folder, folder / "test.db")]
    assert modes == [0, 0]


async def test_nothing_is_copied_over_something(
    settings: Settings, database: Database, tmp_path: Path
) -> None:
    (tmp_path / "full").mkdir()
    await asyncio.to_thread((tmp_path / "full" / "kept.txt").write_text, "kept", "utf-8")
    ended = await command("backup", str(tmp_path / "full"), settings=settings)
    said = f"{tmp_path}/full is not empty." if settings.is_sqlite else "The record is in PostgreSQL"
    assert ended.stderr.startswith(f"error: {said}")
    assert os.listdir(tmp_path / "full") == ["kept.txt"]  # noqa: PTH208
