"""Choosing a page of questions: which, in what order, and at which version; not yet what they say.

What is chosen is small, so a list costs what its statement costs: what the questions say was
rendered before, once for each version (`record.fragments`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from app.core.dates import format_instant
from app.core.errors import Invalid, NotFound
from app.ledger.queries import HEAD
from app.record import searching, selection
from app.record.schemas import QuestionFilters, QuestionSort
from app.record.selection import QUESTION
from app.record.viewpoint import Viewpoint
from app.search.schemas import SearchRead

HEAD_NOW = select(HEAD.c.seq).scalar_subquery().label("head")
DEFAULT = QuestionSort.FIRST_ASKED_ON_DESC


class Place(NamedTuple):
    """One question of a page. key: what a cursor remembers of it."""

    id: str
    version: int
    key: list[Any]


@dataclass
class Chosen:
    """A page, with one question too many when there are more, and the ledger's head then."""

    places: Sequence[Place]
    head: int
    search: SearchRead | None = None
    highlights: dict[str, dict[str, str]] = field(default_factory=dict)


def choose(
    connection: Connection, filters: QuestionFilters, view: Viewpoint, key: Sequence[Any] | None
) -> Chosen:
    """Choose the questions of a page.

    Raises:
        Invalid: a filter names nothing that there is, or cannot be used with another.
    """
    query, columns = selection.of_view(view)
    query = query.where(*selection.narrowing(connection, filters, view, columns))
    if filters.q is None:
        return _page(connection, query, columns, filters, key)
    if view.known_at is not None:
        detail = "q searches what the record says now. Leave known_at out, or q."
        raise Invalid.at("/known_at", detail, code="conflict", location="query")
    found = searching.find(connection, filters, view, query)
    if filters.sort is not None:
        query = query.where(QUESTION.c.id.in_([hit.question_id for hit in found.hits]))
        chosen = _page(connection, query, columns, filters, key)
    else:
        chosen = _ranked(connection, query, columns, found, filters.limit + 1, key)
    shown = [place.id for place in chosen.places[: filters.limit]]
    chosen.search = SearchRead(matches=len(found.hits), complete=found.complete)
    chosen.highlights = searching.highlights(connection, filters, shown)
    return chosen


def one(connection: Connection, question_id: str, view: Viewpoint) -> Chosen:
    """Choose one question.

    Raises:
        NotFound: it was not on the record, or had not been asked, at that viewpoint.
    """
    query, columns = selection.of_view(view)
    query = query.where(QUESTION.c.id == question_id)
    found = query.with_only_columns(QUESTION.c.id, columns.version.label("version"), HEAD_NOW)
    row = connection.execute(found).one_or_none()
    if row is None:
        raise _not_found(connection, question_id)
    return Chosen([Place(row.id, row.version, [])], row.head)


def _not_found(connection: Connection, question_id: str) -> NotFound:
    query = select(QUESTION.c.id).where(QUESTION.c.id == question_id)
    if connection.execute(query).one_or_none() is None:
        return NotFound("There is no question with this id. GET /v1/questions lists them.")
    return NotFound(
        "This question had not been asked on that day, or was not on this record yet at that"
        " instant. Choose a later as_of or known_at."
    )


def _page(
    connection: Connection,
    query: Any,
    columns: selection.Columns,
    filters: QuestionFilters,
    key: Sequence[Any] | None,
) -> Chosen:
    small = query.with_only_columns(QUESTION.c.id, columns.version.label("version"), HEAD_NOW)
    ordered = selection.ordered(small, columns, filters.sort or DEFAULT, key, filters.limit + 1)
    rows = connection.execute(ordered).all()
    places = [Place(row.id, row.version, [_plain(row.sort_key), row.id]) for row in rows]
    return Chosen(places, rows[0].head if rows else _head(connection))


def _ranked(
    connection: Connection,
    query: Any,
    columns: selection.Columns,
    found: searching.Found,
    limit: int,
    key: Sequence[Any] | None,
) -> Chosen:
    """Return the page of the best hits after those that a cursor has shown."""
    hits = [hit for hit in found.hits if key is None or [hit.score, hit.docid] < list(key)][:limit]
    by_id = {hit.question_id: hit for hit in hits}
    small = query.with_only_columns(QUESTION.c.id, columns.version.label("version"))
    rows = connection.execute(small.where(QUESTION.c.id.in_(list(by_id)))).all()
    versions = {row.id: row.version for row in rows}
    places = [
        Place(hit.question_id, versions[hit.question_id], [hit.score, hit.docid])
        for hit in hits
        if hit.question_id in versions
    ]
    return Chosen(places, _head(connection))


def _head(connection: Connection) -> int:
    seq: int = connection.execute(select(func.max(HEAD.c.seq))).scalar_one()
    return seq


def _plain(key: Any) -> Any:
    return format_instant(key) if isinstance(key, datetime) else key
