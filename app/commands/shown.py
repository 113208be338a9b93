"""How an answer is shown: as a table in a terminal, as the API gave it everywhere else."""

import json
import sys
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Any

import httpx
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

IN_A_FILE = 200
"""Columns of a table that was asked for where there is no terminal."""
WHOLE = ("slug", "id")
"""Columns that are not broken over lines, so that they can be copied."""
NAMES = ("slug", "name", "url", "id")
"""What a thing within another one is called by, the best first."""


class Form(StrEnum):
    """How to show an answer."""

    TABLE = "table"
    JSON = "json"


def is_terminal() -> bool:
    """Tell whether somebody reads along."""
    return sys.stdout.isatty()


def chosen(form: Form | None) -> Form:
    """Return the form asked for, else the one that fits where the output goes."""
    return form or (Form.TABLE if is_terminal() else Form.JSON)


def one(answer: httpx.Response, form: Form | None) -> None:
    """Show one thing."""
    if not answer.content:
        return
    if chosen(form) is Form.JSON:
        _document(answer)
        return
    table = _table(("field", "value"))
    for name, value in answer.json().items():
        table.add_row(Text(name), Text(cell(value)))
    console().print(table)


def page(answer: httpx.Response, columns: Sequence[str], form: Form | None) -> None:
    """Show one page of a list."""
    if chosen(form) is Form.JSON:
        _document(answer)
        return
    found = answer.json()
    rows(found["data"], columns)
    if found.get("has_more"):
        note("There are more: take --all, or a larger --limit.")


def every(items: Iterable[dict[str, Any]], columns: Sequence[str], form: Form | None) -> None:
    """Show a whole list: a table, or one JSON object a line."""
    if chosen(form) is Form.TABLE:
        rows(items, columns)
        return
    for item in items:
        line(item)


def rows(items: Iterable[dict[str, Any]], columns: Sequence[str]) -> None:
    """Show a table of things; a column such as `company.slug` looks into what is within."""
    table = _table(columns)
    for item in items:
        table.add_row(*(Text(cell(_within(item, column))) for column in columns))
    console().print(table)


def line(item: Any) -> None:
    """Print something as one line of JSON."""
    print(json.dumps(item, ensure_ascii=False, separators=(",", ":")), flush=True)


def note(text: str) -> None:
    """Say something beside the answer."""
    print(text, file=sys.stderr)


def console() -> Console:
    """Return where tables are drawn. It heeds NO_COLOR (https://no-color.org)."""
    return Console(width=None if is_terminal() else IN_A_FILE)


def cell(value: Any) -> str:
    """Return a value as it stands in a table."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(cell(item) for item in value)
    if isinstance(value, dict):
        name = next((value[name] for name in NAMES if value.get(name)), None)
        return (
            str(name) if name else ", ".join(f"{key}: {cell(each)}" for key, each in value.items())
        )
    return str(value)


def _document(answer: httpx.Response) -> None:
    """Print a document: laid out for a reader, and elsewhere exactly as the API gave it."""
    if is_terminal():
        print(json.dumps(answer.json(), indent=2, ensure_ascii=False))
    else:
        print(answer.text)


def _table(columns: Sequence[str]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        # what one copies stays whole, as long as there is room
        table.add_column(Text(column.split(".")[0]), overflow="fold", no_wrap=column in WHOLE)
    return table


def _within(item: dict[str, Any], column: str) -> Any:
    value: Any = item
    for step in column.split("."):
        value = value.get(step) if isinstance(value, dict) else None
    return value
