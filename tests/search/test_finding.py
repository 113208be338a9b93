"""Questions are found by their words, in any language mix, with and without filters."""

from typing import Any

import pytest
from sqlalchemy import Connection, select

from app.core.db import Database
from app.search import finding, names
from app.search.documents import QUESTION
from app.search.finding import Found
from app.search.query import Query
from app.search.tokens import Tokens
from tests.search.conftest import Find, slugs
from tests.support.make import Make

CONTRACTS = "Which contracts did the firm sign?"


async def languages(make: Make) -> None:
    """Put questions in five languages."""
    french = {"text": "L’armée a-t-elle déclaré ses contrats ?", "context": None, "machine": False}
    questions: dict[str, dict[str, Any]] = {
        "english": {"text": CONTRACTS, "translations": {"fr": french}},
        "french": {"text": "Quelle société étrangère a signé l’accord ?", "lang": "fr"},
        "chinese": {"text": "微软与以色列国防部签订了什么合同？", "lang": "zh"},
        "arabic": {"text": "ماذا قالت الشَّرِكَة عن أسئلة الصحفيين؟", "lang": "ar"},
        "russian": {"text": "Что ещё знала компания о договорах?", "lang": "ru"},
    }
    for slug, fields in questions.items():
        await make.question(slug=slug, **fields)


@pytest.mark.parametrize(
    ("looked_for", "found"),
    [
        ("CONTRACTS", "english"),
        ("declare", "english"),
        ("DÉCLARÉ", "english"),
        ("société", "french"),
        ("SOCIETE etrangere", "french"),
        ("l'armée", "english"),
        ("国防部", "chinese"),
        ("微软 合同", "chinese"),
        ("军", ""),
        ("国防 部国", ""),
        ("الشركة", "arabic"),
        ("اسئلة", "arabic"),
        ("ЕЩЕ", "russian"),
        ("договор", "russian"),
        ("contract", "english"),
        ("contracting", "english"),
        ("societes", "french"),
        ("firm armée", "english"),
        ("nothing like it", ""),
    ],
)
async def test_words_are_found_in_every_language(
    make: Make, find: Find, looked_for: str, found: str
) -> None:
    await languages(make)
    assert await find(looked_for) == found.split()


async def test_every_text_of_a_question_is_searched(make: Make, find: Find) -> None:
    await make.company("acme", name="Acmé Holdings", names=["Société Générale d’Acmé"])
    french = {"text": "En francais", "context": "Le soussol", "machine": True}
    question = await make.question(
        company="acme",
        slug="one",
        text="The first",
        context="The background",
        translations={"fr": french},
    )
    response = {"question": question["id"], "verdict": "partial", "excerpt": "We regret"}
    await make.statement(question, title="A press release", responses=[response])
    await make.question(slug="other", company="google", text="Nothing of it")

    for text in (
        "first", "background", "français", "soussol", "holdings", "generale", "acme",
        "regret", "release", "first background francais acme regret release",
    ):  # fmt: skip
        assert await find(text) == ["one"], text
    assert await find("first nothing") == []
    assert set(await find("the -francais -of")) == set()


async def test_a_company_is_meant_by_its_names(make: Make, database: Database) -> None:
    for number in range(names.MOST + 2):
        name = f"Bank of No{number}"
        await make.company(f"bank-{number}", name=name, names=[f"No{number} Banking Corp."])
    last = names.MOST + 1
    await make.question(slug="first", company="bank-0", text="A text")
    await make.question(slug="last", company=f"bank-{last}", text="A text")
    await make.question(slug="bank", text="Which bank?")

    def search(given: str) -> Any:
        def work(connection: Connection) -> tuple[list[str], bool]:
            found = finding.candidates(connection, Query.parse(given), Tokens())
            return slugs(connection, [hit.question_id for hit in found.hits]), found.complete

        return database.look(work)

    assert await search(f"no{last}") == (["last"], True)
    assert await search("text no0") == (["first"], True)
    assert await search(f"bank no{last} text") == (["last"], False)
    assert await search(f'"no{last} banking"') == (["last"], False)
    assert await search('"no0 bank"') == ([], False)
    assert await search("bank") == (["bank", "first"], False)
    assert await search(f"text -no{last} -microsoft") == (["first"], True)


async def test_a_phrase_is_found_in_its_order_and_form_only(make: Make, find: Find) -> None:
    await make.question(slug="one", text="An external firm was hired", context="Firms say no")
    await make.question(slug="two", text="A firm, external to us", context="No firms external")

    assert set(await find("external firm")) == {"one", "two"}
    assert await find('"external firm"') == ["one"]
    assert await find('"EXTERNAL firm was hired"') == ["one"]
    assert await find("external-firm") == ["one"]
    assert await find('"external firms"') == []
    assert await find('"hired firms"') == []  # the end of a text is no neighbour of the next
    assert await find('"firm external"') == ["two"]
    assert await find('"firm" "no firms"') == ["two"]
    assert await find('external -"external firm"') == ["two"]


async def test_what_is_excluded_is_left_out_in_all_its_forms(make: Make, find: Find) -> None:
    await make.question(slug="one", text="Which contract?")
    await make.question(slug="two", text="Which contracts?")
    await make.question(slug="three", text="Which audit?")

    assert await find("which -contract") == ["three"]
    assert await find('which -"contract"') == ["three", "two"]
    assert await find("which -audit -contract") == []


async def test_filters_leave_out_what_does_not_have_them(make: Make, find: Find) -> None:
    dossier = (await make.editor.get(f"/v1/dossiers/{await make.dossier()}"))["id"]
    one = await make.question(
        slug="one", topics=["human-rights"], dossiers=[dossier], on="2019-05", asker="afp"
    )
    await make.question(slug="two", state="declined", company="google", on="2021-06")
    three = await make.question(slug="three", respond_by="2025-09-01", on="2023")
    await make.ask(three, on="2024", asker="afp")
    afp = one["asks"][0]["asker"]["id"]

    assert set(await find("firm")) == {"one", "two", "three"}
    assert set(await find("firm", company=one["company"]["id"])) == {"one", "three"}
    assert set(await find("firm", askers=[afp])) == {"one", "three"}
    assert await find("firm", dossier=dossier) == ["one"]
    assert await find("firm", topic="human-rights") == ["one"]
    assert await find("firm", states=["declined"]) == ["two"]
    assert set(await find("firm", states=["declined", "unanswered"])) == {"one", "two", "three"}
    assert await find("firm", has_respond_by=True) == ["three"]
    assert set(await find("firm", asked_from=2021)) == {"two", "three"}
    assert set(await find("firm", asked_to=2021)) == {"one", "two"}
    assert await find("firm", asked_from=2020, asked_to=2022) == ["two"]
    assert set(await find("firm", asked_from=1066)) == {"one", "two", "three"}
    assert await find("firm", asked_to=1066) == []
    assert await find("firm", company=one["company"]["id"], askers=[afp], topic="audit") == []
    assert await find("firm", states=[]) == []
    assert await find("firm", asked_from=2022, asked_to=2020) == []
    assert await find("firm", asked_from=9999) == []


@pytest.mark.parametrize("topic", ["human", "human-right", "x' | 'y", 'a"b', "human rights", "¤"])
async def test_a_topic_that_nothing_has_finds_nothing(make: Make, find: Find, topic: str) -> None:
    await make.question(topics=["human-rights"])
    assert await find("firm", topic=topic) == []


async def test_no_word_reaches_the_tokens(make: Make, find: Find) -> None:
    question = await make.question(topics=["audit"], on="2019")
    for text in (
        "declined", "¤s¤unanswered", '"¤s¤unanswered"', "t audit", "y2019", question["id"],
        f"c{question['company']['id'].partition('_')[2]}",
    ):  # fmt: skip
        assert await find(text) == [], text


async def test_only_what_fulfils_a_condition_is_found(make: Make, database: Database) -> None:
    for number in range(8):
        await make.question(slug=f"q{number}", on=f"202{number % 2}")
    early = select(QUESTION.c.id).where(QUESTION.c.first_asked_on == "2020")

    def search(given: str, **bounds: Any) -> Any:
        def work(connection: Connection) -> tuple[list[str], bool]:
            found: Found = finding.candidates(
                connection, Query.parse(given), Tokens(), early, **bounds
            )
            return slugs(connection, [hit.question_id for hit in found.hits]), found.complete

        return database.look(work)

    assert await search("firm") == (["q6", "q4", "q2", "q0"], True)
    assert await search('"external firm" -"firm external"') == (["q6", "q4", "q2", "q0"], True)
    assert await search("firm", limit=4) == (["q6", "q4", "q2", "q0"], True)
    assert await search("firm", limit=3) == (["q6", "q4", "q2"], False)
    assert await search("firm", examined=5) == (["q6", "q4"], False)
    assert await search("nothing", examined=5) == ([], True)


async def test_the_newest_are_ranked_when_there_are_more(make: Make, database: Database) -> None:
    for number in range(7):
        await make.question(slug=f"q{number}")

    def search(limit: int) -> Any:
        def work(connection: Connection) -> tuple[list[str], bool]:
            found = finding.candidates(connection, Query.parse("firm"), Tokens(), limit=limit)
            return slugs(connection, [hit.question_id for hit in found.hits]), found.complete

        return database.look(work)

    assert await search(7) == ([f"q{number}" for number in range(6, -1, -1)], True)
    assert await search(6) == ([f"q{number}" for number in range(6, 0, -1)], False)


@pytest.mark.parametrize("looked_for", ["firm", '"external firm"'])
async def test_batches_come_to_everything_once(
    make: Make, database: Database, looked_for: str
) -> None:
    for number in range(9):
        await make.question(slug=f"q{number}", **({"text": "A firm"} if number % 3 else {}))

    def everything(size: int) -> Any:
        def work(connection: Connection) -> list[str]:
            found: list[str] = []
            below = None
            while True:
                some = finding.batch(connection, Query.parse(looked_for), Tokens(), below, size)
                found += [question_id for _, question_id in some]
                if len(some) < size:
                    return slugs(connection, found)
                below = some[-1][0]

        return database.look(work)

    wanted = range(9) if looked_for == "firm" else range(0, 9, 3)
    for size in (1, 2, 3, 4, 9, 100):
        assert await everything(size) == [f"q{number}" for number in reversed(wanted)]
