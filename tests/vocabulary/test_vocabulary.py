"""The vocabulary: every word of the record is in it, in both languages, and in order."""

from enum import StrEnum
from typing import Any

import pytest

from app.askers.models import AskerKind
from app.core.settings import Settings
from app.ledger.models import recorded_models
from app.ledger.schemas import EventType
from app.main import build
from app.questions.state import State, Verdict
from app.record.schemas import TimelinePage
from app.sources.models import Online
from app.statements.models import StatementKind
from app.vocabulary.words import Lang, typeset
from tests.support.client import Client
from tests.support.make import Make

ENUMS: dict[str, type[StrEnum]] = {
    "states": State,
    "verdicts": Verdict,
    "statement_kinds": StatementKind,
    "asker_kinds": AskerKind,
    "online": Online,
    "event_types": EventType,
}
LISTS = [*ENUMS, "subjects"]
OF_OPERATORS = ("/v1/keys", "/v1/webhooks", "/v1/imports")
"""Below these, words say how the service is run, not what is on the record."""


@pytest.fixture
async def vocabulary(reader: Client) -> Any:
    return await reader.get("/v1/vocabulary")


@pytest.mark.parametrize("name", ENUMS)
async def test_every_word_of_a_list_is_explained_in_its_order(vocabulary: Any, name: str) -> None:
    assert [term["value"] for term in vocabulary[name]] == list(ENUMS[name])


async def test_everything_that_events_are_about_is_explained(vocabulary: Any) -> None:
    values = {term["value"] for term in vocabulary["subjects"]}
    assert values == {model.__tablename__ for model in recorded_models()}
    entries = TimelinePage.model_json_schema()["$defs"]
    kinds = {
        schema["properties"]["type"]["const"]
        for schema in entries.values()
        if "const" in schema.get("properties", {}).get("type", {})
    }
    assert kinds == {"ask", "response", "ruling"} <= values


async def test_no_closed_list_that_readers_see_is_left_out(vocabulary: Any) -> None:
    explained = [{term["value"] for term in vocabulary[name]} for name in LISTS]
    document = build(Settings()).openapi()
    reads = [
        item["get"]
        for path, item in document["paths"].items()
        if "get" in item and path.startswith("/v1/") and not path.startswith(OF_OPERATORS)
    ]
    answered = enums(document, [read["responses"].get("200", {}) for read in reads])
    asked = enums(document, [read.get("parameters", []) for read in reads])
    assert len(answered) >= len(ENUMS)
    for name in answered.keys() - asked.keys():  # an answer may repeat what it was asked for
        assert answered[name] in explained, name


def enums(document: Any, items: list[Any]) -> dict[str, set[str]]:
    """Return the named enumerations in parts of the document, with their words."""
    schemas, names, found = document["components"]["schemas"], set(), list(items)
    while found:
        item = found.pop()
        name = item.get("$ref", "").rpartition("/")[2] if isinstance(item, dict) else ""
        if name and name not in names:
            names.add(name)
            found.append(schemas[name])
        children = item.values() if isinstance(item, dict) else item
        found += [child for child in children if isinstance(child, dict | list)]
    lists = {name: schemas[name].get("enum", []) for name in names}
    return {name: set(words) for name, words in lists.items() if len(words) > 1}


@pytest.mark.parametrize("name", LISTS)
async def test_every_word_has_a_label_and_one_sentence_in_both_languages(
    vocabulary: Any, name: str
) -> None:
    for term in vocabulary[name]:
        for lang in Lang:
            label, meaning = term["labels"][lang], term["meanings"][lang]
            assert 1 < len(label) <= 30, term
            assert label == label.strip(" ."), term
            assert 15 < len(meaning) <= 160, term
            assert meaning.endswith("."), term
            assert meaning.count(".") == 1, term
            assert meaning[0].isupper(), term
        assert term["meanings"]["en"] != term["meanings"]["fr"]


@pytest.mark.parametrize("name", LISTS)
async def test_labels_of_one_list_differ(vocabulary: Any, name: str) -> None:
    for lang in Lang:
        labels = [term["labels"][lang] for term in vocabulary[name]]
        assert len(set(labels)) == len(labels)


async def test_states_and_verdicts_come_from_worst_to_best(vocabulary: Any) -> None:
    states = {term["value"]: term for term in vocabulary["states"]}
    assert [term["rank"] for term in vocabulary["states"]] == [0, 1, 2, 3, 4, 5, None]
    assert [value for value, term in states.items() if not term["open"]] == [
        "answered",
        "withdrawn",
    ]
    for verdict in vocabulary["verdicts"]:
        assert verdict["rank"] == states[verdict["value"]]["rank"]
        assert verdict["labels"] == states[verdict["value"]]["labels"]


async def test_what_is_said_to_be_open_is_what_lists_call_open(
    vocabulary: Any, reader: Client, make: Make
) -> None:
    for term in vocabulary["states"]:
        question = await make.question(state=term["value"])
        assert (await reader.question(question))["open"] is term["open"]


async def test_lang_chooses_the_label_and_both_languages_stay(
    vocabulary: Any, reader: Client
) -> None:
    french = await reader.get("/v1/vocabulary", lang="fr")
    assert (vocabulary["lang"], french["lang"]) == ("en", "fr")
    for name in LISTS:
        for english, term in zip(vocabulary[name], french[name], strict=True):
            assert term["label"] == term["labels"]["fr"]
            assert term["meaning"] == term["meanings"]["fr"]
            assert english["label"] == term["labels"]["en"]
            assert english["meanings"] == term["meanings"]


@pytest.mark.parametrize("lang", ["de", "", "FR", "fr-CA", "en,fr"])
async def test_an_unknown_language_is_refused_with_those_that_there_are(
    reader: Client, lang: str
) -> None:
    problem = await reader.get("/v1/vocabulary", expect=422, lang=lang)
    assert problem["errors"][0]["pointer"] == "/lang"
    assert "'en' or 'fr'" in problem["errors"][0]["detail"]


async def test_french_has_its_own_spaces(reader: Client) -> None:
    assert typeset("Il dit : « non » ; pourquoi ?") == (
        "Il dit\u00a0: «\u00a0non\u00a0»\u202f; pourquoi\u202f?"
    )
    text = (await reader.send("GET", "/v1/vocabulary?lang=fr")).text
    for wrong in (" :", " ;", " ?", " !", " »", "« ", "'un", "l'"):
        assert wrong not in text


async def test_states_and_verdicts_are_told_without_judging_the_company(vocabulary: Any) -> None:
    """The subjects can sue: a word tells what is on the record, not what to think of it."""
    judging = ("refus", "fail", "silen", "ignor", "evad", "dodg", "hid", "lie", "mensong", "évit")
    for term in (*vocabulary["states"], *vocabulary["verdicts"]):
        told = " ".join([*term["labels"].values(), *term["meanings"].values()]).lower()
        assert not [word for word in judging if f" {word}" in f" {told}"], term


async def test_what_is_recorded_does_not_change_it(reader: Client, make: Make) -> None:
    before = await reader.send("GET", "/v1/vocabulary")
    await make.question()
    after = await reader.send("GET", "/v1/vocabulary")
    assert before.content == after.content
