"""What is checked when a draft is saved: the rules of the write, by the clock of its hour."""

from typing import Any

import pytest

from tests.drafts.conftest import Drafting, day, hour, question, statement
from tests.support.client import Client
from tests.support.make import SOURCE, Make


def pointers(problem: Any) -> list[str]:
    return [fault["pointer"] for fault in problem["errors"]]


async def test_what_the_schema_refuses_is_refused_with_its_place_in_the_draft(
    drafting: Drafting,
) -> None:
    put = question(asks=[{"asker": "associated-press", "asked_on": "2025-13", "source": SOURCE}])
    del put["body"]["lang"]

    problem = await drafting.save(put, expect=422)

    assert sorted(pointers(problem)) == ["/write/body/asks/0/asked_on", "/write/body/lang"]
    for write, pointer in (
        ({"kind": "question"}, "/write/body"),
        ({"kind": "rumour", "body": {}}, "/write"),
        ({"body": {}}, "/write"),
        ({"kind": "ask", "body": {}}, "/write/question"),
        ({"kind": "company_edit", "company": "microsoft", "body": {}}, "/write/version"),
        ({"kind": "company_edit", "company": "microsoft", "version": -1, "body": {}}, None),
        ({"kind": "company", "body": {"name": "a"}, "company": "b"}, "/write/company"),
        ({"kind": "correction", "body": {"target": "asked", "reason": "a"}}, "/write/body"),
        ("question", "/write"),
        (None, "/write"),
    ):
        problem = await drafting.save(write, expect=422)
        assert pointer is None or pointer in pointers(problem), (write, problem)


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"company": "nobody"}, "/company"),
        ({"dossiers": ["none"]}, "/dossiers/0"),
        ({"asks": [{"asker": "no", "asked_on": "2025", "source": SOURCE}]}, "/asks/0/asker"),
        ({"last_checked_on": "2999"}, "/last_checked_on"),
    ],
)
async def test_what_a_rule_refuses_is_refused_as_the_write_itself_is(
    drafting: Drafting, change: dict[str, Any], pointer: str
) -> None:
    write = question(**change)
    direct = await drafting.editor.post("/v1/questions", write["body"], 422)

    problem = await drafting.save(write, expect=422)

    assert pointers(direct) == [pointer]
    assert pointers(problem) == [f"/write/body{pointer}"]
    assert problem["detail"] == direct["detail"]
    assert await drafting.editor.pages("/v1/drafts") == []


async def test_what_does_not_fit_the_record_is_refused_as_the_write_itself_is(
    drafting: Drafting, make: Make
) -> None:
    put = await make.question(slug="asked")
    await make.company("apple")
    for path, write in (
        ("questions", question(slug="asked")),
        ("companies", {"kind": "company", "body": {"name": "Apple", "slug": "apple"}}),
        ("statements", statement(put, company="apple")),
        ("statements", statement(put, responses=statement(put)["body"]["responses"] * 2)),
    ):
        direct = await drafting.editor.send("POST", f"/v1/{path}", json=write["body"])
        answer = await drafting.editor.send("POST", "/v1/drafts", json={"write": write})
        assert answer.status_code == direct.status_code >= 409
        assert answer.json()["detail"] == direct.json()["detail"]
        assert answer.json()["type"] == direct.json()["type"]


async def test_what_is_written_to_has_to_be_there(drafting: Drafting) -> None:
    ask = {"asker": "associated-press", "asked_on": "2025", "source": SOURCE}
    response = {"question": "none", "verdict": "partial"}
    for name, kind, body in (
        ("question", "ask", ask),
        ("statement", "response", response),
        ("company", "company_edit", {"name": "a"}),
        ("asker", "asker_edit", {"name": "a"}),
        ("dossier", "dossier_edit", {"title": "a"}),
        ("source", "source_edit", {"author": "a"}),
        ("question", "question_edit", {"text": "a"}),
    ):
        write: dict[str, Any] = {"kind": kind, name: "none", "body": body}
        write |= {"version": None} if kind.endswith("edit") else {}
        problem = await drafting.save(write, expect=422)
        assert pointers(problem) == [f"/write/{name}"]
        assert problem["errors"][0]["code"] == "unknown_reference"


async def test_an_edit_of_what_has_changed_since_is_refused(drafting: Drafting) -> None:
    company = await drafting.editor.get("/v1/companies/microsoft")
    write = {
        "kind": "company_edit",
        "company": "microsoft",
        "version": company["version"],
        "body": {"name": "Microsoft Corporation"},
    }
    draft = await drafting.save(write)

    await drafting.editor.patch("/v1/companies/microsoft", {"description": "A company."})

    problem = await drafting.save(write, expect=412)
    assert company["id"] in problem["detail"]
    await drafting.publish(draft, expect=412)
    assert (await drafting.get(draft))["status"] == "waiting"
    now = (await drafting.editor.get("/v1/companies/microsoft"))["version"]
    await drafting.patch(draft, write={**write, "version": now})
    await drafting.publish(draft)
    assert (await drafting.editor.get("/v1/companies/microsoft"))["name"] == "Microsoft Corporation"


async def test_dates_may_go_up_to_the_day_of_the_embargo_and_no_further(
    drafting: Drafting, make: Make
) -> None:
    put, when, then = await make.question(), hour(days=3), day(days=3)

    draft = await drafting.save(statement(put, published_on=then), publish_at=when)

    late = statement(put, published_on=day(days=5))
    problem = await drafting.save(late, publish_at=when, expect=422)
    assert pointers(problem) == ["/write/body/published_on"]
    problem = await drafting.save(statement(put, published_on=then), expect=422)
    assert pointers(problem) == ["/write/body/published_on"]
    problem = await drafting.patch(draft, expect=422, publish_at=hour(days=1))
    assert pointers(problem) == ["/write/body/published_on"]
    problem = await drafting.publish(draft, expect=422)
    assert pointers(problem) == ["/write/body/published_on"]
    assert (await drafting.get(draft)) == draft


async def test_an_hour_that_cannot_be_kept_is_refused(drafting: Drafting, admin: Client) -> None:
    draft = await drafting.save(question())
    for when, code in (
        (hour(seconds=-1), "past"),
        ("2025-01-01T00:00:00+02:00", "past"),
        (hour(days=4000), "too_far"),
        ("9999-12-31T23:59:59Z", "too_far"),
        ("tomorrow", "instant"),
        (1747267200, "instant"),
    ):
        for problem in (
            await drafting.save(question(), publish_at=when, expect=422),
            await drafting.patch(draft, publish_at=when, expect=422),
        ):
            assert pointers(problem) == ["/publish_at"]
            assert problem["errors"][0]["code"] == code
    new = {"name": "short", "scopes": ["write"], "expires_at": hour(hours=1)}
    short = Client(drafting.editor.http, (await admin.post("/v1/keys", new))["key"])
    body = {"write": question(), "publish_at": hour(hours=2)}
    problem = await short.post("/v1/drafts", body, 422)
    assert problem["errors"][0]["code"] == "key_expires"


async def test_a_check_leaves_the_session_as_it_was(drafting: Drafting, reader: Client) -> None:
    """A draft saved and a write done by the same process share nothing: ids, numbers, slugs."""
    before = await reader.events()
    for _ in range(3):
        await drafting.save(question(slug="hired"), publish_at=hour(days=1))

    made = await drafting.editor.post("/v1/questions", question(slug="hired")["body"])

    after = await reader.events()
    assert after[: len(before)] == before
    assert [event["seq"] for event in after] == list(range(1, len(after) + 1))
    assert made["version"] == after[-1]["seq"]


async def test_two_drafts_may_want_the_same_and_the_second_to_be_published_does_not_fit(
    drafting: Drafting, reader: Client
) -> None:
    one, other = [await drafting.save(question(slug="hired")) for _ in range(2)]

    await drafting.publish(other)

    problem = await drafting.publish(one, expect=409)
    assert "hired" in problem["detail"]
    assert (await drafting.get(one)) == one
    assert len(await reader.pages("/v1/questions")) == 1
