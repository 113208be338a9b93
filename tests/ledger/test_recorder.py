"""Everything that changes is recorded, once; what would escape the ledger is refused."""

from typing import Any

import pytest
from sqlalchemy import delete, text, update
from sqlalchemy.exc import DBAPIError

from app.askers import service as askers
from app.askers.models import Asker, AskerKind
from app.askers.schemas import AskerCreate
from app.core.db import Database
from app.core.tables import table_of
from app.ledger import recorder
from app.ledger.models import Event
from app.ledger.recorder import RecordingError
from tests.support.client import Client
from tests.support.make import Make

NEW = AskerCreate(name="Associated Press", kind=AskerKind.NEWSROOM)


async def add_asker(database: Database) -> str:
    async with recorder.recording(database, actor="tests") as session:
        asker = await askers.add(session, NEW)
    return asker.id


async def test_every_write_is_an_event_with_the_full_image_and_what_was_before(
    editor: Client, make: Make
) -> None:
    await make.company(names=["MSFT"])
    await editor.patch("/v1/companies/microsoft", {"name": "Microsoft Corp", "reason": "A typo."})

    created, updated = await editor.events(company="microsoft")

    assert created["type"] == "company.created"
    assert created["actor"] == "editor-paris"
    assert created["data"]["object"]["names"] == ["MSFT"]
    assert "previous" not in created["data"]
    assert updated["type"] == "company.updated"
    assert updated["reason"] == "A typo."
    assert updated["data"]["object"] == {**created["data"]["object"], "name": "Microsoft Corp"}
    assert updated["data"]["previous"] == {"name": "Microsoft"}
    assert updated["seq"] == created["seq"] + 1


async def test_a_statement_is_recorded_with_its_responses_and_the_states_they_change(
    editor: Client, make: Make
) -> None:
    question = await make.question()
    before = len(await editor.events())

    statement = await make.statement(question, verdict="declined", on="2025-05-16")

    new = (await editor.events())[before:]
    response = statement["responses"][0]["id"]
    assert [event["type"] for event in new] == [
        "statement.recorded",
        "response.recorded",
        "question.state_changed",
    ]
    changed = new[-1]
    assert changed["effective_on"] == "2025-05-16"
    assert changed["question"] == question["id"]
    assert changed["company"] == "microsoft"
    assert changed["subject"]["slug"] == question["slug"]
    assert changed["data"]["from"] == "unanswered"
    assert changed["data"]["to"] == "declined"
    assert changed["data"]["cause"] == response
    assert changed["data"]["previous"] == {"state": "unanswered"}
    assert changed["summary"] == f"Microsoft declined to answer: {question['text']}"
    assert changed["url"] == f"https://answerable.test/q/{question['id']}"


async def test_an_edit_that_changes_nothing_records_nothing(editor: Client, make: Make) -> None:
    question = await make.question(topics=["audit"])
    before = await editor.events()

    same = await editor.patch(
        f"/v1/questions/{question['id']}", {"topics": ["audit"], "text": question["text"]}
    )

    assert same == question
    assert await editor.events() == before


async def test_seq_has_no_gap_and_instants_rise(editor: Client, make: Make) -> None:
    for verdict in ("acknowledged", "partial"):
        await make.statement(await make.question(), verdict=verdict)
    await editor.post("/v1/companies", {"name": ""}, expect=422)
    await editor.post("/v1/companies", {"name": "Microsoft", "slug": "microsoft"}, expect=409)
    await make.company("google")

    events = await editor.events(limit=3)

    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    instants = [event["recorded_at"] for event in events]
    assert instants == sorted(instants)


@pytest.mark.parametrize("change", ["UPDATE event SET actor = 'x'", "DELETE FROM event"])
async def test_the_database_refuses_to_change_the_ledger(database: Database, change: str) -> None:
    await add_asker(database)

    with pytest.raises(DBAPIError, match="append-only"):
        async with database.writing() as session:
            await session.execute(text(change))


async def test_postgresql_refuses_to_truncate_the_ledger(database: Database) -> None:
    await add_asker(database)
    command = "DELETE FROM event" if database.is_sqlite else "TRUNCATE event"

    with pytest.raises(DBAPIError, match="append-only"):
        async with database.writing() as session:
            await session.execute(text(command))


async def test_a_change_outside_a_recording_session_is_refused(database: Database) -> None:
    with pytest.raises(RecordingError, match="recording"):
        async with database.writing() as session:
            await askers.add(session, NEW)


@pytest.mark.parametrize("statement", [update(Asker).values(name="x"), delete(Asker)])
async def test_bulk_changes_of_recorded_rows_are_refused(
    database: Database, statement: Any
) -> None:
    with pytest.raises(RecordingError, match="row by row"):
        async with recorder.recording(database, actor="tests") as session:
            await session.execute(statement)


async def test_bulk_changes_of_the_ledger_are_refused(database: Database) -> None:
    with pytest.raises(RecordingError, match="row by row"):
        async with recorder.recording(database, actor="tests") as session:
            await session.execute(table_of(Event).insert().values(seq=99))


async def test_deleting_a_recorded_row_is_refused(database: Database) -> None:
    asker_id = await add_asker(database)

    with pytest.raises(RecordingError, match="ever deleted"):
        async with recorder.recording(database, actor="tests") as session:
            await session.delete(await session.get(Asker, asker_id))
