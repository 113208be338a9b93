"""The rules for uniting what was recorded twice: a question, or a company with all put to it.

Nothing is deleted: the entries stay as they were recorded, and the events say under which question
they are shown since. An answer for an earlier `known_at` knows nothing of it.
"""

from typing import Any

from sqlalchemy import literal, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.companies import service as companies
from app.companies.models import Company
from app.core import mergers
from app.core.clock import FOREVER
from app.core.errors import Conflict
from app.core.schemas import MergeCreate
from app.core.tables import table_of
from app.ledger import recorder
from app.questions import queries, service, standing
from app.questions.models import Question, StandingSpan

SPAN = table_of(StandingSpan)


async def merge(session: AsyncSession, question: Question, new: MergeCreate) -> Question:
    """Merge a question into another one to the same company, and return that one.

    Its timeline is the fold over the entries of both since; it is in the dossiers, and has the
    topics, of both.

    Raises:
        Invalid: there is no question to merge it into.
        Conflict: they are one question already, or were put to different companies.
    """
    target = await service.referred(session, new.into, "/into")
    if target.id == question.id:
        raise Conflict("A question cannot be merged into itself. Name the one that stays as into.")
    if target.company_id != question.company_id:
        raise Conflict(
            f"{question.slug} was put to {question.company.name}, and {target.slug} to"
            f" {target.company.name}. Only questions to one company can be one. If the company was"
            " recorded twice, merge the companies first."
        )
    instant = recorder.current(session).instant
    recorder.note(session, question, reason=new.reason, into_text=target.text)
    recorder.note(session, target, reason=new.reason)
    question.merged_into = target.id
    await standing.leave(session, question)
    await mergers.add(session, question.id, target.id, instant)
    _take_over(question, target)
    await standing.index_topics(session, target)
    await standing.index_dossiers(session, target)
    await standing.refold(session, target, cause=question.id, effective_on=None)
    return target


def _take_over(question: Question, target: Question) -> None:
    target.topics = sorted({*target.topics, *question.topics})
    kept = target.dossier_ids
    target.dossier_ids = kept + [row_id for row_id in question.dossier_ids if row_id not in kept]
    target.correction_count += question.correction_count
    told = [days for days in (target.unanswered_for, question.unanswered_for) if days is not None]
    target.unanswered_for = max(told, default=None)  # so that the clock tells no age twice


async def merge_companies(session: AsyncSession, company: Company, new: MergeCreate) -> Company:
    """Merge a company into another one, to which its questions are put from then on.

    Raises:
        Invalid: there is no company to merge it into.
        Conflict: they are one company already.
    """
    target = await companies.merge(session, company, new)
    await _move_spans(session, company, target)
    for question in await queries.put_to(session, company.id):
        recorder.note(session, question, reason=new.reason)
        question.company_id, question.company = target.id, target
    return target


async def _move_spans(session: AsyncSession, company: Company, target: Company) -> None:
    """End the spans of all its questions, and begin the same to the other company."""
    instant = recorder.current(session).instant
    of_company = SPAN.c.question_id.in_(queries.ids_put_to(company.id))
    current = update(SPAN).where(of_company, SPAN.c.known_to == FOREVER)
    await session.execute(current.values(known_to=instant))
    changed: dict[str, Any] = {
        "company_id": literal(target.id),
        "known_from": literal(instant, SPAN.c.known_from.type),
        "known_to": literal(FOREVER, SPAN.c.known_to.type),
    }
    columns = list(SPAN.c.keys())
    ended = select(*(changed.get(name, SPAN.c[name]) for name in columns))
    again = SPAN.insert().from_select(columns, ended.where(of_company, SPAN.c.known_to == instant))
    await session.execute(again)
