"""Companies: names, identifiers, slugs."""

import pytest

from tests.support.client import Client
from tests.support.make import Make

LEI = "INR2EJN1ERAN0W5ZP974"


async def test_a_company_is_found_by_id_slug_and_public_identifier(
    editor: Client, make: Make
) -> None:
    identifiers = {"wikidata": "Q2283", "lei": LEI, "cik": "0000789019"}
    company = await editor.post(
        "/v1/companies", {"name": "Microsoft", "names": ["微软"], "identifiers": identifiers}
    )
    await make.company("google")

    assert company["identifiers"] == identifiers
    assert await editor.get(f"/v1/companies/{company['id']}") == company
    assert await editor.get("/v1/companies/microsoft") == company
    for scheme, value in identifiers.items():
        page = await editor.get("/v1/companies", identifier=f"{scheme}:{value}")
        assert page["data"] == [company]
    assert (await editor.get("/v1/companies", identifier="wikidata:Q1"))["data"] == []
    assert len(await editor.pages("/v1/companies", limit=1)) == 2


async def test_an_identifier_belongs_to_one_company(editor: Client) -> None:
    first = await editor.post("/v1/companies", {"name": "A", "identifiers": {"wikidata": "Q1"}})
    body = {"name": "B", "identifiers": {"wikidata": "Q1"}}
    assert first["id"] in (await editor.post("/v1/companies", body, expect=409))["detail"]

    await editor.patch("/v1/companies/a", {"identifiers": {"wikidata": None}})

    second = await editor.post("/v1/companies", body)
    found = await editor.get("/v1/companies", identifier="wikidata:Q1")
    assert [item["id"] for item in found["data"]] == [second["id"]]


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"name": ""}, "/name"),
        ({"name": "a\nb"}, "/name"),
        ({"name": "\u200b"}, "/name"),
        ({"name": "Micro\u200csoft"}, "/name"),
        ({"name": 7}, "/name"),
        ({"name": "x" * 301}, "/name"),
        ({"slug": "-a"}, "/slug"),
        ({"identifiers": {"lei": LEI[:-1] + "5"}}, "/identifiers/lei"),
        ({"identifiers": {"wikidata": "2283"}}, "/identifiers/wikidata"),
        ({"identifiers": {"ticker": "MSFT"}}, "/identifiers/ticker"),
        ({"names": "MSFT"}, "/names"),
        ({"colour": "blue"}, "/colour"),
    ],
)
async def test_a_wrong_company_is_refused_where_it_is_wrong(
    editor: Client, change: dict[str, object], pointer: str
) -> None:
    problem = await editor.post("/v1/companies", {"name": "Acme", **change}, expect=422)
    assert problem["errors"][0]["pointer"] == pointer


async def test_a_name_that_may_not_be_empty_cannot_be_patched_away(
    editor: Client, make: Make
) -> None:
    await make.company()
    problem = await editor.patch("/v1/companies/microsoft", {"name": None}, expect=422)
    assert problem["errors"][0]["pointer"] == "/name"


async def test_a_former_slug_redirects_and_still_serves_as_a_reference(
    editor: Client, make: Make
) -> None:
    await make.company("twitter")
    await editor.patch("/v1/companies/twitter", {"slug": "x-corp"})

    answer = await editor.send("GET", "/v1/companies/twitter")
    question = await make.question(company="twitter")

    assert answer.status_code == 308
    assert answer.headers["Location"] == "/v1/companies/x-corp"
    assert question["company"]["slug"] == "x-corp"
    assert len((await editor.get("/v1/questions", company="twitter"))["data"]) == 1


async def test_a_company_s_name_is_stated_once(editor: Client, make: Make) -> None:
    question = await make.question()
    await editor.patch("/v1/companies/microsoft", {"name": "Microsoft Corporation"})
    assert (await editor.question(question))["company"]["name"] == "Microsoft Corporation"


@pytest.mark.parametrize("path", ["/v1/companies/nobody", "/v1/companies/" + "x" * 5000])
async def test_an_unknown_company_is_a_404(reader: Client, path: str) -> None:
    problem = await reader.get(path, expect=404)
    assert problem["type"] == "/problems/not-found"


async def test_an_id_of_another_kind_is_a_404(reader: Client, make: Make) -> None:
    question = await make.question()
    await reader.get(f"/v1/companies/{question['id']}", expect=404)
    await reader.get("/v1/companies/company_01jv8z4x9kf3t8w2m5r7c1q0ab", expect=404)
