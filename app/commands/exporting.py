"""`answerable export`: tables of a running server, or the archive that proves a record."""

import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import IO, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from app.commands import shown
from app.commands.common import Failure
from app.commands.options import Company, Dossier, Text, Url
from app.commands.remote import Remote, path_of
from app.commands.verify import export_archive

TABLES = ("questions", "timeline", "events")
KINDS = ("csv", "jsonl", "json")


def export(
    what: Annotated[
        str,
        typer.Argument(
            help="questions, timeline or events: a table of a running server. Anything else: an"
            " empty folder, or one to be made, for the archive of this machine's database."
        ),
    ],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Default: standard output.")
    ] = None,
    kind: Annotated[
        str | None, typer.Option("--as", help="csv, jsonl or json. Default: as the file is named.")
    ] = None,
    company: Company = None,
    dossier: Dossier = None,
    topic: Text = None,
    state: Text = None,
    url: Url = "",
) -> None:
    """Write a table of a running server, or an archive that verifies on any machine.

    The archive has events, tiles, checkpoint, key and verifier. A file is written whole or not at
    all.
    """
    if what not in TABLES:
        export_archive(Path(what))
        return
    chosen = kind or (output.suffix.removeprefix(".") if output else "csv")
    if chosen not in KINDS:
        raise Failure("Say --as csv, jsonl or json, or end the file's name with one of them.")
    filters = {"company": company, "dossier": dossier, "topic": topic, "state": state}
    path = path_of("exports", f"{what}.{chosen}")
    with Remote(url) as server:
        if output is None:
            _pass_on(server, path, filters, sys.stdout.buffer.write)
        else:
            _save(server, path, filters, output)


def _pass_on(
    server: Remote,
    path: str,
    filters: dict[str, str | None],
    write: Callable[[bytes], object],
) -> None:
    with server.streaming(path, filters) as response:
        for piece in response.iter_bytes():
            write(piece)


def _save(server: Remote, path: str, filters: dict[str, str | None], output: Path) -> None:
    """Write an export beside its place, and put it there when it is whole."""
    try:
        with tempfile.NamedTemporaryFile(
            dir=output.parent, prefix=".export-", delete=False
        ) as file:
            part = Path(file.name)
            try:
                size = _with_a_bar(server, path, filters, file)
                file.flush()
                os.fsync(file.fileno())
                part.chmod(0o666 & ~_umask())
                part.replace(output)
            except BaseException:
                part.unlink(missing_ok=True)
                raise
    except OSError as error:
        raise Failure(f"{output} cannot be written: {error.strerror or error}") from None
    shown.note(f"{output}: {size:,} bytes.")


def _with_a_bar(server: Remote, path: str, filters: dict[str, str | None], file: IO[bytes]) -> int:
    """Write an export to a file, show how far it is, and return its size in bytes."""
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    console = Console(stderr=True)
    with Progress(
        *columns,
        TransferSpeedColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ) as progress:
        task = progress.add_task(path.rsplit("/", 1)[-1], total=None)

        def write(piece: bytes) -> None:
            file.write(piece)
            progress.advance(task, len(piece))

        _pass_on(server, path, filters, write)
    return file.tell()


def _umask() -> int:
    """Return the mask of new files; it can only be read by setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
