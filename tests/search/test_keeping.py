"""The index says what the record says: it changes in the transaction that changes the record."""

from typing import Any

import pytest
from sqlalchemy import Connection, select, text

from app.core.db import Database
from app.search import filling
from app.search.models import DOCUMENT, FORM
from tests.search.conftest import Find
from tests.support.client import Client
from tests.support.make import Make


async def respond(make: Make, question: Any, excerpt: str) -> Any:
    response = {"question": question["id"], "verdict": "partial", "excerpt": excerpt}
    return await make.statement(question, responses=[response], title="A letter")


async def test_an_edit_changes_what_is_found(make: Make, find: Find) -> None:
    question = await make.question(slug="one", text="Which firm?", context="An audit")
    path = f"/v1/questions/{question['id']}"

    await make.editor.patch(path, {"text": "Which bank?", "context": None})

    assert await find("firm") == await find("audit") == []
    assert await find("bank") == ["one"]


async def test_a_translation_is_found_as_long_as_it_is_there(make: Make, find: Find) -> None:
    question = await make.question(slug="one")
    path = f"/v1/questions/{question['id']}"
    french = {"text": "Quelle société ?", "machine": True}

    await make.editor.patch(path, {"translations": {"fr": french}})
    assert await find("sociétés") == ["one"]
    await make.editor.patch(path, {"translations": {"fr": None}})
    assert await find("société") == []


async def test_a_corrected_response_is_not_found_by_its_excerpt(make: Make, find: Find) -> None:
    question = await make.question(slug="one")
    await respond(make, question, "We regret this")
    response = (await make.editor.question(question, expand="responses"))["responses"][0]
    assert await find("regret letter") == ["one"]

    fix = {"excerpt": "We welcome this"}
    await make.editor.correct(response["id"], replacement=fix)

    assert await find("regret") == []
    assert await find("welcome letter") == ["one"]


async def test_a_corrected_statement_is_not_found_by_its_title(make: Make, find: Find) -> None:
    question = await make.question(slug="one")
    statement = await respond(make, question, "We regret this")
    await make.editor.correct(statement["id"])
    assert await find("letter") == await find("regret") == []
    assert await find("firm") == ["one"]


async def test_filters_follow_what_moves_a_question(make: Make, find: Find) -> None:
    question = await make.question(slug="one", on="2020")
    assert await find("firm", states=["unanswered"]) == ["one"]
    await make.ruling(question, state="withdrawn", on="2021")
    assert await find("firm", states=["unanswered"]) == []
    assert await find("firm", states=["withdrawn"]) == ["one"]
    await make.ask(question, on="2022", asker="afp")
    assert await find("firm", states=["unanswered"]) == ["one"]

    asks = (await make.editor.question(question))["asks"]
    afp, first = asks[1]["asker"]["id"], asks[0]
    assert await find("firm", askers=[afp]) == await find("firm", asked_to=2020) == ["one"]
    await make.editor.correct(asks[1]["id"], replacement={"asker": "associated-press"})
    assert await find("firm", askers=[afp]) == []
    await make.editor.correct(first["id"], replacement={"asked_on": "2018"})
    assert await find("firm", asked_to=2018) == ["one"]


async def test_all_questions_to_a_company_are_found_by_its_new_name(
    make: Make, find: Find, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.search.keeping.BATCH", 2)
    for number in range(5):
        await make.question(slug=f"q{number}", text="A text", company="twitter")
    await make.question(slug="other", text="A text")
    assert len(await find("twitter")) == 5

    await make.editor.patch("/v1/companies/twitter", {"name": "Xcorp", "slug": "xcorp"})

    assert await find("twitter") == []
    assert len(await find("xcorp text")) == 5
    assert await find("microsoft") == ["other"]


async def test_a_dry_run_and_a_refused_change_leave_the_index_as_it_was(
    make: Make, find: Find
) -> None:
    question = await make.question(slug="one")
    path = f"/v1/questions/{question['id']}"
    body = {"text": "Which bank?"}
    await make.editor.patch(path, body, params={"dry_run": "true"})
    await make.editor.patch(path, body, expect=412, match='"0"')
    assert await find("bank") == []
    assert await find("firm") == ["one"]


async def snapshot(database: Database) -> tuple[list[Any], list[Any]]:
    """Read the whole index."""

    def work(connection: Connection) -> tuple[list[Any], list[Any]]:
        columns = [column for column in DOCUMENT.c if column.name != "words"]
        documents = connection.execute(select(*columns).order_by(DOCUMENT.c.docid)).all()
        forms = connection.execute(select(FORM).order_by(FORM.c.word, FORM.c.language)).all()
        return list(documents), list(forms)

    return await database.look(work)


async def everything(make: Make) -> None:
    """Put on the record something of every kind, and change it."""
    french = {"text": "Quelle société ?", "context": "Un contexte", "machine": True}
    one = await make.question(slug="one", translations={"fr": french}, topics=["audit"])
    two = await make.question(slug="two", state="declined", respond_by="2025-09")
    await respond(make, one, "We regret this")
    await make.statement(one, two, verdict="answered", on="2025-07")
    await make.ask(two, on="2025-08", asker="afp")
    await make.ruling(two, state="withdrawn", on="2025-09")
    await make.editor.patch("/v1/companies/microsoft", {"names": ["Micro Soft"]})
    await make.editor.patch(f"/v1/questions/{one['id']}", {"lang": "de", "topics": []})


async def test_filling_anew_makes_the_same_index(
    make: Make, database: Database, find: Find, monkeypatch: pytest.MonkeyPatch
) -> None:
    await everything(make)
    kept = await snapshot(database)
    assert await filling.fill(database) == 0

    async with database.writing() as session:
        for table in ("search_document", "search_form"):
            await session.execute(text(f"DELETE FROM {table}"))
    assert await find("firm") == []
    monkeypatch.setattr(filling, "BATCH", 1)
    told: list[int] = []

    assert await filling.fill(database, told.append) == 2

    assert told == [1, 2]
    assert await snapshot(database) == kept
    assert set(await find("firm")) == {"one", "two"}
    assert await filling.fill(database) == 0


async def test_what_another_version_made_is_made_anew(
    make: Make, database: Database, find: Find
) -> None:
    await make.question(slug="one")
    await make.question(slug="two")
    async with database.writing() as session:
        change = "UPDATE search_document SET made = '0', head = 'old words'"
        await session.execute(text(f"{change} WHERE docid = (SELECT min(docid) FROM {DOCUMENT})"))

    assert await filling.fill(database) == 1

    assert await find("old words") == []
    assert set(await find("firm")) == {"one", "two"}


async def test_what_an_earlier_release_changed_is_made_anew(
    make: Make, database: Database, find: Find
) -> None:
    question = await make.question(slug="one")
    async with database.writing() as session:
        change = "UPDATE question SET text = 'Which bank?', version = version + 1"
        await session.execute(text(change))

    assert await filling.fill(database) == 1

    assert await find("bank") == [question["slug"]]
    assert await find("firm") == []


async def test_a_very_long_question_is_found_by_what_is_indexed_of_it(
    make: Make, find: Find
) -> None:
    numbers = " ".join(f"w{number}" for number in range(1500))
    await make.question(slug="one", text="A text", context=f"{'again ' * 300}and {numbers}")

    assert await find("w0 w199 w1499 again") == ["one"]
    assert await find('"w198 w199 w200"') == ["one"]
    assert await find('"again and w0"') == []  # a word is indexed so many times
    assert await find('"and w0"') == ["one"]


async def test_the_longest_texts_fit_in_the_index(editor: Client, make: Make, find: Find) -> None:
    long = {"text": "𠜎" * 2000, "context": "ﷺ" * 555, "machine": True}
    languages = [f"{first}{last}" for first in "xyzw" for last in "abcdefghijkl"]
    question = await make.question(slug="one", text="First " + "文" * 1900, context="ß" * 9000)
    await editor.patch(
        f"/v1/questions/{question['id']}", {"translations": dict.fromkeys(languages[:20], long)}
    )
    assert await find("first") == await find("文文") == ["one"]
