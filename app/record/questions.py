"""Questions as readers see them, from any viewpoint."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select

from app.core import mergers, negotiation
from app.core.dates import EdtfDate
from app.core.mergers import MERGER
from app.core.tables import table_of
from app.dossiers.models import Dossier
from app.dossiers.schemas import DossierRef
from app.questions import state
from app.questions.models import Ask, Question, Response
from app.questions.schemas import QuestionTranslation
from app.questions.state import State
from app.record import lists, selection
from app.record.assembly import Reading, Rows
from app.record.schemas import LocalizedQuestion, QuestionFilters, QuestionRead

ASK = table_of(Ask)
RESPONSE = table_of(Response)
EXPANSIONS = ("responses", "company", "source", "statement")


async def get(reading: Reading, question_id: str) -> QuestionRead:
    """Return one question.

    Raises:
        NotFound: it was not on the record, or had not been asked, at that viewpoint.
    """
    query, _ = selection.of_view(reading.view)
    await reading.session.run_sync(
        lambda sync: lists.one(sync.connection(), question_id, reading.view)
    )
    found = await reading.session.execute(query.where(selection.QUESTION.c.id == question_id))
    return (await assemble(reading, found.all()))[0]


async def newest(reading: Reading, filters: QuestionFilters) -> list[QuestionRead]:
    """Return the first page of a list."""
    session, view = reading.session, reading.view
    query, columns = selection.of_view(view)
    query = query.where(*await selection.conditions(session, filters, view, columns))
    ordered = selection.ordered(query, columns, lists.DEFAULT, None, filters.limit)
    return await assemble(reading, (await session.execute(ordered)).all())


async def assemble(reading: Reading, rows: Sequence[Any]) -> list[QuestionRead]:
    """Make questions of the rows of a selection, in their order."""
    ids = [row.id for row in rows]
    contents = await _contents(reading, rows)
    reading.questions |= contents
    family = await reading.load_members(ids)
    asks = await _asks(reading, family)
    responses = await _responses(reading, rows, family)
    dossier_ids = {key for content in contents.values() for key in content["dossier_ids"]}
    dossiers = await reading.view.load(reading.session, Dossier, dossier_ids)
    await _load_what_they_name(reading, contents, asks, responses)
    counts = await count_responses(reading, [row["statement_id"] for row in responses])
    shown = {row["id"]: reading.response(row, counts) for row in responses}
    return [
        _read(reading, row, contents[row.id], asks=asks, shown=shown, dossiers=dossiers)
        for row in rows
    ]


async def _contents(reading: Reading, rows: Sequence[Any]) -> Rows:
    if reading.view.seq is None:
        return {row.id: row._mapping for row in rows}
    return await reading.view.load(reading.session, Question, [row.id for row in rows])


async def _asks(reading: Reading, ids: list[str]) -> dict[str, list[Any]]:
    of_asker = (MERGER.c.merged_id == ASK.c.asker_id) & mergers.known(reading.view.known_at)
    query = (
        select(ASK, MERGER.c.into_id.label("shown_asker"))
        .select_from(ASK.outerjoin(MERGER, of_asker))
        .where(ASK.c.question_id.in_(ids), reading.view.sees(ASK), reading.view.holds(ASK))
        .order_by(ASK.c.effective_day, ASK.c.created_at, ASK.c.id)
    )
    found: dict[str, list[Any]] = defaultdict(list)
    for row in (await reading.session.execute(query)).mappings() if ids else ():
        found[reading.shown(row["question_id"])].append(row)
        if row["shown_asker"] is not None:
            reading.merged[row["asker_id"]] = row["shown_asker"]
    return found


async def _responses(reading: Reading, rows: Sequence[Any], family: list[str]) -> list[Any]:
    """Return the latest response of each question, or with `expand` all of them, oldest first."""
    view = reading.view
    if "responses" in reading.expand:
        wanted = RESPONSE.c.question_id.in_(family)
        condition = wanted & view.sees(RESPONSE) & view.holds(RESPONSE)
    else:
        latest = [_standing(row, "latest_response_id", reading) for row in rows]
        condition = RESPONSE.c.id.in_([row_id for row_id in latest if row_id is not None])
    query = (
        select(RESPONSE)
        .where(condition)
        .order_by(RESPONSE.c.effective_day, RESPONSE.c.created_at, RESPONSE.c.id)
    )
    return list((await reading.session.execute(query)).mappings())


async def _load_what_they_name(
    reading: Reading, contents: Rows, asks: dict[str, list[Any]], responses: list[Any]
) -> None:
    asked = [row for rows in asks.values() for row in rows]
    await reading.load_statements([row["statement_id"] for row in responses])
    statements = reading.statements.values() if "statement" in reading.expand else ()
    await reading.load_askers(row["asker_id"] for row in asked)
    await reading.load_sources(row["source_id"] for row in (*asked, *statements))
    if statements:
        await reading.load_mergers(row["company_id"] for row in statements)
    await reading.load_companies(content["company_id"] for content in contents.values())
    await reading.load_corrections([*statements, *responses])


async def count_responses(reading: Reading, statement_ids: Sequence[str]) -> dict[str, int]:
    """Count the responses of statements that hold, where statements are shown in full."""
    counts = dict.fromkeys(statement_ids, 0)
    if "statement" not in reading.expand or not counts:
        return counts
    view = reading.view
    query = (
        select(RESPONSE.c.statement_id, func.count())
        .where(RESPONSE.c.statement_id.in_(list(counts)), view.sees(RESPONSE), view.holds(RESPONSE))
        .group_by(RESPONSE.c.statement_id)
    )
    return counts | {row[0]: row[1] for row in await reading.session.execute(query)}


def _standing(row: Any, name: str, reading: Reading) -> Any:
    return row._mapping[name if reading.view.is_present else f"then_{name}"]


def _read(
    reading: Reading,
    row: Any,
    content: Any,
    *,
    asks: dict[str, list[Any]],
    shown: dict[str, Any],
    dossiers: Rows,
) -> QuestionRead:
    latest = _standing(row, "latest_response_id", reading)
    responses = [item for item in shown.values() if item.question.id == row.id]
    return QuestionRead.model_construct(
        id=row.id,
        url=f"{reading.public_url}/v1/questions/{row.id}",
        company=reading.company(content["company_id"]),
        dossiers=[
            DossierRef.model_validate(dict(dossiers[dossier_id]))
            for dossier_id in content["dossier_ids"]
        ],
        asks=[reading.ask(ask) for ask in asks[row.id]],
        latest_response=shown.get(latest),
        created_at=row.created_at,
        updated_at=row.then_updated_at,
        version=row.then_version,
        responses=responses if "responses" in reading.expand else None,
        localized=_localized(content, reading.languages),
        **_told(content),
        **_stands(reading, row),
    )


def _localized(content: Any, languages: tuple[str, ...]) -> LocalizedQuestion | None:
    """Return a question's texts in the language that is wanted most, or as they were written."""
    if not languages:
        return None
    translations = content["translations"]
    lang = negotiation.choose(languages, [content["lang"], *translations]) or content["lang"]
    said = content if lang == content["lang"] else translations[lang]
    return LocalizedQuestion(
        lang=lang,
        text=said["text"],
        context=said["context"],
        machine=lang != content["lang"] and said["machine"],
    )


def _told(content: Any) -> dict[str, Any]:
    """Return what editors say of a question."""
    return {
        "slug": content["slug"],
        "text": content["text"],
        "lang": content["lang"],
        "translations": {
            lang: QuestionTranslation.model_validate(translated)
            for lang, translated in content["translations"].items()
        },
        "context": content["context"],
        "topics": content["topics"],
        "respond_by": content["respond_by"],
        "last_checked_on": content["last_checked_on"],
        "external_id": content["external_id"],
    }


def _stands(reading: Reading, row: Any) -> dict[str, Any]:
    """Return where a question stands, and since when."""

    def then(name: str) -> Any:
        return _standing(row, name, reading)

    stands, today = State(then("state")), reading.view.day.toordinal()
    is_open, respond_by = stands not in state.CLOSED, then("respond_by_day")
    return {
        "first_asked_on": EdtfDate(then("first_asked_on")),
        "state": stands,
        "state_since": EdtfDate(then("state_since")),
        "open": is_open,
        "overdue": is_open and respond_by is not None and respond_by < today,
        "days_open": state.days_open(
            stands, then("state_since_day"), then("first_asked_day"), today
        ),
        "response_count": then("response_count"),
        "correction_count": then("correction_count"),
    }
