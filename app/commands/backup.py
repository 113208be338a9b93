"""`answerable backup`: a copy of a record in SQLite with all that belongs to it."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import make_url

from app.commands.common import Failure
from app.core.settings import Settings
from app.transparency.vault import Vault

WITH_POSTGRESQL = (
    "The record is in PostgreSQL: copy it with `pg_dump --format=custom --file=record.dump`, and"
    " keep ANSWERABLE_PEPPER and a copy of the folder {log} with it."
)


def back_up(
    folder: Annotated[Path, typer.Argument(help="An empty folder, or one to be made.")],
) -> None:
    """Copy the database, its pepper and the log's folder, while the service goes on.

    The copy is a record of its own: serve from it, or, with the service stopped, put it back.
    """
    settings = Settings()
    log = Vault(settings).directory
    if not settings.is_sqlite:
        raise Failure(WITH_POSTGRESQL.format(log=log))
    database = Path(make_url(settings.database_url).database or "")
    if not database.is_file():
        raise Failure(f"There is no database {database}.")
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise Failure(f"{folder} is not empty. Give an empty folder, or one to be made.")
        _copy(database, log, folder)
    except (OSError, sqlite3.Error) as error:
        raise Failure(f"The record cannot be copied to {folder}: {error}") from None
    names = ", ".join(sorted(file.name for file in folder.iterdir()))
    print(f"Copied to {folder}: {names}.")


def _copy(database: Path, log: Path, folder: Path) -> None:
    """Copy the log's folder first: the database then has all that the log has signed."""
    if log.is_dir():
        shutil.copytree(log, folder / f"{database.name}.tlog")
    pepper = database.with_name(f"{database.name}.pepper")
    if pepper.is_file():
        shutil.copy2(pepper, folder / pepper.name)
    copy = folder / database.name
    copy.touch(mode=0o600)
    with closing(sqlite3.connect(database)) as there, closing(sqlite3.connect(copy)) as here:
        there.backup(here)
