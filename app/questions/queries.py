"""Loading questions and entries for the services that change them."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload
from sqlalchemy.orm.attributes import set_committed_value

from app.core import mergers, slugs
from app.core.clock import FOREVER
from app.core.errors import NotFound
from app.core.lists import among
from app.core.tables import table_of
from app.questions.models import Ask, Question, Response, Ruling

QUESTION = table_of(Question)
RESPONSE = table_of(Response)


async def get(session: AsyncSession, question_id: str) -> Question:
    """Return the question with this id, and its company.

    Raises:
        NotFound: there is none.
    """
    question = await _load(session, question_id)
    if question is None:
        raise NotFound("There is no question with this id. GET /v1/questions lists them.")
    return question


async def find(session: AsyncSession, reference: str) -> Question | None:
    """Return the question that an id, a slug or a former slug stands for, and its company.

    What was merged stands for the question that it was merged into.
    """
    target = await slugs.resolve(session, "question", reference)
    return await _load(session, target) if target else None


async def _load(session: AsyncSession, question_id: str) -> Question | None:
    options = [joinedload(Question.company)]  # type: ignore[arg-type]
    return await session.get(Question, question_id, options=options)


async def current(session: AsyncSession, question: Question) -> Question:
    """Return the question under which one is found: itself, unless it was merged."""
    while question.merged_into is not None:
        question = await get(session, question.merged_into)
    return question


async def put_to(session: AsyncSession, company_id: str) -> list[Question]:
    """Return all questions to a company, and the company, but those that were merged."""
    query = (
        select(Question)
        .where(QUESTION.c.id.in_(ids_put_to(company_id)))
        .options(joinedload(Question.company))  # type: ignore[arg-type]
        .order_by(QUESTION.c.id)
    )
    return list((await session.execute(query)).scalars())


def ids_put_to(company_id: str) -> Any:
    """Return the query of their ids."""
    return select(QUESTION.c.id).where(
        QUESTION.c.company_id == company_id, QUESTION.c.merged_into.is_(None)
    )


async def set_clock(session: AsyncSession, question: Question, day: int | None) -> None:
    """Keep when the clock looks at a question next, without a word of it.

    As a changed row it would get a new `updated_at`, and no event would say so: the present would
    differ from what the ledger holds.
    """
    if question.clock_day != day:
        connection = await session.connection()
        change = update(QUESTION).where(QUESTION.c.id == question.id).values(clock_day=day)
        await connection.execute(change)
        set_committed_value(question, "clock_day", day)


async def with_external_id(session: AsyncSession, external_id: str) -> str | None:
    """Return the id of the question that has this external id."""
    query = select(QUESTION.c.id).where(QUESTION.c.external_id == external_id)
    found: str | None = (await session.execute(query)).scalar_one_or_none()
    return found


async def with_external_ids(session: AsyncSession, external_ids: Sequence[str]) -> list[Question]:
    """Return the questions that have one of these external ids, with their companies."""
    query = (
        select(Question)
        .where(among(QUESTION.c.external_id, "external_ids"))
        .options(joinedload(Question.company))  # type: ignore[arg-type]
    )
    found = await session.execute(query, {"external_ids": external_ids})
    return list(found.scalars())


async def response_to(session: AsyncSession, question_id: str, statement_id: str) -> str | None:
    """Return the id of the response by which a statement bears on a question, if it does."""
    family = await mergers.family_of(session, question_id)
    query = select(Response).where(
        RESPONSE.c.question_id.in_(family), RESPONSE.c.statement_id == statement_id
    )
    rows = (await session.execute(query)).scalars()  # rows of the session, struck ones included
    return next((row.id for row in rows if row.corrected_at == FOREVER), None)


async def responses_of(session: AsyncSession, statement_id: str) -> list[Response]:
    """Return all responses of a statement, corrected ones included, with their questions."""
    query = (
        select(Response)
        .where(RESPONSE.c.statement_id == statement_id)
        .order_by(RESPONSE.c.id)
        .options(joinedload(Response.question).joinedload(Question.company))  # type: ignore[arg-type]
    )
    return list((await session.execute(query)).scalars())


async def entry(session: AsyncSession, entry_id: str) -> Ask | Response | Ruling | None:
    """Return the ask, response or ruling with this id, and all that its words need."""
    question: Any = Question.company
    options: dict[str, tuple[Any, list[Any]]] = {
        "ask": (Ask, [joinedload(Ask.asker), joinedload(Ask.source)]),  # type: ignore[arg-type]
        "response": (Response, []),
        "ruling": (Ruling, [joinedload(Ruling.source)]),  # type: ignore[arg-type]
    }
    model, more = options[entry_id.partition("_")[0]]
    load = [joinedload(model.question).joinedload(question), *more]
    row: Ask | Response | Ruling | None = await session.get(model, entry_id, options=load)
    return row
