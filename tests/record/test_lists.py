"""Lists: filters, orders, pages, expansion, and how many queries they take."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event

from app.core.db import Database
from tests.support.client import Client
from tests.support.make import Make

ORDERS = ["first_asked_on", "state_since", "days_open", "updated_at"]


OWN = (
    *("select pg_catalog", "select current", "SHOW", "show", "SET", "BEGIN", "ROLLBACK"),
    "SELECT log_head.seq \nFROM log_head",
)
"""What is asked for a connection, a transaction and the ledger's head is not counted."""


@contextmanager
def counted(database: Database) -> Iterator[list[str]]:
    """Collect the statements that run on a database."""
    statements: list[str] = []

    def note(*args: Any) -> None:
        if not args[2].lstrip().startswith(OWN):
            statements.append(args[2])

    engines = [database.engine.sync_engine, *([database.looking] if database.looking else [])]
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        for engine in engines:
            event.remove(engine, "before_cursor_execute", note)


async def some_questions(make: Make) -> list[Any]:
    """Put nine questions that differ in everything by which they are ordered."""
    states = ["unanswered", "declined", "answered"]
    found = []
    for number in range(9):
        found.append(
            await make.question(
                slug=f"question-{number}",
                on=f"2025-0{number % 4 + 1}-1{number % 3}",
                state=states[number % 3],
                company=["microsoft", "google"][number % 2],
                topics=["audit"] if number % 2 else ["cloud"],
            )
        )
    return found


@pytest.mark.parametrize("sort", [*ORDERS, *(f"-{name}" for name in ORDERS)])
async def test_pages_of_any_size_show_everything_once_and_in_order(
    reader: Client, make: Make, sort: str
) -> None:
    await some_questions(make)
    whole = await reader.get("/v1/questions", sort=sort, limit=200)

    keys = [item[sort.lstrip("-")] for item in whole["data"]]
    assert keys == sorted(keys, reverse=sort.startswith("-"))
    for limit in (1, 2, 4):
        pages = await reader.pages("/v1/questions", sort=sort, limit=limit)
        assert pages == whole["data"]


@pytest.mark.parametrize("moment", [{"as_of": "2025-03-11"}, {"known_at": "last"}])
@pytest.mark.parametrize("sort", ORDERS)
async def test_pages_of_the_past_are_complete_too(
    reader: Client, make: Make, sort: str, moment: dict[str, Any]
) -> None:
    await some_questions(make)
    if "known_at" in moment:
        moment = {"known_at": (await reader.events())[-2]["recorded_at"]}
    whole = await reader.get("/v1/questions", sort=sort, limit=200, **moment)
    assert 0 < len(whole["data"]) <= 9
    assert await reader.pages("/v1/questions", sort=sort, limit=2, **moment) == whole["data"]


async def test_the_link_header_leads_through_all_pages(reader: Client, make: Make) -> None:
    await some_questions(make)
    url, seen = "/v1/questions?company=microsoft&limit=2", []
    while url:
        answer = await reader.send("GET", url)
        seen += [item["slug"] for item in answer.json()["data"]]
        url = answer.links["next"]["url"] if "next" in answer.links else ""
    assert len(seen) == len(set(seen)) == 5


async def test_a_page_stays_where_it_was_when_something_is_added_before_it(
    reader: Client, make: Make
) -> None:
    await some_questions(make)
    everything = await reader.pages("/v1/questions")
    first = await reader.get("/v1/questions", limit=4)
    await make.question(slug="newest", on="2025-09")
    rest = await reader.get("/v1/questions", limit=200, cursor=first["next_cursor"])
    assert first["data"] + rest["data"] == everything


async def test_every_filter_finds_what_it_names(reader: Client, make: Make) -> None:
    await make.dossier()
    one = await make.question(
        slug="one", on="2025-03", topics=["audit"], dossiers=["microsoft-imod"], asker="afp"
    )
    two = await make.question(slug="two", on="2025-05-15", state="declined", company="google")
    three = await make.question(slug="three", on="2025-06", state="answered")
    await make.ask(three, on="2025-07", asker="afp")

    async def found(**filters: Any) -> set[str]:
        page = await reader.get("/v1/questions", **filters)
        return {item["slug"] for item in page["data"]}

    assert await found(company="google") == {"two"}
    assert await found(company=one["company"]["id"]) == {"one", "three"}
    assert await found(asker="afp") == {"one", "three"}
    assert await found(dossier="microsoft-imod") == {"one"}
    assert await found(topic="audit") == {"one"}
    assert await found(topic="nothing-like-it") == set()
    assert await found(state="declined,answered") == {"two", "three"}
    assert await found(open="true") == {"one", "two"}
    assert await found(open="false") == {"three"}
    assert await found(asked_after="2025-05") == {"two", "three"}
    assert await found(asked_before="2025-05-15") == {"one"}
    assert await found(asked_after="2025-03", asked_before="2025-06") == {"one", "two"}
    assert await found(updated_after=two["updated_at"]) == {"three"}
    assert await found(company="microsoft", open="true", topic="audit") == {"one"}
    assert await found(asker="afp", as_of="2025-06-30") == {"one"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("company", "nobody"), ("asker", "nobody"), ("dossier", "nothing"), ("state", "angry"),
        ("sort", "name"), ("open", "perhaps"), ("asked_after", "yesterday"), ("limit", "0"),
        ("limit", "5.0"), ("limit", " 5"), ("open", "yes"),
        ("expand", "everything"), ("as_of", "2025-02-30"), ("known_at", "2025-05-15"),
        ("updated_after", "2025"), ("colour", "blue"),
    ],
)  # fmt: skip
async def test_a_wrong_filter_is_named(reader: Client, name: str, value: str) -> None:
    problem = await reader.get("/v1/questions", expect=422, **{name: value})
    assert problem["errors"][0]["pointer"] == f"/{name}"
    assert problem["errors"][0]["in"] == "query"


async def test_a_cursor_of_another_list_is_refused(reader: Client, make: Make) -> None:
    await some_questions(make)
    cursor = (await reader.get("/v1/questions", limit=2))["next_cursor"]
    for other in ({"company": "google"}, {"sort": "days_open"}, {"as_of": "2025-06"}):
        problem = await reader.get("/v1/questions", expect=400, cursor=cursor, **other)
        assert "next_cursor" in problem["detail"]
    await reader.get("/v1/questions", expect=400, cursor=cursor[:-2] + "AA")
    await reader.get("/v1/companies", expect=400, cursor=cursor)


async def test_expand_inlines_what_is_short(reader: Client, make: Make) -> None:
    question = await make.question(state="declined")
    await make.statement(question, verdict="partial", on="2025-06")

    short = await reader.question(question)
    full = await reader.question(question, expand="responses,company,source,statement")

    assert set(short["company"]) == {"id", "slug", "name"}
    assert full["company"]["identifiers"] == {}
    assert "sha256" not in short["asks"][0]["source"]
    assert full["asks"][0]["source"]["sha256"] is None
    assert [item["verdict"] for item in full["responses"]] == ["declined", "partial"]
    assert full["latest_response"] == full["responses"][-1]
    assert "source" not in short["latest_response"]["statement"]
    assert full["latest_response"]["statement"]["source"]["lang"] == "en"


@pytest.mark.parametrize(
    ("options", "most"),
    [
        ({}, 10),
        ({"company": "microsoft", "state": "partial"}, 11),
        ({"expand": "responses,company,source,statement"}, 12),
        ({"as_of": "2025-09"}, 10),
    ],
)
async def test_a_list_takes_the_same_few_queries_however_long_it_is(
    reader: Client, make: Make, database: Database, options: dict[str, Any], most: int
) -> None:
    questions = await some_questions(make)
    await make.statement(*questions[::2], verdict="partial")
    counts = []
    for limit in (1, 9):
        news = {"description": f"So that all questions are rendered anew: {limit}."}
        await make.editor.patch("/v1/companies/microsoft", news)
        with counted(database) as statements:
            page = await reader.get("/v1/questions", limit=limit, **options)
        assert page["data"]
        counts.append(len(statements))

    assert counts[0] == counts[1] <= most


async def test_a_list_of_questions_that_were_shown_before_takes_one_query(
    reader: Client, make: Make, database: Database
) -> None:
    await some_questions(make)
    whole = await reader.get("/v1/questions")

    with counted(database) as statements:
        page = await reader.get("/v1/questions", limit=5)

    assert page["data"] == whole["data"][:5]
    assert len(statements) == 1


async def test_a_dossier_shows_its_questions(reader: Client, make: Make) -> None:
    await make.dossier()
    question = await make.question(dossiers=["microsoft-imod"])
    await make.question(slug="outside")

    short = await reader.get("/v1/dossiers/microsoft-imod")
    full = await reader.get("/v1/dossiers/microsoft-imod", expand="questions")

    assert short["question_count"] == 1
    assert "questions" not in short
    assert full["questions"] == [question]


async def test_a_long_timeline_comes_in_pages(reader: Client, make: Make) -> None:
    question = await make.question(on="2025-01-01")
    for day in range(1, 6):
        await make.ask(question, on=f"2025-02-0{day}")
    path = f"/v1/questions/{question['id']}/timeline"

    whole = await reader.get(path)

    assert len(whole["data"]) == 6
    assert whole["state"] == "unanswered"
    assert await reader.pages(path, limit=4) == whole["data"]
