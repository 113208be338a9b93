"""Putting questions, editing them, asking again, ruling."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from tests.support.client import Client
from tests.support.make import SOURCE, Make

ASK = {"asker": "associated-press", "asked_on": "2025-05", "channel": "written", "source": SOURCE}


async def body_of(make: Make, **fields: Any) -> dict[str, Any]:
    return {
        "company": await make.company(),
        "text": "Which firm?",
        "lang": "en",
        "asks": [{**ASK, "asker": await make.asker()}],
        **fields,
    }


async def test_a_question_reads_as_the_contract_says(editor: Client, make: Make) -> None:
    await make.dossier()
    question = await make.question(
        on="2025-05",
        slug="microsoft-external-firm-name",
        topics=["audit"],
        dossiers=["microsoft-imod"],
        translations={"fr": {"text": "Quelle société ?"}},
        external_id="row-1",
    )

    today = datetime.now(UTC).date()
    assert question["slug"] == "microsoft-external-firm-name"
    assert question["url"] == f"https://answerable.test/v1/questions/{question['id']}"
    assert question["company"]["name"] == "Microsoft"
    assert question["dossiers"][0]["slug"] == "microsoft-imod"
    assert question["asks"][0]["asker"]["kind"] == "newsroom"
    assert question["asks"][0]["source"]["url"] == SOURCE["url"]
    assert question["translations"]["fr"]["machine"] is False
    assert question["first_asked_on"] == "2025-05"
    assert question["state_since"] == "2025-05"
    assert question["days_open"] == (today - date(2025, 5, 1)).days
    assert question["latest_response"] is None
    assert question["overdue"] is False
    assert "responses" not in question
    by_slug = await editor.get("/v1/questions/microsoft-external-firm-name")
    assert by_slug == question


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"asks": []}, "/asks"),
        ({"asks": [{key: ASK[key] for key in ("asker", "asked_on")}]}, "/asks/0/source"),
        ({"asks": [{**ASK, "source": {"title": "No address"}}]}, "/asks/0/source"),
        ({"asks": [{**ASK, "source": {"url": "javascript:x"}}]}, "/asks/0/source/url"),
        ({"asks": [{**ASK, "source": "source_01jv8z4x9kf3t8w2m5r7c1q0ab"}]}, "/asks/0/source"),
        ({"asks": [{**ASK, "asked_on": "2999-01-01"}]}, "/asks/0/asked_on"),
        ({"asks": [{**ASK, "asked_on": "2025-13"}]}, "/asks/0/asked_on"),
        ({"asks": [{**ASK, "asker": "nobody"}]}, "/asks/0/asker"),
        ({"company": "nobody"}, "/company"),
        ({"dossiers": ["nothing"]}, "/dossiers/0"),
        ({"topics": ["Audit"]}, "/topics/0"),
        ({"topics": ["a", "a"]}, "/topics"),
        ({"lang": "english"}, "/lang"),
        ({"text": "   "}, "/text"),
        ({"text": None}, "/text"),
        ({"state": "answered"}, "/state"),
        ({"slug": "Not a slug"}, "/slug"),
        ({"respond_by": "soon"}, "/respond_by"),
        ({"translations": {"fr": {"text": "?", "machine": "no"}}}, "/translations/fr/machine"),
    ],
)
async def test_a_wrong_question_is_refused_where_it_is_wrong(
    editor: Client, make: Make, change: dict[str, Any], pointer: str
) -> None:
    problem = await editor.post("/v1/questions", await body_of(make, **change), expect=422)
    assert problem["errors"][0]["pointer"] == pointer
    assert (await editor.get("/v1/questions"))["data"] == []


async def test_an_edit_changes_only_what_is_sent(editor: Client, make: Make) -> None:
    question = await make.question(context="Why.", topics=["audit"])
    path = f"/v1/questions/{question['id']}"

    edited = await editor.patch(path, {"context": None, "reason": "Not needed."})

    assert edited["context"] is None
    assert edited["topics"] == ["audit"]
    assert edited["version"] > question["version"]
    assert await editor.question(question) == edited


async def test_an_edit_needs_the_etag_of_the_last_read(editor: Client, make: Make) -> None:
    question = await make.question()
    path = f"/v1/questions/{question['id']}"
    etag = (await editor.send("GET", path)).headers["ETag"]

    assert (await editor.send("PATCH", path, json={"lang": "fr"})).status_code == 428
    await editor.patch(path, {"lang": "fr"}, match=etag)
    stale = await editor.patch(path, {"lang": "de"}, expect=412, match=etag)
    assert stale["type"] == "/problems/precondition-failed"
    await editor.patch(path, {"lang": "de"}, match="*")


async def test_the_etag_of_an_edit_serves_for_the_next_one(editor: Client, make: Make) -> None:
    question = await make.question()
    path = f"/v1/questions/{question['id']}"
    etag = (await editor.send("GET", path)).headers["ETag"]
    for lang in ("fr", "de", "en"):
        headers = {"If-Match": etag}
        answer = await editor.send("PATCH", path, json={"lang": lang}, headers=headers)
        assert answer.status_code == 200
        etag = answer.headers["ETag"]
    assert (await editor.send("GET", path)).headers["ETag"] == etag


async def test_an_etag_is_stale_once_the_company_has_answered(editor: Client, make: Make) -> None:
    question = await make.question()
    path = f"/v1/questions/{question['id']}"
    etag = (await editor.send("GET", path)).headers["ETag"]
    await make.statement(question, verdict="answered")
    await editor.patch(path, {"lang": "fr"}, expect=412, match=etag)


async def test_a_former_slug_leads_to_the_new_one_and_is_given_to_nobody_else(
    editor: Client, make: Make
) -> None:
    question = await make.question(slug="old-name")
    await editor.patch("/v1/questions/old-name", {"slug": "new-name"})

    moved = await editor.send("GET", "/v1/questions/old-name?as_of=2025-06")
    assert moved.status_code == 308
    assert moved.headers["Location"] == "/v1/questions/new-name?as_of=2025-06"
    moved = await editor.send("GET", "/v1/questions/old-name/timeline")
    assert moved.headers["Location"] == "/v1/questions/new-name/timeline"
    problem = await editor.post("/v1/questions", await body_of(make, slug="old-name"), expect=409)
    assert question["id"] in problem["detail"]
    back = await editor.patch("/v1/questions/new-name", {"slug": "old-name"})
    assert back["slug"] == "old-name"


async def test_slugs_are_made_from_the_text_and_are_unique(editor: Client, make: Make) -> None:
    text = "Où l’armée utilise-t-elle Azure ?"
    first = await editor.post("/v1/questions", await body_of(make, text=text))
    second = await editor.post("/v1/questions", await body_of(make, text=text))
    third = await editor.post("/v1/questions", await body_of(make, text="؟؟؟"))
    assert first["slug"] == "ou-larmee-utilise-t-elle-azure"
    assert second["slug"] == "ou-larmee-utilise-t-elle-azure-2"
    assert third["slug"] == "question"


async def test_an_external_id_belongs_to_one_question(editor: Client, make: Make) -> None:
    question = await make.question(external_id="row-1")
    problem = await editor.post(
        "/v1/questions", await body_of(make, external_id="row-1"), expect=409
    )
    assert question["id"] in problem["detail"]


async def test_a_withdrawn_question_that_is_asked_again_is_open(editor: Client, make: Make) -> None:
    question = await make.question(state="withdrawn", on="2025-05-01")
    assert question["open"] is False
    assert question["days_open"] == 0

    ask = await make.ask(question, on="2025-06-01", asker="someone-else")

    shown = await editor.question(question)
    assert shown["state"] == "unanswered"
    assert shown["state_since"] == "2025-06-01"
    assert [item["id"] for item in shown["asks"]][-1] == ask["id"]
    entries = await editor.timeline(question)
    assert [entry["state_after"] for entry in entries] == ["unanswered", "withdrawn", "unanswered"]


async def test_a_ruling_needs_a_reason_and_shows_its_source(editor: Client, make: Make) -> None:
    question = await make.question()
    path = f"/v1/questions/{question['id']}/rulings"
    body = {"state": "withdrawn", "effective_on": "2025-06"}
    problem = await editor.post(path, body, expect=422)
    assert problem["errors"][0]["pointer"] == "/reason"
    future = {**body, "reason": "x", "effective_on": "2999"}
    assert (await editor.post(path, future, expect=422))["errors"][0]["code"] == "future"

    ruling = await make.ruling(question, state="withdrawn", on="2025-06", source=SOURCE)

    assert ruling["source"]["url"] == SOURCE["url"]
    entry = (await editor.timeline(question))[-1]
    assert entry["type"] == "ruling"
    assert entry["reason"] == ruling["reason"]
    assert entry["source"] == ruling["source"]


async def test_overdue_is_after_the_last_day_of_respond_by(editor: Client, make: Make) -> None:
    today = datetime.now(UTC).date()
    yesterday = (today - timedelta(days=1)).isoformat()
    late = await make.question(slug="late", respond_by=yesterday)
    waiting = await make.question(slug="waiting", respond_by=today.isoformat())
    month = await make.question(slug="month", respond_by=today.isoformat()[:7])
    done = await make.question(slug="done", respond_by=yesterday, state="answered")

    assert [item["overdue"] for item in (late, waiting, month, done)] == [True, False, False, False]
    page = await editor.get("/v1/questions", overdue="true")
    assert [item["slug"] for item in page["data"]] == ["late"]
    assert len((await editor.get("/v1/questions", overdue="false"))["data"]) == 3


async def test_a_dry_run_answers_what_would_happen_and_keeps_nothing(
    editor: Client, make: Make
) -> None:
    body = await body_of(make)
    before = await editor.events()

    answer = await editor.send("POST", "/v1/questions?dry_run=true", json=body)

    assert answer.status_code == 201
    assert answer.headers["Dry-Run"] == "true"
    assert "Location" not in answer.headers
    assert answer.json()["state"] == "unanswered"
    assert await editor.events() == before
    await editor.get(f"/v1/questions/{answer.json()['id']}", expect=404)
    problem = await editor.post("/v1/questions?dry_run=true", {**body, "asks": []}, expect=422)
    assert problem["errors"][0]["pointer"] == "/asks"


async def test_a_dry_edit_still_checks_the_etag(editor: Client, make: Make) -> None:
    question = await make.question()
    path = f"/v1/questions/{question['id']}?dry_run=true"
    await editor.patch(path, {"lang": "fr"}, expect=412, match='"0"')
    edited = await editor.patch(path, {"lang": "fr"}, match="*")
    assert edited["lang"] == "fr"
    assert (await editor.question(question))["lang"] == "en"
