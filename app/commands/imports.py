"""`answerable import`: bringing a spreadsheet onto the record of a running server."""

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from app.askers.models import AskerKind
from app.commands import doing, shown
from app.commands.common import Failure
from app.commands.options import As, DryRun, Id, Url
from app.commands.remote import Remote, path_of, problem
from app.imports.models import ImportKind, ImportStatus
from app.imports.schemas import ImportCreates

POLL = 0.3
"""Seconds between two looks at how far an import has come."""
SHOWN = 50
"""Rows of each outcome that a terminal is shown."""
TIMEOUT = httpx.Timeout(300, connect=10)
SIGNS = {"created": "+", "updated": "~", "refused": "!"}


def import_file(
    file: Annotated[Path, typer.Argument(help="CSV or JSONL; - for standard input.")],
    dry_run: DryRun = False,
    kind: Annotated[ImportKind | None, typer.Option(help="Default: what the columns say.")] = None,
    create: Annotated[
        ImportCreates | None, typer.Option(help="Put what is missing on the record too.")
    ] = None,
    asker_kind: Annotated[AskerKind | None, typer.Option(help="What new askers are.")] = None,
    url: Url = "",
) -> None:
    """Bring a file onto the record, all of its rows or none.

    The key is read from ANSWERABLE_KEY or ~/.netrc. In a terminal there is a progress bar, and a
    table of what became of the rows; in a pipe the answer as JSON. Ends with 1 if it is refused.
    """
    form = {"kind": kind, "create": create, "asker_kind": asker_kind}
    said = {name: value.value for name, value in form.items() if value is not None}
    with Remote(url, timeout=TIMEOUT) as server:
        answer = server.upload(path_of("imports"), _read(file), said, dry_run=dry_run)
        done: dict[str, Any] = answer.json()
        if not answer.is_error:
            done = _follow(server, done)
        elif "report" not in done:
            raise Failure(problem(answer))
    _show(done)
    if done.get("status") != ImportStatus.DONE:
        raise typer.Exit(1)


def undo_import(
    import_id: Id,
    reason: Annotated[str, typer.Option(help="Public: it stands in each correction.")],
    dry_run: DryRun = False,
    url: Url = "",
    form: As = None,
) -> None:
    """Take an import back: all that it recorded is corrected, in public."""
    path = path_of("imports", import_id, "undo")
    doing.add(path, {"reason": reason}, dry_run=dry_run, url=url, form=form)


def _read(file: Path) -> bytes:
    try:
        return sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as error:
        raise Failure(f"{file} cannot be read: {error.strerror}") from None


def _follow(server: Remote, begun: dict[str, Any]) -> dict[str, Any]:
    """Wait until it is done, with a progress bar where somebody sees it."""
    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
    )  # fmt: skip
    console = Console(stderr=True)
    with Progress(
        *columns, console=console, transient=True, disable=not shown.is_terminal()
    ) as progress:
        task = progress.add_task("rows", total=begun["rows_total"])
        while True:
            try:
                read: dict[str, Any] = server.get(path_of("imports", begun["id"])).json()
            except Failure as failure:
                raise Failure(f"{begun['id']}: {failure}") from None
            progress.update(task, completed=read["rows_done"])
            if read["status"] != ImportStatus.RUNNING:
                return read
            time.sleep(POLL)


def _show(done: dict[str, Any]) -> None:
    """Show a table in a terminal, JSON in a pipe."""
    if not shown.is_terminal():
        print(json.dumps(done, ensure_ascii=False, indent=2))
        return
    console, report = Console(), done.get("report")
    if report is None:
        console.print(
            f"{done['id']}: {done['status']}; nothing is on the record.",
            markup=False,
            highlight=False,
        )
        return
    table = Table("line", "", "external_id", "column", "what", box=None)
    for outcome, sign in SIGNS.items():
        rows = [row for row in report["rows"] if row["outcome"] == outcome]
        for row in rows[:SHOWN]:
            for column, what in _said(row):
                line, name = str(row["line"]), row["external_id"] or ""
                table.add_row(line, sign, escape(name), column, escape(what))
    if table.row_count:
        console.print(table)
    counts = ", ".join(
        f"{report[name]:,} {name}" for name in ("created", "updated", "unchanged", "refused")
    )
    kept = "Nothing was kept" if done.get("dry_run") or report["refused"] else done.get("id")
    console.print(f"{counts}. {kept}.", markup=False, highlight=False)


def _said(row: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for change in row["changes"]:
        yield change["column"], f"{change['before']} → {change['after']}"
    for one in row["notes"]:
        value = f"“{one['value']}”: " if one["value"] else ""
        yield one["column"] or "", f"{value}{one['message']}"
    if not row["changes"] and not row["notes"]:
        yield "", ""
