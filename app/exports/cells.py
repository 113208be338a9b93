"""Cells and lines of CSV (RFC 4180) that no spreadsheet takes for more than text."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from app.core.dates import format_instant
from app.core.spreadsheets import guard

FORM = """\
The form is RFC 4180, in UTF-8; `bom=1` begins with a byte order mark, for Excel. A cell that a
spreadsheet would run as a formula begins with an apostrophe, and so does what it could take for one
inside a text; the JSON forms have every text as it is. Dates are as precise as what is known, and
what is not known is empty. Columns, in this order:"""


def text(value: str | None) -> str:
    """Write a text that others wrote, always in quotes; nothing at all when there is none."""
    if not value:
        return ""
    value = guard(value)
    if '"' in value:
        value = value.replace('"', '""')
    return f'"{value}"'


def names(values: Sequence[str]) -> str:
    """Write several slugs or tags, which need no care, as one cell."""
    return f'"{"; ".join(values)}"' if len(values) > 1 else "".join(values)


def instant(value: datetime) -> str:
    """Write an instant of the database, which is in UTC, as `format_instant` does, but faster."""
    return f"{value.isoformat()[:26]}Z" if value.microsecond else format_instant(value)


def truth(value: bool) -> str:
    """Write true or false."""
    return "true" if value else "false"


def header(columns: Mapping[str, str]) -> bytes:
    """Write the first line."""
    return line(columns).encode()


def line(cells: Iterable[str]) -> str:
    """Write a line of cells that are written already."""
    return ",".join(cells) + "\r\n"


def described(columns: Mapping[str, str]) -> str:
    """Say what the columns are, for the documentation."""
    return "\n".join(f"* `{name}`: {meaning}" for name, meaning in columns.items())
