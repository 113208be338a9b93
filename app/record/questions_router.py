"""`/v1/questions`, and the asks and rulings on them."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.auth.sessions import EditorSession
from app.core import slugs
from app.core.dates import EdtfDate
from app.core.docs import ADDS, CREATES, EDITS, LISTS, READS_BY_SLUG
from app.core.routing import StrictRoute
from app.core.sessions import IfMatch, Paging, PublicUrl, ReadSession, database_of
from app.questions import queries, service
from app.questions.models import Ask, Ruling
from app.questions.schemas import (
    AskCreate,
    AskerRef,
    AskRead,
    QuestionCreate,
    QuestionPatch,
    RulingCreate,
    RulingRead,
)
from app.questions.state import State
from app.record import questions, selection, timeline, viewpoint
from app.record.assembly import Reading
from app.record.schemas import (
    QuestionFilters,
    QuestionOptions,
    QuestionPage,
    QuestionRead,
    TimelineFilters,
    TimelinePage,
)
from app.record.viewpoint import Viewpoint
from app.sources.schemas import SourceRef

router = APIRouter(prefix="/v1/questions", tags=["questions"], route_class=StrictRoute)


@router.get("", operation_id="listQuestions", responses=LISTS)
async def list_questions(
    session: ReadSession,
    pager: Paging,
    public_url: PublicUrl,
    request: Request,
    response: Response,
    filters: Annotated[QuestionFilters, Query()],
) -> QuestionPage:
    """List questions and where they stand, newest first.

    With `as_of` as they stood on a day, with `known_at` as this record had them at an instant;
    an answer for a past `known_at` never changes.
    """
    expand = selection.expansions(filters.expand, *questions.EXPANSIONS)
    key = pager.read(filters.cursor)
    view = await viewpoint.look(database_of(request), session, filters.as_of, filters.known_at)
    rows = await selection.page(session, filters, view, key)
    shown, cursor = pager.cut(response, rows, filters.limit, selection.key_of)
    reading = Reading(session, view, public_url, expand)
    data = await questions.assemble(reading, shown)
    return QuestionPage.model_construct(data=data, has_more=cursor is not None, next_cursor=cursor)


@router.get("/{question}", operation_id="getQuestion", responses=READS_BY_SLUG)
async def get_question(
    session: ReadSession,
    public_url: PublicUrl,
    request: Request,
    question: str,
    options: Annotated[QuestionOptions, Query()],
) -> QuestionRead:
    """Get a question by its id or slug, with its asks and its latest response."""
    expand = selection.expansions(options.expand, *questions.EXPANSIONS)
    view = await viewpoint.look(database_of(request), session, options.as_of, options.known_at)
    question_id = await slugs.locate(request, session, "question", question, view.known_at)
    found = await questions.get(Reading(session, view, public_url, expand), question_id)
    request.state.version = found.version
    return found


@router.get("/{question}/timeline", operation_id="getTimeline", responses=READS_BY_SLUG)
async def get_timeline(
    session: ReadSession,
    pager: Paging,
    public_url: PublicUrl,
    request: Request,
    response: Response,
    question: str,
    filters: Annotated[TimelineFilters, Query()],
) -> TimelinePage:
    """List what happened to a question, oldest first, and where it stood after each step.

    A corrected entry stays in its place, struck: `corrected` says why, and it counts for nothing.
    """
    key = pager.read(filters.cursor)
    expand = selection.expansions(filters.expand, "source")
    view = await viewpoint.look(database_of(request), session, filters.as_of, filters.known_at)
    question_id = await slugs.locate(request, session, "question", question, view.known_at)
    reading = Reading(session, view, public_url, expand)
    await questions.get(reading, question_id)
    entries = await timeline.entries(reading, question_id)
    state = entries[-1][2] if entries else State.UNANSWERED
    start = next((at for at, row in enumerate(entries) if key and row[1].id == key[0]), -1) + 1
    rows = entries[start : start + filters.limit + 1]
    shown, cursor = pager.cut(response, rows, filters.limit, lambda row: [row[1].id])
    return TimelinePage(
        data=await timeline.show(reading, shown),
        has_more=cursor is not None,
        next_cursor=cursor,
        question=question_id,
        state=state,
    )


@router.post("", status_code=201, operation_id="createQuestion", responses=CREATES)
async def create_question(
    session: EditorSession,
    public_url: PublicUrl,
    request: Request,
    response: Response,
    new: QuestionCreate,
) -> QuestionRead:
    """Put a question on the record, with at least one ask."""
    row = await service.put(session, new)
    response.headers["Location"] = f"/v1/questions/{row.id}"
    return await _written(session, public_url, request, row.id)


@router.patch("/{question}", operation_id="updateQuestion", responses=EDITS)
async def update_question(
    session: EditorSession,
    seen: IfMatch,
    public_url: PublicUrl,
    request: Request,
    question: str,
    patch: QuestionPatch,
) -> QuestionRead:
    """Edit a question's texts and tags. What happened to it is not edited but corrected."""
    question_id = await slugs.locate(request, session, "question", question)
    await service.edit(session, await queries.get(session, question_id), patch, seen)
    return await _written(session, public_url, request, question_id)


@router.post("/{question}/asks", status_code=201, operation_id="createAsk", responses=ADDS)
async def create_ask(
    session: EditorSession,
    public_url: PublicUrl,
    request: Request,
    question: str,
    new: AskCreate,
) -> AskRead:
    """Record that a question was put once more."""
    question_id = await slugs.locate(request, session, "question", question)
    row = await service.ask(session, await queries.get(session, question_id), new)
    await session.flush()
    return _ask_read(row)


@router.post("/{question}/rulings", status_code=201, operation_id="createRuling", responses=ADDS)
async def create_ruling(
    session: EditorSession, request: Request, question: str, new: RulingCreate
) -> RulingRead:
    """Set where a question stands by an editor's decision, with its reason."""
    question_id = await slugs.locate(request, session, "question", question)
    row = await service.rule(session, await queries.get(session, question_id), new)
    await session.flush()
    return _ruling_read(row)


async def _written(
    session: AsyncSession, public_url: str, request: Request, question_id: str
) -> QuestionRead:
    """Show a question as the open transaction leaves it."""
    await session.flush()
    found = await questions.get(Reading(session, Viewpoint(), public_url), question_id)
    request.state.version = found.version
    return found


def _ask_read(row: Ask) -> AskRead:
    return AskRead(
        id=row.id,
        asker=AskerRef.model_validate(row.asker.model_dump()),
        asked_on=EdtfDate(row.asked_on),
        channel=row.channel,
        source=SourceRef.model_validate({**row.source.model_dump(), "quote": row.quote}),
    )


def _ruling_read(row: Ruling) -> RulingRead:
    source = row.source and {**row.source.model_dump(), "quote": row.quote}
    return RulingRead(
        id=row.id,
        question=row.question_id,
        state=State(row.state),
        effective_on=EdtfDate(row.effective_on),
        reason=row.reason,
        source=SourceRef.model_validate(source) if source else None,
        recorded_at=row.created_at,
    )
