"""A reader's language: texts are also shown in it, the original always, a machine's work marked."""

from typing import Any

import pytest

from tests.support.client import Client
from tests.support.make import Make

LIST = "/v1/questions"
FRENCH = {"text": "Quelle entreprise externe ?", "context": None, "machine": True}


async def _question(make: Make) -> Any:
    return await make.question(
        text="Which external firm?", context="It was not named.", translations={"fr": FRENCH}
    )


@pytest.mark.parametrize("url", [LIST, f"{LIST}?limit=1", f"{LIST}?as_of=2026-01"])
async def test_a_language_is_chosen_by_parameter_or_header(
    reader: Client, make: Make, url: str
) -> None:
    await _question(make)
    joint = "&" if "?" in url else "?"

    none = (await reader.send("GET", url)).json()["data"][0]
    by_name = (await reader.send("GET", f"{url}{joint}lang=fr")).json()["data"][0]
    headers = {"Accept-Language": "de, fr-CA;q=0.8, en;q=0.5"}
    by_header = (await reader.send("GET", url, headers=headers)).json()["data"][0]

    assert "localized" not in none
    assert by_name["localized"] == by_header["localized"] == {"lang": "fr", **FRENCH}
    assert {**by_name, "localized": None} == {**none, "localized": None}


@pytest.mark.parametrize("wanted", ["de", "en", "en-GB"])
async def test_without_a_translation_the_original_is_shown(
    reader: Client, make: Make, wanted: str
) -> None:
    question = await _question(make)
    shown = await reader.question(question, lang=wanted)
    assert shown["localized"] == {
        "lang": "en",
        "text": "Which external firm?",
        "context": "It was not named.",
        "machine": False,
    }


async def test_readers_of_different_languages_do_not_get_each_others_answers(
    reader: Client, make: Make
) -> None:
    await _question(make)
    for wanted, expected in (("fr", "fr"), ("en", "en"), ("fr", "fr"), ("", None)) * 2:
        answer = await reader.send("GET", LIST, headers={"Accept-Language": wanted})
        localized = answer.json()["data"][0].get("localized", {"lang": None})
        assert localized["lang"] == expected
        assert "Accept-Language" in answer.headers["vary"]


async def test_an_etag_is_of_one_language(reader: Client, make: Make) -> None:
    await _question(make)
    french = await reader.send("GET", LIST, headers={"Accept-Language": "fr"})
    conditions = {"If-None-Match": french.headers["etag"]}

    same = await reader.send("GET", LIST, headers={"Accept-Language": "fr", **conditions})
    other = await reader.send("GET", LIST, headers={"Accept-Language": "en", **conditions})

    assert (same.status_code, other.status_code) == (304, 200)


async def test_a_dossier_is_shown_in_the_readers_language(reader: Client, make: Make) -> None:
    title = {"title": "Microsoft et l'armée", "description": None, "machine": False}
    await make.editor.post(
        "/v1/dossiers", {"title": "Microsoft and the army", "translations": {"fr": title}}
    )

    french = (await reader.get("/v1/dossiers", lang="fr"))["data"][0]
    german = (await reader.get("/v1/dossiers", lang="de"))["data"][0]

    assert french["localized"] == {"lang": "fr", **title}
    assert german["localized"]["title"] == german["title"] == french["title"]


@pytest.mark.parametrize("lang", ["french", "fr_FR", "", "FR", "fr,en"])
async def test_what_is_no_language_is_refused(reader: Client, lang: str) -> None:
    problem = await reader.get(LIST, expect=422, lang=lang)
    assert problem["errors"][0]["pointer"] == "/lang"
