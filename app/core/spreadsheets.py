"""Text in cells that no spreadsheet takes for more than text, and such cells read back.

A spreadsheet runs a cell that begins with `=`, `+`, `-` or `@` as a formula, be it quoted or not,
and some look behind spaces, quotes and invisible characters first (OWASP, CSV Injection; CWE-1236).
Such a cell gets a leading apostrophe, which makes it text. Where a semicolon or a tab parts the
cells, as in Excel in French, or a line break is not understood to be inside a text, a cell could
begin in the midst of one: so these are followed by an apostrophe too.
"""

import re

TRIGGERS = "=+\\-@＝＋－＠−"
"""What begins a formula, full-width forms and the minus sign included."""
IGNORED = "\\s\"'`´‘’“”«»\u00ad\u180e\u200b-\u200f\u2060-\u2064\ufeff"
"""What some programs take away before they look: white space, quotes, what is invisible."""
LEADING = re.compile(f"[\t\r\n]|[{IGNORED}]*[{TRIGGERS}]")
INSIDE = re.compile(f"([;\t\r\n][{IGNORED}]*)(?=[{TRIGGERS}])")
GUARDED = re.compile(f"([;\t\r\n][{IGNORED}]*)'(?=[{TRIGGERS}])")


def guard(value: str) -> str:
    """Put apostrophes where a spreadsheet could take a text for a formula."""
    if value and not value[0].isalnum() and LEADING.match(value):
        value = f"'{value}"
    if ";" in value or "\n" in value or "\t" in value or "\r" in value:
        value = INSIDE.sub(r"\1'", value)
    return value


def unguard(value: str) -> str:
    """Take the apostrophes out again that `guard` has put into a text."""
    if "'" not in value:
        return value
    value = GUARDED.sub(r"\1", value)
    if value[0] == "'" and LEADING.match(value, 1):
        value = value[1:]
    return value
