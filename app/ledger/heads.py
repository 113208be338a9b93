"""How far the ledger has come, in a variable: a read that finds nothing new asks no database.

What this process commits is known at once. On PostgreSQL every commit is heard of, and looked for
once a second besides; on SQLite, where other processes' commits are not heard of, the file is asked
when the last look is a tenth of a second old.
"""

import asyncio
import sqlite3
import time
from contextlib import suppress

import structlog
from sqlalchemy import make_url, select
from sqlalchemy.engine import Connection
from sqlalchemy.exc import SQLAlchemyError

from app.core.db import Database, is_passing
from app.core.tables import table_of
from app.ledger.models import LogHead

HEAD = table_of(LogHead)
SQL = f"SELECT seq FROM {HEAD.name}"  # noqa: S608  no text of others
SQLITE_FRESH = 0.1
"""Seconds for which a look at a SQLite file is good enough."""
EVERY = 1.0
"""Seconds between looks at PostgreSQL, in case something was not heard of."""
POSTGRES_FRESH = 3.0
"""Seconds without a look that succeeded, after which the variable is not trusted."""

log = structlog.get_logger("answerable.ledger")


class Heads:
    """The ledger's head, as this process knows it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._seq = 0
        self._looked_at = -POSTGRES_FRESH
        self._file: sqlite3.Connection | None = None
        self._following: asyncio.Task[None] | None = None
        self._good_for = SQLITE_FRESH if database.is_sqlite else POSTGRES_FRESH
        database.heard.heard = self.advance

    async def start(self) -> None:
        """Begin to follow the ledger."""
        if not self._database.is_sqlite:
            self._following = asyncio.create_task(self._follow())

    async def close(self) -> None:
        """End it."""
        if self._file is not None:
            self._file.close()
        if self._following is not None:
            self._following.cancel()
            with suppress(asyncio.CancelledError):
                await self._following

    def advance(self, seq: int) -> None:
        """Take note that the ledger has come so far."""
        self._seq = max(self._seq, seq)

    def current(self) -> int | None:
        """Return the head; None when it is not known well enough."""
        now = time.monotonic()
        if now - self._looked_at > self._good_for and not self._look_into_file(now):
            return None
        return self._seq

    async def fresh(self) -> int:
        """Return the head as the database has it at this moment."""
        began = time.monotonic()
        if self._look_into_file(began):
            return self._seq
        self.advance(await self._database.look(_head))
        self._looked_at = max(self._looked_at, began)
        return self._seq

    def _look_into_file(self, now: float) -> bool:
        """Read the head of a SQLite file at once: it is one row that lies in memory."""
        if not self._database.is_sqlite:
            return False
        try:
            if self._file is None:
                path = make_url(self._database.url).database or ""
                self._file = sqlite3.connect(path, timeout=0, isolation_level=None)
            (seq,) = self._file.execute(SQL).fetchone()
        except (sqlite3.Error, TypeError):  # busy, broken or not migrated: the request will tell
            return False
        self.advance(seq)
        self._looked_at = now
        return True

    async def _follow(self) -> None:
        async with self._database.commits():  # each of them calls `advance`
            while True:
                try:
                    await self.fresh()
                except (SQLAlchemyError, OSError, TimeoutError) as error:
                    if not is_passing(error):
                        log.warning("the ledger's head is not known", error=repr(error)[:300])
                await asyncio.sleep(EVERY)


def _head(connection: Connection) -> int:
    seq: int = connection.execute(select(HEAD.c.seq)).scalar_one()
    return seq
