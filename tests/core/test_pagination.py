"""Pages: each thing once, in one order, however the list is cut and whatever is added meanwhile."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.support.client import Client
from tests.support.make import Make

LISTS = ("companies", "askers", "sources", "events", "questions", "statements", "dossiers")
PUBLIC = "https://answerable.test"


@pytest.fixture
async def four(make: Make) -> None:
    """Four of everything."""
    for number in range(4):
        slug = f"name-{number}"
        source = {"url": f"https://example.org/{number}"}
        await make.asker(slug)
        await make.dossier(slug)
        question = await make.question(
            slug=slug,
            company=slug,
            on=f"2025-0{1 + number // 2}",
            asks=[{"asker": slug, "asked_on": f"2025-0{1 + number // 2}", "source": source}],
        )
        await make.statement(question, on="2025-09", source=source)


def as_one(found: list[Any]) -> list[str]:
    return [str(item.get("id", item.get("seq"))) for item in found]


@pytest.mark.usefixtures("four")
async def test_a_list_is_the_same_however_it_is_cut(reader: Client) -> None:
    for name in LISTS:
        whole = as_one((await reader.get(f"/v1/{name}", limit=200))["data"])
        assert len(whole) == len(set(whole)) >= 4
        for limit in (1, 3, 4):
            assert as_one(await reader.pages(f"/v1/{name}", limit=limit)) == whole, name


@pytest.mark.usefixtures("four")
async def test_every_sort_is_the_same_however_it_is_cut(reader: Client) -> None:
    for name in ("first_asked_on", "state_since", "days_open", "updated_at"):
        for sort in (name, f"-{name}"):
            whole = as_one((await reader.get("/v1/questions", sort=sort))["data"])
            assert len(set(whole)) == 4
            for more in ({}, {"as_of": "2025-10"}):
                cut = await reader.pages("/v1/questions", sort=sort, limit=2, **more)
                assert sorted(as_one(cut)) == sorted(whole), sort


@pytest.mark.usefixtures("four")
async def test_the_link_header_leads_to_the_next_page(reader: Client) -> None:
    url, seen = "/v1/questions?state=declined&limit=2&sort=first_asked_on", 0
    for is_last in (False, True):
        answer = await reader.send("GET", url)
        page = answer.json()
        seen += len(page["data"])
        assert page["has_more"] is not is_last
        assert (page["next_cursor"] is None) is is_last
        assert ("link" in answer.headers) is not is_last
        if not is_last:
            address, _, relation = answer.headers["link"].partition(">")
            assert relation == '; rel="next"'
            assert address.startswith(f"<{PUBLIC}/v1/questions?")
            query = parse_qs(urlsplit(address).query)
            assert query.pop("cursor") == [page["next_cursor"]]
            assert query == {"state": ["declined"], "limit": ["2"], "sort": ["first_asked_on"]}
            url = address.removeprefix(f"<{PUBLIC}")
    assert seen == 4


@pytest.mark.usefixtures("four")
async def test_what_is_added_meanwhile_neither_repeats_nor_hides_anything(
    reader: Client, make: Make
) -> None:
    first = await reader.get("/v1/companies", limit=3)
    await make.company("newcomer")
    second = await reader.get("/v1/companies", limit=200, cursor=first["next_cursor"])

    found = [item["slug"] for item in first["data"] + second["data"]]
    assert found == [f"name-{number}" for number in range(4)] + ["newcomer"]


async def test_an_empty_list_is_a_page(reader: Client) -> None:
    for name in (*LISTS, "corrections"):
        page = await reader.get(f"/v1/{name}")
        assert page["data"] == []
        assert page["has_more"] is False
        assert page["next_cursor"] is None


async def test_a_page_has_50_unless_told_otherwise_and_200_at_most(
    reader: Client, make: Make
) -> None:
    for number in range(51):
        await make.asker(f"asker-{number}")

    assert len((await reader.get("/v1/askers"))["data"]) == 50
    assert len((await reader.get("/v1/askers", limit=200))["data"]) == 51
    await reader.get("/v1/askers", expect=422, limit=201)
    await reader.get("/v1/askers", expect=422, limit=0)
