"""How many questions stood where at the end of each period: the same fold, day after day.

A question counts in the state of each span of its standing from the day on which the span begins to
the day before the next one. So every span is one more on its first day and one less on the day
after its last, and what stood at the end of a period is the sum of all that came before.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import Select, case, func, literal_column, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import mergers, slugs
from app.core.errors import Invalid
from app.questions.state import CLOSED, State
from app.record import selection
from app.record.selection import ASK, QUESTION, STANDING, Columns
from app.record.viewpoint import Viewpoint
from app.stats import periods
from app.stats.figures import spelled
from app.stats.periods import Period
from app.stats.schemas import PeriodRead, SeriesDefinitions, SeriesFilters, TimeseriesRead

MOST = 600
"""So many periods an answer has at most: fifty years of months."""

IN_STATE = "Questions whose state was {state} at the end of the period."
DEFINITIONS = SeriesDefinitions(
    total="Questions that had been asked by the end of the period; the states add up to it.",
    open="Questions that were neither answered nor withdrawn at the end of the period.",
    newly_asked="By how many questions the total grew in the period.",
    newly_answered=(
        "Questions that became answered in the period, or were so when they began to count in it;"
        " one that was reopened and answered again counts each time."
    ),
    **{state.value: IN_STATE.format(state=state) for state in State},
)


async def read(session: AsyncSession, filters: SeriesFilters, view: Viewpoint) -> TimeseriesRead:
    """Count the questions that match at the end of each period.

    Raises:
        Invalid: a filter names nothing that there is, or the periods are no range or too many.
    """
    until = _until(filters, view.day)
    _check_since(filters, until)
    rows = (await session.execute(await _changes(session, filters, view))).all()
    found = periods.between(filters.interval, _since(filters, until, rows), until, view.day)
    earlier, *moves = _gathered(rows, found)
    return TimeseriesRead.model_construct(
        interval=filters.interval,
        as_of=view.day,
        known_at=view.known_at,
        min_age_days=filters.min_age_days,
        cutoff=_cutoff(filters.min_age_days),
        definitions=DEFINITIONS,
        has_earlier=earlier.counts.total() > 0,
        data=list(_told(found, earlier, moves)),
    )


def _until(filters: SeriesFilters, today: date) -> date:
    if filters.until is None:
        return today
    if filters.until.first_day > today:
        detail = f"until must not lie after as_of or today; give a day such as {today}."
        raise Invalid.at("/until", detail, code="future", location="query")
    return min(filters.until.last_day, today)


def _check_since(filters: SeriesFilters, until: date) -> None:
    if filters.since is None:
        return
    if filters.since.first_day > until:
        detail = f"since must not lie after until, as_of or today; give a day before {until}."
        raise Invalid.at("/since", detail, code="range", location="query")
    if filters.since.first_day < periods.ending(filters.interval, until, MOST):
        detail = (
            f"That is more than {MOST} periods. Choose a longer interval, a later since or an"
            " earlier until."
        )
        raise Invalid.at("/since", detail, code="range", location="query")


def _since(filters: SeriesFilters, until: date, rows: Iterable[Any]) -> date:
    if filters.since is not None:
        return filters.since.first_day
    first = min((row.day for row in rows), default=until.toordinal())
    earliest = periods.ending(filters.interval, until, MOST)
    return max(earliest, min(until, date.fromordinal(first)))


async def _changes(session: AsyncSession, filters: SeriesFilters, view: Viewpoint) -> Any:
    """Return the query of all changes up to the viewpoint's day, those of a day together."""
    spans = (await _spans(session, filters, view)).cte()
    starts = select(
        spans.c.start.label("day"),
        spans.c.state,
        func.count().label("moved"),
        func.sum(spans.c.became).label("became"),
    ).group_by(spans.c.start, spans.c.state)
    ends = (
        select(spans.c.end, spans.c.state, -func.count(), literal_column("0"))
        .where(spans.c.end <= view.day.toordinal())
        .group_by(spans.c.end, spans.c.state)
    )
    return union_all(starts, ends)


async def _spans(session: AsyncSession, filters: SeriesFilters, view: Viewpoint) -> Select[Any]:
    """Return the query of the days on which each question that matches counted in a state.

    A question begins to count when it is old enough, and where only one asker's questions count,
    when that asker put it.
    """
    chosen = filters.selection().model_copy(update={"asker": None})
    conditions = await selection.conditions(session, chosen, view, Columns(view))
    source, counts_from = STANDING, STANDING.c.first_asked_day + filters.min_age_days
    if conditions:
        source = source.join(QUESTION, QUESTION.c.id == STANDING.c.question_id)
    if filters.asker is not None:
        asker = await slugs.filtered(session, "asker", filters.asker, view.known_at)
        family = await mergers.family_of(session, asker, view.known_at)
        asks = selection.asks(view).where(ASK.c.asker_id.in_(family)).subquery()
        asked = (
            select(asks.c.question_id, func.min(asks.c.effective_day).label("day"))
            .group_by(asks.c.question_id)
            .subquery()
        )
        source = source.join(asked, asked.c.question_id == STANDING.c.question_id)
        counts_from = _later(asked.c.day, counts_from)
    start = _later(STANDING.c.from_day, counts_from)
    became = case((start == _later(STANDING.c.state_since_day, counts_from), 1), else_=0)
    return (
        select(
            STANDING.c.state,
            start.label("start"),
            STANDING.c.to_day.label("end"),
            became.label("became"),
        )
        .select_from(source)
        .where(*conditions, view.knows(STANDING), STANDING.c.from_day <= view.day.toordinal())
        .where(start < STANDING.c.to_day, start <= view.day.toordinal())
    )


def _later(one: Any, other: Any) -> Any:
    return case((one > other, one), else_=other)


@dataclass
class Moves:
    """What changed in a period: by how many more each state had, and how many became answered."""

    counts: Counter[str] = field(default_factory=Counter)
    answered: int = 0


def _gathered(rows: Iterable[Any], found: Sequence[Period]) -> list[Moves]:
    """Add up what changed before the first period, and then in each."""
    moves = [Moves() for _ in range(len(found) + 1)]
    starts, last = [period.first.toordinal() for period in found], found[-1].last.toordinal()
    for day, state, moved, became in rows:
        if day <= last:
            place = moves[bisect_right(starts, day)]
            place.counts[state] += moved
            place.answered += became if state == State.ANSWERED else 0
    return moves


def _told(found: Iterable[Period], earlier: Moves, moves: Iterable[Moves]) -> Iterator[PeriodRead]:
    """Make each period's numbers: what stood before, and what has changed since."""
    standing = earlier.counts
    total = standing.total()
    for period, move in zip(found, moves, strict=True):
        standing.update(move.counts)
        before, total = total, standing.total()
        numbers: dict[str, Any] = {state.value: standing[state] for state in State}
        yield PeriodRead.model_construct(
            period=period.label,
            starts_on=period.first,
            ends_on=period.reached,
            is_running=period.reached < period.last,
            total=total,
            open=sum(standing[state] for state in State if state not in CLOSED),
            newly_asked=total - before,
            newly_answered=move.answered,
            **numbers,
        )


def _cutoff(min_age_days: int) -> str:
    if min_age_days == 0:
        return "No question is left out for its age."
    return (
        "At the end of each period, leaves out questions first asked less than"
        f" {spelled(min_age_days)} before."
    )
