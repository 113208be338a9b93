"""Filling databases with a record: the same rows, in one pass, into every database given."""

import sqlite3
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, Protocol

import asyncpg
from alembic import command
from alembic.config import Config
from sqlalchemy import make_url
from sqlalchemy.engine import Dialect

from app.core.settings import Settings
from app.core.tables import table_of
from app.ledger.models import LogHead
from tests.bench.ledger import Row
from tests.bench.record import Record

ROOT = Path(__file__).parent.parent.parent
HEAD = LogHead.__tablename__


def migrate(url: str) -> None:
    """Make the tables."""
    config = Config(ROOT / "alembic.ini")
    config.attributes["url"] = Settings(database_url=url).database_url
    command.upgrade(config, "head")


class Sink(Protocol):
    """Takes the rows of a record."""

    async def put(self, table: Any, rows: list[Row]) -> None:
        """Insert rows."""

    async def end(self, seq: int, instant: Any) -> None:
        """Set the ledger's head."""


async def fill(record: Record, urls: Sequence[str]) -> None:
    """Put a record into migrated databases, and say how long it took."""
    began = time.perf_counter()
    async with AsyncExitStack() as stack:
        sinks = [await stack.enter_async_context(sink(url)) for url in urls]
        for table, rows in record.rows():
            for each in sinks:
                await each.put(table, rows)
        for each in sinks:
            await each.end(record.ledger.seq, record.ledger.instant)
    took = time.perf_counter() - began
    print(f"{record.size:,} questions, {record.ledger.seq:,} events: {took:.0f} s", flush=True)


def sink(url: str) -> Any:
    """Return what fills a database: a context that commits at its end."""
    return _sqlite(url) if url.startswith("sqlite") else _postgres(url)


class Binder:
    """Turns rows into what a driver takes, with the columns' own types."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._bound: dict[Any, list[tuple[str, Any]]] = {}

    def columns(self, table: Any) -> list[str]:
        """Name a table's columns."""
        return [column.name for column in table.c]

    def values(self, table: Any, rows: list[Row]) -> Iterator[tuple[Any, ...]]:
        """Yield the values of each row, in the order of `columns`."""
        if table not in self._bound:
            self._bound[table] = [
                (column.name, column.type.dialect_impl(self._dialect).bind_processor(self._dialect))
                for column in table.c
            ]
        bound = self._bound[table]
        for row in rows:
            yield tuple(bind(row[name]) if bind else row[name] for name, bind in bound)


class _Sqlite:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._binder = Binder(make_url("sqlite://").get_dialect()())

    async def put(self, table: Any, rows: list[Row]) -> None:
        columns = self._binder.columns(table)
        marks = ", ".join("?" for _ in columns)
        insert = f"INSERT INTO {table.name} ({', '.join(columns)}) VALUES ({marks})"
        self._connection.executemany(insert, self._binder.values(table, rows))

    async def end(self, seq: int, instant: Any) -> None:
        bind = next(
            self._binder.values(table_of(LogHead), [Row(id=1, seq=seq, recorded_at=instant)])
        )
        self._connection.execute(f"UPDATE {HEAD} SET id = ?, seq = ?, recorded_at = ?", bind)


@asynccontextmanager
async def _sqlite(url: str) -> AsyncIterator[Sink]:
    connection = sqlite3.connect(str(make_url(url).database))
    try:
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA cache_size = -262144")
        yield _Sqlite(connection)
        connection.commit()
        broken = connection.execute("PRAGMA foreign_key_check").fetchall()
        if broken:
            raise RuntimeError(f"rows refer to what is not there: {broken[:5]}")
        connection.execute("ANALYZE")
    finally:
        connection.close()


class _Postgres:
    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._binder = Binder(make_url("postgresql+asyncpg://").get_dialect()())

    async def put(self, table: Any, rows: list[Row]) -> None:
        await self._connection.copy_records_to_table(
            table.name,
            records=list(self._binder.values(table, rows)),
            columns=self._binder.columns(table),
        )

    async def end(self, seq: int, instant: Any) -> None:
        await self._connection.execute(
            f"UPDATE {HEAD} SET seq = $1, recorded_at = $2", seq, instant
        )


@asynccontextmanager
async def _postgres(url: str) -> AsyncIterator[Sink]:
    parts = make_url(url)
    connection = await asyncpg.connect(
        host=parts.query.get("host") or parts.host,
        port=parts.port or 5432,
        user=parts.username,
        password=parts.password,
        database=parts.database,
    )
    try:
        async with connection.transaction():
            yield _Postgres(connection)
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()
