"""Reading what feeds show: the newest events, and the questions to be answered by a date."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.companies.models import Company
from app.core import slugs
from app.core.lists import among
from app.core.tables import table_of
from app.feeds.schemas import CalendarFilters, FeedFilters
from app.ledger import queries as ledger
from app.ledger.queries import EVENT, WHOLE
from app.ledger.schemas import EventSelection
from app.questions.models import QuestionDossier, QuestionTopic
from app.questions.state import State
from app.record import selection
from app.record.schemas import QuestionSelection
from app.record.viewpoint import Viewpoint

COMPANY = table_of(Company)
TOPIC = table_of(QuestionTopic)
DOSSIER = table_of(QuestionDossier)
FEW = 1000
"""Up to so many questions of a dossier or topic, their events are looked up question by question;
of more the newest events are looked through, where they come soon."""
MOST = 1000
"""Questions of a calendar at the most."""


async def newest(session: AsyncSession, filters: FeedFilters) -> Sequence[Any]:
    """Return one event more than asked for, newest first, so that the caller sees the end.

    Raises:
        Invalid: a filter names nothing that there is.
    """
    chosen = EventSelection(type=filters.type, company=filters.company, question=filters.question)
    conditions = await ledger.conditions(session, chosen)
    if filters.before is not None:
        conditions.append(EVENT.c.seq < filters.before)
    query = WHOLE.where(*conditions).limit(filters.limit + 1)
    newest_first = query.order_by(EVENT.c.seq.desc())
    if filters.dossier is None and filters.topic is None:
        return (await session.execute(newest_first)).all()
    return await _of_questions(session, filters, query, newest_first)


async def _of_questions(
    session: AsyncSession, filters: FeedFilters, query: Any, newest_first: Any
) -> Sequence[Any]:
    """Do the same with the filters by what a question belonged to when an event was recorded."""
    found, itself, members = [], None, select(TOPIC.c.question_id)
    if filters.topic is not None:
        members = members.where(TOPIC.c.topic == filters.topic)
        found.append(_held(TOPIC, TOPIC.c.topic == filters.topic))
    if filters.dossier is not None:
        dossier = await slugs.filtered(session, "dossier", filters.dossier)
        members = select(DOSSIER.c.question_id).where(DOSSIER.c.dossier_id == dossier)
        itself = EVENT.c.subject_id == dossier
        found.append(or_(_held(DOSSIER, DOSSIER.c.dossier_id == dossier), itself))
    questions = (await session.execute(members.distinct().limit(FEW + 1))).scalars().all()
    if len(questions) > FEW:
        return (await session.execute(newest_first.where(*found))).all()
    # The sum keeps the database from walking all events in order of seq instead.
    by_question = query.order_by((EVENT.c.seq + 0).desc())
    by_question = by_question.where(among(EVENT.c.question_id, "questions"), *found)
    rows = list(await session.execute(by_question, {"questions": questions}))
    if itself is not None:
        rows += await session.execute(newest_first.where(itself, *found))
    return sorted(rows, key=lambda row: -row.seq)[: filters.limit + 1]


def _held(table: Any, value: ColumnElement[bool]) -> ColumnElement[bool]:
    """Return the condition that an event's question had something when it was recorded."""
    was = EVENT.c.recorded_at
    held = and_(table.c.known_from <= was, table.c.known_to > was)
    return exists().where(table.c.question_id == EVENT.c.question_id, value, held)


async def due(session: AsyncSession, filters: CalendarFilters) -> Sequence[Any]:
    """Return the questions of a calendar, those asked last first, one more than it may have.

    Raises:
        Invalid: a filter names nothing that there is.
    """
    chosen = QuestionSelection(**filters.model_dump(exclude_none=True))
    if chosen.open is None and chosen.state is None:
        chosen = chosen.model_copy(update={"open": True})
    view = Viewpoint()
    query, columns = selection.of_view(view)
    for condition in await selection.conditions(session, chosen, view, columns):
        query = query.where(condition)
    query = (
        query.where(columns.respond_by_day.is_not(None), columns.state != State.WITHDRAWN)
        .join(COMPANY, COMPANY.c.id == selection.QUESTION.c.company_id)
        .add_columns(COMPANY.c.name.label("company_name"))
        .order_by(columns.first_asked_day.desc(), selection.QUESTION.c.id.desc())
        .limit(MOST + 1)
    )
    rows: Sequence[Any] = (await session.execute(query)).all()
    return rows
