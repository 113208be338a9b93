"""What time alone makes of questions is told once, however late, by whoever comes first."""

import asyncio
from datetime import date, timedelta
from typing import Any

import pytest
from alembic import command
from sqlalchemy import select, update

from app.core import clock
from app.core.dates import format_instant
from app.core.db import Database
from app.core.settings import Settings
from app.ledger import recorder
from app.questions import queries, reminders
from app.questions.queries import QUESTION
from tests.support.client import Client
from tests.support.make import Make
from tests.test_migrations import run

TYPES = "question.unanswered_for,question.overdue"


def ago(days: int) -> str:
    """A day of the past, or with a negative number one to come."""
    return (clock.today() - timedelta(days=days)).isoformat()


async def told(client: Client, question: Any) -> list[Any]:
    events: list[Any] = await client.events(type=TYPES, question=question["id"])
    return events


def ages(events: list[Any]) -> list[int]:
    return [event["data"]["days"] for event in events]


async def clock_day(database: Database, question: Any) -> int | None:
    async with database.reading() as session:
        query = select(QUESTION.c.clock_day).where(QUESTION.c.id == question["id"])
        day: int | None = (await session.execute(query)).scalar_one()
    return day


async def set_clock(database: Database, question: Any, day: int) -> None:
    async with database.engine.begin() as connection:
        change = update(QUESTION).where(QUESTION.c.id == question["id"]).values(clock_day=day)
        await connection.execute(change)


async def test_every_mark_that_was_passed_is_told_once_with_its_own_day(
    editor: Client, make: Make, database: Database
) -> None:
    question = await make.question(on=ago(400))

    assert await reminders.tell(database) == 4
    assert await reminders.tell(database) == 0

    events = await told(editor, question)
    assert [event["type"] for event in events] == ["question.unanswered_for"] * 4
    assert ages(events) == [30, 90, 180, 365]
    assert [event["effective_on"] for event in events] == [ago(400 - age) for age in ages(events)]
    assert {event["actor"] for event in events} == {"clock"}
    assert {event["company"] for event in events} == {"microsoft"}
    assert {event["subject"]["slug"] for event in events} == {question["slug"]}
    assert {event["reason"] for event in events} == {None}
    assert events[1]["data"]["state"] == "unanswered"
    assert events[1]["data"]["object"]["unanswered_for"] == 90
    assert events[1]["data"]["previous"] == {"unanswered_for": 30}
    assert events[1]["summary"] == (
        f"90 days after it was first asked ({ago(400)}), a question to Microsoft stood as"
        f" “unanswered”: {question['text']}"
    )


async def test_marks_are_told_as_they_come(editor: Client, make: Make, database: Database) -> None:
    question = await make.question(on=ago(0))

    async def tell_after(days: int) -> int:
        return await reminders.tell(database, today=clock.today() + timedelta(days=days))

    assert [await tell_after(days) for days in (0, 29, 30, 31, 90, 800)] == [0, 0, 1, 0, 1, 3]
    events = await told(editor, question)
    assert ages(events) == [30, 90, 180, 365, 730]
    assert events[-1]["effective_on"] == ago(-730)
    assert await clock_day(database, question) == clock.today().toordinal() + 1095


@pytest.mark.parametrize("state", ["answered", "withdrawn"])
async def test_nothing_is_told_of_a_closed_question(
    editor: Client, make: Make, database: Database, state: str
) -> None:
    question = await make.question(state=state, on=ago(400), respond_by=ago(380))

    assert await reminders.tell(database) == 0
    assert await told(editor, question) == []
    assert await clock_day(database, question) is None


@pytest.mark.parametrize("state", ["acknowledged", "declined", "nonresponsive", "partial"])
async def test_a_question_that_got_less_than_an_answer_is_told_of_with_its_state(
    editor: Client, make: Make, database: Database, state: str
) -> None:
    question = await make.question(state=state, on=ago(40), respond_by=ago(20))

    assert await reminders.tell(database) == 2

    for event in await told(editor, question):
        assert event["data"]["state"] == state
        assert f"“{state}”" in event["summary"]


async def test_the_state_told_is_that_of_the_day_of_the_mark(
    editor: Client, make: Make, database: Database
) -> None:
    question = await make.question(on=ago(100))
    await make.statement(question, verdict="declined", on=ago(50))

    await reminders.tell(database)

    states = [event["data"]["state"] for event in await told(editor, question)]
    assert states == ["unanswered", "declined"]


async def test_marks_that_found_the_question_answered_are_not_told_when_it_is_open_again(
    editor: Client, make: Make, database: Database
) -> None:
    question = await make.question(on=ago(200))
    await make.statement(question, verdict="answered", on=ago(180))
    assert await reminders.tell(database) == 0
    await make.ruling(question, state="nonresponsive", on=ago(100))

    assert await reminders.tell(database) == 1

    assert ages(await told(editor, question)) == [180]
    assert await reminders.tell(database, today=clock.today() + timedelta(days=200)) == 1


async def test_an_answer_that_is_retracted_sets_the_clock_going_again(
    editor: Client, make: Make, database: Database
) -> None:
    question = await make.question(state="answered", on=ago(100))
    assert await reminders.tell(database) == 0

    await editor.correct(question["latest_response"]["id"])

    assert await reminders.tell(database) == 2
    assert ages(await told(editor, question)) == [30, 90]


async def test_an_earlier_ask_brings_marks_that_are_passed_already(
    editor: Client, make: Make, database: Database
) -> None:
    question = await make.question(on=ago(40))
    assert await reminders.tell(database) == 1

    await make.ask(question, on=ago(200))

    assert await reminders.tell(database) == 2
    assert ages(await told(editor, question)) == [30, 90, 180]


async def test_overdue_is_told_once_and_again_when_the_date_was_moved_to_a_later_one(
    editor: Client, make: Make, database: Database
) -> None:
    question = await make.question(on=ago(20), respond_by=ago(10))
    path = f"/v1/questions/{question['id']}"

    assert [await reminders.tell(database) for _ in range(2)] == [1, 0]
    for respond_by, count in ((ago(12), 0), (ago(5), 1), (None, 0), (ago(5), 0), (ago(0), 0)):
        await editor.patch(path, {"respond_by": respond_by})
        assert await reminders.tell(database) == count
    assert await reminders.tell(database, today=clock.today() + timedelta(days=1)) == 1

    events = await told(editor, question)
    assert [event["type"] for event in events] == ["question.overdue"] * 3
    assert [event["effective_on"] for event in events] == [ago(9), ago(4), ago(-1)]
    assert events[0]["data"]["respond_by"] == ago(10)
    assert events[0]["data"]["state"] == "unanswered"
    assert events[0]["summary"] == (
        f"The date by which Microsoft was asked to answer ({ago(10)}) passed with the question"
        f" standing as “unanswered”: {question['text']}"
    )


async def test_a_month_has_passed_after_its_last_day_and_marks_come_in_order_of_day(
    editor: Client, make: Make, database: Database
) -> None:
    question = await make.question(on="2024-01-10", respond_by="2024-02")

    await reminders.tell(database, today=date(2024, 5, 1))

    events = [(event["type"], event["effective_on"]) for event in await told(editor, question)]
    assert events == [
        ("question.unanswered_for", "2024-02-09"),
        ("question.overdue", "2024-03-01"),
        ("question.unanswered_for", "2024-04-09"),
    ]


async def test_processes_that_tell_at_once_tell_everything_once_and_leave_no_gap(
    settings: Settings, editor: Client, make: Make, database: Database
) -> None:
    questions = [await make.question(on=ago(400), slug=f"question-{n}") for n in range(9)]
    others = [Database(settings) for _ in range(2)]
    try:
        counts = await asyncio.gather(
            *(reminders.tell(each, batch=2) for each in (database, database, *others)),
            *(make.ask(question, on=ago(3)) for question in questions[:3]),
        )
    finally:
        for other in others:
            await other.close()

    assert sum(counts[:4]) == 9 * 4
    for question in questions:
        assert ages(await told(editor, question)) == [30, 90, 180, 365]
    events = await editor.events()
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))


async def test_those_that_wait_longest_come_first_and_not_more_than_asked_for(
    make: Make, database: Database
) -> None:
    for days in (50, 70, 10, 60):
        await make.question(on=ago(days), slug=f"asked-{days}-days-ago")

    async with recorder.recording(database, actor="clock") as session:
        due = await reminders.due(session, clock.today(), 2)
        first = [(await queries.get(session, question_id)).slug for question_id in due]

    assert first == ["asked-70-days-ago", "asked-60-days-ago"]


async def test_a_second_reminder_in_one_transaction_appends_nothing(
    editor: Client, make: Make, database: Database
) -> None:
    question = await make.question(on=ago(100))
    async with recorder.recording(database, actor="clock") as session:
        row = await queries.get(session, question["id"])
        assert [await reminders.remind(session, row, clock.today()) for _ in range(2)] == [2, 0]

    assert ages(await told(editor, question)) == [30, 90]


async def test_where_nothing_is_to_be_told_the_clock_goes_on_without_touching_the_question(
    reader: Client, make: Make, database: Database
) -> None:
    closed = await make.question(on=ago(100), state="answered", slug="closed")
    waiting = await make.question(on=ago(10), slug="waiting")
    for question in (closed, waiting):
        await set_clock(database, question, clock.today().toordinal() - 5)

    assert await reminders.tell(database, batch=1) == 0

    assert await clock_day(database, closed) is None
    assert await clock_day(database, waiting) == clock.today().toordinal() + 20
    for question in (closed, waiting):
        assert await reader.question(question) == question


async def test_the_past_stays_as_it_was_by_the_byte_and_the_present_is_what_is_known_now(
    reader: Client, make: Make, database: Database
) -> None:
    question = await make.question(on=ago(400), respond_by=ago(300))
    before = format_instant(clock.now())
    paths = [
        f"/v1/questions/{question['id']}?expand=responses,company,source,statement",
        f"/v1/questions/{question['id']}/timeline?expand=source",
        "/v1/questions?sort=-updated_at",
    ]

    async def known(known_at: str) -> list[bytes]:
        urls = [f"{path}&known_at={known_at}" for path in paths]
        return [(await reader.send("GET", url)).content for url in urls]

    then = await known(before)

    assert await reminders.tell(database) == 5

    assert await known(before) == then
    present = [(await reader.send("GET", path)).content for path in paths]
    assert await known(format_instant(clock.now())) == present
    last = (await told(reader, question))[-1]
    shown = await reader.question(question)
    assert shown == question | {"version": last["seq"], "updated_at": last["recorded_at"]}
    page = await reader.get("/v1/questions", updated_after=before)
    assert [item["id"] for item in page["data"]] == [question["id"]]


async def test_the_etag_of_before_is_stale_after_the_clock_has_spoken(
    editor: Client, make: Make, database: Database
) -> None:
    question = await make.question(on=ago(40))
    path = f"/v1/questions/{question['id']}"
    etag = (await editor.send("GET", path)).headers["ETag"]
    await reminders.tell(database)

    await editor.patch(path, {"lang": "fr"}, expect=412, match=etag)
    await editor.patch(path, {"lang": "fr"})

    assert ages(await told(editor, question)) == [30]
    assert await reminders.tell(database) == 0


async def test_long_names_and_texts_leave_the_state_in_a_summary_that_can_be_posted(
    editor: Client, make: Make, database: Database
) -> None:
    await make.company("long", name="A very " + "long " * 50 + "name")
    text = "Why " + "very " * 300 + "long?"
    question = await make.question(
        company="long", text=text, state="nonresponsive", on=ago(1100), respond_by=ago(1000)
    )
    await reminders.tell(database)

    events = await told(editor, question)
    assert len(events) == 7
    for event in events:
        assert len(event["summary"]) <= 280
        assert " as “nonresponsive”: Why very" in event["summary"]


async def test_a_migration_sets_the_clock_of_the_open_questions_that_were_there(
    settings: Settings, editor: Client, make: Make, database: Database
) -> None:
    waiting = await make.question(slug="waiting", on=ago(40))
    soon_late = await make.question(slug="soon-late", on=ago(25), respond_by=ago(-2))
    patient = await make.question(slug="patient", on=ago(20), respond_by=ago(-90))
    answered = await make.question(slug="answered", on=ago(400), state="answered")
    again = await make.question(slug="again", on=ago(100), state="answered")
    await make.ruling(again, state="unanswered", on=ago(5))
    await database.close()

    run(settings, command.downgrade, "0002")
    run(settings, command.upgrade, "head")

    today = clock.today().toordinal()
    assert await clock_day(database, waiting) == today - 10
    assert await clock_day(database, soon_late) == today + 3
    assert await clock_day(database, patient) == today + 10
    assert await clock_day(database, answered) is None
    assert await clock_day(database, again) == today - 70
    assert await reminders.tell(database) == 1
    assert await clock_day(database, again) == today + 80


async def test_no_age_is_told_twice_when_questions_are_merged(
    editor: Client, make: Make, database: Database
) -> None:
    old = await make.question(on=ago(400), slug="old")
    young = await make.question(on=ago(40), slug="young")
    await reminders.tell(database)
    await make.merge(old, young)

    assert await reminders.tell(database) == 0
    assert await clock_day(database, old) is None
    assert await reminders.tell(database, today=clock.today() + timedelta(days=365)) == 1
    assert ages(await told(editor, young))[-1] == 730
    assert {event["question"] for event in (await told(editor, young))[-1:]} == {young["id"]}
