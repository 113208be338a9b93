"""oEmbed: what other people's pages show of a question, company or dossier."""

import json
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

import pytest

from tests.support.client import Client
from tests.support.make import Make

OURS = "https://answerable.test"
HOSTILE = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror='alert(1)'>",
    "</p></blockquote><iframe src='https://example.org'></iframe>",
    "' onmouseover='alert(1)' x='",
    "]]></html><html>&lt;b&gt; &amp; {0} %s",
    "javascript:alert(1)",
]
ALLOWED = {
    "blockquote": {"class", "cite", "lang", "style"},
    "p": {"lang", "dir"},
    "bdi": set(),
    "small": set(),
    "a": {"href"},
    "img": {"src", "alt", "title", "height"},
}


class Page(HTMLParser):
    """Reads HTML, and makes sure that it holds nothing but what is meant to stand there."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text = ""
        self.links: list[str] = []
        self.images: list[dict[str, str]] = []
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert {name for name, _ in attrs} <= ALLOWED[tag]
        found = {name: value or "" for name, value in attrs}
        if tag == "img":
            self.images.append(found)
        else:
            self._open.append(tag)
        self.links += [found[name] for name in ("cite", "href", "src") if name in found]

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)

    def handle_decl(self, decl: str) -> None:
        raise AssertionError(decl)


async def embedded(reader: Client, url: str, **params: Any) -> tuple[Any, Page]:
    """Read what to embed, and the HTML of it; every link leads to this service."""
    found = await reader.get("/oembed", url=url, **params)
    page = Page(found["html"])
    assert all(link.startswith(f"{OURS}/") for link in page.links)
    return found, page


async def test_a_question_is_embedded_with_who_asked_whom_and_where_it_stands(
    reader: Client, make: Make
) -> None:
    question = await make.question(slug="asked", on="2025-05", state="declined")
    found, page = await embedded(reader, f"{OURS}/q/asked")

    assert (found["version"], found["type"]) == ("1.0", "rich")
    assert found["title"] == f"Question to Microsoft: {question['text']}"
    assert found["author_name"] == "Associated-Press"
    assert (found["provider_name"], found["provider_url"]) == ("Answerable", OURS)
    assert found["cache_age"] > 0
    assert page.text == (
        f"{question['text']}Question to Microsoft, asked by Associated-Press."
        " First asked: 2025-05. State: declined."
    )
    (image,) = page.images
    badge = await reader.get("/v1/questions/asked/badge.json")
    assert image["alt"] == f"Microsoft: {badge['message']}"
    assert (await reader.send("GET", image["src"])).status_code == 200
    assert f"{OURS}/q/{question['id']}" in page.links


@pytest.mark.parametrize("path", ["v1/questions", "q", "v1/companies", "v1/dossiers"])
async def test_every_form_of_address_is_taken(reader: Client, make: Make, path: str) -> None:
    await make.dossier("asked")
    await make.company("asked")
    await make.question(slug="asked")
    collection = "v1/questions" if path == "q" else path
    read = await reader.get(f"/{collection}/asked")
    urls = [f"{OURS}/{path}/{name}" for name in ("asked", read["id"])]
    urls += [f"{urls[0]}?as_of=2025-06&utm_source=x", f"{urls[0]}#asks", read["url"]]
    urls += [urls[0].replace("https", "http"), urls[0].replace("answerable", "ANSWERABLE")]
    answers = [json.dumps(await reader.get("/oembed", url=url)) for url in urls]
    assert len(set(answers)) == 1


@pytest.mark.parametrize(
    ("path", "title", "told"),
    [
        (
            "v1/companies/microsoft",
            "Questions to Microsoft",
            "Questions to Microsoft: 1 of 2 unanswered.",
        ),
        (
            "v1/dossiers/microsoft-imod",
            "Questions in the dossier microsoft-imod",
            "Questions in the dossier microsoft-imod: 1 of 2 unanswered.",
        ),
    ],
)
async def test_a_company_and_a_dossier_are_embedded_with_what_is_counted(
    reader: Client, make: Make, path: str, title: str, told: str
) -> None:
    await make.dossier()
    for state in ("unanswered", "answered", "withdrawn"):
        await make.question(state=state, dossiers=["microsoft-imod"])
    found, page = await embedded(reader, f"{OURS}/{path}")
    assert (found["title"], page.text) == (title, told)
    assert "author_name" not in found
    (image,) = page.images
    assert image["alt"].endswith(": 1 of 2 unanswered")
    assert "Counted are the questions that were not withdrawn" in image["title"]
    french, page = await embedded(reader, f"{OURS}/{path}", lang="fr")
    assert page.text.endswith("\u00a0: 1 sur 2 sans réponse.")
    assert page.images[0]["src"].endswith("/badge.svg?lang=fr")
    assert french["title"] != title


async def test_a_translation_comes_before_the_original_and_says_if_a_machine_made_it(
    reader: Client, make: Make, editor: Client
) -> None:
    await make.question(slug="asked", text="Which firm?", lang="en")
    for machine, note in ((False, ""), (True, " (traduction automatique)")):
        translations = {"fr": {"text": "Quelle société ?", "machine": machine}}
        await editor.patch("/v1/questions/asked", {"translations": translations})
        found, page = await embedded(reader, f"{OURS}/q/asked", lang="fr")
        assert page.text.startswith(f"Quelle société ?{note}Which firm?Question à Microsoft")
        assert page.text.endswith("Première demande\u00a0: 2025-05. État\u00a0: sans réponse.")
        assert found["title"] == "Question à Microsoft\u00a0: Quelle société ?"
        _, english = await embedded(reader, f"{OURS}/q/asked")
        assert english.text.startswith("Which firm?Question to")


async def test_the_language_is_that_of_the_address_unless_another_is_given(
    reader: Client, make: Make
) -> None:
    await make.question(slug="asked")
    cases: list[tuple[str, dict[str, Any], str]] = [
        (f"{OURS}/q/asked?lang=fr", {}, "Question à"),
        (f"{OURS}/q/asked?lang=fr", {"lang": "en"}, "Question to"),
        (f"{OURS}/q/asked?lang=xx", {}, "Question to"),
        (f"{OURS}/q/asked", {"lang": "fr"}, "Question à"),
    ]
    for url, params, start in cases:
        assert (await reader.get("/oembed", url=url, **params))["title"].startswith(start)


async def test_several_askers_are_named_and_an_anonymous_one_is_not(
    reader: Client, make: Make
) -> None:
    await make.asker("nobody", kind="anonymous", name="An unnamed person")
    question = await make.question(slug="asked", on="2025-01", asker="nobody")
    found, page = await embedded(reader, f"{OURS}/q/asked")
    assert "author_name" not in found
    assert "Question to Microsoft. First asked: 2025-01." in page.text
    told = ["Ada", "Ada and Bea", "Ada, Bea and Cyd", "Ada, Bea, Cyd and 1 other"]
    told.append("Ada, Bea, Cyd and 2 others")
    for number, name in enumerate(("ada", "bea", "cyd", "dee", "eve")):
        for _ in range(2):
            await make.ask(question, on=f"2025-0{number + 2}", asker=name)
        found, page = await embedded(reader, f"{OURS}/q/asked")
        assert found["author_name"] == told[number]
        assert f"asked by {told[number]}. First" in page.text


@pytest.mark.parametrize("hostile", HOSTILE)
async def test_hostile_texts_stay_texts(
    reader: Client, make: Make, editor: Client, hostile: str
) -> None:
    await make.company("microsoft", name=hostile)
    await make.asker("associated-press", name=hostile)
    await editor.post("/v1/dossiers", {"slug": "imod", "title": hostile})
    translations = {"fr": {"text": hostile, "machine": True}}
    await make.question(slug="asked", text=f"{hostile} {hostile}", translations=translations)
    for path in ("q/asked", "v1/companies/microsoft", "v1/dossiers/imod"):
        for params in ({}, {"lang": "fr"}, {"maxheight": 1, "maxwidth": 1}):
            found, page = await embedded(reader, f"{OURS}/{path}", **params)
            assert hostile in page.text
            assert hostile in page.images[0]["alt"]
            answer = await reader.send(
                "GET", "/oembed", params={"url": f"{OURS}/{path}", "format": "xml", **params}
            )
            root = ElementTree.fromstring(answer.content)
            assert {child.tag: child.text for child in root} == {
                name: str(value) for name, value in found.items()
            }


async def test_xml_says_the_same_as_json(reader: Client, make: Make) -> None:
    await make.question(slug="asked")
    found = await reader.get("/oembed", url=f"{OURS}/q/asked", format="json")
    answer = await reader.send("GET", f"/oembed?url={OURS}/q/asked&format=xml")
    assert answer.headers["content-type"] == "text/xml; charset=utf-8"
    root = ElementTree.fromstring(answer.content)
    assert root.tag == "oembed"
    assert {child.tag: child.text for child in root} == {
        name: str(value) for name, value in found.items()
    }


@pytest.mark.parametrize("format_", ["html", "JSON", "", "jsonp"])
async def test_another_format_is_not_implemented(reader: Client, make: Make, format_: str) -> None:
    await make.question(slug="asked")
    problem = await reader.get("/oembed", expect=501, url=f"{OURS}/q/asked", format=format_)
    assert "json or xml" in problem["detail"]


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/q/asked",
        "https://answerable.test.example.org/q/asked",
        "https://answerable.test@example.org/q/asked",
        "https://user@answerable.test/q/asked",
        "https://answerable.test:8443/q/asked",
        "ftp://answerable.test/q/asked",
        "javascript:alert(1)",
        "//answerable.test/q/asked",
        "/q/asked",
        "asked",
        "https://[answerable.test/q/asked",
        "https://answerable.test/q/nothing",
        "https://answerable.test/q/question_01jv8z4x9kf3t8w2m5r7c1q0ab",
        "https://answerable.test/q/company_01jv8z4x9kf3t8w2m5r7c1q0ab",
        "https://answerable.test/q/asked/",
        "https://answerable.test/q/asked/timeline",
        "https://answerable.test/q/a%00b",
        "https://answerable.test/q/%2e%2e",
        "https://answerable.test/v1/companies/asked",
        "https://answerable.test/v1/dossiers/asked",
        "https://answerable.test/v1/companies/company_01jv8z4x9kf3t8w2m5r7c1q0ab",
        "https://answerable.test/v1/dossiers/dossier_01jv8z4x9kf3t8w2m5r7c1q0ab",
        "https://answerable.test/v1/statements/asked",
        "https://answerable.test/v1/questions/asked/badge.svg",
        "https://answerable.test",
        "https://answerable.test/q/" + "a" * 1900,
    ],
)
async def test_what_is_not_ours_or_not_on_the_record_is_not_found(
    reader: Client, make: Make, url: str
) -> None:
    await make.question(slug="asked")
    problem = await reader.get("/oembed", expect=404, url=url)
    assert problem["type"] == "/problems/not-found"


async def test_a_former_slug_is_still_embedded(reader: Client, make: Make, editor: Client) -> None:
    await make.question(slug="asked")
    before = await reader.get("/oembed", url=f"{OURS}/q/asked")
    await editor.patch("/v1/questions/asked", {"slug": "renamed"})
    assert await reader.get("/oembed", url=f"{OURS}/q/asked") == before


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("url", ""), ("url", "a" * 2001), ("maxwidth", "0"), ("maxwidth", "wide"),
        ("maxheight", "-1"), ("maxheight", "1e3"), ("lang", "de"), ("callback", "f"),
        ("format", "x" * 21),
    ],
)  # fmt: skip
async def test_a_wrong_parameter_is_named(reader: Client, name: str, value: str) -> None:
    params: dict[str, Any] = {"url": f"{OURS}/q/asked", name: value}
    problem = await reader.get("/oembed", expect=422, **params)
    assert problem["errors"][0]["pointer"] == f"/{name}"
    await reader.get("/oembed", expect=422)


async def test_the_limits_of_the_page_are_kept(reader: Client, make: Make) -> None:
    text = "Which external firm did Microsoft hire? " * 40
    await make.question(slug="asked", text=text.strip())
    url = f"{OURS}/q/asked"
    free, whole = await embedded(reader, url)
    assert free["width"] == 600
    assert text.strip() in whole.text
    narrow, _ = await embedded(reader, url, maxwidth=300)
    assert narrow["width"] == 300
    assert narrow["height"] > free["height"]
    low, page = await embedded(reader, url, maxheight=200)
    assert low["height"] <= 200 < free["height"]
    assert "…" in page.text
    assert page.images == whole.images
    wide, _ = await embedded(reader, url, maxwidth=5000, maxheight=5000)
    assert wide == free
    tiny, _ = await embedded(reader, url, maxwidth=1, maxheight=1)
    assert (tiny["width"], tiny["height"]) == (1, 1)


async def test_what_a_well_known_consumer_sends_besides_is_taken(
    reader: Client, make: Make
) -> None:
    await make.question(slug="asked")
    url = quote(f"{OURS}/q/asked", safe="")
    query = f"maxwidth=500&maxheight=750&url={url}&dnt=1&format=json"
    found = await reader.get(f"/oembed?{query}")
    assert found["width"] == 500


async def test_what_is_embedded_follows_the_question(reader: Client, make: Make) -> None:
    question = await make.question(slug="asked")
    before, _ = await embedded(reader, f"{OURS}/q/asked")
    await make.statement(question, verdict="answered", on="2025-06")
    after, page = await embedded(reader, f"{OURS}/q/asked")
    assert after["html"] != before["html"]
    assert "State: answered." in page.text
