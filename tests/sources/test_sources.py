"""Sources: a document is on the record once, however often it is cited."""

from typing import Any

import pytest

from tests.support.client import Client
from tests.support.make import Make

URL = "https://example.org/2025/05/article"
HASH = "a" * 64


async def cite(make: Make, source: Any, expect: int = 201) -> Any:
    question = await make.editor.post(
        "/v1/questions",
        {
            "company": await make.company(),
            "text": "Which firm?",
            "lang": "en",
            "asks": [{"asker": await make.asker(), "asked_on": "2025", "source": source}],
        },
        expect,
    )
    return question["asks"][0]["source"] if expect == 201 else question


async def test_the_same_url_is_the_same_source_and_each_citation_keeps_its_quote(
    editor: Client, make: Make
) -> None:
    first = await cite(make, {"url": URL, "title": "An article", "quote": "One."})
    second = await cite(make, {"url": URL, "quote": "Two."})
    third = await cite(make, {"url": URL})
    fourth = await cite(make, first["id"])

    assert first["id"] == second["id"] == third["id"] == fourth["id"]
    quotes = [first["quote"], second["quote"], third["quote"], fourth["quote"]]
    assert quotes == ["One.", "Two.", None, "One."]
    assert second["title"] == "An article"
    assert len(await editor.pages("/v1/sources")) == 1


async def test_other_bytes_at_the_same_url_are_another_source(editor: Client, make: Make) -> None:
    first = await cite(make, {"url": URL, "sha256": HASH})
    second = await cite(make, {"url": URL, "sha256": "b" * 64})
    again = await cite(make, {"url": URL, "sha256": HASH})
    assert first["id"] == again["id"] != second["id"]
    assert (await cite(make, {"url": URL}))["id"] not in {first["id"], second["id"]}
    assert len((await editor.get("/v1/sources", url=URL))["data"]) == 3
    assert len((await editor.get("/v1/sources", sha256=HASH))["data"]) == 1


async def test_two_citations_of_one_document_in_one_write_are_one_source(
    editor: Client, make: Make
) -> None:
    source = {"url": URL}
    ask = {"asker": await make.asker(), "asked_on": "2025", "source": source}
    question = await make.question(asks=[ask, {**ask, "asked_on": "2024"}])
    assert len({item["source"]["id"] for item in question["asks"]}) == 1


async def test_posting_a_source_that_is_there_answers_with_it(editor: Client) -> None:
    made = await editor.send("POST", "/v1/sources", json={"url": URL})
    again = await editor.send(
        "POST",
        "/v1/sources",
        json={"url": URL.upper().replace("/2025/05/ARTICLE", "/2025/05/article")},
    )
    assert (made.status_code, again.status_code) == (201, 200)
    assert again.json() == made.json()


async def test_a_document_without_an_address_is_known_by_its_hash(
    editor: Client, make: Make
) -> None:
    first = await cite(make, {"title": "A letter", "sha256": HASH})
    second = await cite(make, {"title": "A letter", "sha256": HASH})
    assert first["id"] == second["id"]
    path = f"/v1/sources/{first['id']}"
    problem = await editor.patch(path, {"title": None}, expect=422)
    assert problem["errors"][0]["pointer"] == "/title"


@pytest.mark.parametrize(
    "source",
    [{}, {"title": "Only a title"}, {"sha256": HASH}, {"url": "http://"}, {"url": "file:///etc"},
     {"url": "https://user:pass@example.org/"}, {"url": "https://x.org/ y"}, {"url": ""},
     7, [], None],
)  # fmt: skip
async def test_a_source_that_nobody_could_find_is_refused(make: Make, source: Any) -> None:
    problem = await cite(make, source, expect=422)
    assert problem["errors"][0]["pointer"].startswith("/asks/0/source")


async def test_what_is_said_of_a_source_is_edited_but_not_what_it_is(
    editor: Client, make: Make
) -> None:
    source = await cite(make, {"url": URL})
    path = f"/v1/sources/{source['id']}"

    edited = await editor.patch(
        path, {"archived_url": "https://archive.org/x", "seen_at": "2025-05-16T12:00:00+02:00"}
    )

    assert edited["archived_url"] == "https://archive.org/x"
    assert edited["seen_at"] == "2025-05-16T10:00:00.000000Z"
    problem = await editor.patch(path, {"url": "https://example.org/other"}, expect=422)
    assert problem["errors"][0]["pointer"] == "/url"
