"""The real case: what it holds, and that loading it twice changes nothing."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from app.core.db import Database
from app.dataset import loader
from app.questions.state import State
from tests.support.client import Client

CASE: dict[str, Any] = json.loads(loader.FILE.read_text(encoding="utf-8"))
ARTICLE = Path(__file__).parents[3] / "shared" / "seed" / "article-2025-05.fr.txt"


async def test_the_case_is_served_with_its_history(database: Database, reader: Client) -> None:
    loaded = await loader.load(database)

    questions = await reader.pages("/v1/questions", dossier="microsoft-imod")
    assert loaded.questions == len(questions) >= 12
    assert loaded.statements == 2
    assert {question["company"]["slug"] for question in questions} == {"microsoft"}
    assert {question["first_asked_on"] for question in questions} == {"2025-05"}
    assert all(question["translations"]["fr"]["text"] for question in questions)
    assert all(question["asks"][0]["source"]["quote"] for question in questions)
    companies = {company["slug"] for company in await reader.pages("/v1/companies")}
    assert companies == {"microsoft", "google", "amazon", "palantir"}
    changes = await reader.events(type="question.state_changed")
    assert changes
    assert len(await reader.pages("/v1/sources")) == 1


async def test_the_unnamed_firm_and_the_unpublished_report_are_not_answered(
    database: Database, reader: Client
) -> None:
    await loader.load(database)

    firm = await reader.question("microsoft-external-firm-name", expand="responses")
    report = await reader.question("microsoft-external-firm-report")

    assert firm["state"] == State.NONRESPONSIVE
    assert [item["verdict"] for item in firm["responses"]] == ["nonresponsive", "declined"]
    assert firm["responses"][0]["statement"]["attributed_to"] is None
    assert report["state"] == State.UNANSWERED
    written = await reader.question("microsoft-ai-models-strike-targets")
    assert written["asks"][0]["asker"]["slug"] == "associated-press"
    assert written["state"] == State.UNANSWERED
    entries = await reader.timeline(firm)
    assert [entry["state_after"] for entry in entries] == [
        "unanswered",
        "nonresponsive",
        "nonresponsive",
    ]


async def test_loading_twice_changes_nothing(database: Database, reader: Client) -> None:
    await loader.load(database)
    before = await reader.events()

    again = await loader.load(database)

    assert (again.questions, again.statements) == (0, 0)
    assert await reader.events() == before


@pytest.mark.skipif(not ARTICLE.exists(), reason="the article is not beside this checkout")
def test_every_quote_stands_in_the_article() -> None:
    article = ARTICLE.read_text(encoding="utf-8")
    quotes = [ask["quote"] for question in CASE["questions"] for ask in question["asks"]]
    quotes += [statement["quote"] for statement in CASE["statements"]]
    quotes += [
        response["excerpt"]
        for statement in CASE["statements"]
        for response in statement["responses"]
        if response["excerpt"]
    ]
    assert [quote for quote in quotes if quote not in article] == []
    digest = hashlib.sha256(ARTICLE.read_bytes()).hexdigest()
    assert CASE["sources"]["article"]["sha256"] == digest


def test_every_verdict_has_its_reason() -> None:
    for statement in CASE["statements"]:
        for response in statement["responses"]:
            assert response["rationale"]
