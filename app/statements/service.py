"""The rules for publishing what a company said."""

from sqlalchemy.ext.asyncio import AsyncSession

from app.companies import queries as company_queries
from app.companies import service as companies
from app.core import ids
from app.core.clock import FOREVER
from app.core.dates import EdtfDate
from app.core.errors import Conflict, Invalid
from app.questions import service as questions
from app.questions.models import Response
from app.questions.schemas import ResponseCreate
from app.sources import service as sources
from app.statements.models import Statement
from app.statements.schemas import StatementCreate


async def publish(session: AsyncSession, new: StatementCreate) -> Statement:
    """Publish a statement and let each of its responses move its question.

    Raises:
        Invalid: it refers to something that is not there, or lies in the future.
        Conflict: a response is about another company's question, or about one twice.
    """
    company = await companies.referred(session, new.company)
    questions.refuse_future(session, new.published_on, "/published_on")
    cited = await sources.cite(session, new.source)
    statement = Statement(
        id=ids.new("statement"),
        company_id=company.id,
        company=company,
        kind=new.kind.value,
        title=new.title,
        published_on=new.published_on,
        published_day=new.published_on.day,
        lang=new.lang,
        summary=new.summary,
        attributed_to=new.attributed_to,
        source_id=cited.source.id,
        source=cited.source,
        quote=cited.quote,
    )
    session.add(statement)
    named: set[str] = set()
    for index, response in enumerate(new.responses):
        row = await respond(session, statement, response, pointer=f"/responses/{index}")
        if row.question_id in named:
            detail = "This question is named twice in this statement. Name it once."
            raise Invalid.at(f"/responses/{index}/question", detail, code="repeated")
        named.add(row.question_id)
    return statement


async def respond(
    session: AsyncSession,
    statement: Statement,
    new: ResponseCreate,
    pointer: str = "",
    *,
    again: bool = False,
) -> Response:
    """Let a statement bear on one more question.

    again: in place of a response that was corrected.

    Raises:
        Invalid: there is no such question.
        Conflict: the question was put to another company, or the statement was retracted.
    """
    if statement.corrected_at != FOREVER:
        raise Conflict(f"The statement was retracted by {statement.corrected_by}.")
    question = await questions.referred(session, new.question, f"{pointer}/question")
    company = await company_queries.current(session, statement.company)
    if question.company_id != company.id:
        raise Conflict(
            f"{question.slug} was put to {question.company.name}, but the statement is by"
            f" {company.name}."
        )
    return await questions.answer(
        session,
        question,
        new,
        statement_id=statement.id,
        made_on=EdtfDate(statement.published_on),
        again=again,
    )
