"""What the commands that talk to a server have in common: list, show, add, edit, do, delete."""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from app.commands import shown
from app.commands.common import Failure
from app.commands.remote import Params, Remote, path_of
from app.commands.shown import Form

DRY = "A dry run: this is what would have happened, and nothing was kept."


def show_list(
    path: str,
    columns: Sequence[str],
    filters: Params,
    *,
    every: bool,
    url: str,
    form: Form | None,
) -> None:
    """Show a page of a list, or with `every` all of it."""
    with Remote(url) as server:
        if every:
            whole = {**filters, "limit": 200}
            shown.every(server.every(path, whole), columns, form)
        else:
            shown.page(server.get(path, filters), columns, form)


def show_one(path: str, params: Params | None = None, *, url: str, form: Form | None) -> None:
    """Show one thing."""
    with Remote(url) as server:
        shown.one(server.get(path, params), form)


def add(path: str, body: Any, *, dry_run: bool, url: str, form: Form | None) -> None:
    """Have something made or done, and show what became of it."""
    with Remote(url) as server:
        shown.one(server.post(path, body, dry_run=dry_run), form)
    _say_if(dry_run)


def edit(path: str, body: Any, *, dry_run: bool, url: str, form: Form | None) -> None:
    """Change something, and show how it is now."""
    with Remote(url) as server:
        shown.one(server.edit(path, body, dry_run=dry_run), form)
    _say_if(dry_run)


def delete(kind: str, reference: str, *, dry_run: bool, url: str) -> None:
    """Take something away, and say so."""
    with Remote(url) as server:
        server.delete(path_of(kind, reference), dry_run=dry_run)
    shown.note(DRY if dry_run else f"{reference} is deleted.")


def _say_if(dry_run: bool) -> None:
    if dry_run:
        shown.note(DRY)


def body(document: str | None, **fields: Any) -> dict[str, Any]:
    """Return what to send: a JSON document (a file, or - for standard input), and options over it.

    Raises:
        Failure: there is neither, or the document cannot be read or is no JSON object.
    """
    given = {name: value for name, value in fields.items() if value not in (None, [], {})}
    if document is None:
        if not given:
            raise Failure("Give options, or a whole body with --json FILE (- reads it from here).")
        return given
    try:
        text = sys.stdin.read() if document == "-" else Path(document).read_text("utf-8")
        read = json.loads(text)
    except (OSError, ValueError) as error:
        raise Failure(f"--json: {document} cannot be read: {error}") from None
    if not isinstance(read, dict):
        raise Failure(f"--json: {document} has to hold one JSON object.")
    return {**read, **given}


def pairs(name: str, texts: Sequence[str] | None, separator: str = "=") -> Mapping[str, str]:
    """Return what stands in texts such as `wikidata=Q2283`.

    Raises:
        Failure: one of them is not of this form.
    """
    found = [text.partition(separator) for text in texts or ()]
    for before, middle, after in found:
        if not (before and middle and after):
            raise Failure(f"--{name}: {before!r} is not of the form NAME{separator}VALUE.")
    return {before: after for before, _, after in found}
