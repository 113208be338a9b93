"""`answerable log`: the transparency log's key, and what to do when a history was lost."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Annotated

import typer

from app.commands.common import Failure, opened, run
from app.core.db import Database
from app.core.errors import Problem
from app.core.settings import Settings
from app.transparency import opening
from app.transparency.notes import Signer
from app.transparency.signing import SignedLog

app = typer.Typer(no_args_is_help=True, help="Look after the transparency log and its key.")


@app.command("status")
def show_status() -> None:
    """Say which log this is, who signs it, and whether it is signed; status 1 when it is not."""
    refusal = run(_status(Settings()))
    if refusal is not None:
        raise Failure(f"Nothing is signed at present. {refusal}")


@app.command("rotate-key")
def rotate_key(
    overlap_days: Annotated[
        int, typer.Option(min=0, max=366, help="How long the former key signs too.")
    ] = 30,
    lost: Annotated[bool, typer.Option("--lost", help="The former key is lost for good.")] = False,
) -> None:
    """Make the log a new key; for a while both sign, so that verifiers can follow."""
    signer = run(_rotate(Settings(), timedelta(days=overlap_days), lost=lost))
    print(signer.verifier.vkey)
    typer.echo(
        "Publish this verifier key where people look for it; no restart is needed.", err=True
    )


@app.command("new-key")
def new_key(
    origin: Annotated[str, typer.Argument(help="The log's origin, such as example.org/log.")],
) -> None:
    """Print a new key for ANSWERABLE_LOG_KEY; it is kept nowhere."""
    try:
        print(Signer.generate(origin).skey)
    except ValueError as error:
        raise Failure(str(error)) from None


@app.command("open")
def open_new(
    reason: Annotated[str, typer.Option(help="Public: why the former log cannot go on.")],
) -> None:
    """Open a new log, when entries of the former one are lost. Stop the service first."""
    origin = run(_open(Settings(), reason))
    print(f"The log is {origin} now. Start the service again, and tell people why.")


@asynccontextmanager
async def _prepared(settings: Settings) -> AsyncIterator[tuple[Database, SignedLog]]:
    async with opened(settings) as database:
        signed = SignedLog(settings, database)
        await signed.prepare()
        yield database, signed


async def _status(settings: Settings) -> str | None:
    async with _prepared(settings) as (database, signed):
        print(f"log        {signed.origin}")
        for signer in signed.signers:
            print(f"key        {signer.verifier.vkey}")
        print(f"directory  {signed.vault.directory}")
        try:
            async with database.reading() as session:
                print(await signed.checkpoint(session), end="")
        except Problem as error:
            return signed.refusal or error.detail
    return None


async def _rotate(settings: Settings, overlap: timedelta, *, lost: bool) -> Signer:
    async with _prepared(settings) as (database, signed):
        if not signed.signers and not lost:
            raise Failure(str(signed.refusal))
        return await opening.rotate_key(database, signed, overlap=overlap)


async def _open(settings: Settings, reason: str) -> str:
    async with opened(settings) as database:
        return await opening.open_new(settings, database, reason=reason)
