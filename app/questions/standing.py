"""Keeping the fold's results: the columns of a question, and its spans over both clocks."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import inspect, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import mergers, pending
from app.core.clock import FOREVER
from app.core.dates import EdtfDate
from app.core.errors import Conflict
from app.core.tables import change, make, table_of
from app.ledger import recorder
from app.questions import marks, state
from app.questions.models import (
    Ask,
    Entry,
    Question,
    QuestionDossier,
    QuestionTopic,
    Response,
    Ruling,
    StandingSpan,
)


async def refold(
    session: AsyncSession, question: Question, *, cause: str, effective_on: str | None
) -> None:
    """Fold the question's timeline anew and keep what follows from it.

    cause: id of the entry or correction that moved it, or of the question that was merged into it.
    effective_on: when that took effect.

    Raises:
        Conflict: no ask would be left.
    """
    found = state.spans(await standing_entries(session, question))
    if not found:
        raise Conflict(
            "A question needs an ask. Give the ask a replacement, or record a ruling that"
            " withdraws the question."
        )
    last = found[-1].standing
    if last.state != question.state:
        recorder.note(session, question, cause=cause, effective_on=effective_on)
    change(question, _columns(last) | {"state": last.state.value})
    question.updated_at = recorder.current(session).instant
    question.clock_day = marks.next_day(found, noted(question))
    await _keep(session, question, found)


def _is_written(question: Question) -> bool:
    """Tell whether a question is in the database, so that others of its rows may be."""
    return not inspect(question).pending


def noted(question: Question) -> marks.Noted:
    """Return what of a question the clock reads."""
    return marks.Noted(
        respond_by_day=question.respond_by_day,
        overdue_since=question.overdue_since,
        unanswered_for=question.unanswered_for,
    )


async def standing_entries(session: AsyncSession, question: Question) -> list[state.Entry]:
    """Return the entries of a question's timeline that are not corrected, pending ones included.

    Those of questions that were merged into it are among them.
    """
    models: tuple[type[Entry], ...] = (Ask, Response, Ruling)
    rows = [row for model in models for row in pending.find(session, model, question.id)]
    if _is_written(question):
        family = await mergers.family_of(session, question.id)
        for model in models:
            columns = table_of(model).c
            query = select(model).where(
                columns.question_id.in_(family), columns.corrected_at == FOREVER
            )
            rows.extend((await session.execute(query)).scalars())
    instant = recorder.current(session).instant
    return [to_entry(row, instant) for row in rows if row.corrected_at == FOREVER]


def to_entry(row: Any, pending_since: Any = None) -> state.Entry:
    """Turn a row of an ask, response or ruling into what the fold reads."""
    kind = row.id.partition("_")[0]
    verdict = {"ask": None, "response": "verdict", "ruling": "state"}[kind]
    return state.Entry(
        kind=kind,
        id=row.id,
        effective_on=EdtfDate(row.asked_on if kind == "ask" else row.effective_on),
        recorded_at=row.created_at or pending_since,
        state=state.State(getattr(row, verdict)) if verdict else None,
    )


def _columns(standing: state.Standing) -> dict[str, Any]:
    assert standing.first_asked_on is not None
    assert standing.state_since is not None
    first_response = standing.first_response_on
    return {
        "first_asked_on": str(standing.first_asked_on),
        "first_asked_day": standing.first_asked_on.day,
        "state_since": str(standing.state_since),
        "state_since_day": standing.state_since.day,
        "first_response_day": first_response.day if first_response is not None else None,
        "latest_response_id": standing.latest_response_id,
        "response_count": standing.response_count,
    }


async def _keep(session: AsyncSession, question: Question, found: Sequence[state.Span]) -> None:
    """Close the spans that no longer hold, as of this transaction, and add those that do now."""
    instant = recorder.current(session).instant
    wanted = {span.from_day: _span(question, span, instant) for span in found}
    for row in await _open_spans(session, question):
        new = wanted.get(row.from_day)
        if new is not None and _values(new) == _values(row):
            del wanted[row.from_day]
        elif row.known_from < instant:
            row.known_to = instant
        elif inspect(row).pending:
            session.expunge(row)
        else:
            await session.delete(row)
            await session.flush()
    session.add_all(wanted.values())


async def _open_spans(session: AsyncSession, question: Question) -> list[StandingSpan]:
    rows = list(pending.find(session, StandingSpan, question.id))
    if _is_written(question):
        columns = table_of(StandingSpan).c
        query = select(StandingSpan).where(
            columns.question_id == question.id, columns.known_to == FOREVER
        )
        stored = (await session.execute(query)).scalars()
        rows.extend(row for row in stored if row.known_to == FOREVER)
    return rows


def _span(question: Question, span: state.Span, instant: Any) -> StandingSpan:
    return make(
        StandingSpan,
        question_id=question.id,
        known_from=instant,
        from_day=span.from_day,
        to_day=span.to_day,
        company_id=question.company_id,
        state=span.standing.state.value,
        correction_count=question.correction_count,
        respond_by_day=question.respond_by_day,
        **_columns(span.standing),
    )


def _values(span: StandingSpan) -> dict[str, Any]:
    return span.model_dump(exclude={"known_from", "known_to"})


async def leave(session: AsyncSession, question: Question) -> None:
    """End all that lists and figures know of a question, as of this transaction."""
    question.clock_day = None
    await _keep(session, question, ())
    for model, name in ((QuestionTopic, "topic"), (QuestionDossier, "dossier_id")):
        await _index(session, question, model, name, ())


async def index_topics(session: AsyncSession, question: Question) -> None:
    """Keep the table by which questions are found by topic."""
    await _index(session, question, QuestionTopic, "topic", question.topics)


async def index_dossiers(session: AsyncSession, question: Question) -> None:
    """Keep the table by which questions are found by dossier."""
    await _index(session, question, QuestionDossier, "dossier_id", question.dossier_ids)


async def _index(
    session: AsyncSession, question: Question, model: Any, name: str, values: Iterable[str]
) -> None:
    instant = recorder.current(session).instant
    wanted = set(values)
    stored: Iterable[Any] = ()
    if _is_written(question):
        columns = table_of(model).c
        query = select(model).where(columns.question_id == question.id, columns.known_to == FOREVER)
        stored = (await session.execute(query)).scalars().all()
    for row in (*stored, *pending.find(session, model, question.id)):
        if getattr(row, name) in wanted:
            wanted.discard(getattr(row, name))
        else:
            row.known_to = instant
    for value in sorted(wanted):
        values = {name: value, "question_id": question.id, "known_from": instant}
        session.add(make(model, **values, known_to=FOREVER))
