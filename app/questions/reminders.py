"""Telling what time alone makes of questions: events that nobody sends, appended as days pass.

Whoever calls `tell` when a day has begun appends what that day brings; whoever calls it later
appends all that was missed, each mark with its own `effective_on`.
"""

from datetime import date

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.auth.service import CLOCK
from app.core import clock
from app.core.db import Database
from app.ledger import recorder
from app.questions import marks, queries, standing, state
from app.questions.models import Question
from app.questions.queries import QUESTION


async def tell(database: Database, *, today: date | None = None, batch: int = 50) -> int:
    """Append every event that is due, so many questions at a time; return how many there were.

    Any number of processes may do so at once: each batch holds the ledger lock and finds out
    under it what is still to be told.
    """
    day = today or clock.today()
    told = 0
    while await _is_any_due(database, day):
        async with recorder.recording(database, actor=CLOCK) as session:
            for question_id in await due(session, day, batch):
                told += await remind(session, await queries.get(session, question_id), day)
    return told


async def _is_any_due(database: Database, today: date) -> bool:
    """Look without the ledger lock: mostly there is nothing, and no writer should wait for that."""
    async with database.reading() as session:
        return bool(await due(session, today, 1))


async def due(session: AsyncSession, today: date, limit: int) -> list[str]:
    """Return ids of questions at which the clock has to look, those that wait longest first."""
    query = (
        select(QUESTION.c.id)
        .where(QUESTION.c.clock_day <= today.toordinal())
        .order_by(QUESTION.c.clock_day, QUESTION.c.id)
        .limit(limit)
    )
    return list((await session.execute(query)).scalars())


async def remind(session: AsyncSession, question: Question, today: date) -> int:
    """Append an event for each mark that the question has passed; return how many there were.

    Afterwards it is not due before a later day, though there may have been nothing to tell.
    """
    found = state.spans(await standing.standing_entries(session, question))
    noted = standing.noted(question)
    passed = marks.passed(found, noted, today.toordinal())
    coming = marks.next_day(found, noted, after=today.toordinal())
    if not passed:
        await queries.set_clock(session, question, coming)
        return 0
    question.clock_day = coming
    for mark in passed:
        recorder.note(session, question, effective_on=mark.on, state=mark.state.value)
        if mark.days is None:
            question.overdue_since = mark.on
        else:
            question.unanswered_for = mark.days
        await session.flush()  # a flush makes one event of a row, however much of it changed
    return len(passed)
