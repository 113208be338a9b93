"""What is said of cells that are not right: dates that could be read in two ways, and faults."""

import re
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from app.core.dates import EDTF
from app.core.errors import Invalid, Problem
from app.core.problems import invalid
from app.core.text import shorten
from app.imports.reading import Line, Refused, note
from app.imports.schemas import RowNote

LIKE_A_DATE = re.compile(r"\d{1,4}([./ -]\d{1,2}){1,2}([./ -]\d{2,4})?\.?|\d{1,2}[./ -]\d{4}")
DAY_NUMBER = re.compile(r"\d{5}(\.\d+)?")
BY_YEAR = re.compile(r"(\d{4})[./](\d{2})(?:[./](\d{2}))?")
RIGHT = "Write 2025, 2025-05 or 2025-05-15"


def date(line: Line, column: str) -> str | None:
    """Return a date as it stands in a cell; whether there is such a day is asked later.

    Raises:
        Refused: it is written as a spreadsheet does, and could be another day than it seems.
    """
    value = line.cells.get(column)
    if not isinstance(value, str) or re.fullmatch(EDTF, value, re.ASCII):
        return value if isinstance(value, str) else None
    if DAY_NUMBER.fullmatch(value):
        message = (
            "This is a spreadsheet's number of a day, which differs between programs."
            f" {RIGHT}, and give the column the format “text”."
        )
        raise Refused(note(line.number, column, value, "ambiguous_date", message))
    if match := BY_YEAR.fullmatch(value):
        meant = "-".join(part for part in match.groups() if part)
        raise Refused(note(line.number, column, value, "date", f"Write it as {meant}."))
    if LIKE_A_DATE.fullmatch(value):
        message = (
            "Whether the day or the month comes first is not the same everywhere."
            f" {RIGHT}, and give the column the format “text”."
        )
        raise Refused(note(line.number, column, value, "ambiguous_date", message))
    raise Refused(note(line.number, column, value, "date", f"{RIGHT}."))


def missing(line: Line, *names: str) -> list[RowNote]:
    """Say which cells are empty that may not be."""
    return [
        note(line.number, name, None, "missing", "This cell is needed.")
        for name in names
        if not line.cells.get(name)
    ]


def made(model: Any, values: dict[str, Any], line: Line, places: Mapping[str, str]) -> Any:
    """Make a body of the values of a row.

    places: the columns by the members of the body, where the names differ.

    Raises:
        Refused: a value is not right.
    """
    try:
        body: BaseModel = model.model_validate(values)
    except ValidationError as error:
        found = error.errors(include_url=False)
        notes = []
        for one in found:
            fault = invalid([{**one, "loc": ("body", *one["loc"])}], values).errors[0]
            notes.append(_of(line, fault.pointer, fault.code, fault.detail, places))
        raise Refused(*{(one.column, one.code): one for one in notes}.values()) from None
    return body


def refused(problem: Problem, line: Line, places: Mapping[str, str]) -> Refused:
    """Say of a row why a service refused it."""
    if isinstance(problem, Invalid) and problem.errors:
        return Refused(
            *(
                _of(line, fault.pointer, fault.code, fault.detail, places)
                for fault in problem.errors
            )
        )
    return Refused(note(line.number, None, None, problem.slug, shorten(problem.detail, 400)))


def _of(line: Line, pointer: str, code: str, message: str, places: Mapping[str, str]) -> RowNote:
    steps = [step for step in pointer.split("/") if step and not step.isdigit()]
    name = steps[-1] if steps else None
    column = places.get("/".join(steps), places.get(name or "", name))
    value = line.cells.get(column) if column is not None else None
    shown = "; ".join(value) if isinstance(value, list) else value
    return note(line.number, column, shown, code, message)
