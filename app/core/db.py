"""Two databases with one behaviour: engines, transactions, and which failures are passing.

Everything in which SQLite and PostgreSQL differ is here.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
from sqlalchemy import event, exc, make_url, text
from sqlalchemy.engine import Connection
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.pool import NullPool

from app.core.errors import Unavailable
from app.core.settings import Settings

SQLITE_PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA cache_size = -65536",
    "PRAGMA mmap_size = 1073741824",
    "PRAGMA temp_store = MEMORY",
)
PASSING_SQLITE = tuple(
    f"SQLITE_{name}"
    for name in ("BUSY", "LOCKED", "IOERR", "FULL", "CANTOPEN", "READONLY", "NOTADB", "CORRUPT")
)
PASSING_SQLSTATES = ("08", "40", "53", "55", "57")
"""SQLSTATE classes that go away by themselves: connection, rollback, resources, locks, shutdown."""


class Database:
    """The engines of one process, and the only way to a session."""

    def __init__(self, settings: Settings) -> None:
        self.is_sqlite = settings.is_sqlite
        self._timeout = settings.database_timeout
        self._turn = asyncio.Lock()
        self.settling = asyncio.Lock()
        self.settled = datetime.min.replace(tzinfo=UTC)
        """Up to this instant nothing more can be recorded; see `ledger.queries.settle`."""
        self.engine = _sqlite_engine(settings) if self.is_sqlite else _postgres_engine(settings)
        self._readers = self.engine.execution_options(**self._read_options())
        self._writers = self.engine.execution_options(writes=True)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        """Open a transaction that sees one unchanging state of the database and cannot write."""
        async with AsyncSession(self._readers, autoflush=False, expire_on_commit=False) as session:
            yield session

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncSession]:
        """Open a transaction that commits when the block ends and rolls back when it raises.

        Raises:
            Unavailable: another writer of this process held its turn for too long.
        """
        async with self._taking_turns():
            session = AsyncSession(self._writers, autoflush=False, expire_on_commit=False)
            async with session, session.begin():
                yield session

    async def check(self) -> None:
        """Ask the database for a sign of life."""
        async with self.reading() as session:
            await session.execute(text("SELECT 1"))

    async def close(self) -> None:
        """Close every connection."""
        await self.engine.dispose()

    @asynccontextmanager
    async def _taking_turns(self) -> AsyncIterator[None]:
        """Queue SQLite's writers here, first come first served, rather than in its busy loop."""
        if not self.is_sqlite:
            yield
            return
        try:
            async with asyncio.timeout(self._timeout):
                await self._turn.acquire()
        except TimeoutError:
            raise Unavailable("Another change is being written. Send the request again.") from None
        try:
            yield
        finally:
            self._turn.release()

    def _read_options(self) -> dict[str, Any]:
        if self.is_sqlite:
            return {}
        return {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}


def _sqlite_engine(settings: Settings) -> AsyncEngine:
    with suppress(OSError):  # a path that cannot be used is reported when it is opened
        path = Path(make_url(settings.database_url).database or "")
        path.touch(mode=0o600)  # only its owner reads a new file: it holds the hashes of keys
    engine = create_async_engine(
        settings.database_url,
        pool_size=settings.database_pool_size,
        max_overflow=0,
        pool_timeout=settings.database_timeout,
        connect_args={"timeout": settings.database_timeout},
    )

    @event.listens_for(engine.sync_engine, "connect")
    def prepare(connection: Any, record: Any) -> None:
        connection.isolation_level = None  # transactions begin only where `begin` says so
        cursor = connection.cursor()
        for pragma in SQLITE_PRAGMAS:
            cursor.execute(pragma)
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _postgres_engine(settings: Settings) -> AsyncEngine:
    milliseconds = str(int(settings.database_timeout * 1000))
    return create_async_engine(
        settings.database_url,
        pool_size=settings.database_pool_size,
        max_overflow=0,
        pool_timeout=settings.database_timeout,
        connect_args={
            "timeout": settings.database_timeout,
            "server_settings": {
                "application_name": "answerable",
                "lock_timeout": milliseconds,
                "idle_in_transaction_session_timeout": "60000",
                "timezone": "UTC",
            },
        },
    )


def maintenance_engine(url: str) -> AsyncEngine:
    """Return an engine without a pool, for migrations and other one-off work."""
    return create_async_engine(make_url(url), poolclass=NullPool)


def is_passing(error: BaseException) -> bool:
    """Tell whether the database, not the request, is at fault, so that trying again may help."""
    if isinstance(error, exc.DBAPIError):
        name = getattr(error.orig, "sqlite_errorname", None)
        if name is not None:
            return str(name).startswith(PASSING_SQLITE)
        state = getattr(error.orig, "sqlstate", None) or ""
        return error.connection_invalidated or not state or state.startswith(PASSING_SQLSTATES)
    if isinstance(error, asyncpg.PostgresError):
        return (getattr(error, "sqlstate", None) or "").startswith((*PASSING_SQLSTATES, "3D", "28"))
    return isinstance(error, exc.TimeoutError | OSError | TimeoutError | asyncpg.InterfaceError)
