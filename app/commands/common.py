"""What commands share: how they fail, and how they come to the database."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import typer
from sqlalchemy import make_url, text

from app.core.db import Database
from app.core.settings import Settings
from app.transparency import queries
from app.transparency.queries import Head
from app.transparency.signing import SignedLog

T = TypeVar("T")


class Failure(Exception):
    """What a command says before it ends with status 1."""


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end."""
    return asyncio.run(work)


def shown(settings: Settings) -> str:
    """Name the database without its password."""
    url = make_url(settings.database_url)
    return url.database or "" if settings.is_sqlite else url.render_as_string(hide_password=True)


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Database]:
    """Open the database for one command.

    Raises:
        Failure: it cannot be read, or a migration is missing.
    """
    database = Database(settings)
    try:
        await _check(database, settings)
        yield database
    finally:
        await database.close()


@asynccontextmanager
async def opened_to_record(settings: Settings) -> AsyncIterator[Database]:
    """Open the database for a command that records, and sign what it recorded at its end.

    Nothing is recorded in a database that does not continue what was signed last. That what was
    recorded could not be signed is only said: it is recorded, and is signed later.

    Raises:
        Failure: it cannot be read, or a migration is missing.
    """
    async with opened(settings) as database:
        signed = SignedLog(settings, database)
        before = await _head(database)
        try:
            yield database
        finally:
            await _sign(database, signed, before)


async def _head(database: Database) -> Head:
    async with database.reading() as session:
        return await queries.head(session)


async def _sign(database: Database, signed: SignedLog, before: Head) -> None:
    try:
        if await _head(database) != before:
            async with database.reading() as session:
                await signed.checkpoint(session)
    except Exception as error:
        typer.echo(f"warning: What was recorded is not signed yet. {error}", err=True)


async def check_migrated(settings: Settings) -> None:
    """Make sure that the database can be used.

    Raises:
        Failure: it cannot be read, or a migration is missing.
    """
    async with opened(settings):
        pass


async def _check(database: Database, settings: Settings) -> None:
    try:
        async with database.reading() as session:
            await session.execute(text("SELECT 1 FROM merger WHERE merged_id = ''"))
    except Exception as error:
        raise Failure(
            f"The database {shown(settings)} cannot be read or has no tables yet. Run `answerable"
            f" migrate` first. ({type(error).__name__})"
        ) from None
