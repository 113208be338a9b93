"""What was wrong is retracted in public; the mistake stays, struck, and counts for nothing."""

import pytest

from tests.support.client import Client
from tests.support.make import Make


async def test_a_wrong_verdict_is_struck_and_its_replacement_counts(
    editor: Client, make: Make
) -> None:
    question = await make.question(state="answered", on="2025-05-16")
    wrong = question["latest_response"]["id"]

    correction = await editor.correct(
        wrong, reason="It was a refusal.", replacement={"verdict": "declined"}
    )

    shown = await editor.question(question)
    assert shown["state"] == "declined"
    assert shown["correction_count"] == 1
    assert shown["response_count"] == 1
    assert shown["latest_response"]["id"] == correction["replacement"]
    struck, held = [
        entry for entry in await editor.timeline(question) if entry["type"] == "response"
    ]
    assert struck["id"] == wrong
    assert struck["verdict"] == "answered"
    assert struck["state_after"] == "unanswered"
    assert struck["corrected"] == {
        "id": correction["id"],
        "reason": "It was a refusal.",
        "recorded_at": correction["recorded_at"],
        "replacement": correction["replacement"],
    }
    assert held["corrected"] is None
    assert held["state_after"] == "declined"


async def test_a_retracted_statement_takes_its_responses_along(editor: Client, make: Make) -> None:
    one, two = await make.question(slug="one"), await make.question(slug="two")
    statement = await make.statement(one, two, verdict="partial")

    correction = await editor.correct(statement["id"], reason="It was a forgery.")

    for question in (one, two):
        assert (await editor.question(question))["state"] == "unanswered"
        parts = await editor.pages("/v1/corrections", question=question["slug"])
        assert [part["part_of"] for part in parts] == [correction["id"]]
    shown = await editor.get(f"/v1/statements/{statement['id']}", expand="responses")
    assert shown["corrected"]["reason"] == "It was a forgery."
    assert shown["response_count"] == 0
    assert all(response["corrected"] for response in shown["responses"])
    await editor.post(
        f"/v1/statements/{statement['id']}/responses",
        {"question": "one", "verdict": "answered"},
        expect=409,
    )


async def test_a_replaced_statement_brings_its_responses_to_the_new_date(
    editor: Client, make: Make
) -> None:
    question = await make.question(on="2025-05-01")
    statement = await make.statement(question, verdict="partial", on="2025-05-20")

    correction = await editor.correct(
        statement["id"], replacement={"published_on": "2025-05-10", "attributed_to": None}
    )

    shown = await editor.question(question)
    assert shown["state"] == "partial"
    assert shown["state_since"] == "2025-05-10"
    assert shown["latest_response"]["statement"]["id"] == correction["replacement"]
    assert (await editor.question(question, as_of="2025-05-09"))["state"] == "unanswered"


async def test_a_corrected_ask_moves_the_first_date_and_keeps_the_rest(
    editor: Client, make: Make
) -> None:
    quoted = {"url": "https://example.org/a", "quote": "He asked."}
    body = {"asker": await make.asker(), "asked_on": "2025-05", "source": quoted}
    question = await make.question(asks=[body])

    await editor.correct(question["asks"][0]["id"], replacement={"asked_on": "2025-04-02"})

    shown = await editor.question(question)
    assert shown["first_asked_on"] == "2025-04-02"
    assert [ask["source"]["quote"] for ask in shown["asks"]] == ["He asked."]
    assert shown["asks"][0]["asker"] == question["asks"][0]["asker"]


async def test_the_only_ask_cannot_be_retracted_without_a_replacement(
    editor: Client, make: Make
) -> None:
    question = await make.question()

    problem = await editor.correct(question["asks"][0]["id"], expect=409)

    assert "needs an ask" in problem["detail"]
    assert await editor.question(question) == question


async def test_a_ruling_is_retracted_too(editor: Client, make: Make) -> None:
    question = await make.question(state="declined")
    ruling = await make.ruling(question, state="withdrawn", on="2025-06")
    await editor.correct(ruling["id"])
    assert (await editor.question(question))["state"] == "declined"


async def test_an_entry_is_corrected_once(editor: Client, make: Make) -> None:
    question = await make.question(state="declined")
    target = question["latest_response"]["id"]
    first = await editor.correct(target)
    problem = await editor.correct(target, expect=409)
    assert first["id"] in problem["detail"]


async def test_a_response_may_be_moved_to_the_question_that_it_bears_on(
    editor: Client, make: Make
) -> None:
    wrong = await make.question(slug="wrong", state="declined")
    right = await make.question(slug="right")
    await editor.correct(wrong["latest_response"]["id"], replacement={"question": "right"})
    assert (await editor.question(wrong))["state"] == "unanswered"
    assert (await editor.question(right))["state"] == "declined"


@pytest.mark.parametrize(
    ("target", "replacement", "pointer"),
    [
        ("response", {"verdict": "splendid"}, "/replacement/verdict"),
        ("response", {"asked_on": "2025"}, "/replacement/asked_on"),
        ("response", {"question": "nowhere"}, "/replacement/question"),
        ("ask", {"asked_on": "2999"}, "/replacement/asked_on"),
        ("ask", {"asked_on": None}, "/replacement/asked_on"),
        ("ask", {"asker": "nobody"}, "/replacement/asker"),
        ("ask", {"source": {"url": "ftp://x.org/y"}}, "/replacement/source/url"),
        ("statement", {"published_on": "2999"}, "/replacement/published_on"),
        ("ruling", {"reason": ""}, "/replacement/reason"),
        ("response", {}, "/replacement"),
    ],
)
async def test_a_wrong_replacement_is_refused_where_it_is_wrong(
    editor: Client, make: Make, target: str, replacement: dict[str, object], pointer: str
) -> None:
    question = await make.question(state="declined")
    ids = {
        "response": question["latest_response"]["id"],
        "ask": question["asks"][0]["id"],
        "statement": question["latest_response"]["statement"]["id"],
        "ruling": (await make.ruling(question, state="partial", on="2025-06"))["id"],
    }
    before = await editor.events()

    problem = await editor.correct(ids[target], expect=422, replacement=replacement)

    assert problem["errors"][0]["pointer"] == pointer
    assert await editor.events() == before


@pytest.mark.parametrize("target", ["", "question_01jv8z4x9kf3t8w2m5r7c1q0ab", "x", None, 7])
async def test_what_cannot_be_corrected_is_refused_with_an_example(
    editor: Client, target: object
) -> None:
    body = {"target": target, "reason": "It was wrong."}
    problem = await editor.post("/v1/corrections", body, expect=422)
    assert "response_01jv8z4x9kf3t8w2m5r7c1q0ab" in problem["detail"]


async def test_an_unknown_entry_is_named_as_such(editor: Client) -> None:
    problem = await editor.correct("ask_01jv8z4x9kf3t8w2m5r7c1q0ab", expect=422)
    assert problem["errors"][0]["code"] == "unknown_reference"


async def test_a_correction_is_listed_read_and_recorded(editor: Client, make: Make) -> None:
    question = await make.question(state="answered")
    made = await editor.correct(question["latest_response"]["id"], reason="Wrong.")

    assert await editor.get(f"/v1/corrections/{made['id']}") == made
    assert await editor.pages("/v1/corrections", company="microsoft") == [made]
    events = [event["type"] for event in await editor.events(question=question["id"])][-2:]
    assert events == ["correction.recorded", "question.state_changed"]


async def test_a_change_of_state_is_told_as_the_company_s_deed_only_when_it_was(
    editor: Client, make: Make
) -> None:
    question = await make.question(state="declined")
    await make.ruling(question, state="nonresponsive", on="2025-06")
    target = (await editor.timeline(question))[-1]["id"]
    await editor.correct(target, reason="Too harsh.")

    by_company, by_ruling, by_correction = await editor.events(type="question.state_changed")
    assert by_company["summary"].startswith("Microsoft declined to answer: ")
    assert by_ruling["summary"].startswith("By an editor’s ruling, a question to Microsoft now")
    assert by_ruling["reason"] == "The asker said so."
    assert by_correction["summary"].startswith("After a correction, a question to Microsoft now")
    assert by_correction["reason"] == "Too harsh."
