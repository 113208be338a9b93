"""The index in PostgreSQL: a GIN index over `tsvector`, made and asked by literals.

GIN finds all that there is before it gives the first. So each document also has tokens of where it
is in the order of recording: in which bucket of 4,096 docids, of 16,384, and so on. What is newest
is looked for in the bucket at the end, then in larger ones before it, until enough is found; where
a bucket has too much, its parts are taken instead. The plan is always the same: what the expression
asks for is hidden from the planner in a subquery, the limit behind what is materialized, and the
docid in a sum; else it would think of walking through the table, or through another index.
"""

from functools import cache

from sqlalchemy import Connection, TextClause, func, select, text

from app.search.documents import Document
from app.search.expressions import Expression, Sequence
from app.search.models import DOCUMENT
from app.search.tokens import MARK
from app.search.words import FIELD, GAP

FINEST, COARSEST, STEP = 12, 24, 2
"""Sizes of buckets: their docids differ in so many last bits."""
SPARE = 4
"""A bucket may have so many times what is asked for; if it has more, its parts are taken."""

LARGE = 8
"""A group of more alternatives is asked for by itself, beside what the rest has found already."""

IS = "words @@ (SELECT CAST(CAST(:{name} AS text) AS tsquery))"
NEWEST = (
    "WITH found AS MATERIALIZED"
    " (SELECT docid, question_id FROM search_document WHERE {conditions} AND docid + 0 < :below),"
    " few AS MATERIALIZED (SELECT docid, question_id FROM found LIMIT :most)"
    " SELECT docid, question_id, count(*) OVER () AS total FROM few"
    " ORDER BY docid DESC LIMIT :size"
)
HOLDING = text(
    "SELECT docid FROM search_document WHERE docid = ANY (CAST(:docids AS bigint[]))"
    " AND words @@ CAST(CAST(:expression AS text) AS tsquery)"
)


def newest(
    connection: Connection, expression: Expression, below: int | None, size: int
) -> list[tuple[int, str]]:
    """Return the newest questions that are found, those with a docid below some other."""
    if below is None:
        below = (connection.execute(select(func.max(DOCUMENT.c.docid))).scalar() or 0) + 1
    first, *others = _parts(expression)
    query = _newest(1 + len(others))
    found, bits, roof = list[tuple[int, str]](), FINEST, COARSEST
    while below > 0 and len(found) < size:
        bucket = (below - 1) >> bits
        most = 2**FINEST if bits == FINEST else SPARE * size
        asked = [f"{first} & {_quoted(_bucket(bits, bucket))}", *others]
        given = {f"part_{number}": part for number, part in enumerate(asked)}
        rows = connection.execute(
            query, {**given, "below": below, "most": most, "size": size}
        ).all()
        total = rows[0].total if rows else 0
        if total == most and bits > FINEST:
            bits = roof = bits - STEP  # there is enough in it, so nothing larger is looked at
            continue
        found += [(row.docid, row.question_id) for row in rows]
        covered, below = below - (bucket << bits), bucket << bits
        bits = min(_next(bits, total, covered, size - len(found)), roof)
    return found[:size]


def _next(bits: int, total: int, covered: int, missing: int) -> int:
    """Choose the largest bucket, up to 16 times this one, that has not much more than is missing.

    total: what was found in as many docids as were covered; it is taken to be like that.
    """
    chosen = min(bits + 2 * STEP, COARSEST)
    while chosen > FINEST and total << chosen > 2 * missing * covered:
        chosen -= STEP
    return chosen


@cache
def _newest(parts: int) -> TextClause:
    conditions = " AND ".join(IS.format(name=f"part_{number}") for number in range(parts))
    return text(NEWEST.format(conditions=conditions))


def holding(connection: Connection, expression: Expression, docids: list[int]) -> set[int]:
    """Return those of some documents (newest first) that an expression finds."""
    given = {"expression": _match(expression), "docids": docids}
    return set(connection.execute(HOLDING, given).scalars())


def vector(document: Document) -> str:
    """Return what the column `words` holds: every word with its places, tokens without."""
    places: dict[str, list[str]] = {}
    for place, word in enumerate([*document.head.split(), GAP, *document.rest.split()], start=1):
        if word.startswith(MARK):
            places[word] = []
        elif word not in (GAP, FIELD):
            places.setdefault(word, []).append(str(place))
    for bits in range(FINEST, COARSEST + 1, STEP):
        places[_bucket(bits, document.docid >> bits)] = []
    return " ".join(_quoted(word) + ":" * bool(at) + ",".join(at) for word, at in places.items())


def erase(connection: Connection) -> None:
    """Do nothing: what was overwritten goes with VACUUM and REINDEX. See the README."""


def _bucket(bits: int, number: int) -> str:
    return f"{MARK}{bits}{MARK}{number}"


def _parts(expression: Expression) -> list[str]:
    """Return what is asked for: all but large groups first, which rule most of it out."""
    small = [group for group in expression.wanted if len(group) <= LARGE]
    if not small:
        return [_match(expression)]
    large = [group for group in expression.wanted if len(group) > LARGE]
    return [_match(Expression(tuple(small), expression.excluded)), *map(_any, large)]


def _match(expression: Expression) -> str:
    wanted = " & ".join(f"({_any(group)})" for group in expression.wanted)
    return f"{wanted} & !({_any(expression.excluded)})" if expression.excluded else wanted


def _any(sequences: tuple[Sequence, ...]) -> str:
    return " | ".join(f"({' <-> '.join(map(_quoted, sequence))})" for sequence in sequences)


def _quoted(word: str) -> str:
    return f"'{word}'"  # no word or token has a quote or a backslash
