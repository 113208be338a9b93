"""`/v1/exports`: questions, timelines and events as files, for spreadsheets and programs."""

from collections.abc import AsyncIterator, Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.core.docs import problems
from app.core.sessions import PublicUrl, database_of
from app.exports import cells, events, naming, questions, streaming, timeline
from app.exports.batches import Chosen
from app.exports.schemas import EventCsv, ExportedEntry, QuestionCsv
from app.exports.streaming import Snapshot
from app.ledger import queries as ledger
from app.ledger.public import PublicRoute
from app.ledger.schemas import EventRead, EventSelection
from app.record import viewpoint
from app.record.schemas import QuestionRead, QuestionSelection

router = APIRouter(prefix="/v1/exports", tags=["exports"], route_class=PublicRoute)

CSV, JSON, JSONL = "text/csv", "application/json", "application/jsonl"
TYPES = {"csv": f"{CSV}; charset=utf-8; header=present", "json": JSON, "jsonl": JSONL}
ERRORS = problems(400, 422, 503)
QuestionQuery = Annotated[QuestionSelection, Query()]
QuestionCsvQuery = Annotated[QuestionCsv, Query()]
EventQuery = Annotated[EventSelection, Query()]
EventCsvQuery = Annotated[EventCsv, Query()]


def _csv(what: str, columns: Mapping[str, str]) -> dict[str, Any]:
    """Declare an endpoint that answers in CSV, with its columns."""
    return {
        "response_class": Response,
        "responses": {200: {"content": {CSV: {"schema": {"type": "string"}}}}, **ERRORS},
        "description": f"{what}\n\n{cells.FORM}\n\n{cells.described(columns)}",
    }


def _jsonl() -> dict[str, Any]:
    content = {JSONL: {"schema": {"type": "string"}}}
    return {"response_class": Response, "responses": {200: {"content": content}, **ERRORS}}


def _json(model: Any) -> dict[str, Any]:
    """Declare an endpoint that answers with an array."""
    return {"response_class": Response, "responses": {200: {"model": list[model]}, **ERRORS}}


@router.get(
    "/questions.csv",
    operation_id="exportQuestionsCsv",
    **_csv("Export questions, last asked first, one a line.", questions.COLUMNS),
)
async def export_questions_csv(
    session: Snapshot, request: Request, public_url: PublicUrl, filters: QuestionCsvQuery
) -> Response:
    """Export questions, last asked first, one a line."""
    chosen = await _questions(request, session, filters)
    lines = questions.lines(chosen, public_url)
    return await _send(request, "questions", filters, "csv", streaming.csv(lines, filters.bom))


@router.get("/questions.jsonl", operation_id="exportQuestionsJsonl", **_jsonl())
async def export_questions_jsonl(
    session: Snapshot, request: Request, public_url: PublicUrl, filters: QuestionQuery
) -> Response:
    """Export questions, last asked first: one JSON object a line, as in their list."""
    chosen = await _questions(request, session, filters)
    texts = questions.texts(chosen, public_url)
    return await _send(request, "questions", filters, "jsonl", streaming.lines(texts))


@router.get("/questions.json", operation_id="exportQuestionsJson", **_json(QuestionRead))
async def export_questions_json(
    session: Snapshot, request: Request, public_url: PublicUrl, filters: QuestionQuery
) -> Response:
    """Export questions, last asked first: a bare array of what is in their list."""
    chosen = await _questions(request, session, filters)
    texts = questions.texts(chosen, public_url)
    return await _send(request, "questions", filters, "json", streaming.array(texts))


@router.get(
    "/timeline.csv",
    operation_id="exportTimelineCsv",
    **_csv(
        "Export the timelines of questions, one entry a line; a struck one stays and says so.",
        timeline.COLUMNS,
    ),
)
async def export_timeline_csv(
    session: Snapshot, request: Request, public_url: PublicUrl, filters: QuestionCsvQuery
) -> Response:
    """Export the timelines of questions, one entry a line; a struck one stays and says so."""
    chosen = await _questions(request, session, filters, is_dated=False)
    lines = timeline.lines(chosen, public_url)
    return await _send(request, "timeline", filters, "csv", streaming.csv(lines, filters.bom))


@router.get("/timeline.jsonl", operation_id="exportTimelineJsonl", **_jsonl())
async def export_timeline_jsonl(
    session: Snapshot, request: Request, public_url: PublicUrl, filters: QuestionQuery
) -> Response:
    """Export the timelines of questions: one JSON object a line, an entry with its question."""
    chosen = await _questions(request, session, filters, is_dated=False)
    texts = timeline.texts(chosen, public_url)
    return await _send(request, "timeline", filters, "jsonl", streaming.lines(texts))


@router.get("/timeline.json", operation_id="exportTimelineJson", **_json(ExportedEntry))
async def export_timeline_json(
    session: Snapshot, request: Request, public_url: PublicUrl, filters: QuestionQuery
) -> Response:
    """Export the timelines of questions: a bare array of entries, with their questions."""
    chosen = await _questions(request, session, filters, is_dated=False)
    texts = timeline.texts(chosen, public_url)
    return await _send(request, "timeline", filters, "json", streaming.array(texts))


@router.get(
    "/events.csv",
    operation_id="exportEventsCsv",
    **_csv("Export events in order of seq, one a line, without their data.", events.COLUMNS),
)
async def export_events_csv(
    session: Snapshot, request: Request, public_url: PublicUrl, filters: EventCsvQuery
) -> Response:
    """Export events in order of seq, one a line, without their data."""
    chosen = await _events(request, session, filters)
    lines = events.lines(chosen, public_url)
    return await _send(request, "events", filters, "csv", streaming.csv(lines, filters.bom))


@router.get("/events.jsonl", operation_id="exportEventsJsonl", **_jsonl())
async def export_events_jsonl(
    session: Snapshot, request: Request, public_url: PublicUrl, filters: EventQuery
) -> Response:
    """Export events in order of seq: one JSON object a line, as in their list."""
    chosen = await _events(request, session, filters)
    texts = events.texts(chosen, public_url)
    return await _send(request, "events", filters, "jsonl", streaming.lines(texts))


@router.get("/events.json", operation_id="exportEventsJson", **_json(EventRead))
async def export_events_json(
    session: Snapshot, request: Request, public_url: PublicUrl, filters: EventQuery
) -> Response:
    """Export events in order of seq: a bare array of what is in their list."""
    chosen = await _events(request, session, filters)
    texts = events.texts(chosen, public_url)
    return await _send(request, "events", filters, "json", streaming.array(texts))


async def _questions(
    request: Request, session: AsyncSession, filters: QuestionSelection, *, is_dated: bool = True
) -> Chosen:
    """Choose questions. is_dated: whether days are counted that go on to pass."""
    view = await viewpoint.look(database_of(request), session, filters.as_of, filters.known_at)
    request.state.head = await ledger.head(session)
    if view.as_of is not None:
        request.state.is_timeless = view.as_of < clock.today()
    else:
        request.state.is_timeless = not is_dated and filters.overdue is None
    return await Chosen.by(filters, session, view)


async def _events(
    request: Request, session: AsyncSession, filters: EventSelection
) -> events.Chosen:
    request.state.head = await ledger.head(session)
    request.state.is_timeless = True
    return await events.Chosen.by(filters, session)


async def _send(
    request: Request, kind: str, filters: BaseModel, suffix: str, pieces: AsyncIterator[bytes]
) -> Response:
    headers = {"Content-Disposition": naming.disposition(kind, filters, suffix)}
    return await streaming.answer(request, pieces, TYPES[suffix], headers)
