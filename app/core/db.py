"""Two databases with one behaviour: engines, transactions, and which failures are passing.

What differs between SQLite and PostgreSQL is here, and where CONTRIBUTING.md says. No failure
repeats the values of its statement (`hide_parameters`): they may be what is not public.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import asyncpg
import structlog
from sqlalchemy import create_engine, event, exc, make_url, text
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool, StaticPool

from app.core.commits import Commits
from app.core.errors import Unavailable
from app.core.settings import Settings

SQLITE_PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA secure_delete = ON",
    "PRAGMA cache_size = -65536",
    "PRAGMA mmap_size = 2147418112",
    "PRAGMA temp_store = MEMORY",
)
T = TypeVar("T")
log = structlog.get_logger("answerable.database")
DERIVED = {"synchronous_commit": "off"}
LOOKERS = 4
"""Threads that read SQLite: so many slow reads may be under way while others go on."""
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
        self.gate: Callable[[], Awaitable[None]] | None = None
        """Asked before anything is recorded; it raises when nothing may be."""
        self.url = settings.database_url
        self.heard = Commits(settings.database_url, is_shared=not self.is_sqlite)
        self._erasing: set[asyncio.Task[None]] = set()
        self.engine = _sqlite_engine(settings) if self.is_sqlite else _postgres_engine(settings)
        self._deriving: Engine | AsyncEngine = (
            _threaded_engine(settings, "PRAGMA synchronous = NORMAL")
            if self.is_sqlite
            else _postgres_engine(settings, DERIVED)
        )
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="database")
        self.looking: Engine | None = _threaded_engine(settings, None) if self.is_sqlite else None
        self._looker = ThreadPoolExecutor(LOOKERS, thread_name_prefix="database-reads")
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

    @property
    def is_busy(self) -> bool:
        """Whether who wants to write would have to wait for another writer of this process."""
        return self.is_sqlite and self._turn.locked()

    async def derive(self, work: Callable[[Session], T]) -> T:
        """Run a function in a transaction that writes only what follows from the record.

        It is as whole as any other, but a failure of power may undo the last few: then the work is
        found undone, and is done again. On SQLite all of it runs in a thread, so that the event
        loop is asked to wait once rather than at each statement.
        """
        if isinstance(self._deriving, AsyncEngine):
            session = AsyncSession(self._deriving, autoflush=False, expire_on_commit=False)
            async with session, session.begin():
                return await session.run_sync(work)
        engine, loop = self._deriving, asyncio.get_running_loop()
        async with self._taking_turns():
            running = loop.run_in_executor(self._thread, lambda: _derive(engine, work))
            try:
                return await asyncio.shield(running)
            except asyncio.CancelledError:
                await asyncio.wait([running])  # it holds the database until then
                raise

    async def look(self, work: Callable[[Connection], T]) -> T:
        """Run a function that reads a little, in a transaction of its own.

        It is for what has to be quick: on SQLite all of it runs in a thread, which spares the
        event loop a wait at each statement.
        """
        if self.looking is None:
            async with self._readers.connect() as connection:
                return await connection.run_sync(work)
        engine, loop = self.looking, asyncio.get_running_loop()
        return await loop.run_in_executor(self._looker, lambda: _look(engine, work))

    async def announce(self, session: AsyncSession, position: int) -> None:
        """Make this transaction's commit wake those who wait for one in other processes.

        position: how far the record has come with it.
        """
        await self.heard.announce(session, position)

    def wake(self, position: int | None = None) -> None:
        """Wake those of this process who wait for a commit."""
        self.heard.wake(position)

    def commits(self) -> AbstractAsyncContextManager[asyncio.Event]:
        """Yield an event that is set after every commit that was announced.

        On SQLite one hears of this process's commits, on PostgreSQL of everybody's.
        """
        return self.heard.following()

    async def erase(self) -> None:
        """Make what was overwritten unreadable in SQLite's files: its write-ahead log is emptied.

        Freed space in the database file itself is overwritten at once (`secure_delete`). While
        somebody still reads an older state the log cannot be emptied: then it is tried until it
        can. On PostgreSQL nothing is done: see the README.
        """
        if not self.is_sqlite:
            return
        for _ in range(5):
            if await asyncio.to_thread(_empty_wal, self.url):
                return
            await asyncio.sleep(0.1)
        log.warning("write-ahead log not emptied yet: somebody reads an older state")
        task = asyncio.create_task(self._empty_wal_later())
        self._erasing.add(task)
        task.add_done_callback(self._erasing.discard)

    async def _empty_wal_later(self) -> None:
        while True:
            await asyncio.sleep(1)
            if await asyncio.to_thread(_empty_wal, self.url):
                break
        log.info("write-ahead log emptied")

    async def check(self) -> None:
        """Ask the database for a sign of life."""
        async with self.reading() as session:
            await session.execute(text("SELECT 1"))

    async def close(self) -> None:
        """Close every connection."""
        for task in self._erasing:
            task.cancel()
        await self.engine.dispose()
        if isinstance(self._deriving, AsyncEngine):
            await self._deriving.dispose()
        else:
            self._deriving.dispose()
        self._thread.shutdown(wait=False)
        if self.looking is not None:
            self._looker.shutdown()
            self.looking.dispose()

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
    _make_own(settings.database_url)
    engine = create_async_engine(
        settings.database_url,
        pool_size=settings.database_pool_size,
        max_overflow=0,
        pool_timeout=settings.database_timeout,
        connect_args={"timeout": settings.database_timeout},
        hide_parameters=True,
    )
    _prepare_sqlite(engine.sync_engine, *SQLITE_PRAGMAS)
    return engine


def _make_own(url: str) -> None:
    """Make a SQLite file that is not there yet so that only its owner reads it.

    It holds the hashes of keys.
    """
    with suppress(OSError):  # a path that cannot be used is reported when it is opened
        Path(make_url(url).database or "").touch(mode=0o600)


def _empty_wal(url: str) -> bool:
    """Write all of the write-ahead log into the database and empty it, unless that has to wait.

    It waits for nobody itself: whoever waits for a checkpoint keeps writers out meanwhile.
    """
    with (
        suppress(sqlite3.Error),
        closing(sqlite3.connect(make_url(url).database or "", timeout=0)) as connection,
    ):
        is_busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return not is_busy
    return False


def _threaded_engine(settings: Settings, writes: str | None) -> Engine:
    """Return an engine for work in threads: with one connection to write, some to read.

    writes: the pragma with which it does; None for one that reads.
    """
    url = make_url(settings.database_url).set(drivername="sqlite+pysqlite")
    engine = create_engine(
        url,
        **(
            {"pool_size": LOOKERS, "max_overflow": 0}
            if writes is None
            else {"poolclass": StaticPool}
        ),
        connect_args={"timeout": settings.database_timeout, "check_same_thread": False},
        execution_options={"writes": writes is not None},
        hide_parameters=True,
    )
    _prepare_sqlite(engine, *SQLITE_PRAGMAS, writes or "PRAGMA query_only = ON")
    return engine


def _look(engine: Engine, work: Callable[[Connection], T]) -> T:
    with engine.connect() as connection:
        return work(connection)


def _derive(engine: Engine, work: Callable[[Session], T]) -> T:
    with Session(engine, autoflush=False, expire_on_commit=False) as session, session.begin():
        return work(session)


def _prepare_sqlite(engine: Engine, *pragmas: str) -> None:
    @event.listens_for(engine, "connect")
    def prepare(connection: Any, record: Any) -> None:
        connection.isolation_level = None  # transactions begin only where `begin` says so
        cursor = connection.cursor()
        for pragma in pragmas:
            cursor.execute(pragma)
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _postgres_engine(settings: Settings, more: dict[str, str] | None = None) -> AsyncEngine:
    milliseconds = str(int(settings.database_timeout * 1000))
    return create_async_engine(
        settings.database_url,
        pool_size=settings.database_pool_size,
        max_overflow=0,
        pool_timeout=settings.database_timeout,
        hide_parameters=True,
        connect_args={
            "timeout": settings.database_timeout,
            "server_settings": {
                "application_name": "answerable",
                "lock_timeout": milliseconds,
                "idle_in_transaction_session_timeout": "60000",
                "timezone": "UTC",
                **(more or {}),
            },
        },
    )


def maintenance_engine(url: str) -> AsyncEngine:
    """Return an engine without a pool, for migrations and other one-off work."""
    if url.startswith("sqlite"):
        _make_own(url)
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
