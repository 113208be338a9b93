"""The index: what is written to it, and what it is asked, in whichever database."""

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from app.core import mergers
from app.core.lists import among
from app.search import documents, postgres, sqlite, words
from app.search.documents import Document
from app.search.expressions import Expression
from app.search.models import DOCUMENT, FORM

KNOWN = select(FORM.c.language, FORM.c.word).where(among(FORM.c.word, "words"))
CHANGE = update(DOCUMENT).where(DOCUMENT.c.docid == bindparam("of"))


Row = dict[str, Any]


class Engine(Protocol):
    """What differs between the databases."""

    def newest(
        self, connection: Connection, expression: Expression, below: int | None, size: int
    ) -> list[tuple[int, str]]:
        """Return the newest questions that are found, those with a docid below some other."""

    def holding(
        self, connection: Connection, expression: Expression, docids: list[int]
    ) -> set[int]:
        """Return those of some documents (newest first) that an expression finds."""

    def vector(self, document: Document) -> str | None:
        """Return what the column `words` holds."""

    def erase(self, connection: Connection) -> None:
        """Make words that are not there any more unreadable."""


def engine(connection: Connection) -> Engine:
    """Return what speaks to this database."""
    return sqlite if connection.dialect.name == "sqlite" else postgres


def renew(connection: Connection, ids: Sequence[str]) -> None:
    """Index questions as they stand now; those that were merged are found no more."""
    merged = mergers.holders(connection, ids)
    if merged:
        connection.execute(
            delete(DOCUMENT).where(among(DOCUMENT.c.question_id, "ids")), {"ids": list(merged)}
        )
        ids = sorted({merged.get(row_id, row_id) for row_id in ids})
    new, changed, same = list[Row](), list[Row](), list[Row]()
    forms: set[tuple[str, str]] = set()
    to_vector = engine(connection).vector
    for searched in documents.load(connection, ids):
        row, document = searched.row, documents.make(searched)
        stamp = {"version": row.version, "made": words.VERSION}
        if (row.head, row.rest, row.made) == (document.head, document.rest, words.VERSION):
            same.append({"of": document.docid, **stamp})
            continue
        forms |= document.forms
        written = {"head": document.head, "rest": document.rest, "words": to_vector(document)}
        if row.docid is None:
            new.append({"docid": document.docid, "question_id": row.id, **stamp, **written})
        else:
            changed.append({"of": document.docid, **stamp, **written})
    for statement, rows in ((insert(DOCUMENT), new), (CHANGE, changed), (CHANGE, same)):
        if rows:
            connection.execute(statement, rows)
    _learn(connection, forms)


def _learn(connection: Connection, forms: set[tuple[str, str]]) -> None:
    """Note the stems of words that were not known in their language."""
    if not forms:
        return
    given = {"words": sorted({word for _, word in forms})}
    known = {(row.language, row.word) for row in connection.execute(KNOWN, given)}
    rows = [
        {"language": language, "stem": words.stem(language, word), "word": word}
        for language, word in sorted(forms - known)
    ]
    if rows:
        connection.execute(insert(FORM), rows)


def unlearn(connection: Connection, texts: Iterable[str]) -> None:
    """Forget those words of some texts that are not in any question."""
    gone = [
        word
        for word in sorted({word for text in texts for word in words.of(text)})
        if not engine(connection).newest(connection, Expression((((word,),),)), None, 1)
    ]
    if gone:
        connection.execute(delete(FORM).where(among(FORM.c.word, "words")), {"words": gone})
