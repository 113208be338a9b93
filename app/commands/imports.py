"""`answerable import`: bringing a spreadsheet onto the record of a running server."""

import json
import os
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from app.askers.models import AskerKind
from app.commands.common import Failure
from app.core.settings import Settings
from app.imports.models import ImportKind, ImportStatus
from app.imports.schemas import ImportCreates

POLL = 0.3
"""Seconds between two looks at how far an import has come."""
SHOWN = 50
"""Rows of each outcome that a terminal is shown."""
TIMEOUT = httpx.Timeout(300, connect=10)
SIGNS = {"created": "+", "updated": "~", "refused": "!"}

Url = Annotated[
    str,
    typer.Option(
        envvar="ANSWERABLE_URL",
        help="Where the server is. Default: this machine, on the port of the settings.",
    ),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would happen, keep nothing.")]


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
    with _client(url) as client:
        begun = _begin(client, _read(file), said, dry_run)
        done = _follow(client, begun) if "id" in begun else begun  # else it is a problem
    _show(done)
    if done.get("status") != ImportStatus.DONE:
        raise typer.Exit(1)


def undo_import(
    import_id: Annotated[str, typer.Argument(metavar="ID", help="The import's id.")],
    reason: Annotated[str, typer.Option(help="Public: it stands in each correction.")],
    dry_run: DryRun = False,
    url: Url = "",
) -> None:
    """Take an import back: all that it recorded is corrected, in public."""
    with _client(url) as client:
        path = f"/v1/imports/{import_id}/undo"
        headers = {"Idempotency-Key": uuid.uuid4().hex}
        answer = _send(
            client,
            "POST",
            path,
            params=_params(dry_run),
            headers=headers,
            json={"reason": reason},
        )
    if answer.is_error:
        raise Failure(_told(answer))
    print(json.dumps(answer.json(), ensure_ascii=False, indent=2))


def _read(file: Path) -> bytes:
    try:
        return sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as error:
        raise Failure(f"{file} cannot be read: {error.strerror}") from None


@contextmanager
def _client(url: str) -> Iterator[httpx.Client]:
    """Open a client of the server, with the key of ANSWERABLE_KEY or ~/.netrc."""
    settings = Settings()
    base = url or f"http://127.0.0.1:{settings.port}"
    key = os.environ.get("ANSWERABLE_KEY")
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    auth = None
    if not key and (Path.home() / ".netrc").exists():
        auth = httpx.NetRCAuth()
    try:
        with httpx.Client(base_url=base, headers=headers, auth=auth, timeout=TIMEOUT) as client:
            yield client
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        said = str(error) or type(error).__name__
        raise Failure(f"{base} does not answer as it should: {said}") from None


def _params(dry_run: bool) -> dict[str, str]:
    return {"dry_run": "true"} if dry_run else {}


def _send(client: httpx.Client, method: str, path: str, **given: Any) -> httpx.Response:
    """Send a request, again when the server is busy and says when it will not be."""
    for _ in range(4):
        answer = client.request(method, path, **given)
        if answer.status_code not in (429, 503):
            break
        time.sleep(min(int(answer.headers.get("Retry-After", "1")), 60))
    return answer


def _begin(
    client: httpx.Client, content: bytes, form: dict[str, str], dry_run: bool
) -> dict[str, Any]:
    """Send the file; return the import under way, or the problem for which it is refused."""
    answer = _send(
        client,
        "POST",
        "/v1/imports",
        params=_params(dry_run),
        files={"file": ("file", content)},
        data=form,
        headers={"Prefer": "respond-async", "Idempotency-Key": uuid.uuid4().hex},
    )
    if answer.status_code == 422 and "report" in answer.json():
        refused: dict[str, Any] = answer.json()
        return refused
    if answer.is_error:
        raise Failure(_told(answer))
    begun: dict[str, Any] = answer.json()
    return begun


def _follow(client: httpx.Client, begun: dict[str, Any]) -> dict[str, Any]:
    """Wait until it is done, with a progress bar where somebody sees it."""
    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
    )  # fmt: skip
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not _is_seen()) as progress:
        task = progress.add_task("rows", total=begun["rows_total"])
        while True:
            answer = _send(client, "GET", f"/v1/imports/{begun['id']}")
            if answer.is_error:
                raise Failure(f"{begun['id']}: {_told(answer)}")
            read: dict[str, Any] = answer.json()
            progress.update(task, completed=read["rows_done"])
            if read["status"] != ImportStatus.RUNNING:
                return read
            time.sleep(POLL)


def _is_seen() -> bool:
    return sys.stdout.isatty()


def _told(answer: httpx.Response) -> str:
    try:
        said = answer.json()
        return f"{said['title']}: {said['detail']}"
    except (ValueError, LookupError, TypeError):
        return f"{answer.url} answered {answer.status_code}."


def _show(done: dict[str, Any]) -> None:
    """Show a table in a terminal, JSON in a pipe."""
    if not _is_seen():
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
