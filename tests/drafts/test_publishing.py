"""Publishing drafts at their hour: once, whole, in the right name, or not at all."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text, update
from sqlalchemy.exc import DBAPIError
from structlog.testing import capture_logs

from app.auth.models import ApiKey
from app.auth.secrets import load_pepper
from app.core import clock
from app.core.db import Database, is_passing
from app.core.errors import Unavailable
from app.core.settings import Settings
from app.core.tables import table_of
from app.drafts import contents
from app.drafts.contents import Content
from app.drafts.publishing import LOOK, Embargoes
from app.drafts.queries import DRAFT
from app.ledger import recorder
from tests.conftest import PEPPER
from tests.drafts.conftest import Drafting, day, hour, question, statement
from tests.support.client import Client
from tests.support.make import Make

KEY = table_of(ApiKey)


async def test_a_draft_is_published_when_its_hour_comes_and_not_before(
    drafting: Drafting, make: Make, reader: Client, worker: Embargoes
) -> None:
    put = await make.question()
    before = await reader.events()
    when = clock.now() + timedelta(seconds=2)

    draft = await drafting.save(statement(put), publish_at=when.isoformat())

    assert await reader.events() == before
    (published,) = await drafting.settled(draft)
    made = (await reader.events())[len(before) :]
    assert {event["type"] for event in made} >= {"statement.recorded", "response.recorded"}
    assert {event["actor"] for event in made} == {"editor-paris"}
    assert {event["recorded_at"] for event in made} == {made[0]["recorded_at"]}
    assert made[0]["recorded_at"] >= draft["publish_at"]
    assert published["result"]["seq"] == made[-1]["seq"]
    assert (await reader.question(put))["state"] == "answered"


async def test_what_waits_for_a_hand_is_not_published_by_the_worker(
    drafting: Drafting, reader: Client, embargoes: Embargoes
) -> None:
    by_hand = await drafting.save(question())
    later = await drafting.save(question(), publish_at=hour(seconds=3600))
    wait = await embargoes.publish_due()

    assert 0 < wait <= LOOK
    assert [(await drafting.get(one))["status"] for one in (by_hand, later)] == ["waiting"] * 2
    assert await reader.pages("/v1/questions") == []


async def test_a_draft_that_does_not_fit_any_more_is_kept_whole_with_the_problem(
    drafting: Drafting, make: Make, reader: Client, worker: Embargoes
) -> None:
    """The company's identifier is looked at when its slug has been given and its row added."""
    identified = {"name": "Example", "slug": "example", "identifiers": {"wikidata": "Q1"}}
    half = await drafting.save({"kind": "company", "body": identified}, publish_at=hour(days=1))
    put = await drafting.save(question(slug="hired"), publish_at=hour(days=1))
    await make.question(slug="hired")
    await make.company("first", identifiers={"wikidata": "Q1"})
    before = await reader.events()

    await drafting.come(half, put)

    failed = await drafting.settled(half, put, status="failed")
    assert await reader.events() == before
    await reader.get("/v1/companies/example", 404)
    assert [draft["write"] for draft in failed] == [half["write"], put["write"]]
    assert [draft["result"] for draft in failed] == [None, None]
    assert [draft["problem"]["type"] for draft in failed] == ["/problems/conflict"] * 2
    assert "wikidata:Q1" in failed[0]["problem"]["detail"]
    assert failed[0]["problem"]["errors"] == []
    assert await drafting.editor.pages("/v1/drafts", status="failed") == failed
    await make.company("example")  # whose slug was never taken


async def test_the_problem_of_a_failed_draft_says_where_it_is(
    drafting: Drafting, make: Make, embargoes: Embargoes
) -> None:
    """Its day has not come: the hour was moved in the database, as only this test does."""
    put, then = await make.question(), day(days=3)
    draft = await drafting.save(statement(put, published_on=then), publish_at=hour(days=3))
    await drafting.come(draft)

    await embargoes.publish_due()

    problem = (await drafting.get(draft))["problem"]
    assert problem["status"] == 422
    (fault,) = problem["errors"]
    assert (fault["in"], fault["pointer"]) == ("body", "/write/body/published_on")


async def test_an_edit_makes_a_failed_draft_wait_again(
    drafting: Drafting, make: Make, reader: Client, worker: Embargoes
) -> None:
    draft = await drafting.save(question(slug="hired"), publish_at=hour(days=1))
    await make.question(slug="hired")
    await drafting.come(draft)
    await drafting.settled(draft, status="failed")
    other = question(slug="hired-again")

    problem = await drafting.patch(draft, expect=422, write=other)
    edited = await drafting.patch(draft, write=other, publish_at=hour(seconds=1))

    assert problem["errors"][0]["pointer"] == "/publish_at"
    assert (edited["status"], edited["problem"]) == ("waiting", None)
    await drafting.settled(draft)
    assert (await reader.get("/v1/questions/hired-again"))["slug"] == "hired-again"


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"revoked_at": clock.now()}, "was revoked"),
        ({"expires_at": clock.now()}, "has expired"),
        ({"scopes": ["webhooks"]}, "has not the scope write"),
    ],
)
async def test_a_key_that_may_not_write_any_more_publishes_nothing(
    drafting: Drafting,
    admin: Client,
    reader: Client,
    database: Database,
    worker: Embargoes,
    values: dict[str, Any],
    why: str,
) -> None:
    draft = await drafting.save(question(slug="hired"), publish_at=hour(days=1))
    before = await reader.events()
    async with database.writing() as session:
        chosen = update(KEY).where(KEY.c.name == "editor-paris")
        await session.execute(chosen.values(**values))
    await drafting.come(draft)
    boss = Drafting(admin, database)

    (failed,) = await boss.settled(draft, status="failed")

    assert failed["problem"]["type"] == "/problems/forbidden"
    assert f"'editor-paris', which saved this draft last and answers for it, {why}" in str(failed)
    assert await reader.events() == before
    taken_over = await boss.patch(draft, publish_at=hour(seconds=1))
    assert (taken_over["created_by"], taken_over["updated_by"]) == ("editor-paris", "root")
    await boss.settled(draft)
    assert {event["actor"] for event in await reader.events(question="hired")} == {"root"}


async def test_the_draft_of_a_key_reported_stolen_is_not_published(
    drafting: Drafting, admin: Client, database: Database, worker: Embargoes
) -> None:
    draft = await drafting.save(question(), publish_at=hour(days=1))
    (key,) = [key for key in await admin.pages("/v1/keys") if key["name"] == "editor-paris"]
    await admin.post(f"/v1/keys/{key['id']}/compromised", {"since": "2025-01-01T00:00:00Z"})

    await drafting.come(draft)

    (failed,) = await Drafting(admin, database).settled(draft, status="failed")
    assert "was revoked" in failed["problem"]["detail"]


async def test_racing_workers_publish_each_draft_once(
    drafting: Drafting, reader: Client, settings: Settings, database: Database
) -> None:
    """Each has a database of its own, as other processes have."""
    drafts = [
        await drafting.save(question(slug=f"asked-{n}"), publish_at=hour(days=1)) for n in range(12)
    ]
    before = await reader.events()
    await drafting.come(*drafts)
    others = [Database(settings) for _ in range(3)]

    racing = [Embargoes(one, load_pepper(settings)).publish_due() for one in others]
    await asyncio.gather(*racing)

    for one in others:
        await one.close()
    published = [await drafting.get(draft) for draft in drafts]
    assert {draft["status"] for draft in published} == {"published"}
    assert {draft["version"] for draft in published} == {2}
    questions = await reader.pages("/v1/questions")
    assert sorted(one["slug"] for one in questions) == sorted(f"asked-{n}" for n in range(12))
    made = (await reader.events())[len(before) :]
    assert (
        len({event["subject"]["id"] for event in made if event["type"] == "question.created"}) == 12
    )
    assert len([event for event in made if event["type"] == "question.created"]) == 12


async def test_a_hand_and_the_worker_publish_once_between_them(
    drafting: Drafting, reader: Client, embargoes: Embargoes
) -> None:
    drafts = [await drafting.save(question(), publish_at=hour(days=1)) for _ in range(5)]
    await drafting.come(*drafts)
    urls = [f"/v1/drafts/{draft['id']}/publish" for draft in drafts]

    publishing = asyncio.create_task(embargoes.publish_due())
    answers = await asyncio.gather(*(drafting.editor.send("POST", url) for url in urls))
    await publishing

    assert {answer.status_code for answer in answers} <= {200, 409}
    assert {(await drafting.get(draft))["status"] for draft in drafts} == {"published"}
    assert len(await reader.pages("/v1/questions")) == 5


async def test_what_the_database_did_not_let_happen_is_tried_again(
    drafting: Drafting, reader: Client, settings: Settings, database: Database
) -> None:
    draft = await drafting.save(question(slug="hired"), publish_at=hour(days=1))
    await drafting.come(draft)
    other = Database(settings.model_copy(update={"database_timeout": 0.3}))
    embargoes = Embargoes(other, load_pepper(settings))
    running = asyncio.create_task(embargoes.run())

    async with recorder.recording(database, actor="tests"):  # which holds the ledger lock
        with pytest.raises((DBAPIError, Unavailable)) as caught:
            await Embargoes(other, load_pepper(settings)).publish(draft["id"])
        assert is_passing(caught.value) or isinstance(caught.value, Unavailable)
        assert (await drafting.get(draft)) | {"publish_at": None} == draft | {"publish_at": None}

    await drafting.settled(draft)
    embargoes.stop()
    await running
    await other.close()
    assert len(await reader.pages("/v1/questions")) == 1


async def test_a_failure_of_ours_marks_the_draft_stops_no_other_and_logs_no_text(
    drafting: Drafting, database: Database, embargoes: Embargoes
) -> None:
    secret = "What nobody may know yet"
    opened = {"kind": "dossier", "body": {"title": secret}}
    broken = await drafting.save(opened, title=secret, publish_at=hour(days=1))
    good = await drafting.save(question(), publish_at=hour(days=1))
    await drafting.come(broken, good)

    await rename(database, "dossier", "dossier_away")
    with capture_logs() as logs:
        await embargoes.publish_due()
    await rename(database, "dossier_away", "dossier")

    assert (await drafting.get(good))["status"] == "published"
    failed = await drafting.get(broken)
    assert (failed["status"], failed["write"]) == ("failed", opened)
    assert failed["problem"]["status"] == 500
    assert [line["event"] for line in logs if line["log_level"] == "error"]
    assert secret not in repr(logs)
    await drafting.publish(broken, expect=409)
    await drafting.patch(broken, publish_at=None)
    await drafting.publish(broken)


@pytest.mark.parametrize(
    ("sealed_with", "why"), [(PEPPER, "an earlier release"), ("x" * 32, "another secret")]
)
async def test_what_cannot_be_read_any_more_fails_and_stays_so(
    drafting: Drafting, database: Database, embargoes: Embargoes, sealed_with: str, why: str
) -> None:
    draft = await drafting.save(question(), publish_at=hour(days=1))
    former = Content("A title", {"kind": "question", "body": {"former": "member"}})
    content = contents.close(sealed_with.encode(), draft["id"], former)
    async with database.writing() as session:
        chosen = update(DRAFT).where(DRAFT.c.id == draft["id"])
        await session.execute(chosen.values(content=content))
    await drafting.come(draft)

    await embargoes.publish_due()
    await embargoes.publish_due()

    shown = await drafting.get(draft)
    assert (shown["status"], shown["write"], shown["version"]) == ("failed", None, 2)
    assert why in shown["problem"]["detail"]
    assert "former" not in str(shown)
    assert await drafting.editor.pages("/v1/drafts") == [shown]


async def rename(database: Database, table: str, name: str) -> None:
    """Take a table away, as no error of a client's can."""
    async with database.writing() as session:
        await session.execute(text(f"ALTER TABLE {table} RENAME TO {name}"))


async def test_what_was_merged_meanwhile_is_written_to_the_one_that_stayed(
    drafting: Drafting, make: Make, reader: Client, worker: Embargoes
) -> None:
    kept, twin = await make.question(slug="kept"), await make.question(slug="twin")
    answer = await drafting.save(statement(twin), publish_at=hour(days=1))
    body = {"state": "withdrawn", "effective_on": "2025-07", "reason": "It was taken back."}
    ruling = {"kind": "ruling", "question": "twin", "body": body}
    taken_back = await drafting.save(ruling, publish_at=hour(days=2))
    await make.editor.post(
        "/v1/questions/twin/merge", {"into": "kept", "reason": "Recorded twice."}, 200
    )

    await drafting.come(answer)
    await drafting.settled(answer)
    assert (await reader.question(kept))["state"] == "answered"

    await drafting.come(taken_back)
    await drafting.settled(taken_back)
    assert (await reader.question(kept))["state"] == "withdrawn"
