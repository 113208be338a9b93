"""What companies said, and how it moves questions."""

from datetime import UTC, datetime, timedelta

from tests.support.client import Client
from tests.support.make import SOURCE, Make


async def test_a_later_refusal_does_not_undo_an_answer(editor: Client, make: Make) -> None:
    question = await make.question(state="answered", on="2025-05-15")

    await make.statement(question, kind="no_comment", verdict="declined", on="2025-05-16")

    shown = await editor.question(question)
    assert shown["state"] == "answered"
    assert shown["latest_response"]["verdict"] == "declined"
    assert shown["response_count"] == 2


async def test_an_acknowledgement_is_not_an_answer(make: Make) -> None:
    question = await make.question(state="acknowledged")
    assert question["state"] == "acknowledged"
    assert question["open"] is True


async def test_one_statement_bears_on_many_questions(editor: Client, make: Make) -> None:
    questions = [await make.question(slug=f"question-{number}") for number in range(6)]

    statement = await make.statement(*questions, verdict="partial", on="2025-05-15")

    assert [item["question"]["slug"] for item in statement["responses"]] == [
        question["slug"] for question in questions
    ]
    page = await editor.get("/v1/questions", state="partial")
    assert len(page["data"]) == 6
    short = await editor.get(f"/v1/statements/{statement['id']}")
    assert "responses" not in short
    assert short["response_count"] == 6


async def test_a_verdict_on_another_companys_question_is_refused_and_nothing_is_kept(
    editor: Client, make: Make
) -> None:
    mine = await make.question(slug="mine", company="microsoft")
    other = await make.question(slug="other", company="google")
    before = await editor.events()

    problem = await make.statement(mine, other, expect=409)

    assert problem["detail"] == ("other was put to Google, but the statement is by Microsoft.")
    assert await editor.events() == before


async def test_a_statement_from_the_future_is_refused(editor: Client, make: Make) -> None:
    question = await make.question()
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).date().isoformat()
    problem = await make.statement(question, on=tomorrow, expect=422)
    assert problem["errors"][0]["pointer"] == "/published_on"
    assert problem["errors"][0]["code"] == "future"


async def test_a_statement_bears_on_a_question_once(editor: Client, make: Make) -> None:
    question = await make.question()
    problem = await make.statement(question, question, expect=422)
    assert problem["errors"][0]["pointer"] == "/responses/1/question"
    statement = await make.statement(question)
    body = {"question": question["slug"], "verdict": "partial"}
    await editor.post(f"/v1/statements/{statement['id']}/responses", body, expect=409)


async def test_one_more_response_is_added_to_a_statement(editor: Client, make: Make) -> None:
    first, second = await make.question(slug="one"), await make.question(slug="two")
    statement = await make.statement(first)

    body = {"question": "two", "verdict": "answered", "excerpt": "Yes.", "rationale": "It says so."}
    response = await editor.post(f"/v1/statements/{statement['id']}/responses", body)

    shown = await editor.question(second, expand="statement,source")
    assert shown["state"] == "answered"
    assert shown["latest_response"]["id"] == response["id"]
    assert shown["latest_response"]["excerpt"] == "Yes."
    assert shown["latest_response"]["statement"]["response_count"] == 2
    assert shown["latest_response"]["statement"]["source"]["lang"] == "en"


async def test_unknown_references_are_refused_where_they_stand(editor: Client, make: Make) -> None:
    await make.company()
    body = {
        "company": "microsoft",
        "kind": "reply",
        "title": "A reply",
        "published_on": "2025-05",
        "lang": "en",
        "source": SOURCE,
        "responses": [{"question": "no-such-question", "verdict": "declined"}],
    }
    problem = await editor.post("/v1/statements", body, expect=422)
    assert problem["errors"][0]["pointer"] == "/responses/0/question"
    problem = await editor.post("/v1/statements", {**body, "company": "nobody"}, expect=422)
    assert problem["errors"][0]["pointer"] == "/company"
    missing = {key: value for key, value in body.items() if key != "source"}
    problem = await editor.post("/v1/statements", missing, expect=422)
    assert problem["errors"][0] == {
        "in": "body",
        "pointer": "/source",
        "detail": "This is required.",
        "code": "missing",
    }


async def test_statements_are_listed_by_company_question_and_kind(
    editor: Client, make: Make
) -> None:
    question = await make.question()
    refusal = await make.statement(question, kind="no_comment")
    reply = await make.statement(question, kind="reply")
    await make.statement(await make.question(company="google"), kind="filing")

    async def ids(**filters: str) -> list[str]:
        return [item["id"] for item in await editor.pages("/v1/statements", limit="1", **filters)]

    assert await ids(company="microsoft") == [reply["id"], refusal["id"]]
    assert await ids(question=question["slug"], kind="no_comment") == [refusal["id"]]
    assert len(await ids()) == 3
