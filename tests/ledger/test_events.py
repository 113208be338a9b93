"""The ledger as clients poll it."""

from tests.support.client import Client
from tests.support.make import Make


async def test_an_empty_ledger_has_a_poll_url_that_finds_what_comes_next(
    editor: Client, make: Make
) -> None:
    empty = await editor.get("/v1/events")
    assert empty["data"] == []
    assert empty["poll_url"] == "https://answerable.test/v1/events?after=0"

    await make.company()

    assert len((await editor.get(empty["poll_url"]))["data"]) == 1


async def test_following_poll_url_sees_every_event_once(editor: Client, make: Make) -> None:
    url = "/v1/events?limit=2&type=question.created,question.state_changed"
    seen = []
    for number in range(3):
        await make.question(slug=f"question-{number}", state="declined")
        while (page := await editor.get(url))["data"]:
            seen += [(event["seq"], event["type"]) for event in page["data"]]
            url = page["poll_url"]
        url = page["poll_url"]

    assert [kind for _, kind in seen] == ["question.created", "question.state_changed"] * 3
    assert seen == sorted(set(seen))


async def test_a_filtered_poll_that_finds_nothing_moves_on_to_the_head(
    editor: Client, make: Make
) -> None:
    await make.question()
    head = (await editor.events())[-1]["seq"]

    page = await editor.get("/v1/events", type="ruling.recorded")

    assert page["data"] == []
    assert page["poll_url"].endswith(f"?after={head}&type=ruling.recorded")


async def test_events_are_found_by_company_and_question(editor: Client, make: Make) -> None:
    mine = await make.question(slug="mine")
    await make.question(slug="other", company="google")

    by_question = await editor.events(question="mine")
    by_company = await editor.events(company="google")

    assert {event["question"] for event in by_question} == {mine["id"]}
    assert {event["company"] for event in by_company} == {"google"}
    problem = await editor.get("/v1/events", expect=422, company="nobody")
    assert problem["errors"][0]["pointer"] == "/company"


async def test_a_wrong_event_type_is_answered_with_the_right_ones(reader: Client) -> None:
    problem = await reader.get("/v1/events", expect=422, type="question.exploded")
    assert "question.state_changed" in problem["detail"]


async def test_one_event_is_read_by_its_number(editor: Client, make: Make) -> None:
    await make.company()
    first = (await editor.events())[0]

    assert await editor.get("/v1/events/1") == first
    assert "newest is 1" in (await editor.get("/v1/events/2", expect=404))["detail"]


async def test_summaries_can_be_posted_as_they_are(editor: Client, make: Make) -> None:
    question = await make.question(text="Why " + "very " * 300 + "long?")
    await make.statement(question, verdict="partial", title="A title " * 30)
    await make.ruling(question, state="withdrawn", on="2025-06")

    for event in await editor.events():
        assert len(event["summary"]) <= 280
        assert "\n" not in event["summary"]


async def test_a_permalink_leads_to_the_question(editor: Client, make: Make) -> None:
    question = await make.question()
    event = (await editor.events(question=question["id"]))[0]

    found = await editor.http.get(event["url"], follow_redirects=True)

    assert found.json()["id"] == question["id"]
