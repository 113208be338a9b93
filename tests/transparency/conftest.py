"""What these tests share: a run of the verifier, a long record, and a log with its own key."""

from collections.abc import Callable
from pathlib import Path

import pytest

from app.core.db import Database
from app.core.settings import Settings
from app.transparency import verify
from tests.transparency.builder import Ledger
from tests.transparency.test_signing import add_asker, checkpoint, forget_keys, started, without_key

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the program; returns its exit code, and all that it said."""

    def inner(*arguments: object) -> tuple[int, str]:
        code = verify.main([str(argument) for argument in arguments])
        said = capsys.readouterr()
        return code, said.out + said.err

    return inner


@pytest.fixture(scope="session")
def long_record() -> Ledger:
    """A record of 600 events, which fills two tiles and begins a third."""
    ledger = Ledger()
    for number in range(300):
        ledger.ask(f"q{number}")
    return ledger


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
