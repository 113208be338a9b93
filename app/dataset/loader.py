"""Loading the real case through the services. Loading it twice changes nothing."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.askers import queries as asker_queries
from app.askers import service as askers
from app.askers.schemas import AskerCreate
from app.companies import queries as company_queries
from app.companies import service as companies
from app.companies.schemas import CompanyCreate
from app.core.db import Database
from app.core.tables import table_of
from app.dossiers import queries as dossier_queries
from app.dossiers import service as dossiers
from app.dossiers.schemas import DossierCreate
from app.ledger import recorder
from app.questions import queries as question_queries
from app.questions import service as questions
from app.questions.schemas import QuestionCreate
from app.statements import service as statements
from app.statements.models import Statement
from app.statements.schemas import StatementCreate

FILE = Path(__file__).parent / "microsoft-2025.json"
ACTOR = "dataset"


@dataclass
class Loaded:
    """How much of the case was new."""

    questions: int = 0
    statements: int = 0


async def load(database: Database) -> Loaded:
    """Put the case on the record: first the questions, then each statement, as it happened."""
    case = json.loads(FILE.read_text(encoding="utf-8"))
    loaded = Loaded()
    async with recorder.recording(database, actor=ACTOR) as session:
        await _load_names(session, case)
        await session.flush()
        for question in case["questions"]:
            loaded.questions += await _load_question(session, case, question)
    for statement in case["statements"]:
        async with recorder.recording(database, actor=ACTOR) as session:
            loaded.statements += await _load_statement(session, case, statement)
    return loaded


async def _load_names(session: AsyncSession, case: dict[str, Any]) -> None:
    for company in case["companies"]:
        if await company_queries.find(session, company["slug"]) is None:
            await companies.add(session, CompanyCreate.model_validate(company))
    for asker in case["askers"]:
        if await asker_queries.find(session, asker["slug"]) is None:
            await askers.add(session, AskerCreate.model_validate_json(json.dumps(asker)))
    for dossier in case["dossiers"]:
        if await dossier_queries.find(session, dossier["slug"]) is None:
            await dossiers.open_(session, DossierCreate.model_validate(dossier))


async def _load_question(
    session: AsyncSession, case: dict[str, Any], given: dict[str, Any]
) -> bool:
    if await question_queries.find(session, given["slug"]) is not None:
        return False
    asks = [_cite(case, ask) for ask in given["asks"]]
    await questions.put(session, QuestionCreate.model_validate({**given, "asks": asks}))
    await session.flush()
    return True


async def _load_statement(
    session: AsyncSession, case: dict[str, Any], given: dict[str, Any]
) -> bool:
    values = {key: value for key, value in _cite(case, given).items() if key != "ref"}
    new = StatementCreate.model_validate_json(json.dumps(values))
    table = table_of(Statement)
    same = select(table.c.id).where(table.c.title == new.title, table.c.kind == new.kind.value)
    if (await session.execute(same)).first() is not None:
        return False
    await statements.publish(session, new)
    return True


def _cite(case: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """Put the source in the place of its name, with the passage that is cited here."""
    values = dict(given)
    quote = values.pop("quote", None)
    return {**values, "source": {**case["sources"][given["source"]], "quote": quote}}
