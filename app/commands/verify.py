"""`answerable verify` and `answerable export`: proving the record, and handing the proof on."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy.ext.asyncio import AsyncSession

from app.commands.common import Failure, opened, run
from app.core import clock
from app.core.db import Database, is_passing
from app.core.errors import Problem
from app.core.settings import Settings
from app.transparency import archive, audit, lineage, queries, verify
from app.transparency.exports import Moved
from app.transparency.signing import SignedLog
from app.transparency.vault import Vault
from app.transparency.verify import Checker, Checkpoint, Header, Kept, Key

EXPECTED = Failure | Problem | RuntimeError | verify.Unchecked
WHOLE = (
    "{events} events, the tree over them, and every row that follows from them are as they were"
    " recorded."
)


def verify_record(
    target: Annotated[
        str,
        typer.Argument(help="The address of a service, a ledger.jsonl, or an archive's folder."),
    ] = "",
    database: Annotated[
        bool, typer.Option("--database", help="Verify the database of the settings instead.")
    ] = False,
    vkey: Annotated[str, typer.Option(help="The log's verifier key, as you know it.")] = "",
    kept: Annotated[
        str, typer.Option(help="File that keeps key and checkpoint from one time to the next.")
    ] = "",
) -> None:
    """Verify that nothing on a record was altered.

    Exit codes: 0 verified; 1 it does not verify, and the first event (`seq`) that fails is named;
    2 it could not be checked.
    """
    if database == bool(target):
        typer.echo("error: Give a TARGET, or --database.", err=True)
        raise typer.Exit(2)
    if database:
        raise typer.Exit(run(_verify_database(Settings(), vkey, kept)))
    options = [*(["--vkey", vkey] if vkey else []), *(["--kept", kept] if kept else [])]
    raise typer.Exit(verify.main([target, *options]))


def export_archive(
    folder: Annotated[Path, typer.Argument(help="An empty folder, or one to be made.")],
) -> None:
    """Write an archive that verifies on any machine: events, tiles, checkpoint, key, verifier."""
    print(f"{run(_export(Settings(), folder)):,} events are in {folder}. See its README.md.")


async def _verify_database(settings: Settings, vkey: str, path: str) -> int:
    try:
        pinned = _pinned(vkey) if vkey else None
        kept = verify.read_kept(Path(path)) if path else None
        async with opened(settings) as base:
            said, keep = await _checked(base, Vault(settings), pinned, kept)
        if path and keep is not None:
            verify.write_kept(Path(path), keep)
    except verify.Failed as error:
        typer.echo(f"DOES NOT VERIFY: {error}", err=True)
        return 1
    except Exception as error:
        if not isinstance(error, EXPECTED) and not is_passing(error):
            raise
        typer.echo(f"error: {error}", err=True)
        return 2
    print("\n".join([*said, "This does not prove that it is true or complete."]))
    return 0


def _pinned(vkey: str) -> Key:
    try:
        return verify.read_vkey(vkey)
    except ValueError as error:
        raise verify.Unchecked(f"--vkey cannot be used: {error}") from None


async def _checked(
    base: Database, vault: Vault, pinned: Key | None, kept: Kept | None
) -> tuple[list[str], Kept | None]:
    """Check the database; return what there is to say, and what to keep if anything is signed."""
    last = vault.last()  # before the database is looked at, which then has all that was signed
    note = verify.read_note(last) if last is not None else None
    sizes = {one.size for one in (note, kept and kept.checkpoint) if one}
    async with base.reading() as session:
        checker = await audit.check(session, sizes)
        row = await queries.log(session)
        if note is not None:
            said, keep = await _signed(session, row, note, vault, pinned, kept)
        elif pinned is not None:
            raise verify.Unchecked(
                f"There is no signed checkpoint in {vault.directory}, and so nothing that the key"
                " given with --vkey could have signed."
            )
        else:
            said = ["There is no signed checkpoint at hand, so it may be another record."]
            keep = None
    if (alarm := vault.stopped()) is not None:
        raise verify.Failed(alarm)
    if kept is not None and kept.checkpoint.origin == (row.origin if row is not None else None):
        _compare(kept.checkpoint, checker)
        said.append(f"Nothing was altered since {kept.since}, when you kept it.")
        if keep is not None:
            larger = max(keep.checkpoint, kept.checkpoint, key=lambda one: one.size)
            keep = keep._replace(checkpoint=larger, since=kept.since)
    elif kept is not None and note is None:
        raise verify.Unchecked(
            f"What you kept is of {kept.checkpoint.origin}, which is not the log that the database"
            f" is at, and there is no signed checkpoint in {vault.directory} to follow."
        )
    return [WHOLE.format(events=checker.events), *said], keep


async def _signed(
    session: AsyncSession,
    row: Any,
    note: Checkpoint,
    vault: Vault,
    pinned: Key | None,
    kept: Kept | None,
) -> tuple[list[str], Kept]:
    """Check that the database continues what was signed last, and that a key of it has signed."""
    origin = row.origin if row is not None else note.origin
    fork = await lineage.broken(session, row, origin, note.note, vault.directory)
    if fork is not None and origin != note.origin:
        raise verify.Failed(fork)
    header = await _header(session, row, note)
    try:
        key, why = verify.trust(header, pinned, kept)
    except verify.Failed as error:
        where = f"The checkpoint in {vault.directory} is not to be trusted: {error}"
        raise verify.Failed(where if fork is None else f"{where} {fork}") from None
    if fork is not None:
        raise verify.Failed(fork)
    if kept is not None and kept.checkpoint.origin != note.origin:
        verify.continues(header, kept)
    said = [
        f"It continues the checkpoint over {note.size} entries that was signed last.",
        f"Signed by {key.text} ({why}).",
    ]
    return said, Kept(key, note, clock.now().isoformat(timespec="seconds"))


async def _header(session: AsyncSession, row: Any, note: Checkpoint) -> Header:
    """Return what an export would say first of this log."""
    try:
        keys = [verify.read_vkey(text) for text in reversed(await queries.vkeys(session))]
        opening = row.opening.encode() if row is not None and row.opening else None
        told = json.loads(opening)["previous_checkpoint"] if opening else None
    except (ValueError, LookupError, TypeError) as error:
        raise verify.Failed(f"The database’s log or its keys cannot be read: {error!r}") from None
    return Header(note, keys, opening, verify.read_note(told) if told else None)


def _compare(kept: Checkpoint, checker: Checker) -> None:
    if kept.size > checker.tree.size:
        raise verify.Failed(
            f"It has {checker.tree.size} entries, and had {kept.size} when you kept its"
            " checkpoint: entries were removed, or an older backup was restored."
        )
    verify.check_kept(kept, checker)


async def _export(settings: Settings, folder: Path) -> int:
    async with opened(settings) as database:
        signed = SignedLog(settings, database)
        await signed.prepare()
        try:
            return await archive.write(database, signed, folder)
        except (FileExistsError, NotADirectoryError, Moved) as error:
            raise Failure(str(error)) from None
