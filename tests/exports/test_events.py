"""Events exported: what their list says, in order of seq."""

from typing import Any

import pytest

from app.exports import events
from tests.exports import reading
from tests.exports.reading import exported
from tests.support.client import Client
from tests.support.make import Make


@pytest.fixture(autouse=True, params=[None, 2], ids=["whole", "in batches of 2"])
def batches(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run the tests with batches as they are, and with small ones."""
    if request.param is not None:
        monkeypatch.setattr(events, "BATCH", request.param)


async def check(reader: Client, **params: Any) -> list[dict[str, str]]:
    """Compare all forms with the list, and return the rows."""
    listed = await reader.pages("/v1/events", **params)
    found = await exported(reader, "events", **params)
    assert found == [reading.event(item) for item in listed]
    return found


async def test_an_export_says_what_the_list_says(reader: Client, make: Make) -> None:
    question = await make.question(text="=1+1", state="declined")
    await make.ruling(question, state="answered", on="2025-06")
    other = await make.question(company="google")

    found = await check(reader)

    assert [int(row["seq"]) for row in found] == list(range(1, len(found) + 1))
    assert list(found[0]) == list(events.COLUMNS)
    changed = [row for row in found if row["type"] == "question.state_changed"]
    assert [(row["from"], row["to"]) for row in changed] == [
        ("unanswered", "declined"), ("declined", "answered"),
    ]  # fmt: skip
    assert {row["question"] for row in await check(reader, question=other["id"])} == {other["id"]}
    assert {row["company"] for row in await check(reader, company="google")} == {"google"}
    assert len(await check(reader, after=3)) == len(found) - 3
    some = await check(reader, type="ask.recorded,ruling.recorded")
    assert {row["type"] for row in some} == {"ask.recorded", "ruling.recorded"}
    assert await check(reader, flagged="true") == []
    assert await check(reader, flagged="false") == found


async def test_an_actor_or_reason_is_no_formula(reader: Client, make: Make) -> None:
    await make.ruling(await make.question(), state="answered", on="2025-06", reason="-1+1")
    (row,) = await exported(reader, "events", type="ruling.recorded")
    assert row["reason"] == "'-1+1"


async def test_what_a_stolen_key_wrote_is_chosen_or_left_out(
    reader: Client, make: Make, admin: Client
) -> None:
    await make.question()
    keys = (await admin.get("/v1/keys"))["data"]
    (key,) = [one["id"] for one in keys if one["name"] == "editor-paris"]
    await admin.post(f"/v1/keys/{key}/compromised", {"since": "2020-01-01T00:00:00Z"})

    flagged = await check(reader, flagged="true")

    assert {row["actor"] for row in flagged} == {"editor-paris"}
    assert {row["actor"] for row in await check(reader, flagged="false")} == {"root"}


async def test_a_wrong_filter_is_a_problem_and_no_file(reader: Client) -> None:
    for name, value in (
        ("type", "birth"),
        ("company", "nobody"),
        ("after", "-1"),
        ("as_of", "2025"),
    ):
        problem = await reader.get("/v1/exports/events.jsonl", expect=422, **{name: value})
        assert problem["errors"][0]["pointer"] == f"/{name}"
