"""What tests of the verbs may use: a live server with the real case, and a shell's environment.

The verbs know nothing of the database behind the server, so one server on SQLite is enough.
"""

import asyncio
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.auth.schemas import Scope
from app.core.db import Database
from app.core.settings import Settings
from app.dataset import loader
from tests.conftest import LOG_KEY, PEPPER, new_key
from tests.support.server import serving
from tests.test_cli import answerable


@dataclass(frozen=True)
class Served:
    """A live server, a key for it, and a home without a `.netrc`."""

    url: str
    key: str
    home: Path

    def __call__(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a verb as somebody with the key would, with its output in a pipe."""
        own = {"ANSWERABLE_URL": self.url, "ANSWERABLE_KEY": self.key, "HOME": str(self.home)}
        return answerable(*arguments, **{**own, **variables})


@pytest.fixture(scope="module")
def served(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A live server with the real case, and an admin's key; all tests of a module share it."""
    folder = tmp_path_factory.mktemp("served")
    shutil.copy(sqlite_template, folder / "served.db")
    settings = Settings(
        database_url=f"sqlite:///{folder}/served.db",
        pepper=PEPPER,
        log_key=LOG_KEY,
        log_dir=str(folder / "tlog"),
        serve_worker=False,
    )
    key = asyncio.run(_prepared(settings))
    home = folder / "home"
    home.mkdir()
    with serving(settings) as server:
        yield Served(server.url, key, home)


async def _prepared(settings: Settings) -> str:
    """Load the real case, and return the secret of a key."""
    database = Database(settings)
    try:
        await loader.load(database)
        return await new_key(settings, database, "root", Scope.ADMIN)
    finally:
        await database.close()
