"""Badges over HTTP: what they say of questions, companies and dossiers, from whenever one looks."""

from typing import Any
from xml.etree import ElementTree

import pytest

from app.core import clock
from app.core.dates import EdtfDate
from app.core.db import Database
from app.questions.state import State
from app.vocabulary.states import STATES
from tests.record.test_lists import counted
from tests.support.client import Client
from tests.support.make import Make

WORDS = {
    "unanswered": ("unanswered · {days} days", "sans réponse · {days} jours"),
    "acknowledged": ("acknowledged · {days} days", "accusé de réception · {days} jours"),
    "declined": ("declined · {days} days", "réponse déclinée · {days} jours"),
    "nonresponsive": (
        "spoke, did not answer · {days} days",
        "déclaration sans réponse · {days} jours",
    ),
    "partial": ("answered in part · {days} days", "réponse partielle · {days} jours"),
    "answered": ("answered", "réponse donnée"),
    "withdrawn": ("withdrawn", "question retirée"),
}
ALL = ("questions/asked", "companies/microsoft", "dossiers/microsoft-imod")


async def said(reader: Client, path: str, **params: Any) -> str:
    """Read what a badge says, and make sure that its picture says the same."""
    shields = await reader.get(f"/v1/{path}/badge.json", **params)
    answer = await reader.send("GET", f"/v1/{path}/badge.svg", params=params)
    assert answer.status_code == 200
    picture = ElementTree.fromstring(answer.content)
    assert picture.attrib["aria-label"] == f"{shields['label']}: {shields['message']}"
    return f"{shields['label']}: {shields['message']}"


async def one_of_each(make: Make) -> None:
    """Put a question into every state, all in one dossier, and one to another company."""
    await make.dossier()
    for number, state in enumerate(State):
        await make.question(slug=f"q-{number}", state=state, dossiers=["microsoft-imod"])
    await make.question(slug="asked", dossiers=["microsoft-imod"])
    await make.question(slug="other", company="google")


def days_since(day: str) -> int:
    return (clock.today() - EdtfDate(day).first_day).days


def test_every_state_has_its_words() -> None:
    assert list(WORDS) == list(State)
    for state, (english, french) in WORDS.items():
        labels = STATES[State(state)].labels
        assert english.startswith(labels["en"])  # type: ignore[index]
        assert french.startswith(labels["fr"])  # type: ignore[index]


@pytest.mark.parametrize("state", WORDS)
async def test_a_question_says_its_state_and_since_how_many_days_it_is_open(
    reader: Client, make: Make, state: str
) -> None:
    question = await make.question(state=state, on="2025-05-15")
    path, days = f"questions/{question['slug']}", days_since("2025-05-15")
    english, french = (text.format(days=days) for text in WORDS[state])

    assert await said(reader, path) == f"Microsoft: {english}"
    assert await said(reader, path, lang="fr") == f"Microsoft: {french}"
    if question["open"]:
        assert days == (await reader.question(question))["days_open"]


async def test_an_answered_question_says_after_how_many_days(reader: Client, make: Make) -> None:
    question = await make.question(slug="asked", on="2025-05-15")
    await make.statement(question, verdict="answered", on="2025-05-27")
    assert await said(reader, "questions/asked") == "Microsoft: answered after 12 days"
    french = await said(reader, "questions/asked", lang="fr")
    assert french == "Microsoft: réponse donnée après 12 jours"


async def test_one_day_is_no_plural(reader: Client, make: Make) -> None:
    await make.question(slug="asked", on="2025-05-15")
    ends = {"2025-05-15": ("0 days", "0 jour"), "2025-05-16": ("1 day", "1 jour")}
    for day, (english, french) in ends.items():
        assert f"· {english} ·" in await said(reader, "questions/asked", as_of=day)
        assert f"· {french} ·" in await said(reader, "questions/asked", as_of=day, lang="fr")


@pytest.mark.parametrize("path", ["companies/microsoft", "dossiers/microsoft-imod"])
async def test_what_is_counted_is_unanswered_of_all_that_is_not_withdrawn(
    reader: Client, make: Make, path: str
) -> None:
    await one_of_each(make)
    lists = {"companies": "company", "dossiers": "dossier"}
    collection, slug = path.split("/")
    filters: dict[str, Any] = {lists[collection]: slug}
    alike = await reader.get("/v1/questions", state="unanswered", **filters)
    everything = await reader.get("/v1/questions", **filters)
    assert (len(alike["data"]), len(everything["data"])) == (2, 8)

    name = {"companies": "Microsoft", "dossiers": "microsoft-imod"}[collection]
    assert await said(reader, path) == f"{name}: 2 of 7 unanswered"
    assert await said(reader, path, lang="fr") == f"{name}: 2 sur 7 sans réponse"
    title = await title_of(reader, f"/v1/{path}/badge.svg")
    assert "Counted are the questions that were not withdrawn." in title


async def title_of(reader: Client, url: str) -> str:
    picture = ElementTree.fromstring((await reader.send("GET", url)).content)
    title = picture.find("{http://www.w3.org/2000/svg}title")
    assert title is not None
    return title.text or ""


async def test_where_there_is_no_question_nothing_is_counted(reader: Client, make: Make) -> None:
    await make.company()
    await make.dossier()
    assert await said(reader, "companies/microsoft") == "Microsoft: no questions"
    assert await said(reader, "companies/microsoft", lang="fr") == "Microsoft: aucune question"
    assert await said(reader, "dossiers/microsoft-imod") == "microsoft-imod: no questions"
    question = await make.question(state="withdrawn", dossiers=["microsoft-imod"])
    assert await said(reader, "companies/microsoft") == "Microsoft: no questions"
    await make.ask(question, on="2025-06")
    assert await said(reader, "companies/microsoft") == "Microsoft: 1 of 1 unanswered"
    await make.statement(question, verdict="declined", on="2025-07")
    assert await said(reader, "companies/microsoft") == "Microsoft: 0 of 1 unanswered"


async def test_a_badge_of_the_past_says_what_was_true_then_and_names_the_day(
    reader: Client, make: Make
) -> None:
    await make.dossier()
    question = await make.question(slug="asked", on="2025-05-15", dossiers=["microsoft-imod"])
    await make.statement(question, verdict="answered", on="2025-06-15")
    for path in ALL:
        assert "unanswered" not in (await said(reader, path)).replace("0 of 1 unanswered", "")
    then = {"as_of": "2025-06-01"}
    assert await said(reader, "questions/asked", **then) == (
        "Microsoft: unanswered · 17 days · 2025-06-01"
    )
    for path in ALL[1:]:
        assert (await said(reader, path, **then)).endswith(": 1 of 1 unanswered · 2025-06-01")
    before = {"as_of": "2025-05-14"}
    assert (await said(reader, ALL[1], **before)).endswith("no questions · 2025-05-14")
    for kind in ("svg", "json"):
        await reader.get(f"/v1/questions/asked/badge.{kind}", expect=404, **before)


async def test_a_badge_of_what_was_known_never_changes(
    reader: Client, make: Make, editor: Client
) -> None:
    await make.dossier()
    question = await make.question(slug="asked", on="2025-05-15", dossiers=["microsoft-imod"])
    instant = (await reader.events())[-1]["recorded_at"]
    now = {path: await said(reader, path) for path in ALL}
    before = {path: await said(reader, path, known_at=instant) for path in ALL}
    await make.statement(question, verdict="declined", on="2025-06-15")
    await make.question(dossiers=["microsoft-imod"])
    await editor.patch("/v1/companies/microsoft", {"name": "Microsoft Corporation"})
    await editor.patch("/v1/dossiers/microsoft-imod", {"title": "Microsoft and the army"})
    for path in ALL:
        assert await said(reader, path, known_at=instant) == before[path]
        assert await said(reader, path) != now[path]
    early = {"known_at": "2020-01-01T00:00:00Z"}
    for path in ALL:
        await reader.get(f"/v1/{path}/badge.json", expect=404, **early)


async def test_a_dossier_has_the_title_that_a_person_translated(
    reader: Client, make: Make, editor: Client
) -> None:
    path = f"dossiers/{await make.dossier()}"
    for machine, title in ((True, "microsoft-imod"), (False, "Microsoft et l’armée")):
        translated = {"fr": {"title": "Microsoft et l’armée", "machine": machine}}
        await editor.patch(f"/v1/{path}", {"translations": translated})
        assert await said(reader, path, lang="fr") == f"{title}: aucune question"
    assert await said(reader, path) == "microsoft-imod: no questions"


@pytest.mark.parametrize("path", ALL)
@pytest.mark.parametrize("kind", ["svg", "json"])
async def test_what_is_not_there_is_a_problem(reader: Client, path: str, kind: str) -> None:
    collection = path.partition("/")[0]
    singular = {"companies": "company"}.get(collection, collection[:-1])
    for name in ("nothing", f"{singular}_01jv8z4x9kf3t8w2m5r7c1q0ab", "a" * 300):
        problem = await reader.get(f"/v1/{collection}/{name}/badge.{kind}", expect=404)
        assert problem["type"] == "/problems/not-found"


@pytest.mark.parametrize("path", ALL)
async def test_a_former_slug_leads_on(
    reader: Client, make: Make, editor: Client, path: str
) -> None:
    await make.question(slug="asked")
    await make.dossier()
    await editor.patch(f"/v1/{path}", {"slug": "renamed"})
    collection = path.partition("/")[0]
    for kind in ("svg", "json"):
        answer = await reader.send("GET", f"/v1/{path}/badge.{kind}?lang=fr")
        assert answer.status_code == 308
        assert answer.headers["location"] == f"/v1/{collection}/renamed/badge.{kind}?lang=fr"
        there = await reader.send("GET", answer.headers["location"])
        assert there.status_code == 200


async def test_an_own_label_takes_the_place_of_the_name(reader: Client, make: Make) -> None:
    await one_of_each(make)
    for path in ALL:
        assert (await said(reader, path, label="réponses ?")).startswith("réponses ?: ")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("label", ""), ("label", "a" * 81), ("label", "two\nlines"), ("label", "a\u200bb"),
        ("label", " \u00a0 "), ("lang", "de"), ("as_of", "2999"), ("known_at", "2025"),
        ("style", "plastic"), ("color", "red"),
    ],
)  # fmt: skip
async def test_a_wrong_parameter_is_named(
    reader: Client, make: Make, name: str, value: str
) -> None:
    await make.question(slug="asked")
    await make.dossier()
    for path in ALL:
        for kind in ("svg", "json"):
            problem = await reader.get(f"/v1/{path}/badge.{kind}", expect=422, **{name: value})
            assert problem["errors"][0]["pointer"] == f"/{name}"


async def test_a_picture_may_be_kept_and_runs_nothing(reader: Client, make: Make) -> None:
    await make.question(slug="asked")
    for _ in range(2):  # the second may come out of a cache
        answer = await reader.send("GET", "/v1/questions/asked/badge.svg")
        assert answer.headers["content-type"] == "image/svg+xml; charset=utf-8"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-security-policy"] == (
            "default-src 'none'; style-src 'unsafe-inline'"
        )
        assert "no-store" not in answer.headers["cache-control"]
        tag = {"If-None-Match": answer.headers["etag"]}
        again = await reader.send("GET", "/v1/questions/asked/badge.svg", headers=tag)
        assert (again.status_code, again.content) == (304, b"")


async def test_a_badge_changes_with_its_question(reader: Client, make: Make) -> None:
    question = await make.question(slug="asked")
    before = await reader.send("GET", "/v1/questions/asked/badge.svg")
    await make.statement(question, verdict="partial", on="2025-06")
    tag = {"If-None-Match": before.headers["etag"]}
    after = await reader.send("GET", "/v1/questions/asked/badge.svg", headers=tag)
    assert after.status_code == 200
    assert "answered in part" in after.text


async def test_shields_gets_the_members_that_it_knows_and_no_others(
    reader: Client, make: Make
) -> None:
    await make.question(slug="asked")
    await make.dossier()
    for path in ALL:
        shields = await reader.get(f"/v1/{path}/badge.json")
        assert set(shields) == {
            "schemaVersion", "label", "message", "color", "labelColor", "cacheSeconds",
        }  # fmt: skip
        assert shields["schemaVersion"] == 1
        assert shields["cacheSeconds"] >= 300


@pytest.mark.parametrize("path", ALL[1:])
async def test_all_questions_are_counted_by_one_statement(
    reader: Client, make: Make, database: Database, path: str
) -> None:
    await make.dossier()
    for moment in ({}, {"as_of": "2025-06"}):
        await make.question(dossiers=["microsoft-imod"])
        with counted(database) as statements:
            await reader.get(f"/v1/{path}/badge.json", **moment)  # type: ignore[arg-type]
        about_questions = [text for text in statements if " question" in text]
        assert len(about_questions) == 1
        assert "count(*)" in about_questions[0]
