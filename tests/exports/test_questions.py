"""Questions exported: every form says what their list says."""

from functools import partial

import pytest

from app.exports import questions
from app.search import finding
from tests.exports.reading import check_questions, export, exported, rows
from tests.support.client import Client
from tests.support.make import SOURCE, Make

HOSTILE = 'He said: "no, never",\r\nthen left;\ttwice 😀 — été'


async def test_every_filter_of_the_list_is_one_of_the_export(reader: Client, make: Make) -> None:
    await make.dossier()
    await make.question(
        slug="one", on="2025-03", topics=["audit"], dossiers=["microsoft-imod"], asker="afp"
    )
    two = await make.question(slug="two", on="2025-05-15", state="declined", company="google")
    late = await make.question(slug="late", on="2025-06", respond_by="2025-07")

    assert await check_questions(reader, company="google") == ["two"]
    assert await check_questions(
        reader, company=late["company"]["id"], asker="associated-press"
    ) == ["late"]
    assert await check_questions(reader, dossier="microsoft-imod") == ["one"]
    assert await check_questions(reader, topic="audit") == ["one"]
    assert await check_questions(reader, topic="nothing-like-it") == []
    assert await check_questions(reader, state="declined,answered") == ["two"]
    assert await check_questions(reader, open="true", overdue="false") == ["two", "one"]
    assert await check_questions(reader, overdue="true") == ["late"]
    assert await check_questions(reader, asked_after="2025-04", asked_before="2025-06") == ["two"]
    assert await check_questions(reader, updated_after=two["updated_at"]) == ["late"]
    assert await check_questions(reader, asker="afp", as_of="2025-04") == ["one"]


async def test_a_wrong_filter_is_a_problem_and_no_file(reader: Client) -> None:
    for name, value in (
        ("company", "nobody"), ("state", "angry"), ("open", "perhaps"), ("as_of", "2025-02-30"),
        ("as_of", "2999"), ("known_at", "2999-01-01T00:00:00Z"), ("bom", "2"), ("bom", "true"),
        ("limit", "10"), ("cursor", "abc"), ("sort", "days_open"), ("expand", "source"),
    ):  # fmt: skip
        for kind in ("questions", "timeline"):
            problem = await reader.get(f"/v1/exports/{kind}.csv", expect=422, **{name: value})
            assert problem["errors"][0]["pointer"] == f"/{name}"


async def test_words_are_searched_as_in_the_list(
    reader: Client, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    await make.question(slug="one", text="Which external firm was hired?", on="2025-05-01")
    await make.question(slug="two", text="Who paid the firm?", on="2025-05-02", company="google")
    await make.question(slug="three", text="How many people work there?")
    listed = (await reader.get("/v1/questions", q="firm", sort="-first_asked_on"))["data"]
    for item in listed:
        del item["highlight"]

    assert (await export(reader, "questions.json", q="firm")).json() == listed
    found = rows((await export(reader, "questions.csv", q="firm")).text)
    assert [row["slug"] for row in found] == ["two", "one"]
    found = rows((await export(reader, "timeline.csv", q="firm", company="google")).text)
    assert [row["question_slug"] for row in found] == ["two"]
    for params, name in (({"q": "firm", "known_at": "2025-01-01T00:00:00Z"}, "known_at"),
                         ({"q": "-"}, "q")):  # fmt: skip
        problem = await reader.get("/v1/exports/questions.csv", expect=422, **params)
        assert problem["errors"][0]["pointer"] == f"/{name}"

    some = partial(finding.candidates, limit=1)
    monkeypatch.setattr(finding, "candidates", some)
    problem = await reader.get("/v1/exports/questions.json", expect=422, q="firm", open="true")
    assert "all or none" in problem["detail"]


async def test_hostile_texts_come_through_whole(reader: Client, make: Make) -> None:
    source = {**SOURCE, "url": 'https://example.org/?a=1,2&b=";"'.replace('"', "%22")}
    await make.company("microsoft", name='Micro"soft", Inc. ; Co')
    await make.asker("afp", name="=SUM(A1:A9)")
    question = await make.question(text=HOSTILE, asker="afp", external_id="-1; @2")
    await make.statement(question, title="+33 1 23 45 67 89", source=source, responses=[
        {"question": question["id"], "verdict": "partial", "excerpt": '"=1+1"\n\n@home'},
    ])  # fmt: skip

    (row,) = rows((await export(reader, "questions.csv")).text)

    assert row["text"] == HOSTILE
    assert row["company_name"] == 'Micro"soft", Inc. ; Co'
    assert row["asker_names"] == "'=SUM(A1:A9)"
    assert row["external_id"] == "'-1; '@2"
    assert row["latest_excerpt"] == "'\"=1+1\"\n\n'@home"
    assert row["latest_statement_title"] == "'+33 1 23 45 67 89"
    assert row["latest_source_url"] == source["url"]
    assert await exported(reader, "questions")


async def test_a_question_with_hardly_anything_has_empty_cells(reader: Client, make: Make) -> None:
    await make.question()
    (row,) = rows((await export(reader, "questions.csv")).text)
    assert {name for name, cell in row.items() if not cell} == {
        "dossiers", "topics", "respond_by", "latest_response_on", "latest_verdict",
        "latest_excerpt", "latest_statement_title", "latest_statement_url", "latest_source_url",
        "last_checked_on", "external_id",
    }  # fmt: skip
    assert list(row) == list(questions.COLUMNS)


async def test_several_of_a_kind_are_joined_and_an_asker_is_named_once(
    reader: Client, make: Make
) -> None:
    dossiers = [await make.dossier(slug) for slug in ("audits", "armies")]
    question = await make.question(dossiers=dossiers, topics=["ai", "cloud"], on="2025-02")
    await make.ask(question, on="2025-03", asker="afp")
    await make.ask(question, on="2025-04")

    (row,) = rows((await export(reader, "questions.csv")).text)

    assert row["dossiers"] == "audits; armies"
    assert row["topics"] == "ai; cloud"
    assert row["askers"] == "associated-press; afp"
    assert row["asker_names"] == "Associated-Press; Afp"
    assert row["ask_count"] == "3"


async def test_an_empty_export_has_a_header_and_is_valid_json(reader: Client) -> None:
    assert await exported(reader, "questions") == []
    text = (await export(reader, "questions.csv")).text
    assert text == ",".join(questions.COLUMNS) + "\r\n"
