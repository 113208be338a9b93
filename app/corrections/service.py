"""The rules for retracting what was wrong. Nothing is deleted; the mistake stays, struck."""

from typing import Any, TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from app.companies import queries as company_queries
from app.companies.models import Company
from app.core import ids
from app.core.clock import FOREVER
from app.core.errors import Conflict, Invalid
from app.corrections.models import Correction
from app.corrections.schemas import (
    AskCorrection,
    CorrectionBody,
    ResponseCorrection,
    RulingCorrection,
    StatementCorrection,
)
from app.ledger import recorder
from app.questions import queries as question_queries
from app.questions import service as questions
from app.questions import standing
from app.questions.models import Ask, Question, Response, Ruling
from app.questions.schemas import AskCreate, ResponseCreate, RulingCreate
from app.statements import queries as statement_queries
from app.statements import service as statements
from app.statements.models import Statement
from app.statements.schemas import StatementCreate

Citing = TypeVar("Citing", Ask, Ruling, Statement)
AnyCorrection = AskCorrection | ResponseCorrection | RulingCorrection | StatementCorrection


async def correct(session: AsyncSession, new: AnyCorrection) -> Correction:
    """Retract an entry, and put its replacement on the record when there is one.

    Raises:
        Invalid: there is no such entry, or the replacement refers to something that is not there.
        Conflict: it was corrected before, or a question would be left without an ask.
    """
    if isinstance(new, StatementCorrection):
        return await _correct_statement(session, new)
    _refuse_empty(new)
    row = await question_queries.entry(session, new.target)
    _refuse_missing(row, new)
    assert row is not None
    question = await question_queries.current(session, row.question)
    correction = _strike(session, row, question.company, new.reason, question)
    replacement = await _replace(session, row, question, new) if new.replacement else None
    correction.replacement_id = replacement.id if replacement else None
    await standing.refold(
        session, question, cause=correction.id, effective_on=_effective_on(replacement or row)
    )
    return correction


def _effective_on(row: Any) -> str:
    day: str = row.asked_on if isinstance(row, Ask) else row.effective_on
    return day


async def _correct_statement(session: AsyncSession, new: StatementCorrection) -> Correction:
    _refuse_empty(new)
    statement = await statement_queries.find(session, new.target)
    _refuse_missing(statement, new)
    assert statement is not None
    company = await company_queries.current(session, statement.company)
    correction = _strike(session, statement, company, new.reason, None)
    struck = [
        (row, await question_queries.current(session, row.question))
        for row in await question_queries.responses_of(session, statement.id)
        if row.corrected_at == FOREVER
    ]
    parts = [
        _strike(session, row, company, new.reason, question, part_of=correction.id)
        for row, question in struck
    ]
    replacement = await _replace_statement(session, statement, new) if new.replacement else None
    correction.replacement_id = replacement.id if replacement else None
    for part, (row, question) in zip(parts, struck, strict=True):
        if replacement is not None:
            new_row = await statements.respond(session, replacement, _as_create(row), again=True)
            part.replacement_id = new_row.id
        await standing.refold(session, question, cause=part.id, effective_on=row.effective_on)
    return correction


def _refuse_empty(new: AnyCorrection) -> None:
    if new.replacement is not None and not new.replacement.model_fields_set:
        detail = "Give the corrected fields, or leave replacement out to retract without one."
        raise Invalid.at("/replacement", detail, code="empty")


def _refuse_missing(row: Any, new: CorrectionBody) -> None:
    if row is None:
        raise Invalid.at("/target", "There is no such entry.", code="unknown_reference")
    if row.corrected_at != FOREVER:
        raise Conflict(
            f"It was corrected before, by {row.corrected_by}. Correct its replacement instead."
        )


def _strike(
    session: AsyncSession,
    row: Ask | Response | Ruling | Statement,
    company: Company,
    reason: str,
    question: Question | None,
    part_of: str | None = None,
) -> Correction:
    correction = Correction(
        id=ids.new("correction"),
        target_id=row.id,
        reason=reason,
        replacement_id=None,
        company_id=company.id,
        question_id=question.id if question else None,
        part_of=part_of,
    )
    recorder.note(session, correction, company_name=company.name, company_slug=company.slug)
    session.add(correction)
    row.corrected_at = recorder.current(session).instant
    row.corrected_by = correction.id
    if question is not None:
        question.correction_count += 1
        recorder.note(session, question, reason=reason)
    return correction


async def _replace(
    session: AsyncSession, row: Ask | Response | Ruling, question: Question, new: AnyCorrection
) -> Ask | Response | Ruling:
    """Record the entry anew with the corrected fields, through the rules for a new one."""
    fix = _given(new)
    try:
        match row:
            case Ask():
                kept = _kept(row, "asked_on", "channel") | {"asker": row.asker_id}
                ask = AskCreate.model_validate({**kept, "source": row.source_id, **fix})
                return _quoting(await questions.ask(session, question, ask), row, fix)
            case Ruling():
                kept = _kept(row, "state", "effective_on", "reason")
                ruling = RulingCreate.model_validate({**kept, "source": row.source_id, **fix})
                return _quoting(await questions.rule(session, question, ruling), row, fix)
            case Response():
                statement = await statement_queries.get(session, row.statement_id)
                kept = _as_create(row).model_dump()
                response = ResponseCreate.model_validate({**kept, **fix})
                again = "question" not in fix
                return await statements.respond(session, statement, response, again=again)
    except Invalid as problem:
        raise problem.under("/replacement") from None


async def _replace_statement(
    session: AsyncSession, row: Statement, new: StatementCorrection
) -> Statement:
    fix = _given(new)
    kept = _kept(row, "kind", "title", "published_on", "lang", "summary", "attributed_to")
    kept |= {"company": row.company_id, "source": row.source_id}
    try:
        statement = StatementCreate.model_validate({**kept, **fix})
        return _quoting(await statements.publish(session, statement), row, fix)
    except Invalid as problem:
        raise problem.under("/replacement") from None


def _kept(row: Any, *names: str) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}


def _quoting(replacement: Citing, row: Any, fix: dict[str, Any]) -> Citing:
    """Keep the passage that was cited, unless another source is cited now."""
    if "source" not in fix:
        replacement.quote = row.quote
    return replacement


def _given(new: AnyCorrection) -> dict[str, Any]:
    assert new.replacement is not None
    return {key: getattr(new.replacement, key) for key in new.replacement.model_fields_set}


def _as_create(row: Response) -> ResponseCreate:
    return ResponseCreate.model_validate(
        {
            "question": row.question_id,
            "verdict": row.verdict,
            "excerpt": row.excerpt,
            "rationale": row.rationale,
        }
    )
