"""Rate limits: nobody gets more than their share, and everybody is told what is left."""

import asyncio
import base64
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient, Response
from starlette.types import ASGIApp

from app.auth import secrets
from app.core import quotas
from app.core.db import Database
from app.core.settings import Settings
from app.main import surround
from tests.core.asgi import call
from tests.ledger.streams import URL as STREAM
from tests.ledger.streams import Within
from tests.ledger.test_front import Statements
from tests.support.client import Client
from tests.support.make import Make

LIST = "/v1/questions"
Limited = Callable[..., ASGIApp]


@pytest.fixture
def limited(web: FastAPI, settings: Settings) -> Limited:
    """Make the application with limits; its counters are the test's own."""

    def make(limits: str, proxies: int = 0) -> ASGIApp:
        own = {"rate_limits": quotas.read(limits), "trusted_proxies": proxies}
        return surround(web, settings.model_copy(update=own))

    return make


def client(app: ASGIApp, key: str | None = None, address: str = "192.0.2.1") -> Client:
    transport = ASGITransport(app, raise_app_exceptions=False, client=(address, 1234))
    return Client(AsyncClient(transport=transport, base_url="https://answerable.test"), key)


@asynccontextmanager
async def listening(app: ASGIApp) -> AsyncIterator[Within]:
    """Have a stream open while the block runs."""
    stream = Within(app)
    await stream.until(1)
    yield stream
    await stream.leave()


def left(answer: Response) -> str:
    return answer.headers["ratelimit"].partition(";t=")[0]


async def statuses(caller: Client, count: int, method: str = "GET", url: str = LIST) -> list[int]:
    return [(await caller.send(method, url)).status_code for _ in range(count)]


def bad_key() -> str:
    """Return a key as it should be, but for being nobody's."""
    return secrets.generate().text


async def test_every_answer_says_what_the_limit_is_and_what_is_left(limited: Limited) -> None:
    app = limited("reads=50/hour,writes=20/hour")
    reader = client(app)
    first = await reader.send("GET", LIST)
    assert first.headers["ratelimit-policy"] == '"reads";q=50;w=3600'
    assert left(first) == '"reads";r=49'
    assert 3590 <= int(first.headers["ratelimit"].rpartition("t=")[2]) <= 3600
    expected = [
        ("GET", LIST, 200, '"reads";r=48'),
        ("HEAD", LIST, 200, '"reads";r=47'),
        ("GET", "/nothing", 404, '"reads";r=46'),
        ("GET", f"{LIST}?limit=x", 422, '"reads";r=45'),
        ("GET", f"{LIST}?a=%ff", 400, '"reads";r=44'),
        ("DELETE", LIST, 405, '"writes";r=19'),
        ("POST", LIST, 401, '"writes";r=18'),
    ]
    for method, url, status, remaining in expected:
        answer = await reader.send(method, url)
        assert (answer.status_code, left(answer)) == (status, remaining), url
    assert "RateLimit" in first.headers["access-control-expose-headers"]


async def test_a_stream_counts_as_one_read_and_says_so(limited: Limited) -> None:
    async with listening(limited("reads=50/hour")) as stream:
        assert stream.headers["ratelimit"].startswith('"reads";r=49;')


async def test_one_too_many_is_refused_as_a_problem_that_says_when_to_come_back(
    limited: Limited,
) -> None:
    reader = client(limited("reads=3/hour"))
    assert await statuses(reader, 3) == [200, 200, 200]

    refused = await reader.send("GET", LIST, headers={"X-Request-Id": "mine"})

    assert refused.status_code == 429
    body = refused.json()
    assert body["type"] == "/problems/too-many-requests"
    wait = int(refused.headers["retry-after"])
    assert 3590 <= wait <= 3600
    assert body["detail"].startswith("Your address has made its 3 reads in an hour. Come back in 3")
    assert "send a key" in body["detail"]
    assert body["request_id"] == refused.headers["x-request-id"] == "mine"
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.headers["access-control-allow-origin"] == "*"
    assert refused.headers["cache-control"] == "no-store"
    assert left(refused) == '"reads";r=0'
    head = await reader.send("HEAD", LIST)
    assert (head.status_code, head.content) == (429, b"")


async def test_what_is_refused_costs_the_database_nothing(
    limited: Limited, database: Database
) -> None:
    reader = client(limited("reads=1/hour"))
    await reader.send("GET", LIST)
    statements = Statements(database)

    assert await statuses(reader, 5, url=f"{LIST}?limit=7") == [429] * 5
    assert statements.count == 0


async def test_a_304_counts_a_tenth(limited: Limited) -> None:
    reader = client(limited("reads=3/hour"))
    tag = (await reader.send("GET", LIST)).headers["etag"]

    answers = [await reader.send("GET", LIST, headers={"If-None-Match": tag}) for _ in range(10)]

    assert [answer.status_code for answer in answers] == [304] * 10
    assert left(answers[0]) == left(answers[-1]) == '"reads";r=1'
    assert await statuses(reader, 2) == [200, 429]


async def test_a_304_to_a_key_counts_a_tenth_too(limited: Limited, editor: Client) -> None:
    reader = client(limited("key_reads=3/hour"), editor.key)
    tag = (await reader.send("GET", LIST)).headers["etag"]

    for _ in range(10):
        answer = await reader.send("GET", LIST, headers={"If-None-Match": tag})
        assert answer.status_code == 304

    assert await statuses(reader, 2) == [200, 429]


async def test_when_the_window_has_passed_there_is_a_whole_quota_again(limited: Limited) -> None:
    reader = client(limited("reads=1/second"))
    seen = await statuses(reader, 1)
    while 429 not in seen or seen[-1] == 429:
        seen += await statuses(reader, 1)

    assert seen[-1] == 200


async def test_addresses_have_quotas_of_their_own_and_ipv6_counts_by_network(
    limited: Limited,
) -> None:
    app = limited("reads=1/hour")

    for address in ("192.0.2.1", "192.0.2.2", "2001:db8:1:2::1", "2001:db8:1:3::1"):
        assert await statuses(client(app, address=address), 1) == [200]
    assert await statuses(client(app, address="2001:db8:1:2:ffff::9"), 1) == [429]


async def test_an_address_cannot_be_forged(limited: Limited) -> None:
    for proxies in (0, 1):
        app = limited("reads=1/hour", proxies)
        got = []
        for number in range(3):
            added = "" if proxies == 0 else f", 203.0.113.{proxies}"
            headers = {
                "X-Forwarded-For": f"198.51.100.{number}{added}",
                "Forwarded": f"for=198.51.100.{number}",
                "X-Real-IP": f"198.51.100.{number}",
            }
            got.append((await client(app).send("GET", LIST, headers=headers)).status_code)
        assert got == [200, 429, 429]


async def test_clients_behind_a_proxy_have_quotas_of_their_own(limited: Limited) -> None:
    app = limited("reads=1/hour", proxies=1)
    for number in range(3):
        headers = {"X-Forwarded-For": f"198.51.100.{number}"}
        assert (await client(app).send("GET", LIST, headers=headers)).status_code == 200


async def test_a_key_has_a_larger_quota_that_is_not_its_address_s(
    limited: Limited, editor: Client
) -> None:
    app = limited("reads=1/hour,key_reads=3/hour")
    with_key, without = client(app, editor.key), client(app)

    answer = await with_key.send("GET", LIST)

    assert answer.headers["ratelimit-policy"] == '"key_reads";q=3;w=3600'
    assert await statuses(with_key, 2) == [200, 200]
    refused = await with_key.send("GET", LIST)
    assert refused.status_code == 429
    assert refused.json()["detail"].startswith("Your key has made its 3 reads in an hour.")
    assert await statuses(without, 2) == [200, 429]


async def test_a_key_has_one_quota_however_and_from_wherever_it_is_sent(
    limited: Limited, editor: Client
) -> None:
    app = limited("key_reads=3/hour")
    got = []
    for number in range(4):
        pair = base64.b64encode(f"user-{number}:{editor.key}".encode()).decode()
        sent = client(app, address=f"192.0.2.{number}")
        headers = {"Authorization": f"Basic {pair}"}
        got.append((await sent.send("GET", LIST, headers=headers)).status_code)
    assert got == [200, 200, 200, 429]
    assert await statuses(client(app, editor.key), 1) == [429]


async def test_writes_are_counted_apart_from_reads(limited: Limited, editor: Client) -> None:
    writer = client(limited("key_reads=9/hour,key_writes=2/hour"), editor.key)

    for slug, expected in (("one", 201), ("two", 201), ("three", 429)):
        body = {"slug": slug, "name": slug}
        answer = await writer.send("POST", "/v1/companies", json=body)
        assert answer.status_code == expected
    assert await statuses(writer, 1) == [200]


async def test_made_up_keys_bring_no_quota_of_their_own(limited: Limited) -> None:
    app = limited("reads=2/hour,failures=50/hour")

    got = [await statuses(client(app, bad_key()), 1) for _ in range(3)]

    assert got == [[200], [200], [429]]


async def test_keys_that_are_not_good_have_a_stricter_limit(
    limited: Limited, database: Database
) -> None:
    app = limited("failures=2/hour")
    for key in (bad_key(), "not a key at all"):
        answer = await client(app, key).send("POST", LIST)
        assert answer.status_code == 401
        assert '"failures";q=2;w=3600' in answer.headers["ratelimit-policy"]
    statements = Statements(database)

    refused = await client(app, bad_key()).send("POST", LIST)

    assert refused.status_code == 429
    assert refused.json()["detail"].startswith("2 requests with a key that is not good came from")
    assert refused.headers["ratelimit-policy"] == '"failures";q=2;w=3600'
    assert statements.count == 0
    assert await statuses(client(app), 1) == [200]
    assert await statuses(client(app, bad_key(), address="192.0.2.9"), 1) == [200]


async def test_one_who_guesses_does_not_lock_out_a_known_key_of_the_same_address(
    limited: Limited, editor: Client, admin: Client
) -> None:
    app = limited("failures=2/hour")
    assert await statuses(client(app, editor.key), 1) == [200]
    for _ in range(3):
        await client(app, bad_key()).send("POST", LIST)

    assert await statuses(client(app, editor.key), 2) == [200, 200]
    assert await statuses(client(app, admin.key), 1) == [429]
    assert await statuses(client(app, admin.key, address="192.0.2.9"), 1) == [200]


async def test_a_good_key_seen_first_in_many_requests_at_once_is_no_failure(
    limited: Limited, editor: Client
) -> None:
    caller = client(limited("failures=1/hour"), editor.key)

    answers = await asyncio.gather(*(caller.send("GET", LIST) for _ in range(20)))

    assert {answer.status_code for answer in answers} == {200}
    assert {answer.headers["ratelimit-policy"][:11] for answer in answers} == {'"key_reads"'}


async def test_many_guesses_at_once_are_no_more_than_the_limit(limited: Limited) -> None:
    app = limited("failures=3/hour")

    answers = await asyncio.gather(*(client(app, bad_key()).send("POST", LIST) for _ in range(20)))

    found = sorted(answer.status_code for answer in answers)
    assert found == [401] * 3 + [429] * 17


async def test_a_key_that_was_revoked_has_a_key_s_quota_no_longer(
    limited: Limited, editor: Client, admin: Client
) -> None:
    caller = client(limited("failures=9/hour"), editor.key)
    await statuses(caller, 1)
    keys = (await admin.get("/v1/keys"))["data"]
    key_id = next(key["id"] for key in keys if key["name"] == "editor-paris")
    await admin.send("DELETE", f"/v1/keys/{key_id}")

    answer = await caller.send("POST", LIST, json={})

    assert answer.status_code == 401
    assert '"failures";r=8' in answer.headers["ratelimit"]
    assert (await caller.send("GET", LIST)).headers["ratelimit"].startswith('"reads"')


async def test_probes_and_files_are_not_limited(limited: Limited) -> None:
    reader = client(limited("reads=1/hour"))
    await statuses(reader, 2)
    for url in ("/healthz", "/readyz", "/static/icon.svg"):
        answer = await reader.send("GET", url)
        assert answer.status_code == 200, url
        assert "ratelimit" not in answer.headers


async def test_an_address_can_open_only_so_many_streams(limited: Limited) -> None:
    app = limited("streams=2")
    async with listening(app), listening(app):
        refused = await call(app, "GET", STREAM.encode())
        assert refused.status == 429
        assert refused.headers["retry-after"] == "30"
        assert refused.json()["detail"].startswith("You have 2 streams open here")
        other = client(app, address="192.0.2.7")
        assert (await other.send("HEAD", STREAM)).status_code == 200
    async with listening(app) as again:
        assert again.status == 200


async def test_limits_that_are_off_say_nothing(http: AsyncClient, make: Make) -> None:
    await make.question()

    assert "ratelimit" not in (await http.get(LIST)).headers
