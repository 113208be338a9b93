"""Which questions a list shows: filters, order and keyset page, all done by the database."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, or_, select
from sqlalchemy.engine import Connection
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from app.core import mergers, slugs
from app.core.dates import parse_instant
from app.core.errors import Invalid
from app.core.pagination import after
from app.core.tables import table_of
from app.ledger.queries import EVENT
from app.questions.models import Ask, Question, QuestionDossier, QuestionTopic, StandingSpan
from app.questions.state import CLOSED, State
from app.record.schemas import QuestionSelection, QuestionSort
from app.record.viewpoint import Viewpoint

QUESTION = table_of(Question)
STANDING = table_of(StandingSpan)
ASK = table_of(Ask)
TOPIC = table_of(QuestionTopic)
DOSSIER = table_of(QuestionDossier)
FEW = 400
"""Links up to which they are named one by one."""


@dataclass(frozen=True)
class Columns:
    """Where the columns of a standing are found from one viewpoint."""

    view: Viewpoint

    def __getattr__(self, name: str) -> Any:
        return (QUESTION if self.view.is_present else STANDING).c[name]

    @property
    def version(self) -> Any:
        """The seq of the last event about the question."""
        return self._last(EVENT.c.seq, QUESTION.c.version)

    @property
    def updated_at(self) -> Any:
        """When that event was recorded."""
        return self._last(EVENT.c.recorded_at, QUESTION.c.updated_at)

    def _last(self, column: Any, present: Any) -> Any:
        if self.view.seq is None:
            return present
        known = and_(EVENT.c.question_id == QUESTION.c.id, EVENT.c.seq <= self.view.seq)
        return select(func.max(column)).where(known).correlate(QUESTION).scalar_subquery()

    @property
    def is_open(self) -> ColumnElement[bool]:
        """Whether the question waits for an answer."""
        waiting: ColumnElement[bool] = self.state.in_(
            [state for state in State if state not in CLOSED]
        )
        return waiting

    @property
    def is_overdue(self) -> ColumnElement[bool]:
        """Whether it is open and its `respond_by` has passed."""
        return and_(self.is_open, self.respond_by_day < self.view.day.toordinal())

    @property
    def days_open(self) -> Any:
        """How many days it was or has been open."""
        end = case((self.is_open, self.view.day.toordinal()), else_=self.state_since_day)
        days = end - self.first_asked_day
        return case((days > 0, days), else_=0)


def of_view(view: Viewpoint) -> tuple[Select[Any], Columns]:
    """Return a query of all questions that there were, and the columns to filter it by.

    One that was merged has no standing since, and its own columns stay as they were.
    """
    columns = Columns(view)
    shown = [
        QUESTION,
        columns.version.label("then_version"),
        columns.updated_at.label("then_updated_at"),
    ]
    if view.is_present:
        return select(*shown).where(QUESTION.c.merged_into.is_(None)), columns
    standing = [
        column.label(f"then_{column.name}") for column in STANDING.c if column.name in QUESTION.c
    ]
    day = view.day.toordinal()
    query = (
        select(*shown, *standing)
        .join(STANDING, STANDING.c.question_id == QUESTION.c.id)
        .where(view.knows(STANDING), STANDING.c.from_day <= day, STANDING.c.to_day > day)
        .where(STANDING.c.first_asked_day <= day)  # follows, and lets the scan begin at the day
    )
    return query, columns


def ordered(
    query: Select[Any],
    columns: Columns,
    sort: QuestionSort,
    key: Sequence[Any] | None,
    limit: int,
) -> Select[Any]:
    """Return the query of one page, in order, with the column `sort_key`."""
    last = QUESTION.c.id if columns.view.is_present else STANDING.c.question_id  # it is indexed
    order = [_order_column(sort, columns), last]
    descending = sort.startswith("-")
    if key is not None:
        first = parse_instant(key[0]) if isinstance(key[0], str) else key[0]
        query = query.where(after(order, [first, key[1]], descending=descending))
    query = query.order_by(*(column.desc() if descending else column.asc() for column in order))
    return query.add_columns(order[0].label("sort_key")).limit(limit)


def _order_column(sort: QuestionSort, columns: Columns) -> Any:
    name = sort.lstrip("-")
    return {
        "first_asked_on": lambda: columns.first_asked_day,
        "state_since": lambda: columns.state_since_day,
        "days_open": lambda: columns.days_open,
        "updated_at": lambda: columns.updated_at,
    }[name]()


async def conditions(
    session: AsyncSession, filters: QuestionSelection, view: Viewpoint, columns: Columns
) -> list[ColumnElement[bool]]:
    """Do what `narrowing` does."""
    return await session.run_sync(narrowing, filters, view, columns)


def narrowing(
    reading: Connection | Session, filters: QuestionSelection, view: Viewpoint, columns: Columns
) -> list[ColumnElement[bool]]:
    """Return the conditions for a query of `of_view` that filters ask for.

    Raises:
        Invalid: a filter names nothing that there is.
    """
    found: list[ColumnElement[bool]] = []

    def named(kind: str, reference: str) -> str:
        return slugs.find_filtered(reading, kind, reference, view.known_at)

    if filters.company is not None:
        company = named("company", filters.company)
        found.append(of_company(reading, view, company))
    if filters.asker is not None:
        asker = mergers.family(reading, named("asker", filters.asker), view.known_at)
        found.append(_asked_by(reading, view, asker))
    if filters.dossier is not None:
        dossier = DOSSIER.c.dossier_id == named("dossier", filters.dossier)
        found.append(_linked(reading, DOSSIER, and_(dossier, view.knows(DOSSIER))))
    if filters.topic is not None:
        topic = TOPIC.c.topic == filters.topic
        found.append(_linked(reading, TOPIC, and_(topic, view.knows(TOPIC))))
    return found + _plain_conditions(filters, columns)


def of_company(
    reading: Connection | Session, view: Viewpoint, company_id: str
) -> ColumnElement[bool]:
    """Return the condition, for a query of `of_view`, that a question was put to a company."""
    if view.is_present:
        return _is(QUESTION.c.company_id, [company_id])
    later = select(mergers.MERGER.c.into_id).where(mergers.MERGER.c.merged_id == company_id)
    since = [company_id, *reading.execute(later.distinct()).scalars()]
    # The second follows from the first, and has an index.
    return and_(STANDING.c.company_id == company_id, _is(QUESTION.c.company_id, since))


def _is(column: Any, values: Sequence[str]) -> ColumnElement[bool]:
    one_of: ColumnElement[bool] = column == values[0] if len(values) == 1 else column.in_(values)
    return one_of


def _asked_by(
    reading: Connection | Session, view: Viewpoint, asker_ids: Sequence[str]
) -> ColumnElement[bool]:
    """Return the condition that one of some askers put a question, or one merged into it."""
    condition = and_(_is(ASK.c.asker_id, asker_ids), view.sees(ASK), view.holds(ASK))
    merger = mergers.MERGER
    through = (
        select(merger.c.into_id)
        .join(ASK, ASK.c.question_id == merger.c.merged_id)
        .where(condition, mergers.known(view.known_at))
    )
    others = reading.execute(through.distinct()).scalars().all()
    linked = _linked(reading, ASK, condition)
    return or_(linked, QUESTION.c.id.in_(sorted(others))) if others else linked


def asks(view: Viewpoint) -> Select[Any]:
    """Return a query of all asks that hold: which question they are shown on, whose, which day."""
    questions, askers = mergers.MERGER.alias(), mergers.MERGER.alias()
    of_question = and_(
        questions.c.merged_id == ASK.c.question_id, mergers.known(view.known_at, questions)
    )
    of_asker = and_(askers.c.merged_id == ASK.c.asker_id, mergers.known(view.known_at, askers))
    return (
        select(
            func.coalesce(questions.c.into_id, ASK.c.question_id).label("question_id"),
            func.coalesce(askers.c.into_id, ASK.c.asker_id).label("asker_id"),
            ASK.c.effective_day,
        )
        .select_from(ASK.outerjoin(questions, of_question).outerjoin(askers, of_asker))
        .where(view.sees(ASK), view.holds(ASK))
    )


def _linked(
    reading: Connection | Session, table: Any, condition: ColumnElement[bool]
) -> ColumnElement[bool]:
    """Return the condition that another table links a question to what is wanted.

    Where few questions are linked they are named, so that no index is walked in search of them.
    """
    query = select(table.c.question_id).where(condition).limit(FEW + 1)
    linked = reading.execute(query).scalars().all()
    if len(linked) <= FEW:
        named: ColumnElement[bool] = QUESTION.c.id.in_(sorted(set(linked)))
        return named
    return exists().where(table.c.question_id == QUESTION.c.id, condition)


def _plain_conditions(filters: QuestionSelection, columns: Columns) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if filters.state is not None:
        found.append(columns.state.in_(states(filters.state)))
    if filters.open is not None:
        found.append(columns.is_open if filters.open else ~columns.is_open)
    if filters.overdue is not None:
        late = columns.is_overdue
        not_late = or_(~columns.is_open, columns.respond_by_day.is_(None), ~late)
        found.append(late if filters.overdue else not_late)
    if filters.asked_after is not None:
        found.append(columns.first_asked_day >= filters.asked_after.day)
    if filters.asked_before is not None:
        found.append(columns.first_asked_day < filters.asked_before.day)
    if filters.updated_after is not None:
        found.append(columns.updated_at > filters.updated_after)
    return found


def states(given: str) -> list[str]:
    """Read a `state` parameter.

    Raises:
        Invalid: it names something that is no state.
    """
    wanted = [part.strip() for part in given.split(",")]
    for unknown in set(wanted) - set(State):
        detail = f"{unknown[:40]!r} is no state. There are: {', '.join(State)}."
        raise Invalid.at("/state", detail, code="enum", location="query")
    return wanted


def expansions(given: str | None, *known: str) -> frozenset[str]:
    """Read an `expand` parameter.

    Raises:
        Invalid: it names something that cannot be expanded here.
    """
    wanted = (
        frozenset(part.strip() for part in given.split(",")) if given is not None else frozenset()
    )
    for unknown in wanted - set(known):
        detail = f"{unknown[:40]!r} cannot be expanded here. There are: {', '.join(known)}."
        raise Invalid.at("/expand", detail, code="enum", location="query")
    return wanted
