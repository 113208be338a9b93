"""What every endpoint does alike: ETags, 304, and no parameter that it does not know."""

from typing import Any

import pytest
from fastapi import FastAPI

from app.auth.schemas import Scope
from app.core.db import Database
from app.core.errors import PreconditionFailed
from app.core.routing import Precondition
from app.core.settings import Settings
from tests.conftest import new_key
from tests.support.client import Client
from tests.support.make import Make


@pytest.fixture
async def addresses(
    web: FastAPI, make: Make, reader: Client, settings: Settings, database: Database
) -> list[str]:
    """Every address that can be read without a key, with something at it."""
    question = await make.question(slug="asked", state="declined")
    response = question["latest_response"]["id"]
    await make.statement(question, verdict="answered")
    correction = await make.editor.correct(response)
    redactor = Client(reader.http, await new_key(settings, database, "redactor", Scope.REDACT))
    why = {"legal_basis": "A court's order.", "reason": "It named somebody."}
    redaction = await redactor.post("/v1/redactions", {"seq": 1, "pointers": ["/summary"], **why})
    names = {
        "question": "asked",
        "statement": question["latest_response"]["statement"]["id"],
        "correction": correction["id"],
        "company": "microsoft",
        "asker": "associated-press",
        "dossier": await make.dossier(),
        "source": question["asks"][0]["source"]["id"],
        "seq": "1",
        "slug": "not-found",
        "redaction": redaction["id"],
        "tile": "0/000.p/1",
    }
    return [
        path.format(**names)
        for path, item in web.openapi()["paths"].items()
        if "get" in item
        and "200" in item["get"]["responses"]
        and not item["get"]["security"]
        and path != "/v1/events/stream"  # it has no end and no ETag
    ]


async def test_every_read_has_an_etag_and_answers_304_to_it(
    addresses: list[str], reader: Client
) -> None:
    assert len(addresses) >= 20
    more = ["/v1/questions?limit=1&sort=updated_at", "/v1/events?after=3", "/v1/questions?q=firm"]
    for address in [*addresses, *more]:
        url = f"{address}?url=https://answerable.test/q/asked" if "oembed" in address else address
        first = await reader.send("GET", url)
        assert first.status_code == 200, url
        tag = first.headers["etag"]
        assert tag.startswith('"')
        assert tag.endswith('"')
        assert (await reader.send("GET", url)).headers["etag"] == tag, url
        for method in ("GET", "HEAD"):
            answer = await reader.send(method, url, headers={"If-None-Match": tag})
            assert answer.status_code == 304, url
            assert answer.content == b""
            assert answer.headers["etag"] == tag
            assert "content-type" not in answer.headers
            assert answer.headers["access-control-allow-origin"] == "*"


async def test_if_none_match_is_compared_weakly(reader: Client) -> None:
    first = await reader.send("GET", "/v1/companies")
    tag = first.headers["etag"]

    for condition in (tag, f"W/{tag}", f'"other", {tag}', f'W/"other",W/{tag}', "*"):
        answer = await reader.send("GET", "/v1/companies", headers={"If-None-Match": condition})
        assert answer.status_code == 304, condition
        assert answer.content == b""
    for condition in ('"other"', "", ",,", tag.strip('"'), 'W/""', "\x7f"):
        answer = await reader.send("GET", "/v1/companies", headers={"If-None-Match": condition})
        assert answer.status_code == 200, condition
        assert answer.content == first.content


async def test_an_error_has_no_etag_and_is_never_304(reader: Client) -> None:
    answer = await reader.send("GET", "/v1/companies/none", headers={"If-None-Match": "*"})

    assert answer.status_code == 404
    assert "etag" not in answer.headers
    assert answer.headers["cache-control"] == "no-store"


async def test_a_change_changes_the_etag(editor: Client, reader: Client, make: Make) -> None:
    await make.company()
    urls = ("/v1/companies/microsoft", "/v1/companies", "/v1/events")
    before = [(await reader.send("GET", url)).headers["etag"] for url in urls]

    await editor.patch("/v1/companies/microsoft", {"name": "Other"})

    after = [(await reader.send("GET", url)).headers["etag"] for url in urls]
    assert all(old != new for old, new in zip(before, after, strict=True))


async def test_the_etag_of_a_write_can_be_used_for_the_next(editor: Client, make: Make) -> None:
    answer = await editor.send("POST", "/v1/companies", json={"name": "Example"})
    for name in ("One", "Two"):
        answer = await editor.send(
            "PATCH",
            f"/v1/companies/{answer.json()['id']}",
            json={"name": name},
            headers={"If-Match": answer.headers["etag"]},
        )
        assert answer.status_code == 200
        assert answer.json()["name"] == name


@pytest.mark.parametrize("condition", ['"7.abc"', '"7"', '"6.x", "7.y"', "*", ' "7.abc" '])
def test_a_precondition_holds_for_its_version(condition: str) -> None:
    Precondition(condition).check(7)


@pytest.mark.parametrize("condition", ['"70.abc"', '"6.abc"', '".7"'])
def test_a_precondition_fails_for_another_version(condition: str) -> None:
    with pytest.raises(PreconditionFailed, match="GET it again"):
        Precondition(condition).check(7)


@pytest.mark.parametrize("condition", ["", "7", '"', 'W/"7.abc"'])
def test_a_precondition_that_is_no_strong_etag_is_told_so(condition: str) -> None:
    with pytest.raises(PreconditionFailed, match="exactly as you received it"):
        Precondition(condition).check(7)


async def test_every_read_refuses_a_parameter_that_it_does_not_know(
    addresses: list[str], reader: Client
) -> None:
    for url in addresses:
        problem: Any = await reader.get(url, expect=422, surprise="1")
        assert problem["errors"][0]["pointer"] == "/surprise"
        assert problem["errors"][0]["in"] == "query"
        assert problem["errors"][0]["code"] == "unknown_parameter"
        assert "It takes" in problem["detail"]


async def test_an_unknown_parameter_of_a_write_keeps_it_from_happening(
    editor: Client, reader: Client
) -> None:
    await editor.post("/v1/companies?dryrun=true", {"name": "Example"}, 422)
    await editor.post("/v1/companies?dry_run=perhaps", {"name": "Example"}, 422)

    assert (await reader.get("/v1/companies"))["data"] == []
