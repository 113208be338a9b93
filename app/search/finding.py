"""Finding questions by a query, in a time that does not grow with how common its words are.

Only so many of what is found, those put on the record last, are ranked; and where something has to
be asked of each question that the index does not know, only so many are looked at.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, select

from app.core.lists import among
from app.search import index, terms
from app.search.documents import QUESTION
from app.search.expressions import Expression
from app.search.models import DOCUMENT
from app.search.query import Query
from app.search.ranking import Hit, Ranking
from app.search.tokens import Tokens

RANKED = 1000
"""Matches that are ranked at the most."""
EXAMINED = 10_000
"""Questions that are looked at, at the most, for what the index cannot tell."""
HEADS = select(DOCUMENT.c.docid, DOCUMENT.c.question_id, DOCUMENT.c.head).where(
    among(DOCUMENT.c.docid, "docids")
)
Match = tuple[int, str]
"""A docid and the id of its question."""


@dataclass(frozen=True)
class Found:
    """Hits, the best first. complete: whether they are all that there are."""

    hits: list[Hit]
    complete: bool


def candidates(
    connection: Connection,
    query: Query,
    tokens: Tokens,
    condition: Select[Any] | None = None,
    limit: int = RANKED,
    examined: int = EXAMINED,
) -> Found:
    """Find and rank the newest matches.

    condition: a select of ids of questions, for what the tokens do not say; it is run for some ids
    at a time. limit, examined: how many are ranked, and looked at, at the most.
    """
    sought = terms.resolve(connection, query)
    expression = sought.expression(tokens)
    if condition is None and not expression.has_phrases:
        matches = index.engine(connection).newest(connection, expression, None, limit + 1)
        complete = len(matches) <= limit
    else:
        matches, complete = _examine(connection, expression, condition, limit, examined)
    heads = connection.execute(HEADS, {"docids": [docid for docid, _ in matches[:limit]]})
    return Found(Ranking(sought).order(heads), complete and sought.complete)


def batch(
    connection: Connection, query: Query, tokens: Tokens, below: int | None, size: int
) -> list[Match]:
    """Return the newest matches whose docid is below another one, for whoever wants all of them.

    There are at least `size`, unless there are no more.
    """
    expression = terms.resolve(connection, query).expression(tokens)
    found: list[Match] = []
    while len(found) < size:
        looked = index.engine(connection).newest(connection, expression.loosely(), below, size)
        found += _passing(connection, expression, None, looked)
        if len(looked) < size:
            break
        below = looked[-1][0]
    return found


def _examine(
    connection: Connection,
    expression: Expression,
    condition: Select[Any] | None,
    limit: int,
    left: int,
) -> tuple[list[Match], bool]:
    """Look through what may match, and tell whether all that matches was found."""
    found: list[Match] = []
    below, size = None, limit + 1
    while left > 0 and len(found) <= limit:
        size = min(size, left)
        looked = index.engine(connection).newest(connection, expression.loosely(), below, size)
        found += _passing(connection, expression, condition, looked)
        if len(looked) < size:
            return found, len(found) <= limit
        below, left, size = looked[-1][0], left - size, 3 * size
    return found, False


def _passing(
    connection: Connection,
    expression: Expression,
    condition: Select[Any] | None,
    looked: list[Match],
) -> list[Match]:
    """Return those that have the words in order, and fulfil the condition."""
    docids = [docid for docid, _ in looked]
    if expression.has_phrases and docids:
        holding = index.engine(connection).holding(connection, expression, docids)
        docids = [docid for docid in docids if docid in holding]
    if condition is not None and docids:
        fulfils = condition.where(QUESTION.c.id == DOCUMENT.c.question_id).correlate(DOCUMENT)
        query = select(DOCUMENT.c.docid).where(among(DOCUMENT.c.docid, "docids"), fulfils.exists())
        docids = list(connection.execute(query, {"docids": docids}).scalars())
    passing = set(docids)
    return [match for match in looked if match[0] in passing]
