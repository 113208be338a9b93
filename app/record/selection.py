"""Which questions a list shows: filters, order and keyset page, all done by the database."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import slugs
from app.core.dates import format_instant, parse_instant
from app.core.errors import Invalid
from app.core.pagination import after
from app.core.tables import table_of
from app.ledger.queries import EVENT
from app.questions.models import Ask, Question, QuestionDossier, QuestionTopic, StandingSpan
from app.questions.state import CLOSED, State
from app.record.schemas import QuestionFilters, QuestionSort
from app.record.viewpoint import Viewpoint

QUESTION = table_of(Question)
STANDING = table_of(StandingSpan)
ASK = table_of(Ask)
TOPIC = table_of(QuestionTopic)
DOSSIER = table_of(QuestionDossier)


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
    """Return a query of all questions that there were, and the columns to filter it by."""
    columns = Columns(view)
    shown = [
        QUESTION,
        columns.version.label("then_version"),
        columns.updated_at.label("then_updated_at"),
    ]
    if view.is_present:
        return select(*shown), columns
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


async def page(
    session: AsyncSession, filters: QuestionFilters, view: Viewpoint, key: Sequence[Any] | None
) -> Sequence[Any]:
    """Return the rows of a page, one more than asked for when there are more."""
    query, columns = of_view(view)
    for condition in await _conditions(session, filters, view, columns):
        query = query.where(condition)
    last = QUESTION.c.id if view.is_present else STANDING.c.question_id  # the same, but indexed
    order = [_order_column(filters.sort, columns), last]
    descending = filters.sort.startswith("-")
    if key is not None:
        first = parse_instant(key[0]) if isinstance(key[0], str) else key[0]
        query = query.where(after(order, [first, key[1]], descending=descending))
    query = query.order_by(*(column.desc() if descending else column.asc() for column in order))
    query = query.add_columns(order[0].label("sort_key")).limit(filters.limit + 1)
    rows: Sequence[Any] = (await session.execute(query)).all()
    return rows


def key_of(row: Any) -> list[Any]:
    """Return what a cursor remembers of the last row of a page."""
    key = row.sort_key
    return [format_instant(key) if isinstance(key, datetime) else key, row.id]


def _order_column(sort: QuestionSort, columns: Columns) -> Any:
    name = sort.lstrip("-")
    return {
        "first_asked_on": lambda: columns.first_asked_day,
        "state_since": lambda: columns.state_since_day,
        "days_open": lambda: columns.days_open,
        "updated_at": lambda: columns.updated_at,
    }[name]()


async def _conditions(
    session: AsyncSession, filters: QuestionFilters, view: Viewpoint, columns: Columns
) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if filters.company is not None:
        company = await slugs.filtered(session, "company", filters.company, view.known_at)
        found.append(QUESTION.c.company_id == company)
    if filters.asker is not None:
        asker = await slugs.filtered(session, "asker", filters.asker, view.known_at)
        mine = and_(ASK.c.question_id == QUESTION.c.id, ASK.c.asker_id == asker)
        found.append(exists().where(mine, view.sees(ASK), view.holds(ASK)))
    if filters.dossier is not None:
        dossier = await slugs.filtered(session, "dossier", filters.dossier, view.known_at)
        mine = and_(DOSSIER.c.question_id == QUESTION.c.id, DOSSIER.c.dossier_id == dossier)
        found.append(exists().where(mine, view.knows(DOSSIER)))
    if filters.topic is not None:
        mine = and_(TOPIC.c.question_id == QUESTION.c.id, TOPIC.c.topic == filters.topic)
        found.append(exists().where(mine, view.knows(TOPIC)))
    return found + _plain_conditions(filters, columns)


def _plain_conditions(filters: QuestionFilters, columns: Columns) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if filters.state is not None:
        found.append(columns.state.in_(_states(filters.state)))
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


def _states(given: str) -> list[str]:
    states = [part.strip() for part in given.split(",")]
    for unknown in set(states) - set(State):
        detail = f"{unknown[:40]!r} is no state. There are: {', '.join(State)}."
        raise Invalid.at("/state", detail, code="enum", location="query")
    return states


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
