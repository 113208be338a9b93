"""Counting questions: a few statements, however many there are, from any viewpoint.

Where a question stands is read from the same columns as in lists, so that both always agree.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Select,
    String,
    and_,
    case,
    cast,
    func,
    literal,
    literal_column,
    null,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from app.questions.state import CLOSED, State
from app.record import selection
from app.record.selection import DOSSIER, QUESTION, TOPIC, Columns
from app.record.viewpoint import Viewpoint
from app.stats.figures import PERCENTILES, Tally
from app.stats.schemas import Counted, GroupBy

Reading = Connection | Session

ALL = ""
"""The key of the only group where nothing is grouped."""

FIRST_FOUR: tuple[Any, Any] = (literal_column("1"), literal_column("4"))
"""The year's place in a date. (PostgreSQL groups by no expression that has parameters.)"""

SEVEN_DIGITS = 10**6
"""Added to a day, it makes texts of one length, which sort as the days do."""

COUNTS = ("found", "counted", "late")
DAYS = ("days", "alike", "upto", "whole")


@dataclass(frozen=True)
class Grouping:
    """By what questions are grouped.

    key: the column that names the group. links: where a question may be in several groups, all
    that it is in. is_indexed: the key is in `ix_question_figures`.
    """

    key: Any
    links: Any = None
    is_indexed: bool = False


@dataclass(frozen=True)
class Group:
    """One group, and what was counted of it."""

    key: str
    tally: Tally


@dataclass(frozen=True)
class Scope:
    """Which questions are counted, from which viewpoint and in which groups.

    is_indexed: without groups, `ix_question_figures` has all that it takes to count.
    """

    view: Viewpoint
    conditions: Sequence[ColumnElement[bool]]
    min_age_days: int
    is_indexed: bool
    grouping: Grouping | None = None

    def facts(self) -> Any:
        """Select what is counted of each question; one in several groups comes once for each.

        counted: 1 if it is old enough, and only then anything else is said of it. late: 1 if its
        `respond_by` has passed. first: the day of its first ask, in groups as text with its id.
        """
        columns, today = Columns(self.view), self.view.day.toordinal()
        state, first_asked = columns.state, columns.first_asked_day
        counted = first_asked + self.min_age_days <= today if self.min_age_days else true()
        first = first_asked
        if self.grouping is not None:
            first = cast(first_asked + SEVEN_DIGITS, String) + QUESTION.c.id
        has_responses = and_(counted, state != State.WITHDRAWN)
        is_answered = and_(counted, state == State.ANSWERED)
        # Everything is counted by company first: SQLite then follows an index and need not sort.
        key = QUESTION.c.company_id if self.grouping is None else self.grouping.key
        query: Any = selection.of_view(self.view)[0]
        query = query.with_only_columns(
            key.label("key"),
            state.label("state"),
            case((counted, 1), else_=0).label("counted"),
            case((and_(counted, columns.respond_by_day < today), 1), else_=0).label("late"),
            case((counted, first)).label("first"),
            case((has_responses, columns.first_response_day - first_asked)).label("response"),
            case((is_answered, columns.state_since_day - first_asked)).label("answer"),
            maintain_column_froms=True,
        ).where(*self.conditions)
        if self.grouping is not None and self.grouping.links is not None:
            links = self.grouping.links
            query = query.join(links, links.c.question_id == QUESTION.c.id)
        # A statement uses the facts several times: from an index that is quick, or they are kept.
        is_quick = self.is_indexed and (self.grouping is None or self.grouping.is_indexed)
        return query.subquery() if is_quick else query.cte()


def scope_of(
    reading: Reading, filters: Counted, view: Viewpoint, group_by: GroupBy | None
) -> Scope:
    """Return what filters ask for.

    Raises:
        Invalid: a filter names nothing that there is.
    """
    conditions = selection.narrowing(reading, filters.selection(), view, Columns(view))
    is_indexed = view.is_present and filters.is_plain
    return Scope(view, conditions, filters.min_age_days, is_indexed, _grouping(view, group_by))


def _grouping(view: Viewpoint, group_by: GroupBy | None) -> Grouping | None:
    match group_by:
        case None:
            return None
        case GroupBy.COMPANY:
            return Grouping(Columns(view).company_id, is_indexed=True)
        case GroupBy.YEAR:
            return Grouping(func.substr(Columns(view).first_asked_on, *FIRST_FOUR))
        case GroupBy.TOPIC:
            query = select(TOPIC.c.topic.label("key"), TOPIC.c.question_id)
            query = query.where(view.knows(TOPIC))
        case GroupBy.DOSSIER:
            query = select(DOSSIER.c.dossier_id.label("key"), DOSSIER.c.question_id)
            query = query.where(view.knows(DOSSIER))
        case GroupBy.ASKER:
            asks = selection.asks(view).subquery()
            query = select(asks.c.asker_id.label("key"), asks.c.question_id).distinct()
    links = query.subquery()
    return Grouping(links.c.key, links)


def whole(reading: Reading, scope: Scope) -> Tally:
    """Count all questions that match."""
    scope = replace(scope, grouping=None)
    facts = scope.facts()
    statement = union_all(_counts(facts, None), _percentiles(facts, None))
    tally = _tallies(reading, statement).get(ALL, Tally())
    if tally.oldest is not None:
        tally.oldest = tally.oldest[0], _first_of(reading, scope, tally.oldest[0])
    return tally


def _first_of(reading: Reading, scope: Scope, day: int) -> str:
    """Return the id of the first question that is open of those first asked on a day."""
    columns, query = Columns(scope.view), selection.of_view(scope.view)[0]
    query = query.with_only_columns(QUESTION.c.id, maintain_column_froms=True)
    query = query.where(*scope.conditions, columns.is_open, columns.first_asked_day == day)
    found: str = reading.execute(query.order_by(QUESTION.c.id).limit(1)).scalar_one()
    return found


def largest(reading: Reading, scope: Scope, limit: int, after: Sequence[Any] | None) -> list[Group]:
    """Count the questions of the largest groups, one group more than asked for.

    after: size and key of the last group of the page before.
    """
    if scope.grouping is None:
        return []
    facts = scope.facts()
    size, key = func.sum(facts.c.counted), facts.c.key
    chosen = select(key).group_by(key).order_by(size.desc(), key).limit(limit + 1)
    if after is not None:
        chosen = chosen.having(or_(size < after[0], and_(size == after[0], key > after[1])))
    keys = chosen.cte()
    statement = union_all(_counts(facts, keys), _percentiles(facts, keys))
    found = [Group(*item) for item in _tallies(reading, statement).items()]
    return sorted(found, key=lambda group: (-group.tally.total, group.key))


def _tallies(reading: Reading, statement: Any) -> dict[str, Tally]:
    """Read what was counted, by group. It is one statement, so that joins are done once."""
    found: dict[str, Tally] = {}
    for row in reading.execute(statement):
        tally = found.setdefault(row.key, Tally())
        if row.kind == "response":
            tally.response.add(*(int(row._mapping[name]) for name in DAYS))
        elif row.kind == "answer":
            tally.answer.add(*(int(row._mapping[name]) for name in DAYS))
        else:
            state = State(row.state)
            tally.found += int(row.found)
            tally.states[state] = int(row.counted)
            if state not in CLOSED:
                tally.overdue += int(row.late)
                firsts = [one for one in (tally.oldest, _first(row.first)) if one is not None]
                tally.oldest = min(firsts, default=None)
    return found


def _first(found: int | str | None) -> tuple[int, str] | None:
    """Return the day and the id that `facts` made a text of; a day alone without an id."""
    if found is None or isinstance(found, int):
        return None if found is None else (found, "")
    return int(found[:7]) - SEVEN_DIGITS, found[7:]


def _counts(facts: Any, keys: CTE | None) -> Select[Any]:
    """Select what is counted of each state in each group; without groups, in all."""
    key, state = facts.c.key, facts.c.state
    counts = select(
        key,
        state,
        func.count().label("found"),
        func.sum(facts.c.counted).label("counted"),
        func.sum(facts.c.late).label("late"),
        func.min(facts.c.first).label("first"),
    ).group_by(key, state)
    nothing = [null().label(name) for name in DAYS]
    if keys is not None:
        part = counts.where(key.in_(select(keys.c.key))).subquery()
        return select(literal("state").label("kind"), *part.c, *nothing)
    part = counts.subquery()
    return select(
        literal("state").label("kind"),
        literal(ALL).label("key"),
        part.c.state,
        *(func.sum(part.c[name]).label(name) for name in COUNTS),
        func.min(part.c.first).label("first"),
        *nothing,
    ).group_by(part.c.state)


def _percentiles(facts: Any, keys: CTE | None) -> Select[Any]:
    """Select the numbers of days that are percentiles by nearest rank, in each group.

    Like days are counted together first, so that only these counts are ranked. Days before the
    first ask are less than none; `Percentiles` sets that right.
    """
    responded = _piles(facts, "response", keys)
    answered = _piles(facts, "answer", keys).where(facts.c.state == State.ANSWERED)  # an index's
    piles = union_all(responded, answered).subquery()
    apart = [piles.c.kind, piles.c.key]
    upto = func.sum(piles.c.alike).over(partition_by=apart, order_by=piles.c.days)
    whole_ = func.sum(piles.c.alike).over(partition_by=apart)
    ranked = select(*piles.c, upto.label("upto"), whole_.label("whole")).subquery()
    least, most = (ranked.c.upto - ranked.c.alike) * 100, ranked.c.upto * 100
    reached = [ranked.c.whole * rank for rank in PERCENTILES]
    nothing = [null().label(name) for name in ("state", *COUNTS, "first")]
    days = [ranked.c[name] for name in DAYS]
    return select(ranked.c.kind, ranked.c.key, *nothing, *days).where(
        or_(*(and_(least < at, most >= at) for at in reached))
    )


def _piles(facts: Any, kind: str, keys: CTE | None) -> Select[Any]:
    """Select how many questions have each number of days."""
    days, alike = facts.c[kind].label("days"), func.count().label("alike")
    query = select(literal(kind).label("kind")).where(facts.c[kind].is_not(None))
    if keys is None:
        return query.add_columns(literal(ALL).label("key"), days, alike).group_by(facts.c[kind])
    query = query.where(facts.c.key.in_(select(keys.c.key)))
    return query.add_columns(facts.c.key, days, alike).group_by(facts.c.key, facts.c[kind])
