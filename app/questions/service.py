"""The rules for putting questions, and for what moves them."""

from collections.abc import Iterable

from sqlalchemy.ext.asyncio import AsyncSession

from app.askers import service as askers
from app.companies import service as companies
from app.core import foresight, ids, slugs
from app.core.dates import EdtfDate
from app.core.errors import Conflict, Invalid
from app.core.routing import Precondition
from app.core.schemas import merge_translations
from app.core.tables import make
from app.dossiers import service as dossiers
from app.ledger import recorder
from app.questions import queries, standing
from app.questions.models import Ask, Question, Response, Ruling
from app.questions.schemas import (
    AskCreate,
    QuestionCreate,
    QuestionPatch,
    ResponseCreate,
    RulingCreate,
)
from app.questions.state import State
from app.sources import service as sources


async def put(session: AsyncSession, new: QuestionCreate) -> Question:
    """Put a question on the record, with the asks by which it was put.

    Raises:
        Invalid: it refers to something that is not there, or an ask lies in the future.
        Conflict: another question has the slug or the external id.
    """
    company = await companies.referred(session, new.company)
    await _check_external_id(session, new.external_id, None)
    refuse_future(session, new.last_checked_on, "/last_checked_on")
    question_id = ids.new("question")
    question = make(
        Question,
        id=question_id,
        slug=await slugs.give(session, "question", question_id, new.slug, new.text, is_new=True),
        company_id=company.id,
        company=company,
        text=new.text,
        lang=new.lang,
        context=new.context,
        translations={key: text.model_dump() for key, text in new.translations.items()},
        topics=sorted(new.topics),
        dossier_ids=await dossiers.referred(session, new.dossiers, "/dossiers"),
        respond_by=new.respond_by,
        respond_by_day=_last_day(new.respond_by),
        last_checked_on=new.last_checked_on,
        external_id=new.external_id,
        state=State.UNANSWERED.value,
    )
    session.add(question)
    for index, asked in enumerate(new.asks):
        await _record_ask(session, question, asked, pointer=f"/asks/{index}")
    await standing.index_topics(session, question)
    await standing.index_dossiers(session, question)
    await standing.refold(session, question, cause=question_id, effective_on=None)
    return question


async def edit(
    session: AsyncSession, question: Question, patch: QuestionPatch, seen: Precondition
) -> Question:
    """Change a question's texts and tags; its timeline is corrected, never edited.

    Raises:
        PreconditionFailed: it has changed since the client read it.
        Invalid, Conflict: as in `put`.
    """
    seen.check(question.version)
    changes = patch.changes()
    await _check_external_id(session, patch.external_id, question)
    refuse_future(session, patch.last_checked_on, "/last_checked_on")
    if "slug" in changes:
        await slugs.give(session, "question", question.id, changes["slug"], question.text)
    if "translations" in changes:
        changes["translations"] = merge_translations(question.translations, changes["translations"])
    if "topics" in changes:
        changes["topics"] = sorted(changes["topics"])
    if "dossiers" in changes:
        given = changes.pop("dossiers")
        changes["dossier_ids"] = await dossiers.referred(session, given, "/dossiers")
    respond_by_before = question.respond_by
    recorder.note(session, question, reason=patch.reason)
    question.sqlmodel_update(changes)
    await standing.index_topics(session, question)
    await standing.index_dossiers(session, question)
    if question.respond_by != respond_by_before:
        question.respond_by_day = _last_day(patch.respond_by)
        await standing.refold(session, question, cause=question.id, effective_on=None)
    return question


async def ask(session: AsyncSession, question: Question, new: AskCreate) -> Ask:
    """Record that a question was put once more; a withdrawn one is open again then.

    Raises:
        Invalid: the asker or the source is not there, or the date lies in the future.
    """
    row = await _record_ask(session, question, new, pointer="")
    await standing.refold(session, question, cause=row.id, effective_on=row.asked_on)
    return row


async def _record_ask(
    session: AsyncSession, question: Question, new: AskCreate, *, pointer: str
) -> Ask:
    refuse_future(session, new.asked_on, f"{pointer}/asked_on")
    asker = await askers.referred(session, new.asker, f"{pointer}/asker")
    cited = await sources.cite(session, new.source, f"{pointer}/source")
    row = make(
        Ask,
        id=ids.new("ask"),
        question_id=question.id,
        question=question,
        effective_day=new.asked_on.day,
        asker_id=asker.id,
        asker=asker,
        asked_on=new.asked_on,
        channel=new.channel,
        source_id=cited.source.id,
        source=cited.source,
        quote=cited.quote,
    )
    session.add(row)
    return row


async def answer(
    session: AsyncSession,
    question: Question,
    new: ResponseCreate,
    *,
    statement_id: str,
    made_on: EdtfDate,
    again: bool = False,
) -> Response:
    """Let a statement, made on a date, bear on a question.

    again: in place of a response that was corrected. (Where questions were merged, a statement may
    bear on one twice.)

    Raises:
        Conflict: the statement bears on this question already.
    """
    other = None if again else await queries.response_to(session, question.id, statement_id)
    if other is not None:
        raise Conflict(
            f"The statement bears on {question.slug} already ({other}). Correct that response if"
            " its verdict is wrong."
        )
    row = make(
        Response,
        id=ids.new("response"),
        question_id=question.id,
        question=question,
        effective_day=made_on.day,
        effective_on=made_on,
        statement_id=statement_id,
        verdict=new.verdict.value,
        excerpt=new.excerpt,
        rationale=new.rationale,
    )
    session.add(row)
    await standing.refold(session, question, cause=row.id, effective_on=made_on)
    return row


async def rule(session: AsyncSession, question: Question, new: RulingCreate) -> Ruling:
    """Record an editor's decision on where a question stands.

    Raises:
        Invalid: the source is not there, or the date lies in the future.
    """
    refuse_future(session, new.effective_on, "/effective_on")
    cited = await sources.cite(session, new.source) if new.source is not None else None
    row = make(
        Ruling,
        id=ids.new("ruling"),
        question_id=question.id,
        question=question,
        effective_day=new.effective_on.day,
        state=new.state.value,
        effective_on=new.effective_on,
        reason=new.reason,
        source_id=cited.source.id if cited else None,
        source=cited.source if cited else None,
        quote=cited.quote if cited else None,
    )
    session.add(row)
    recorder.note(session, question, reason=new.reason)
    await standing.refold(session, question, cause=row.id, effective_on=new.effective_on)
    return row


async def referred(session: AsyncSession, reference: str, pointer: str) -> Question:
    """Return the question that a body refers to.

    Raises:
        Invalid: there is no such question; names the place in the body.
    """
    question = await queries.find(session, reference)
    if question is None:
        detail = "There is no such question. GET /v1/questions lists them; POST there puts one."
        raise Invalid.at(pointer, detail, code="unknown_reference")
    return question


def refuse_future(session: AsyncSession, day: EdtfDate | None, pointer: str) -> None:
    """Refuse a date of something that has not happened yet when it is recorded.

    Raises:
        Invalid: the date's first day is after the day (UTC) on which the session records.
    """
    today = recorder.current(session).instant.date()
    if day is not None and day.first_day > today:
        detail = f"{day} lies in the future. Record what has happened, such as {today}."
        raise Invalid.at(pointer, detail, code="future")


def _last_day(date: EdtfDate | None) -> int | None:
    return None if date is None else date.last_day.toordinal()


async def _check_external_id(
    session: AsyncSession, external_id: str | None, question: Question | None
) -> None:
    if external_id is None:
        return
    holder = foresight.ask(session, "external_id", external_id)
    if holder is foresight.UNKNOWN:
        holder = await queries.with_external_id(session, external_id)
    if holder is not None and (question is None or holder != question.id):
        raise Conflict(f"{holder} has this external_id already.")


async def foresee(
    session: AsyncSession, external_ids: Iterable[str], texts: Iterable[str]
) -> dict[str, Question]:
    """Look up at once what a batch will ask of questions that it names by their external ids.

    texts: of the questions that it may put. Returns those that are there, by external id.
    """
    wanted = sorted(set(external_ids))
    known = {str(row.external_id): row for row in await queries.with_external_ids(session, wanted)}
    answers = dict.fromkeys(wanted) | {name: row.id for name, row in known.items()}
    foresight.keep(session, "external_id", answers)
    await slugs.foresee(session, "question", texts)
    return known
