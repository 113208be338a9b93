"""How an import goes: seen while it is under way, killed without a trace, forgotten in time."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import make_url, select, update

from app.auth.schemas import Scope
from app.core import clock
from app.core.db import Database
from app.core.holding import holding, is_held
from app.core.settings import Settings
from app.core.tables import table_of
from app.imports.models import ImportJob
from app.transparency import audit
from tests.conftest import new_key
from tests.imports.conftest import Importer, outcomes, row, written
from tests.support.client import Client
from tests.support.server import Server, serving

JOB = table_of(ImportJob)
MANY = 3000


async def ended(importer: Importer, path: str) -> Any:
    """Wait until an import is over."""
    for _ in range(600):
        read = await importer.editor.get(path)
        if read["status"] != "running":
            return read
        await asyncio.sleep(0.1)
    raise AssertionError(read)


async def test_respond_async_answers_at_once_and_the_rest_is_seen_at_its_location(
    importer: Importer,
) -> None:
    content = written([row(n) for n in range(1, 301)])
    answer = await importer.send(content, headers={"Prefer": "respond-async"})

    assert answer.status_code == 202
    assert answer.headers["preference-applied"] == "respond-async"
    begun = answer.json()
    assert (begun["status"], begun["rows_total"], begun["report"]) == ("running", 300, None)
    assert answer.headers["location"] == f"/v1/imports/{begun['id']}"
    done = await ended(importer, answer.headers["location"])
    assert (done["status"], done["rows_done"]) == ("done", 300)
    assert outcomes(done) == ["created"] * 300
    assert done["last_seq"] + 1 == (await importer.editor.events(type="import.recorded"))[0]["seq"]


async def test_a_dry_run_can_be_asynchronous_too(importer: Importer) -> None:
    answer = await importer.send(
        written([row(1)]), headers={"Prefer": "respond-async"}, params={"dry_run": "true"}
    )
    done = await ended(importer, answer.headers["location"])

    assert answer.headers["dry-run"] == "true"
    assert (done["status"], done["dry_run"], outcomes(done)) == ("done", True, ["created"])
    assert await importer.editor.events(type="question.created") == []


async def test_a_refused_one_says_why_at_its_location(importer: Importer) -> None:
    content = written([row(1), row(2, company="nobody")])
    answer = await importer.send(content, headers={"Prefer": "respond-async"})
    done = await ended(importer, answer.headers["location"])

    assert done["status"] == "refused"
    assert outcomes(done) == ["created", "refused"]


async def test_an_asynchronous_import_that_is_sent_again_acts_once(importer: Importer) -> None:
    headers = {"Prefer": "respond-async", "Idempotency-Key": "one"}
    first = await importer.send(written([row(1)]), headers=headers)
    await ended(importer, first.headers["location"])
    again = await importer.send(written([row(1)]), headers=headers)

    assert again.status_code == 202
    assert again.content == first.content


async def test_others_are_answered_while_an_import_is_under_way(
    importer: Importer, reader: Client
) -> None:
    content = written([row(n) for n in range(1, 1001)])
    answer = await importer.send(content, headers={"Prefer": "respond-async"})
    seen = []
    while True:
        read = await importer.editor.get(answer.headers["location"])
        if read["status"] != "running":
            break
        seen.append(read["rows_done"])
        await reader.get("/v1/questions")
        await reader.get("/v1/events")
        await asyncio.sleep(0.02)

    assert read["status"] == "done"
    assert len({done for done in seen if 0 < done < 1000}) >= 3
    assert seen == sorted(seen)


async def test_a_killed_import_leaves_nothing_and_is_shown_as_interrupted(
    importer: Importer, settings: Settings, database: Database, reader: Client
) -> None:
    before = await importer.editor.events()
    content = written([row(n) for n in range(1, MANY + 1)])
    server = Server(settings)
    server.start()
    try:
        headers = {"Authorization": f"Bearer {importer.editor.key}", "Prefer": "respond-async"}
        async with httpx.AsyncClient(base_url=server.url, headers=headers, timeout=60) as client:
            answer = await client.post("/v1/imports", files={"file": ("a.csv", content)})
            assert answer.status_code == 202
            path = answer.headers["location"]
            done = 0
            while not 0 < done < MANY:
                done = (await client.get(path)).json()["rows_done"]
        assert (await importer.editor.get(path))["status"] == "running"  # said by another process
    finally:
        await asyncio.to_thread(server.kill)

    read = await _let_go(importer, path)
    assert (read["status"], read["report"], read["first_seq"]) == ("interrupted", None, None)
    assert await importer.editor.events() == before
    assert (await reader.get("/v1/questions"))["data"] == []
    again = await importer.bring(content)
    assert again["report"]["created"] == MANY
    async with database.reading() as session:
        await audit.check(session, set())


async def _let_go(importer: Importer, path: str) -> Any:
    """Wait until the database has noticed that the process is gone."""
    for _ in range(100):
        read = await importer.editor.get(path)
        if read["status"] != "running":
            break
        await asyncio.sleep(0.1)
    return read


async def test_a_server_that_stops_leaves_nothing_of_an_import_under_way(
    importer: Importer, settings: Settings
) -> None:
    before = await importer.editor.events()
    server = Server(settings)
    server.start()
    try:
        headers = {"Authorization": f"Bearer {importer.editor.key}", "Prefer": "respond-async"}
        content = written([row(n) for n in range(1, MANY + 1)])
        async with httpx.AsyncClient(base_url=server.url, headers=headers, timeout=60) as client:
            answer = await client.post("/v1/imports", files={"file": ("a.csv", content)})
        await asyncio.to_thread(server.stop)
    finally:
        server.kill()

    read = await _let_go(importer, answer.headers["location"])
    assert read["status"] == "interrupted"
    assert await importer.editor.events() == before


async def test_what_a_process_holds_is_seen_by_others_until_it_lets_go(
    database: Database, settings: Settings
) -> None:
    other = Database(settings)
    try:
        assert not await is_held(other, "a-name")
        async with holding(database, "a-name"):
            assert await is_held(other, "a-name")
            assert await is_held(database, "a-name")
            assert not await is_held(other, "another")
        assert not await is_held(other, "a-name")
    finally:
        await other.close()
    if database.is_sqlite:
        path = Path(make_url(settings.database_url).database or "")
        assert not list(path.parent.glob("*.held"))


async def test_imports_are_listed_newest_first_to_those_who_may_write(
    importer: Importer, http: httpx.AsyncClient, settings: Settings, database: Database
) -> None:
    done = [await importer.bring(written([row(n)])) for n in range(3)]
    dry = await importer.dry(written([row(9)]))
    found = await importer.editor.pages("/v1/imports", limit="2")

    assert [one["id"] for one in found] == [dry["id"], *(one["id"] for one in reversed(done))]
    assert "report" not in found[0]
    webhooks_only = Client(http, await new_key(settings, database, "bot", Scope.WEBHOOKS))
    await webhooks_only.get("/v1/imports", expect=403)
    await webhooks_only.get(f"/v1/imports/{dry['id']}", expect=403)


async def test_a_redaction_forgets_every_report(importer: Importer, admin: Client) -> None:
    done = await importer.bring(written([row(1)]))
    changed = await importer.bring(written([row(1, question="Is a private person named?")]))
    assert "private person" in str(changed["report"])
    (event,) = await admin.events(type="question.updated")
    why = {"legal_basis": "A court's order.", "reason": "It named somebody."}
    body = {"seq": event["seq"], "pointers": ["/data/object/text"], **why}
    await admin.post("/v1/redactions", body)

    for one in (done, changed):
        read = await importer.editor.get(f"/v1/imports/{one['id']}")
        assert (read["status"], read["report"]) == ("done", None)


async def test_reports_are_forgotten_in_time_and_notes_of_what_recorded_nothing_too(
    importer: Importer, database: Database
) -> None:
    done = await importer.bring(written([row(1)]))
    dry = await importer.dry(written([row(2)]))
    async with database.writing() as session:
        old = clock.now() - timedelta(days=31)
        await session.execute(update(ImportJob).values(created_at=old))
    await importer.dry(written([row(3)]))

    assert (await importer.editor.get(f"/v1/imports/{done['id']}"))["report"] is None
    await importer.editor.get(f"/v1/imports/{dry['id']}", expect=404)


async def test_no_file_name_and_no_text_of_a_row_is_noted_but_in_the_report(
    importer: Importer, database: Database
) -> None:
    await importer.bring(written([row(1)]))
    async with database.reading() as session:
        (note,) = (await session.execute(select(JOB))).all()
    assert "private-name" not in str(note)
    assert "Microsoft" not in str(note)


async def test_two_processes_that_get_one_idempotency_key_import_once(
    importer: Importer, settings: Settings
) -> None:
    content = written([row(n) for n in range(1, 301)])
    headers = {"Authorization": f"Bearer {importer.editor.key}", "Idempotency-Key": "one"}
    with serving(settings) as one, serving(settings) as two:
        async with httpx.AsyncClient(headers=headers, timeout=60) as client:
            answers = await asyncio.gather(
                *(
                    client.post(f"{server.url}/v1/imports", files={"file": ("a.csv", content)})
                    for server in (one, two)
                )
            )

    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].content == answers[1].content
    assert len(await importer.editor.events(type="import.recorded")) == 1
