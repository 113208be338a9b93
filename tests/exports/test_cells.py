"""What stands in a cell of CSV: any text, whole, and never a formula."""

import csv
import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.exports import cells

FORMULAS = "=+-@\t\r＝＋－＠−"
TEXTS = st.text(
    st.one_of(
        st.sampled_from(list("=+-@;,\t\r\n\"' \u00a0\ufeffa1é😀")),
        st.characters(exclude_categories=["Cs"], exclude_characters="\0"),
    )
)


def read(line: str) -> list[str]:
    """Read a line as the strictest of readers does."""
    (row,) = csv.reader(io.StringIO(line, newline=""), strict=True)
    return row


@pytest.mark.parametrize(
    ("given", "written"),
    [
        ("What?", "What?"),
        ("=1+1", "'=1+1"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t'=1"),
        ("\r=1", "'\r'=1"),
        (" \u00a0=1", "' \u00a0=1"),
        ('"=1"', '\'"=1"'),
        ("'=1", "''=1"),
        ("\ufeff\u200b=1", "'\ufeff\u200b=1"),
        ("＝1＋1", "'＝1＋1"),
        ("a=b", "a=b"),
        ("x;=1+1;y", "x;'=1+1;y"),
        ('x; "=1+1"', 'x; "\'=1+1"'),
        ("He said:\n- yes\n- no", "He said:\n'- yes\n'- no"),
        ("2024-25: how many?", "2024-25: how many?"),
        ("«Pourquoi ?»", "«Pourquoi ?»"),
    ],
)
def test_what_could_be_a_formula_gets_an_apostrophe(given: str, written: str) -> None:
    assert read(cells.line([cells.text(given), "next"])) == [written, "next"]


@given(st.lists(TEXTS, min_size=1))
def test_every_text_is_read_as_it_was_but_for_apostrophes(texts: list[str]) -> None:
    line = cells.line([cells.text(text) for text in texts] + ["end"])
    read_back = read(line)
    assert read_back[-1] == "end"
    for text, cell in zip(texts, read_back, strict=False):
        assert cell.replace("'", "") == text.replace("'", "")


@given(TEXTS)
def test_wherever_a_spreadsheet_parts_cells_none_begins_as_a_formula(text: str) -> None:
    (cell,) = read(cells.line([cells.text(text)])) or [""]
    for part in re.split(r"[;\t\r\n]", cell):
        assert part[:1] == "" or part.strip(' \u00a0"\ufeff')[:1] not in list(FORMULAS)


def test_texts_are_in_quotes_and_nothing_is_nothing() -> None:
    cell = [cells.text("a"), cells.text(None), cells.names([]), cells.names(["a", "b"])]
    assert cells.line(cell) == '"a",,,"a; b"\r\n'
