"""Databases to measure, and filling them with a record: the same rows into every one."""

import asyncio
import gc
import multiprocessing
import pickle
import time
import uuid
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from queue import Full
from typing import Any, Protocol

from alembic import command
from alembic.config import Config
from sqlalchemy import make_url

from app.core.settings import Settings
from app.ledger import tree
from tests.bench.ledger import Ledger, Rows
from tests.bench.loading import HEAD, load
from tests.support import postgres

ROOT = Path(__file__).parent.parent.parent
SPAWN = multiprocessing.get_context("spawn")
WAITING = 16
"""So many batches may wait for a loader."""


def migrate(url: str) -> None:
    """Make the tables."""
    config = Config(ROOT / "alembic.ini")
    config.attributes["url"] = Settings(database_url=url).database_url
    command.upgrade(config, "head")


class Places:
    """Makes databases: in a SQLite file, and where there is a server in PostgreSQL.

    missing: why there is none.
    """

    def __init__(self, stack: ExitStack, folder: Path) -> None:
        self.missing: str | None = None
        self._stack, self._folder = stack, folder
        self._server: postgres.Postgres | None = None
        try:
            self._server = postgres.start()
        except RuntimeError as error:
            self.missing = str(error)

    def make(self, name: str) -> dict[str, str]:
        """Make a database of each kind, with its tables; return their addresses."""
        own = f"bench_{name}_{uuid.uuid4().hex[:8]}"
        made = {"SQLite": f"sqlite:///{self._folder}/{own}.db"}
        if self._server is not None:
            asyncio.run(self._server.run(f"CREATE DATABASE {own}"))
            self._stack.callback(_drop, self._server, own)
            made["PostgreSQL"] = self._server.database(own)
        for url in made.values():
            migrate(url)
        return made

    def settings(self, url: str, pepper: str) -> Settings:
        """Return the settings of an application for one of them."""
        log_dir = self._folder / f"{Path(make_url(url).database or '').name}.tlog"
        return Settings(
            database_url=url,
            pepper=pepper,
            log_dir=str(log_dir),
            rate_limits=None,
            serve_worker=False,
        )


def _drop(server: postgres.Postgres, name: str) -> None:
    asyncio.run(server.run(f"DROP DATABASE {name} WITH (FORCE)"))


class Made(Protocol):
    """A record that is made in memory. name: what it is, in a word or two."""

    name: str
    ledger: Ledger

    def rows(self) -> Iterable[Rows]:
        """Yield the rows of all tables, some at a time."""


class Loader:
    """A process that loads a database."""

    def __init__(self, url: str) -> None:
        self._queue: Any = SPAWN.Queue(WAITING)
        self._process = SPAWN.Process(target=load, args=(url, self._queue), daemon=True)
        self._process.start()

    def put(self, batch: bytes | None) -> None:
        """Hand it a batch, or None for the end.

        Raises:
            RuntimeError: the process ended.
        """
        while True:
            try:
                self._queue.put(batch, timeout=5)
                return
            except Full:
                self._check()

    def join(self) -> None:
        """Wait until all is loaded."""
        self.put(None)
        self._process.join()
        self._check()

    def kill(self) -> None:
        """End the process, whatever it does."""
        self._queue.cancel_join_thread()
        self._process.kill()

    def _check(self) -> None:
        if self._process.exitcode:
            raise RuntimeError("a database could not be loaded; it says above why")


def fill(record: Made, urls: Sequence[str]) -> None:
    """Put a record into migrated databases, and say how long it took."""
    began = time.perf_counter()
    with ExitStack() as stack:
        loaders = [Loader(url) for url in urls]
        for loader in loaders:
            stack.callback(loader.kill)
        gc.freeze()
        gc.disable()  # millions of rows are made, and no cycles among them
        stack.callback(gc.enable)
        for table, rows in record.rows():
            _hand(loaders, table, rows)
        _hand(loaders, HEAD, [_head(record.ledger)])
        made = time.perf_counter() - began
        for loader in loaders:
            loader.join()
    took = time.perf_counter() - began
    print(f"{record.name}, {record.ledger.seq:,} events: {took:.0f} s ({made:.0f} s)", flush=True)


def _hand(loaders: Sequence[Loader], table: Any, rows: Any) -> None:
    batch = pickle.dumps((table.name, rows), pickle.HIGHEST_PROTOCOL)
    for loader in loaders:
        loader.put(batch)


def _head(ledger: Ledger) -> tuple[Any, ...]:
    given = {
        "id": 1,
        "seq": ledger.seq,
        "recorded_at": ledger.instant,
        "peaks": tree.join(ledger.peaks),
        "opening": 0,
    }
    return tuple(given[column.name] for column in HEAD.c)
