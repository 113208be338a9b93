"""The boundary: ids of requests, HEAD, limits of size and time, and failures of ours."""

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from starlette.types import ASGIApp

from app.auth.secrets import generate
from app.core.boundary import Boundary
from app.core.settings import Settings
from app.main import build
from tests.core.asgi import call
from tests.core.hostile import COMPANIES, JSON
from tests.support.client import Client
from tests.support.make import Make

PEPPER = "a pepper for tests, 32 characters or more"
BODY = b'{"name": "Example"}'


async def test_a_request_id_is_returned_in_the_header_and_in_the_problem(
    reader: Client,
) -> None:
    headers = {"X-Request-Id": "trace:1.a_B-2"}
    answer = await reader.send("GET", "/v1/companies/none", headers=headers)

    assert answer.headers["x-request-id"] == "trace:1.a_B-2"
    assert answer.json()["request_id"] == "trace:1.a_B-2"


async def test_a_hostile_request_id_is_replaced(app: ASGIApp) -> None:
    for given in (b"", b"a" * 129, b"a b", b"a\tb", b"<script>", b"\xff", b'"', b"a\x00"):
        answer = await call(app, "GET", b"/healthz", headers=[(b"x-request-id", given)])
        assert answer.status == 200
        assert uuid.UUID(hex=answer.headers["x-request-id"])


async def test_two_requests_have_two_ids(reader: Client) -> None:
    first, second = [await reader.send("GET", "/healthz") for _ in range(2)]

    assert first.headers["x-request-id"] != second.headers["x-request-id"]


async def test_head_answers_as_get_does_without_a_body(
    web: FastAPI, reader: Client, make: Make
) -> None:
    question = await make.question(slug="asked", state="declined")
    statement = question["latest_response"]["statement"]["id"]
    names = {
        "question": "asked",
        "statement": statement,
        "company": "microsoft",
        "asker": "associated-press",
        "dossier": await make.dossier(),
        "source": question["asks"][0]["source"]["id"],
        "seq": "1",
        "correction": "correction_01jv8z4x9kf3t8w2m5r7c1q0ab",
        "key": "key_01jv8z4x9kf3t8w2m5r7c1q0ab",
        "import": "import_01jv8z4x9kf3t8w2m5r7c1q0ab",
        "webhook": "webhook_01jv8z4x9kf3t8w2m5r7c1q0ab",
        "delivery": "delivery_01jv8z4x9kf3t8w2m5r7c1q0ab",
        "draft": "draft_01jv8z4x9kf3t8w2m5r7c1q0ab",
        "slug": "not-found",
        "redaction": "redaction_01jv8z4x9kf3t8w2m5r7c1q0ab",
        "tile": "0/000.p/1",
    }
    addresses = [path for path, item in web.openapi()["paths"].items() if "get" in item]
    addresses.remove("/v1/events/stream")  # it has no end: see tests/ledger/test_stream.py
    assert len(addresses) > 20
    for address in [*addresses, "/openapi.json", "/docs", "/static/icon.svg", "/nothing"]:
        url = address.replace(":path", "").format(**names)
        got, head = [await reader.send(method, url) for method in ("GET", "HEAD")]
        assert head.status_code == got.status_code, url
        assert head.content == b"", url
        changing = {"x-request-id", "content-length" if got.status_code >= 400 else ""}
        for name in got.headers.keys() - changing:
            assert head.headers[name] == got.headers[name], f"{name} of {url}"


async def test_a_body_at_the_limit_is_read_and_one_above_is_not(
    app: ASGIApp, editor: Client
) -> None:
    headers = [JSON, (b"authorization", f"Bearer {editor.key}".encode())]
    full = BODY + b" " * (256 * 1024 - len(BODY))

    for chunks in ([full], [full[:1000], full[1000:]]):
        answer = await call(app, "POST", COMPANIES, headers=headers, chunks=chunks)
        assert answer.status == 201
        answer = await call(app, "POST", COMPANIES, headers=headers, chunks=[*chunks, b" "])
        assert answer.status == 413
        assert "262,144" in answer.json()["detail"]


async def test_the_usual_ways_to_declare_json_are_taken(app: ASGIApp, editor: Client) -> None:
    key = (b"authorization", f"Bearer {editor.key}".encode())
    for kind in (b"application/json", b"Application/JSON; charset=UTF-8", b"application/json;"):
        for encoding in ([], [(b"content-encoding", b"identity")]):
            headers = [(b"content-type", kind), key, *encoding]
            answer = await call(app, "POST", COMPANIES, headers=headers, chunks=[BODY])
            assert answer.status == 201


async def test_a_body_that_drips_is_given_up(web: FastAPI, settings: Settings) -> None:
    hasty = Boundary(web, settings.model_copy(update={"body_timeout": 0.2}))

    answer = await call(hasty, "POST", COMPANIES, headers=[JSON], chunks=[b" "] * 1000, pause=0.01)

    assert answer.status == 408
    assert answer.json()["type"] == "/problems/request-timeout"
    assert "0.2 seconds" in answer.json()["detail"]


async def test_a_client_that_leaves_while_sending_changes_nothing(
    app: ASGIApp, reader: Client
) -> None:
    answer = await call(app, "POST", COMPANIES, headers=[JSON], chunks=[])

    assert answer.status == 0
    assert (await reader.get("/v1/companies"))["data"] == []


@asynccontextmanager
async def served(settings: Settings, web: FastAPI | None = None) -> AsyncIterator[AsyncClient]:
    """Serve an application with other settings, or another one."""
    web = web or build(settings)
    async with web.router.lifespan_context(web):
        transport = ASGITransport(Boundary(web, settings), raise_app_exceptions=False)
        async with AsyncClient(transport=transport, base_url="https://answerable.test") as client:
            yield client


async def test_a_failure_of_ours_is_a_problem_that_tells_nothing_of_it(
    settings: Settings,
) -> None:
    web = build(settings)

    @web.api_route("/broken", methods=["GET", "POST"])
    async def broken() -> None:
        raise LookupError("a secret of the machine room")

    async with served(settings, web) as client:
        for method in ("GET", "POST", "HEAD"):
            answer = await client.request(method, "/broken", headers={"X-Request-Id": "quote-me"})
            assert answer.status_code == 500
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.headers["x-request-id"] == "quote-me"
            assert "secret" not in answer.text
            assert "LookupError" not in answer.text
            if method != "HEAD":
                assert answer.json()["type"] == "/problems/internal"
                assert answer.json()["request_id"] == "quote-me"
        assert (await client.get("/v1/companies")).status_code == 200


@pytest.mark.parametrize("place", ["nowhere/a.db", "notes.txt", "folder", "closed port"])
async def test_a_database_that_is_down_is_503(tmp_path: Path, place: str) -> None:
    (tmp_path / "notes.txt").write_text("This is not a database. " * 100)
    (tmp_path / "folder").mkdir()
    url = f"sqlite:///{tmp_path / place}"
    if place == "closed port":
        url = "postgresql://nobody:secret@127.0.0.1:1/nothing"

    async with served(Settings(database_url=url, pepper=PEPPER)) as client:
        for method, path in (
            ("GET", "/v1/questions"),
            ("GET", "/v1/events/1"),
            ("GET", "/readyz"),
            ("GET", "/v1/keys"),
            ("POST", "/v1/companies"),
        ):
            headers = {"Authorization": f"Bearer {generate().text}"}
            body = {"name": "Example"} if method == "POST" else None
            answer = await client.request(method, path, headers=headers, json=body)
            assert answer.status_code == 503, answer.text
            assert answer.headers["retry-after"].isdecimal()
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.json()["type"] == "/problems/unavailable"
            assert place not in answer.text
        assert (await client.get("/healthz")).status_code == 200
