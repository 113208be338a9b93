"""Keeping drafts: saving, reading, listing, editing, deleting, publishing by hand."""

from typing import Any

import pytest
from sqlalchemy import select, update

from app.auth.schemas import Scope
from app.core.db import Database
from app.core.settings import Settings
from app.drafts.kinds import FIND, KINDS
from app.drafts.queries import DRAFT
from app.drafts.schemas import DraftCreate
from app.drafts.writes import DraftKind
from tests.conftest import new_key
from tests.drafts.conftest import Drafting, hour, question, statement
from tests.support.client import Client
from tests.support.make import SOURCE, Make


async def test_a_draft_comes_back_as_it_was_sent(drafting: Drafting) -> None:
    when = hour(days=2)
    write = question(topics=["audit"])

    draft = await drafting.save(write, title="For Thursday", publish_at=when)

    assert draft == await drafting.get(draft)
    assert draft["write"] == write
    assert (draft["title"], draft["kind"], draft["status"]) == (
        "For Thursday",
        "question",
        "waiting",
    )
    assert draft["problem"] is draft["result"] is None
    assert draft["created_by"] == draft["updated_by"] == "editor-paris"
    assert draft["publish_at"].startswith(when[:26])
    assert draft["publish_at"].endswith("Z")


async def test_an_hour_with_an_offset_is_kept_in_utc(drafting: Drafting) -> None:
    year = int(hour(days=400)[:4])

    draft = await drafting.save(question(), publish_at=f"{year}-06-01T01:30:00+02:00")

    assert draft["publish_at"] == f"{year}-05-31T23:30:00.000000Z"


async def test_answers_about_drafts_are_kept_by_nobody(drafting: Drafting) -> None:
    draft = await drafting.save(question())
    url = f"/v1/drafts/{draft['id']}"
    tag = (await drafting.editor.send("GET", url)).headers["etag"]
    body = {"write": question()}

    answers = [
        await drafting.editor.send("POST", "/v1/drafts", json=body),
        await drafting.editor.send("GET", "/v1/drafts"),
        await drafting.editor.send("GET", url),
        await drafting.editor.send("GET", url, headers={"If-None-Match": tag}),
        await drafting.editor.send("PATCH", url, json={}, headers={"If-Match": "*"}),
        await drafting.editor.send("POST", f"{url}/publish"),
    ]

    assert [answer.status_code for answer in answers] == [201, 200, 200, 304, 200, 200]
    assert {answer.headers["cache-control"] for answer in answers} == {"private, no-store"}


async def test_drafts_are_listed_page_by_page_and_filtered(drafting: Drafting, make: Make) -> None:
    first = await drafting.save(question())
    second = await drafting.save({"kind": "dossier", "body": {"title": "A dossier"}})
    third = await drafting.save(question())
    await drafting.publish(third)

    async def ids(**params: Any) -> list[str]:
        return [one["id"] for one in await drafting.editor.pages("/v1/drafts", limit=1, **params)]

    assert await ids() == [first["id"], second["id"], third["id"]]
    assert await ids(kind="question") == [first["id"], third["id"]]
    assert await ids(status="waiting") == [first["id"], second["id"]]
    assert await ids(status="published", kind="question") == [third["id"]]
    assert await ids(status="failed") == []


async def test_an_edit_replaces_what_was_sent_and_needs_the_etag(drafting: Drafting) -> None:
    draft = await drafting.save(question(), title="A title", publish_at=hour(days=1))
    url = f"/v1/drafts/{draft['id']}"
    old = (await drafting.editor.send("GET", url)).headers["etag"]

    edited = await drafting.patch(draft, write={"kind": "company", "body": {"name": "Example"}})

    assert (edited["kind"], edited["title"], edited["version"]) == ("company", "A title", 2)
    assert edited["publish_at"] == draft["publish_at"]
    assert (await drafting.patch(draft, title=None))["title"] is None
    assert (await drafting.patch(draft, publish_at=None))["publish_at"] is None
    await drafting.editor.patch(url, {"title": "Late"}, 412, match=old)
    assert (await drafting.editor.send("PATCH", url, json={})).status_code == 428
    late = {"If-Match": old}
    assert (await drafting.editor.send("DELETE", url, headers=late)).status_code == 412
    assert (await drafting.editor.send("POST", f"{url}/publish", headers=late)).status_code == 412
    assert (await drafting.get(draft))["status"] == "waiting"


async def test_a_deleted_draft_is_gone(drafting: Drafting) -> None:
    draft = await drafting.save(question())

    await drafting.delete(draft)

    await drafting.editor.get(f"/v1/drafts/{draft['id']}", 404)
    assert await drafting.editor.pages("/v1/drafts") == []


async def test_publishing_by_hand_writes_in_the_name_of_who_does_it(
    drafting: Drafting, admin: Client, reader: Client
) -> None:
    draft = await drafting.save(question(slug="hired"), title="A title", publish_at=hour(days=9))

    published = await admin.post(f"/v1/drafts/{draft['id']}/publish", expect=200)

    made = await reader.get("/v1/questions/hired")
    events = await reader.events(question="hired")
    assert {event["actor"] for event in events} == {"root"}
    assert published["status"] == "published"
    assert published["write"] is None
    assert published["title"] == "A title"
    assert (published["created_by"], published["updated_by"]) == ("editor-paris", "root")
    assert published["result"] == {
        "type": "question",
        "id": made["id"],
        "url": f"https://answerable.test/v1/questions/{made['id']}",
        "seq": events[-1]["seq"],
    }
    assert await drafting.get(draft) == published
    problem = await drafting.publish(draft, expect=409)
    assert made["id"] in problem["detail"]
    await drafting.patch(draft, expect=409, title="Other")
    await drafting.delete(draft)
    assert await reader.get("/v1/questions/hired") == made


async def test_a_dry_run_of_each_call_keeps_nothing(drafting: Drafting, reader: Client) -> None:
    draft = await drafting.save(question(slug="hired"))
    url, events = f"/v1/drafts/{draft['id']}", await reader.events()

    tried = await drafting.editor.send(
        "POST", "/v1/drafts?dry_run=true", json={"write": question()}
    )
    published = await drafting.editor.post(f"{url}/publish?dry_run=true", expect=200)
    match = {"headers": {"If-Match": "*"}}
    edited = await drafting.editor.send(
        "PATCH", f"{url}?dry_run=true", json={"title": "a"}, **match
    )
    deleted = await drafting.editor.send("DELETE", f"{url}?dry_run=true")

    assert (tried.status_code, edited.status_code, deleted.status_code) == (201, 200, 204)
    assert published["status"] == "published"
    assert edited.json()["title"] == "a"
    assert await drafting.editor.pages("/v1/drafts") == [draft]
    assert await reader.events() == events
    await reader.get("/v1/questions/hired", 404)


async def test_a_post_that_is_sent_again_saves_and_publishes_once(drafting: Drafting) -> None:
    body, headers = {"write": question(slug="hired")}, {"Idempotency-Key": "once"}
    first = await drafting.editor.send("POST", "/v1/drafts", json=body, headers=headers)
    url = f"/v1/drafts/{first.json()['id']}/publish"
    done = await drafting.editor.send("POST", url, headers=headers | {"Idempotency-Key": "twice"})

    again = await drafting.editor.send("POST", "/v1/drafts", json=body, headers=headers)
    done_again = await drafting.editor.send("POST", url, headers={"Idempotency-Key": "twice"})

    assert again.headers["idempotent-replayed"] == "true"
    assert again.headers["cache-control"] == "private, no-store"
    assert (again.status_code, again.content) == (201, first.content)
    assert (done_again.status_code, done_again.content) == (200, done.content)
    assert len(await drafting.editor.pages("/v1/drafts")) == 1


async def test_only_keys_that_may_write_see_anything(
    drafting: Drafting, reader: Client, settings: Settings, database: Database
) -> None:
    draft = await drafting.save(question())
    others = [
        Client(reader.http, await new_key(settings, database, scope, scope))
        for scope in (Scope.WEBHOOKS, Scope.REDACT)
    ]
    calls: list[tuple[str, str, Any]] = [
        ("GET", "", None),
        ("POST", "", {"write": question()}),
        ("GET", "/{id}", None),
        ("PATCH", "/{id}", {"title": "a"}),
        ("DELETE", "/{id}", None),
        ("POST", "/{id}/publish", None),
    ]
    for method, path, body in calls:
        for id_ in (draft["id"], "draft_01jv8z4x9kf3t8w2m5r7c1q0ab"):
            url = f"/v1/drafts{path.format(id=id_)}"
            options = {"json": body, "headers": {"If-Match": "*"}}
            assert (await reader.send(method, url, **options)).status_code == 401
            for other in others:
                assert (await other.send(method, url, **options)).status_code == 403
    assert await drafting.get(draft) == draft


async def test_what_was_sealed_under_another_secret_is_shown_as_failed(
    drafting: Drafting, settings: Settings, database: Database
) -> None:
    one, other = await drafting.save(question()), await drafting.save(question())
    async with database.writing() as session:
        query = select(DRAFT.c.content).where(DRAFT.c.id == other["id"])
        content = (await session.execute(query)).scalar_one()
        mine = update(DRAFT).where(DRAFT.c.id == one["id"])
        await session.execute(mine.values(content=content))

    shown = await drafting.get(one)

    assert (shown["status"], shown["write"]) == ("failed", None)
    assert "another secret" in shown["problem"]["detail"]
    assert len(await drafting.editor.pages("/v1/drafts")) == 2
    await drafting.publish(one, expect=409)
    anew = await drafting.patch(one, write=question(), title=None, publish_at=None)
    assert anew["status"] == "waiting"


def test_every_kind_is_in_the_union_and_has_a_service() -> None:
    union = DraftCreate.model_json_schema()["$defs"]["Write"]
    mapping = union["discriminator"]["mapping"]

    assert set(mapping) == set(DraftKind) == set(KINDS)
    assert {kind.target for kind in KINDS.values()} - {None} == set(FIND)


@pytest.fixture
async def every(drafting: Drafting, make: Make) -> list[dict[str, Any]]:
    """One write of each kind."""
    put = await make.question(slug="asked", state="declined")
    said = put["latest_response"]
    other = await make.question(slug="other")
    await make.dossier()
    source = put["asks"][0]["source"]["id"]

    def edit(kind: str, reference: str, **body: Any) -> dict[str, Any]:
        return {"kind": f"{kind}_edit", kind: reference, "version": None, "body": body}

    return [
        {"kind": "company", "body": {"name": "Example"}},
        edit("company", "microsoft", name="Microsoft Corporation"),
        {"kind": "asker", "body": {"name": "A reader", "kind": "individual"}},
        edit("asker", "associated-press", website="https://apnews.com"),
        {"kind": "dossier", "body": {"title": "Another"}},
        edit("dossier", "microsoft-imod", title="Renamed"),
        {"kind": "source", "body": {"url": "https://example.org/other"}},
        edit("source", source, author="A reporter"),
        question(),
        edit("question", "asked", topics=["audit"], context=None),
        {
            "kind": "ask",
            "question": "asked",
            "body": {"asker": "associated-press", "asked_on": "2025-07", "source": SOURCE},
        },
        {
            "kind": "ruling",
            "question": "other",
            "body": {
                "state": "withdrawn",
                "effective_on": "2025-07",
                "reason": "It was taken back.",
            },
        },
        statement(put),
        {
            "kind": "response",
            "statement": said["statement"]["id"],
            "body": {"question": other["id"], "verdict": "partial"},
        },
        {"kind": "correction", "body": {"target": said["id"], "reason": "It was wrong."}},
    ]


async def test_every_kind_can_be_kept_and_is_published_as_it_would_be_written(
    every: list[dict[str, Any]], drafting: Drafting, reader: Client
) -> None:
    assert [write["kind"] for write in every] == list(DraftKind)
    for write in every:
        before = await reader.events()
        draft = await drafting.save(write)
        assert draft["write"] == write
        assert await reader.events() == before

        published = await drafting.publish(draft)

        made, result = (await reader.events())[len(before) :], published["result"]
        assert result["seq"] == made[-1]["seq"], write
        assert result["id"] in {event["subject"]["id"] for event in made}
        assert result["id"].partition("_")[0] == result["type"]
        path = result["url"].removeprefix("https://answerable.test")
        assert result["id"] in (await reader.send("GET", path)).text
