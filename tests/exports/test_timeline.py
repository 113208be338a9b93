"""Timelines exported: for every question what its own timeline says."""

from app.exports import timeline
from tests.exports.reading import check_timelines, exported
from tests.support.client import Client
from tests.support.make import Make


async def test_the_questions_are_chosen_as_in_their_list(reader: Client, make: Make) -> None:
    await make.question(slug="one", state="answered")
    await make.question(slug="two", company="google")
    assert {item["question_slug"] for item in await check_timelines(reader, company="google")} == {
        "two"
    }
    assert {item["question_slug"] for item in await check_timelines(reader, open="false")} == {
        "one"
    }
    assert await check_timelines(reader, state="withdrawn") == []


async def test_all_that_a_source_and_a_correction_say_is_there(reader: Client, make: Make) -> None:
    source = {
        "url": "https://example.org/a",
        "archived_url": "https://archive.example/a",
        "title": "=An article",
        "publisher": "News; daily",
        "published_on": "2025-05",
        "quote": "-- said nobody",
        "sha256": "a" * 64,
    }
    question = await make.question(on="2025-01")
    found = await make.statement(question, on="2025-02", attributed_to="@nobody", source=source)
    await make.editor.correct(found["id"], replacement={"published_on": "2025-03"})

    _, struck, replaced = await exported(reader, "timeline")

    assert struck["source_url"] == "https://example.org/a"
    assert struck["source_archived_url"] == "https://archive.example/a"
    assert struck["source_title"] == "'=An article"
    assert struck["source_publisher"] == "News; daily"
    assert struck["source_sha256"] == "a" * 64
    assert struck["quote"] == "'-- said nobody"
    assert struck["attributed_to"] == "'@nobody"
    assert struck["corrected"] == "true"
    assert struck["correction_reason"] == "It was wrong."
    assert struck["replacement"] == replaced["id"]
    assert replaced["corrected"] == "false"
    assert list(struck) == list(timeline.COLUMNS)
