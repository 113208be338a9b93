"""The index in SQLite: FTS5. It walks through what it finds from the newest on, and stops anywhere.

The words come folded and divided by spaces, so its tokenizer has nothing to do (`ascii`). Marks and
letters beyond ASCII are parts of words to it.
"""

from sqlalchemy import Connection, text

from app.search.documents import Document
from app.search.expressions import Expression, Sequence

NEWEST = text(
    "SELECT docid, question_id FROM search_words"
    " JOIN search_document ON docid = search_words.rowid"
    " WHERE search_words MATCH :expression AND search_words.rowid < :below"
    " ORDER BY search_words.rowid DESC LIMIT :size"
)
HOLDING = text(
    "SELECT rowid AS docid FROM search_words"
    " WHERE search_words MATCH :expression AND rowid BETWEEN :first AND :last"
)
OPTIMIZE = text("INSERT INTO search_words(search_words) VALUES ('optimize')")
TOP = 2**62


def newest(
    connection: Connection, expression: Expression, below: int | None, size: int
) -> list[tuple[int, str]]:
    """Return the newest questions that are found, those with a docid below some other."""
    given = {"expression": _match(expression), "below": below or TOP, "size": size}
    return [(row.docid, row.question_id) for row in connection.execute(NEWEST, given)]


def holding(connection: Connection, expression: Expression, docids: list[int]) -> set[int]:
    """Return those of some documents (newest first) that an expression finds."""
    given = {"expression": _match(expression), "first": docids[-1], "last": docids[0]}
    return set(connection.execute(HOLDING, given).scalars()) & set(docids)


def vector(document: Document) -> str | None:
    """Return what the column `words` holds: nothing, for triggers fill the index."""
    return None


def erase(connection: Connection) -> None:
    """Make words that are not there any more unreadable: FTS5 drops them when it merges."""
    connection.execute(OPTIMIZE)


def _match(expression: Expression) -> str:
    wanted = " AND ".join(f"({_any(group)})" for group in expression.wanted)
    return f"({wanted}) NOT ({_any(expression.excluded)})" if expression.excluded else wanted


def _any(sequences: tuple[Sequence, ...]) -> str:
    return " OR ".join('"' + " ".join(sequence) + '"' for sequence in sequences)
