"""`/v1/questions`, and the asks and rulings on them."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy.engine import Connection
from sqlalchemy.ext.asyncio import AsyncSession

from app.auth.sessions import EditorSession
from app.core import slugs
from app.core.dates import EdtfDate
from app.core.docs import ADDS, CREATES, EDITS, LISTS, READS_BY_SLUG
from app.core.sessions import IfMatch, Paging, PublicUrl, ReadSession, announced, database_of
from app.ledger.public import Languages, PublicRoute
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
from app.record import fragments, lists, questions, selection, timeline, viewpoint
from app.record.assembly import Reading
from app.record.fragments import Fragments, Shown
from app.record.lists import Chosen
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

router = APIRouter(prefix="/v1/questions", tags=["questions"], route_class=PublicRoute)


@router.get("", operation_id="listQuestions", response_model=QuestionPage, responses=LISTS)
async def list_questions(
    pager: Paging,
    public_url: PublicUrl,
    languages: Languages,
    request: Request,
    filters: Annotated[QuestionFilters, Query()],
) -> Response:
    """List questions and where they stand, newest first.

    With `as_of` as they stood on a day, with `known_at` as this record had them at an instant;
    an answer for a past `known_at` never changes. With `q` those in which words are found, the
    best match first.
    """
    expand = selection.expansions(filters.expand, *questions.EXPANSIONS)
    key = pager.read(filters.cursor)
    view = await _viewpoint(request, filters.as_of, filters.known_at)
    chosen, said = await _fragments(request).page(
        database_of(request),
        view,
        Shown(public_url, expand, languages),
        lambda connection: lists.choose(connection, filters, view, key),
        filters.limit,
    )
    request.state.head = chosen.head
    response = Response(media_type="application/json")
    places, cursor = pager.cut(response, chosen.places, filters.limit, lambda place: place.key)
    rest: dict[str, Any] = {"has_more": cursor is not None, "next_cursor": cursor}
    if chosen.search is not None:
        rest["search"] = chosen.search.model_dump()
        said = [
            fragments.extended(fragment, highlight=chosen.highlights.get(place.id, {}))
            for place, fragment in zip(places, said, strict=True)
        ]
    response.body = fragments.join(said, rest)
    response.headers["Content-Length"] = str(len(response.body))
    return response


@router.get(
    "/{question}",
    operation_id="getQuestion",
    response_model=QuestionRead,
    responses=READS_BY_SLUG,
)
async def get_question(
    public_url: PublicUrl,
    languages: Languages,
    request: Request,
    question: str,
    options: Annotated[QuestionOptions, Query()],
) -> Response:
    """Get a question by its id or slug, with its asks and its latest response."""
    expand = selection.expansions(options.expand, *questions.EXPANSIONS)
    view = await _viewpoint(request, options.as_of, options.known_at)

    def choose(connection: Connection) -> Chosen:
        found = slugs.place(connection, "question", question, view.known_at)
        return lists.one(connection, found, view)

    shown = Shown(public_url, expand, languages)
    try:
        chosen, said = await _fragments(request).page(database_of(request), view, shown, choose, 1)
    except slugs.Former as former:
        raise former.moved(request) from None
    found = chosen.places[0]
    request.state.head, request.state.version = chosen.head, found.version
    headers = {"Link": announced(public_url, "question", f"/v1/questions/{found.id}")}
    return Response(said[0], media_type="application/json", headers=headers)


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
    """Put a question on the record, with at least one ask.

    It begins as `unanswered`. Company, askers and dossiers have to be there already; a source is
    named by its id, or given as it is.
    """
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
    """Record that a question was put once more, by whom and when.

    A withdrawn question that is asked again stands as `unanswered`; no other moves.
    """
    question_id = await slugs.locate(request, session, "question", question)
    row = await service.ask(session, await queries.get(session, question_id), new)
    await session.flush()
    return _ask_read(row)


@router.post("/{question}/rulings", status_code=201, operation_id="createRuling", responses=ADDS)
async def create_ruling(
    session: EditorSession, request: Request, question: str, new: RulingCreate
) -> RulingRead:
    """Set where a question stands by an editor's decision, with its reason.

    It counts from `effective_on` on, and may also lower the state; a response never does.
    """
    question_id = await slugs.locate(request, session, "question", question)
    row = await service.rule(session, await queries.get(session, question_id), new)
    await session.flush()
    return _ruling_read(row)


async def _viewpoint(
    request: Request, as_of: EdtfDate | None, known_at: datetime | None
) -> Viewpoint:
    if known_at is None:
        return viewpoint.of_day(as_of)
    async with database_of(request).reading() as session:
        return await viewpoint.look(database_of(request), session, as_of, known_at)


def _fragments(request: Request) -> Fragments:
    kept: Fragments = request.app.state.fragments
    return kept


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
