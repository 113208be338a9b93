"""Loading rows into a migrated database, as fast as it takes them, in a process of its own.

Indexes, triggers and foreign keys are off meanwhile; at the end they are back, and what they would
have refused is looked for. What a table derives by a trigger is filled in by the application.
"""

import asyncio
import pickle
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from functools import lru_cache
from multiprocessing import parent_process
from multiprocessing.queues import Queue
from queue import Empty
from typing import Any

import asyncpg
from sqlalchemy import Boolean, make_url
from sqlalchemy.engine import Dialect

import app.api  # noqa: F401  registers every table
from app.core.db import Database
from app.core.settings import Settings
from app.core.tables import METADATA, CanonicalJson, table_of
from app.ledger.models import LogHead
from app.search import filling
from tests.bench.ledger import Values

HEAD = table_of(LogHead)
SQLITE = (
    "PRAGMA journal_mode = OFF",
    "PRAGMA synchronous = OFF",
    "PRAGMA locking_mode = EXCLUSIVE",
    "PRAGMA cache_size = -1048576",
    "PRAGMA threads = 2",
)
POSTGRES = (
    "SET maintenance_work_mem = '512MB'",
    "SET synchronous_commit = off",
    "SET session_replication_role = replica",
)
INDEXES = """
    SELECT n.nspname || '.' || i.relname AS name, pg_get_indexdef(x.indexrelid) AS made
    FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid
    JOIN pg_namespace n ON n.oid = i.relnamespace
    WHERE n.nspname = 'public'
    AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = x.indexrelid)
"""
FOREIGN_KEYS = """
    SELECT format(
        'SELECT count(*) FROM %s c WHERE c.%I IS NOT NULL'
        ' AND NOT EXISTS (SELECT FROM %s p WHERE p.%I = c.%I)',
        k.conrelid::regclass, a.attname, k.confrelid::regclass, b.attname, a.attname)
    FROM pg_constraint k
    JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1]
    JOIN pg_attribute b ON b.attrelid = k.confrelid AND b.attnum = k.confkey[1]
    WHERE k.contype = 'f'
"""

Batches = Iterator[tuple[Any, list[Values]]]


class Binder:
    """Turns rows into what a driver takes, with the columns' own types."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._bound: dict[Any, list[tuple[int, Any]]] = {}

    def bind(self, table: Any, rows: list[Values]) -> Sequence[Sequence[Any]]:
        """Return the values of each row. JSON is text already."""
        if table not in self._bound:
            self._bound[table] = list(self._processors(table))
        bound = self._bound[table]
        if not bound:
            return rows
        found = [list(row) for row in rows]
        for row in found:
            for n, process in bound:
                row[n] = process(row[n])
        return found

    def _processors(self, table: Any) -> Iterator[tuple[int, Any]]:
        for n, column in enumerate(table.c):
            process = column.type.dialect_impl(self._dialect).bind_processor(self._dialect)
            if process and not isinstance(column.type, CanonicalJson | Boolean):
                yield n, lru_cache(maxsize=4096)(process)


def columns(table: Any) -> list[str]:
    """Name a table's columns."""
    return [column.name for column in table.c]


def load(url: str, queue: "Queue[bytes | None]") -> None:
    """Load what comes through a queue, until None comes."""
    if url.startswith("sqlite"):
        load_sqlite(url, _batches(queue))
    else:
        asyncio.run(_load_postgres(url, _batches(queue)))


def _batches(queue: "Queue[bytes | None]") -> Batches:
    parent = parent_process()
    while True:
        try:
            blob = queue.get(timeout=5)
        except Empty:
            if parent is not None and not parent.is_alive():
                raise RuntimeError("nobody is left to say what to load") from None
            continue
        if blob is None:
            return
        name, rows = pickle.loads(blob)
        yield METADATA.tables[name], rows


def load_sqlite(url: str, batches: Batches) -> None:
    """Load a SQLite file."""
    binder = Binder(make_url("sqlite://").get_dialect()())
    with closing(sqlite3.connect(str(make_url(url).database), isolation_level=None)) as connection:
        for pragma in SQLITE:
            connection.execute(pragma)
        again = connection.execute(
            "SELECT type, name, sql FROM sqlite_master"
            " WHERE type IN ('index', 'trigger') AND sql IS NOT NULL ORDER BY type"
        ).fetchall()
        connection.execute("BEGIN")
        for kind, name, _ in again:
            connection.execute(f"DROP {kind} {name}")
        connection.execute(f"DELETE FROM {HEAD.name}")
        for table, rows in batches:
            marks = ", ".join("?" for _ in table.c)
            insert = f"INSERT INTO {table.name} ({', '.join(columns(table))}) VALUES ({marks})"
            connection.executemany(insert, binder.bind(table, rows))
        for _, _, sql in again:
            connection.execute(sql)
        connection.execute("COMMIT")
        broken = connection.execute("PRAGMA foreign_key_check").fetchmany(5)
        if broken:
            raise RuntimeError(f"rows refer to what is not there: {broken}")
    asyncio.run(_derive(url))
    with closing(sqlite3.connect(str(make_url(url).database))) as connection:
        connection.execute("ANALYZE")


async def _load_postgres(url: str, batches: Batches) -> None:
    connection = await connect(url)
    try:
        for setting in POSTGRES:
            await connection.execute(setting)
        async with connection.transaction():
            indexes = await connection.fetch(INDEXES)
            for index in indexes:
                await connection.execute(f"DROP INDEX {index['name']}")
            await connection.execute(f"DELETE FROM {HEAD.name}")
            await _copy(connection, batches)
            for index in indexes:
                await connection.execute(index["made"])
        for (query,) in await connection.fetch(FOREIGN_KEYS):
            if await connection.fetchval(query):
                raise RuntimeError(f"rows refer to what is not there: {query}")
        await connection.execute("VACUUM ANALYZE")  # now, because what follows asks the planner
        await _derive(url)
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()


async def _derive(url: str) -> None:
    """Have the application make what follows from the record."""
    database = Database(Settings(database_url=url))
    try:
        await filling.fill(database)
    finally:
        await database.close()


async def _copy(connection: Any, batches: Batches) -> None:
    binder = Binder(make_url("postgresql+asyncpg://").get_dialect()())
    for table, rows in batches:
        await connection.copy_records_to_table(
            table.name, records=binder.bind(table, rows), columns=columns(table)
        )


async def connect(url: str) -> Any:
    """Open a connection to a PostgreSQL database."""
    parts = make_url(url)
    return await asyncpg.connect(
        host=parts.query.get("host") or parts.host,
        port=parts.port or 5432,
        user=parts.username,
        password=parts.password,
        database=parts.database,
        command_timeout=None,
    )
