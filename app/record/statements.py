"""Statements as readers see them."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import exists, select

from app.core import mergers, slugs
from app.core.errors import NotFound
from app.core.tables import table_of
from app.questions.models import Question, Response
from app.record import viewpoint
from app.record.assembly import Reading
from app.statements.models import Statement
from app.statements.schemas import ResponseRead, StatementFilters, StatementRead

STATEMENT = table_of(Statement)
RESPONSE = table_of(Response)
EXPANSIONS = ("responses", "source")


async def page(reading: Reading, filters: StatementFilters, after: str | None) -> Sequence[str]:
    """Return the ids of a page of statements, newest first, one more than asked for."""
    query = select(STATEMENT.c.id).order_by(STATEMENT.c.id.desc()).limit(filters.limit + 1)
    if after is not None:
        query = query.where(STATEMENT.c.id < after)
    if filters.company is not None:
        company = await slugs.filtered(reading.session, "company", filters.company)
        family = await mergers.family_of(reading.session, company)
        query = query.where(STATEMENT.c.company_id.in_(family))
    if filters.question is not None:
        question = await slugs.filtered(reading.session, "question", filters.question)
        family = await mergers.family_of(reading.session, question)
        bears = exists().where(
            RESPONSE.c.statement_id == STATEMENT.c.id, RESPONSE.c.question_id.in_(family)
        )
        query = query.where(bears)
    if filters.kind is not None:
        query = query.where(STATEMENT.c.kind == filters.kind.value)
    return (await reading.session.execute(query)).scalars().all()


async def get(reading: Reading, statement_id: str) -> StatementRead:
    """Return one statement.

    Raises:
        NotFound: there is none with this id.
    """
    found = await assemble(reading, [statement_id])
    if not found:
        raise NotFound("There is no statement with this id. GET /v1/statements lists them.")
    return found[0]


async def assemble(reading: Reading, ids: Sequence[str]) -> list[StatementRead]:
    """Make statements of their ids, in that order."""
    await reading.load_statements(ids)
    rows = [reading.statements[row_id] for row_id in ids if row_id in reading.statements]
    responses = await _responses(reading, ids)
    await reading.load_mergers(row["company_id"] for row in rows)
    await reading.load_companies(reading.shown(row["company_id"]) for row in rows)
    await reading.load_sources(row["source_id"] for row in rows)
    await reading.load_corrections([*rows, *(row for some in responses.values() for row in some)])
    shown = await show_responses(reading, responses) if "responses" in reading.expand else {}
    found = []
    for row in rows:
        mine = responses[row["id"]]
        held = [response for response in mine if not reading.view.is_corrected(response)]
        statement = reading.statement(row["id"], len(held))
        if "responses" in reading.expand:
            statement.responses = [shown[response["id"]] for response in mine]
        found.append(statement)
    return found


async def _responses(reading: Reading, ids: Sequence[str]) -> dict[str, list[Any]]:
    query = select(RESPONSE).where(RESPONSE.c.statement_id.in_(list(ids))).order_by(RESPONSE.c.id)
    found: dict[str, list[Any]] = defaultdict(list)
    for row in (await reading.session.execute(query)).mappings():
        found[row["statement_id"]].append(row)
    return found


async def show_responses(
    reading: Reading, responses: dict[str, list[Any]]
) -> dict[str, ResponseRead]:
    """Show responses by id, struck ones included and marked."""
    rows = [row for some in responses.values() for row in some]
    await reading.load_mergers(row["question_id"] for row in rows)
    shown = [reading.shown(row["question_id"]) for row in rows]
    reading.questions |= await viewpoint.rows(reading.session, Question, shown)
    return {row["id"]: reading.response(row, {}) for row in rows}


async def get_response(reading: Reading, response_id: str) -> ResponseRead:
    """Return one response that was just recorded."""
    query = select(RESPONSE).where(RESPONSE.c.id == response_id)
    row = (await reading.session.execute(query)).mappings().one()
    await reading.load_statements([row["statement_id"]])
    return (await show_responses(reading, {row["statement_id"]: [row]}))[response_id]
