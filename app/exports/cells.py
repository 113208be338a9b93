"""Cells and lines of CSV (RFC 4180) that no spreadsheet takes for more than text.

A spreadsheet runs a cell that begins with `=`, `+`, `-` or `@` as a formula, be it quoted or not,
and some look behind spaces, quotes and invisible characters first (OWASP, CSV Injection; CWE-1236).
Such a cell gets a leading apostrophe, which makes it text. Where a semicolon or a tab parts the
cells, as in Excel in French, or a line break is not understood to be inside a text, a cell could
begin in the midst of one: so these are followed by an apostrophe too.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from app.core.dates import format_instant

TRIGGERS = "=+\\-@＝＋－＠−"
"""What begins a formula, full-width forms and the minus sign included."""
IGNORED = "\\s\"'`´‘’“”«»\u00ad\u180e\u200b-\u200f\u2060-\u2064\ufeff"
"""What some programs take away before they look: white space, quotes, what is invisible."""
LEADING = re.compile(f"[\t\r\n]|[{IGNORED}]*[{TRIGGERS}]")
INSIDE = re.compile(f"([;\t\r\n][{IGNORED}]*)(?=[{TRIGGERS}])")
FORM = """\
The form is RFC 4180, in UTF-8; `bom=1` begins with a byte order mark, for Excel. A cell that a
spreadsheet would run as a formula begins with an apostrophe, and so does what it could take for one
inside a text; the JSON forms have every text as it is. Dates are as precise as what is known, and
what is not known is empty. Columns, in this order:"""


def text(value: str | None) -> str:
    """Write a text that others wrote, always in quotes; nothing at all when there is none."""
    if not value:
        return ""
    if not value[0].isalnum() and LEADING.match(value):
        value = f"'{value}"
    if ";" in value or "\n" in value or "\t" in value or "\r" in value:
        value = INSIDE.sub(r"\1'", value)
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
