"""Runs migrations on SQLite and PostgreSQL, with the application's settings and tables.

On SQLite a batch migration rebuilds a table, and with foreign keys on that would delete the rows
that refer to it. So they are off while migrating, and checked before the commit.
"""

import asyncio
import re

from alembic import context
from sqlalchemy import Connection, text

import app.api  # noqa: F401  registers every table
from app.core.db import maintenance_engine
from app.core.settings import Settings
from app.core.tables import METADATA

LOCK_TIMEOUT = "10s"
ONLY_HERE = re.compile(r"search_words(_\w+)?|ix_search_document_words")
"""Names of what one of the databases has and the models do not speak of: the index for search."""


def url() -> str:
    """Return the address of the database to migrate."""
    given: str | None = context.config.attributes.get("url")
    return given or Settings().database_url


def is_compared(name: str | None, kind: str, parents: object) -> bool:
    """Tell whether a table or an index of the database is compared with the models."""
    return name is None or not ONLY_HERE.fullmatch(name)


def migrate(connection: Connection) -> None:
    """Run the migrations in one transaction."""
    is_sqlite = connection.dialect.name == "sqlite"
    if is_sqlite:
        connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
        connection.exec_driver_sql("PRAGMA secure_delete = ON")  # what a table held may be redacted
        connection.commit()
    context.configure(
        connection=connection,
        target_metadata=METADATA,
        render_as_batch=True,
        compare_type=True,
        include_name=is_compared,
        transaction_per_migration=False,
    )
    with context.begin_transaction():
        if not is_sqlite:
            connection.execute(text(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'"))
        context.run_migrations()
        if is_sqlite:
            broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
            if broken:
                raise RuntimeError(f"The migration would break references: {broken[:5]}")


async def run() -> None:
    """Connect and migrate."""
    engine = maintenance_engine(url())
    async with engine.connect() as connection:
        await connection.run_sync(migrate)
    await engine.dispose()


if (connection := context.config.attributes.get("connection")) is not None:
    migrate(connection)
else:
    asyncio.run(run())
