"""Files as people send them, read line by line: CSV in its dialects, and JSONL."""

import csv
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import TextIOWrapper
from typing import IO, Any

from app.core import text
from app.core.errors import Problem
from app.core.spreadsheets import unguard
from app.core.strict_json import check_json
from app.imports import columns
from app.imports.columns import Column
from app.imports.models import ImportKind
from app.imports.schemas import SHOWN, RowNote

MOST_ROWS = 100_000
MOST_BYTES = 1_000_000
"""Of a line of JSONL."""
DELIMITERS = (",", ";", "\t")
BOMS = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}
UTF8 = "Save the file as “CSV UTF-8” and send it again."
NAMED = 5
"""So many columns are named where more are wrong."""

Cell = str | list[str] | None


class Refused(Exception):
    """Rows, or a whole file, that cannot be taken; `notes` say why."""

    def __init__(self, *notes: RowNote) -> None:
        super().__init__()
        self.notes = notes


@dataclass(frozen=True)
class Line:
    """One row: the line on which it begins, and its cells that are not empty."""

    number: int
    cells: dict[str, str | list[str]]


def note(line: int, column: str | None, value: Any, code: str, message: str) -> RowNote:
    """Say what is wrong with a cell, repeating little of it."""
    return RowNote(line=line, column=shown(column), value=shown(value), code=code, message=message)


def shown(value: Any) -> str | None:
    """Return as much of a value as is shown again."""
    return None if value is None else text.shorten(clean(str(value)[: 4 * SHOWN]), SHOWN)


def clean(value: str) -> str:
    """Replace what no text may contain."""
    return text.FORBIDDEN.sub("�", value)


@dataclass(frozen=True)
class Layout:
    """How a file is to be read."""

    kind: ImportKind
    is_json: bool
    delimiter: str = ","


def look(file: IO[bytes], kind: ImportKind | None) -> tuple[Layout, int]:
    """Read a whole file once; return its layout and how many rows it has.

    kind: what its rows are; None for what its columns say.

    Raises:
        Refused: it cannot be read, or is not what it should be.
    """
    _check_encoding(file)
    layout = _layout(file, kind)
    count = 0
    for count, _ in enumerate(_raw(file, layout), 1):
        if count > MOST_ROWS:
            raise Refused(
                note(0, None, None, "too_many_rows", f"A file has at most {MOST_ROWS:,} rows.")
            )
    if count == 0:
        raise Refused(note(1, None, None, "no_rows", "The file has no rows below its header."))
    return layout, count


def lines(file: IO[bytes], layout: Layout) -> Iterator[Line | Refused]:
    """Yield the rows of a file, each as it is or as it is refused.

    Raises:
        Refused: the file cannot be read any further.
    """
    read = _object if layout.is_json else _row
    for number, raw in _raw(file, layout):
        try:
            yield Line(number, read(number, raw, layout))
        except Refused as refused:
            yield refused


def _check_encoding(file: IO[bytes]) -> None:
    file.seek(0)
    start = file.read(4)
    for mark, name in BOMS.items():
        if start.startswith(mark):
            raise Refused(note(1, None, None, "encoding", f"The file is in {name}. {UTF8}"))
    file.seek(0)
    for number, raw in enumerate(file, 1):
        try:
            raw.decode("utf-8")
        except UnicodeDecodeError as error:
            around = raw[max(0, error.start - 20) : error.start + 20].decode("latin-1")
            message = f"This line is not UTF-8, but for instance Latin-1. {UTF8}"
            raise Refused(note(number, None, around, "encoding", message)) from None


def _layout(file: IO[bytes], kind: ImportKind | None) -> Layout:
    file.seek(0)
    start = file.read(4096).removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.startswith(b"{"):
        first = next(iter(_raw(file, Layout(ImportKind.QUESTIONS, is_json=True))), None)
        names = list(_loaded(*first)) if first is not None else []
        return Layout(kind or _kind_of(1, names), is_json=True)
    rows = {}
    for delimiter in DELIMITERS:
        layout = Layout(ImportKind.QUESTIONS, is_json=False, delimiter=delimiter)
        try:
            rows[delimiter] = next(_csv(file, layout), (1, []))
        except Refused:
            rows[delimiter] = (1, [])
    known = {name for each in ImportKind for name in columns.names(each)}
    counts = {
        delimiter: sum(_name(cell) in known for cell in cells)
        for delimiter, (_, cells) in rows.items()
    }
    delimiter = max(DELIMITERS, key=lambda one: counts[one])
    number, cells = rows[delimiter]
    names = [_name(cell) for cell in cells]
    kind = kind or _kind_of(number, names)
    _header(number, names, kind)
    return Layout(kind, is_json=False, delimiter=delimiter)


def _kind_of(number: int, names: list[str]) -> ImportKind:
    if "question" in names:
        return ImportKind.QUESTIONS
    if "effective_on" in names or "type" in names:
        return ImportKind.TIMELINE
    questions, timeline = (", ".join(columns.names(kind)) for kind in ImportKind)
    raise Refused(
        note(
            number, None, ", ".join(names[:NAMED]), "unknown_columns",
            f"The first line has to name the columns: {questions} of a file of questions, or"
            f" {timeline} of a timeline.",
        )
    )  # fmt: skip


def _name(cell: str) -> str:
    return cell.strip().lower()


def _header(number: int, names: list[str], kind: ImportKind) -> list[str]:
    """Check the names of the columns; empty ones at the end are left out."""
    while names and not names[-1]:
        names.pop()
    own = columns.OF_KIND[kind]
    right = f"A file of {kind} has the columns {', '.join(column.name for column in own)}."
    known = {column.name for column in own}
    wrong: list[RowNote] = []
    for name in [name for name in names if name not in known][:NAMED]:
        message = f"There is no such column. {right}"
        wrong.append(note(number, name or "(empty)", None, "unknown_column", message))
    for column in own:
        if column.is_needed and column.name not in names:
            message = f"The column is missing. {right}"
            wrong.append(note(number, column.name, None, "missing_column", message))
        if names.count(column.name) > 1:
            message = "The column is there twice. Take one of them out."
            wrong.append(note(number, column.name, None, "repeated_column", message))
    if wrong:
        raise Refused(*wrong)
    return names


def _raw(file: IO[bytes], layout: Layout) -> Iterator[tuple[int, Any]]:
    """Yield the rows of a file as they stand there, without the header and without empty ones."""
    if layout.is_json:
        file.seek(0)
        for number, raw in enumerate(file, 1):
            line = raw.removeprefix(b"\xef\xbb\xbf") if number == 1 else raw
            if line.strip():
                yield number, line
        return
    rows = _csv(file, layout)
    number, header = next(rows, (1, list[str]()))
    names = _header(number, [_name(cell) for cell in header], layout.kind)
    for number, cells in rows:
        yield number, (names, cells)


def _csv(file: IO[bytes], layout: Layout) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows of a CSV file that are not empty, each with its first line."""
    file.seek(0)
    source = TextIOWrapper(file, encoding="utf-8-sig", newline="")
    try:
        reader = csv.reader(source, delimiter=layout.delimiter, strict=True)
        while True:
            number = reader.line_num + 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                raise Refused(_unreadable(number, error)) from None
            is_hint = number == 1 and len(cells) <= 2 and cells[:1] and cells[0][:4] == "sep="
            if any(cells) and not is_hint:
                yield number, cells
    finally:
        source.detach()


def _unreadable(number: int, error: csv.Error) -> RowNote:
    if "field limit" in str(error):
        message = (
            "A cell that begins here is longer than 131,072 characters. Maybe a quotation mark was"
            " opened and not closed."
        )
        return note(number, None, None, "cell_too_long", message)
    message = (
        "The quotation marks of this row do not fit. A cell that contains the delimiter, a line"
        ' break or a quotation mark stands in quotation marks, and each one in it is doubled: "".'
    )
    return note(number, None, None, "quoting", message)


def _row(number: int, raw: tuple[list[str], list[str]], layout: Layout) -> dict[str, Any]:
    """Read the cells of a row of CSV."""
    names, cells = raw
    if len(cells) != len(names) and (len(cells) < len(names) or any(cells[len(names) :])):
        message = (
            f"The row has {len(cells)} cells, and the header has {len(names)}. A cell that"
            " contains the delimiter stands in quotation marks."
        )
        raise Refused(note(number, None, None, "cells", message))
    _check_characters(number, zip(names, cells, strict=False))
    found: dict[str, Any] = {}
    lists = _lists(layout.kind)
    for name, cell in zip(names, cells, strict=False):
        value = unguard(cell).strip()
        if value:
            found[name] = _parted(value) if name in lists else value
    return found


def _lists(kind: ImportKind) -> set[str]:
    return {column.name for column in columns.OF_KIND[kind] if column.is_list}


def _parted(value: str) -> list[str]:
    return [part.strip() for part in re.split(r"[;|]", value) if part.strip()]


def _check_characters(number: int, cells: Iterable[tuple[str, str]]) -> None:
    for name, cell in cells:
        if found := text.flaw(cell):
            message = f"The text contains {found}. Take it out."
            raise Refused(note(number, name, cell, "character", message))


def _loaded(number: int, raw: bytes) -> dict[str, Any]:
    if len(raw) > MOST_BYTES:
        message = f"A line has at most {MOST_BYTES:,} bytes."
        raise Refused(note(number, None, None, "line_too_long", message))
    try:
        check_json(raw)
    except Problem as problem:
        start = raw[: 4 * SHOWN].decode(errors="replace")
        raise Refused(note(number, None, start, "json", problem.detail)) from None
    loaded = json.loads(raw)
    if not isinstance(loaded, dict):
        message = "Each line is one JSON object, with the names of the columns as its keys."
        raise Refused(note(number, None, None, "json", message))
    return loaded


def _object(number: int, raw: bytes, layout: Layout) -> dict[str, Any]:
    """Read the members of a line of JSONL."""
    own = {column.name: column for column in columns.OF_KIND[layout.kind]}
    found: dict[str, Any] = {}
    wrong = []
    for name, value in _loaded(number, raw).items():
        if name not in own:
            message = f"There is no such column. There are: {', '.join(own)}."
            wrong.append(note(number, name, None, "unknown_column", message))
        elif value is not None and not _fits(value, own[name]):
            kinds = "a text or a list of texts" if own[name].is_list else "a text"
            message = f"Give {kinds}, or null."
            wrong.append(note(number, name, json.dumps(value), "type", message))
        elif isinstance(value, str) and value.strip():
            found[name] = _parted(value) if own[name].is_list else value.strip()
        elif isinstance(value, list) and value:
            found[name] = value
    if wrong:
        raise Refused(*wrong[:NAMED])
    return found


def _fits(value: Any, column: Column) -> bool:
    if isinstance(value, list):
        return column.is_list and all(isinstance(part, str) for part in value)
    return isinstance(value, str)
