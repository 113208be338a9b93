"""Pages of every origin may read; only pages of configured origins may write."""

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient, Response

from app.core.settings import Settings
from app.main import surround
from tests.support.client import Client

STRANGER = "https://stranger.example"
FRIEND = "https://newsroom.example"
ALLOWED = "access-control-allow-origin"


async def preflight(client: AsyncClient, origin: str, method: str) -> Response:
    headers = {
        "Origin": origin,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": "authorization, content-type",
    }
    return await client.request("OPTIONS", "/v1/companies", headers=headers)


@pytest.fixture
def trusting(web: FastAPI, settings: Settings) -> AsyncClient:
    """A client of a service that lets one origin write."""
    changed = settings.model_copy(update={"cors_write_origins": [FRIEND]})
    transport = ASGITransport(surround(web, changed), raise_app_exceptions=False)
    return AsyncClient(transport=transport, base_url="https://answerable.test")


async def test_every_page_may_read(reader: Client) -> None:
    for url in ("/v1/companies", "/v1/companies/none", "/nothing", "/docs"):
        for method in ("GET", "HEAD"):
            answer = await reader.send(method, url, headers={"Origin": STRANGER})
            assert answer.headers[ALLOWED] == "*"
            exposed = answer.headers["access-control-expose-headers"]
            for name in ("ETag", "Link", "RateLimit", "RateLimit-Policy", "X-Request-Id"):
                assert name in exposed.split(", ")
            assert "access-control-allow-credentials" not in answer.headers


async def test_no_page_may_write(editor: Client) -> None:
    for method in ("POST", "PATCH", "DELETE", "PUT"):
        answer = await editor.send(method, "/v1/companies", json={}, headers={"Origin": STRANGER})
        assert ALLOWED not in answer.headers


async def test_a_preflight_allows_reading_with_a_key(http: AsyncClient) -> None:
    for method in ("GET", "HEAD"):
        answer = await preflight(http, STRANGER, method)
        assert answer.status_code == 204
        assert answer.headers[ALLOWED] == "*"
        assert answer.headers["access-control-allow-methods"] == "GET, HEAD"
        assert "Authorization" in answer.headers["access-control-allow-headers"]
        assert answer.headers["x-request-id"]


async def test_a_preflight_does_not_allow_writing(http: AsyncClient) -> None:
    for method in ("POST", "PATCH", "DELETE", "PUT", "get", ""):
        answer = await preflight(http, STRANGER, method)
        assert ALLOWED not in answer.headers
        assert "access-control-allow-methods" not in answer.headers


async def test_an_options_request_that_is_no_preflight_is_not_taken(reader: Client) -> None:
    for headers in ({}, {"Origin": STRANGER}, {"Access-Control-Request-Method": "POST"}):
        answer = await reader.send("OPTIONS", "/v1/companies", headers=headers)
        assert answer.status_code == 405


async def test_a_configured_origin_may_write_and_a_stranger_still_not(
    trusting: AsyncClient,
) -> None:
    answer = await preflight(trusting, FRIEND, "PATCH")
    assert answer.headers[ALLOWED] == FRIEND
    assert answer.headers["access-control-allow-methods"] == "GET, HEAD, POST, PATCH, DELETE"
    for name in ("Idempotency-Key", "If-Match", "Content-Type", "Authorization"):
        assert name in answer.headers["access-control-allow-headers"].split(", ")

    for origin in (STRANGER, "null", FRIEND.upper(), f"{FRIEND}.evil.example", f"{FRIEND}:444"):
        assert ALLOWED not in (await preflight(trusting, origin, "PATCH")).headers


async def test_a_configured_origin_may_see_why_its_write_was_refused(
    trusting: AsyncClient,
) -> None:
    headers = {"Origin": FRIEND}
    answer = await trusting.post("/v1/companies", json={}, headers=headers)

    assert answer.status_code == 401
    assert answer.headers[ALLOWED] == FRIEND
    assert "Origin" in answer.headers["vary"]
    unfit = await trusting.post("/v1/companies", content=b"{", headers=headers)
    assert unfit.headers[ALLOWED] == FRIEND


async def test_an_answer_that_depends_on_the_origin_says_so(trusting: AsyncClient) -> None:
    for headers in ({}, {"Origin": STRANGER}, {"Origin": FRIEND}):
        answer = await trusting.get("/v1/companies", headers=headers)
        assert "Origin" in answer.headers["vary"]
        known = {**headers, "If-None-Match": answer.headers["etag"]}
        unchanged = await trusting.get("/v1/companies", headers=known)
        assert unchanged.status_code == 304
        assert "Origin" in unchanged.headers["vary"]
