"""What a process holds while it does something, so that others see when it has ended with it.

The operating system, or PostgreSQL, lets go of it when the process is gone, however it went. With
SQLite it is a lock on a file beside the database, with PostgreSQL an advisory lock.
"""

import fcntl
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from sqlalchemy import make_url, text

from app.core.db import Database


@asynccontextmanager
async def holding(database: Database, name: str) -> AsyncIterator[None]:
    """Hold a name while the block runs."""
    if database.is_sqlite:
        path = _path(database, name)
        with path.open("wb") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            try:
                yield
            finally:
                path.unlink(missing_ok=True)
        return
    async with database.engine.connect() as connection:
        alone = await connection.execution_options(isolation_level="AUTOCOMMIT")
        await alone.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _key(name)})
        try:
            yield
        finally:
            with suppress(Exception):  # a connection that is lost holds nothing
                await alone.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _key(name)})


async def is_held(database: Database, name: str) -> bool:
    """Tell whether a process, this one or another, holds a name."""
    if database.is_sqlite:
        return _is_locked(_path(database, name))
    async with database.engine.connect() as connection:
        query = text("SELECT pg_try_advisory_xact_lock_shared(:key)")
        return not (await connection.execute(query, {"key": _key(name)})).scalar_one()


def _is_locked(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    path.unlink(missing_ok=True)  # whoever held it was killed
    return False


def _path(database: Database, name: str) -> Path:
    return Path(f"{make_url(database.url).database}.{name}.held")


def _key(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True)
