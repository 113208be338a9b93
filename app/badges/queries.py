"""Where a question stands, and how many of several stand unanswered: what the lists say too."""

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.badges.wording import Standing, Tally
from app.companies.models import Company
from app.core.dates import EdtfDate
from app.core.errors import NotFound
from app.dossiers.models import Dossier
from app.questions import state
from app.questions.state import State
from app.record import selection
from app.record.viewpoint import Viewpoint
from app.vocabulary.words import Lang

QUESTION = selection.QUESTION
DOSSIER = selection.DOSSIER


async def question(
    session: AsyncSession, view: Viewpoint, question_id: str
) -> tuple[str, Standing]:
    """Return the name of the company that a question was put to, and where the question stands.

    Raises:
        NotFound: it was not on the record, or had not been asked, at that viewpoint.
    """
    query, columns = selection.of_view(view)
    shown = (
        columns.company_id,
        columns.state,
        columns.state_since_day,
        columns.first_asked_day,
        columns.first_asked_on,
    )
    query = query.where(QUESTION.c.id == question_id)
    query = query.with_only_columns(*shown, maintain_column_froms=True)
    row = (await session.execute(query)).one_or_none()
    if row is None:
        raise NotFound(
            "There is no question with this id, or none yet at that as_of or known_at."
            " GET /v1/questions lists them."
        )
    days = state.days_open(
        State(row.state), row.state_since_day, row.first_asked_day, view.day.toordinal()
    )
    standing = Standing(State(row.state), days, EdtfDate(row.first_asked_on))
    return await company(session, view, row.company_id), standing


async def company(session: AsyncSession, view: Viewpoint, company_id: str) -> str:
    """Return a company's name.

    Raises:
        NotFound: there was none with this id.
    """
    rows = await view.load(session, Company, [company_id])
    if company_id not in rows:
        raise NotFound("There is no company with this id. GET /v1/companies lists them.")
    name: str = rows[company_id]["name"]
    return name


async def dossier(session: AsyncSession, view: Viewpoint, dossier_id: str, lang: Lang) -> str:
    """Return a dossier's title, in a language that a person translated it into.

    What a machine translated is left out: a badge has no room to say so.

    Raises:
        NotFound: there was none with this id.
    """
    rows = await view.load(session, Dossier, [dossier_id])
    if dossier_id not in rows:
        raise NotFound("There is no dossier with this id. GET /v1/dossiers lists them.")
    row = rows[dossier_id]
    translated = row["translations"].get(lang, {"machine": True})
    title: str = row["title"] if translated["machine"] else translated["title"]
    return title


async def of_company(session: AsyncSession, view: Viewpoint, company_id: str) -> Tally:
    """Count the questions to a company."""
    condition = await session.run_sync(selection.of_company, view, company_id)
    return await _tally(session, view, condition)


async def of_dossier(session: AsyncSession, view: Viewpoint, dossier_id: str) -> Tally:
    """Count the questions in a dossier."""
    inside = select(DOSSIER.c.question_id).where(
        DOSSIER.c.dossier_id == dossier_id, view.knows(DOSSIER)
    )
    return await _tally(session, view, QUESTION.c.id.in_(inside))


async def _tally(session: AsyncSession, view: Viewpoint, condition: Any) -> Tally:
    query, columns = selection.of_view(view)
    query = query.where(condition).group_by(columns.state)
    query = query.with_only_columns(columns.state, func.count(), maintain_column_froms=True)
    counts = {row[0]: row[1] for row in await session.execute(query)}
    total = sum(count for stands, count in counts.items() if stands != State.WITHDRAWN)
    return Tally(unanswered=counts.get(State.UNANSWERED, 0), total=total)
