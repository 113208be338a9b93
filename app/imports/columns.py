"""The columns of the two kinds of files, as people keep them, and the templates that show them."""

import csv
import io
from dataclasses import dataclass

from app.imports.models import ImportKind


@dataclass(frozen=True)
class Column:
    """A column: what it holds, and whether a file has to have it."""

    name: str
    meaning: str
    is_needed: bool = False
    is_list: bool = False


QUESTIONS = (
    Column("external_id", "the question's id in your own list; never the same twice", True),
    Column("company", "the company's slug, id or exact name", True),
    Column("question", "the question's text", True),
    Column("lang", "the language of the text, such as `en`", True),
    Column("askers", "slugs, ids or exact names, parted by `;` or `|`", True, True),
    Column("asked_on", "when they asked: `2025`, `2025-05` or `2025-05-15`", True),
    Column("channel", "how, in one lower-case word such as `written`"),
    Column("state", "where the question stands; for a new one it becomes a ruling"),
    Column("last_checked_on", "when somebody last looked for an answer; the date of that ruling"),
    Column("source_url", "where it can be read that they asked, and where it stands", True),
    Column("archived_url", "a copy of that page in an archive"),
    Column("source_quote", "the passage that is cited, as it stands there"),
    Column("topics", "lower-case tags, parted by `;` or `|`", is_list=True),
)
TIMELINE = (
    Column("external_id", "of the question, which is on the record already", True),
    Column("effective_on", "when it happened: `2025`, `2025-05` or `2025-05-15`", True),
    Column("type", "`ask`, `response` or `ruling`", True),
    Column("verdict", "of a response its verdict, of a ruling the state; empty for an ask", True),
    Column("note", "of a response why this verdict, of a ruling the reason, which it needs", True),
    Column("source_url", "where it can be read; an ask and a response need it", True),
    Column("archived_url", "a copy of that page in an archive"),
    Column("source_quote", "the passage that is cited, as it stands there"),
    Column("askers", "of an ask; left out: those who asked first", is_list=True),
    Column("channel", "of an ask, in one lower-case word such as `written`"),
)
OF_KIND = {ImportKind.QUESTIONS: QUESTIONS, ImportKind.TIMELINE: TIMELINE}
IN_TEMPLATE = {ImportKind.QUESTIONS: len(QUESTIONS), ImportKind.TIMELINE: 6}
"""So many columns a template has; the others are for those who need them."""

EXAMPLES = {
    ImportKind.QUESTIONS: (
        "row-1", "Example Energy", "How much gas did Example Energy flare in 2025?", "en",
        "Example News; Example Watch", "2026-04-04", "written", "unanswered", "2026-05-15",
        "https://news.example.org/flaring", "https://archive.example.org/flaring",
        "We asked the company on 4 April.", "climate; gas",
    ),
    ImportKind.TIMELINE: (
        "row-1", "2026-05-20", "response", "partial", "It spoke of one of its sites only.",
        "https://energy.example.org/statements/flaring",
    ),
}  # fmt: skip


def names(kind: ImportKind) -> list[str]:
    """Name the columns of a kind of file."""
    return [column.name for column in OF_KIND[kind]]


def template(kind: ImportKind) -> bytes:
    """Make a file with the columns and one row that shows what stands in them."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(names(kind)[: IN_TEMPLATE[kind]])
    writer.writerow(EXAMPLES[kind])
    return text.getvalue().encode()


def described(kind: ImportKind) -> str:
    """Say what the columns are, for the documentation."""
    return "\n".join(
        f"* `{column.name}`{' (needed)' if column.is_needed else ''}: {column.meaning}"
        for column in OF_KIND[kind]
    )
