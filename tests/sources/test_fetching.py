"""One GET: what counts as read or gone, and that no server can hold it up or lead it astray.

The servers are real ones on this machine; loopback is opened where they are to be reached.
"""

import asyncio
import gzip
import hashlib
from ipaddress import ip_network

import aiohttp
import pytest
from aiohttp import web

from app.core import clock
from app.core.guard import Guard
from app.core.outbound import Limits
from app.sources.fetching import MOST_REDIRECTS, Fetched, Fetcher, host_of
from tests.support.receiver import Answer, Receiver, know_names, receiving
from tests.webhooks.test_transport import OK, answer, dripping, listening, saying, talking

LOOPBACK = Guard((ip_network("127.0.0.1/32"),), allow_http=True)
PATIENT = Limits(total=20, connect=20)
BODY = b"what was cited"
HASH = hashlib.sha256(BODY).hexdigest()


def fetcher(
    guard: Guard = LOOPBACK, *, limits: Limits = PATIENT, most_bytes: int = 1_000_000
) -> Fetcher:
    return Fetcher(guard, user_agent="Answerable/test", limits=limits, most_bytes=most_bytes)


async def fetch(url: str, fetching: Fetcher | None = None) -> Fetched:
    async with fetching or fetcher() as opened:
        return await opened.fetch(url)


def to(location: str, status: int = 302) -> Answer:
    return answer(status, {"Location": location, "Set-Cookie": "a=b"}, b"elsewhere")


async def test_the_bytes_that_are_there_are_told_by_their_hash() -> None:
    async with receiving() as site:
        site.answer = answer(200, body=BODY)
        before = clock.now()
        fetched = await fetch(site.url("/a?b=%20c#d"))

    assert fetched == Fetched(fetched.at, sha256=HASH)
    assert fetched.is_conclusive
    assert before <= fetched.at <= clock.now()
    [request] = site.requests
    assert (request.method, request.path, request.body) == ("GET", "/a?b=%20c", b"")
    assert request.headers == {
        "host": f"127.0.0.1:{site.port}",
        "user-agent": "Answerable/test",
        "accept-encoding": "identity",
        "accept": "*/*",
    }


@pytest.mark.parametrize("body", [b"", b"x" * 300_000])
async def test_an_empty_and_a_long_answer_are_read_whole(body: bytes) -> None:
    async with receiving() as site:
        site.answer = answer(200, body=body)

        assert (await fetch(site.url())).sha256 == hashlib.sha256(body).hexdigest()


@pytest.mark.parametrize("status", [404, 410])
async def test_what_a_server_says_is_not_there_is_gone(status: int) -> None:
    async with receiving() as site:
        site.answers = {"/here": answer(status, body=BODY), "/moved": to("/here")}
        found = [await fetch(site.url(path)) for path in ("/here", "/moved")]

    for fetched in found:
        assert fetched == Fetched(fetched.at, is_gone=True)
        assert fetched.is_conclusive


@pytest.mark.parametrize("status", [201, 204, 206, 300, 304, 400, 401, 403, 429, 451, 500, 503])
async def test_any_other_answer_tells_nothing_of_what_is_there(status: int) -> None:
    async with receiving() as site:
        site.answer = answer(status)
        fetched = await fetch(site.url())

    assert fetched == Fetched(fetched.at, why=f"It answered {status}.")
    assert not fetched.is_conclusive


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirects_are_followed_without_their_cookies(status: int) -> None:
    async with receiving() as site:
        site.answers = {
            "/a": to("/b#part", status),
            "/b": to(site.url("/c"), status),
            "/c": answer(200, body=BODY),
        }
        fetched = await fetch(site.url("/a"))

    assert fetched.sha256 == HASH
    assert [request.path for request in site.requests] == ["/a", "/b", "/c"]
    assert {request.method for request in site.requests} == {"GET"}
    assert all("cookie" not in request.headers for request in site.requests)


async def chain(site: Receiver, length: int) -> Fetched:
    site.answers = {f"/{left}": to(f"/{left - 1}") for left in range(1, length + 1)}
    site.answers["/0"] = answer(200, body=BODY)
    return await fetch(site.url(f"/{length}"))


async def test_a_few_redirects_are_followed_and_no_more() -> None:
    async with receiving() as site:
        few = await chain(site, MOST_REDIRECTS)
        more = await chain(site, MOST_REDIRECTS + 1)
        site.requests.clear()
        site.answer = to("/loop")
        loop = await fetch(site.url("/loop"))

    assert few.sha256 == HASH
    assert more.why == loop.why == "It redirects more than 5 times."
    assert len(site.requests) == MOST_REDIRECTS + 1


@pytest.mark.parametrize(
    ("headers", "why"),
    [
        ({}, "It answered 302 without saying where to go."),
        ({"Location": "http://[::1/"}, "It redirects to what is no web address."),
        ({"Location": "http://127.0.0.1:x/"}, "It redirects to what is no web address."),
        (
            {"Location": "file:///etc/passwd"},
            "It redirects to what is not fetched. Give an address that begins with https://.",
        ),
        (
            {"Location": "http://u:p@127.0.0.1/"},
            "It redirects to what is not fetched."
            " Give the address without a user name or password.",
        ),
        (
            {"Location": "http://10.0.0.1/"},
            "It redirects to what is not fetched. 10.0.0.1 is not a public address; use one that"
            " can be reached from the internet.",
        ),
        (
            {"Location": "http://169.254.169.254/latest/meta-data"},
            "It redirects to what is not fetched. 169.254.169.254 is not a public address; use one"
            " that can be reached from the internet.",
        ),
    ],
)
async def test_a_redirect_to_where_nobody_may_go_is_not_followed(
    headers: dict[str, str], why: str
) -> None:
    async with receiving() as site:
        site.answer = answer(302, headers)
        fetched = await fetch(site.url())

    assert fetched == Fetched(fetched.at, why=why)
    assert len(site.requests) == 1


@pytest.mark.parametrize(
    "target",
    ["http://127.0.0.2:{port}/", "http://inner.example:{port}/", "http://[::1]:{port}/"],
)
async def test_a_redirect_into_a_private_network_is_not_dialled(
    target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    know_names(monkeypatch, {"inner.example": ["127.0.0.2", "::1"]})
    async with receiving() as site, listening() as (port, came):
        site.answer = to(target.format(port=port))
        fetched = await fetch(site.url())

    assert "is not a public address" in (fetched.why or "")
    assert came == []


async def test_a_name_that_leads_into_a_private_network_is_not_dialled(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    know_names(monkeypatch, {"inner.example": ["127.0.0.2", "::1"]})
    async with listening() as (port, came):
        fetched = await fetch(f"http://inner.example:{port}/")

    told = "inner.example leads to what is not a public address; nothing is sent there."
    assert fetched.why == told
    assert came == []


async def test_what_is_too_large_is_not_read_to_its_end() -> None:
    async with receiving() as site, talking(saying(OK + b"\r\n" + b"x" * 101)) as port:
        site.answers = {
            "/most": answer(200, body=b"x" * 100),
            "/more": answer(200, body=b"x" * 101),
        }
        async with fetcher(most_bytes=100) as fetching:
            most = await fetching.fetch(site.url("/most"))
            more = await fetching.fetch(site.url("/more"))
            unannounced = await fetching.fetch(f"http://127.0.0.1:{port}/")

    assert most.is_conclusive
    assert more.why == unannounced.why == "It is larger than 100 bytes."


async def test_an_endless_answer_is_cut_off() -> None:
    async with talking(dripping(OK + b"\r\n", b"x" * 100_000)) as port:
        fetched = await fetch(f"http://127.0.0.1:{port}/")

    assert fetched.why == "It is larger than 1,000,000 bytes."


@pytest.mark.parametrize("first", [OK, OK + b"Content-Length: 9999\r\n\r\n"])
async def test_an_answer_that_drips_is_given_up(first: bytes) -> None:
    async with talking(dripping(first, b"x")) as port:
        quick = fetcher(limits=Limits(total=0.5, connect=0.5))
        fetched = await fetch(f"http://127.0.0.1:{port}/", quick)

    assert fetched.why == "It did not answer completely within 0.5 s."


async def test_the_time_is_for_all_redirects_together() -> None:
    async def slow(_: web.BaseRequest) -> web.StreamResponse:
        await asyncio.sleep(0.2)
        return web.Response(status=302, headers={"Location": "/again"})

    async with receiving() as site:
        site.answer = slow
        fetched = await fetch(site.url(), fetcher(limits=Limits(total=0.5, connect=0.5)))

    assert fetched.why == "It did not answer completely within 0.5 s."


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"SSH-2.0-OpenSSH_9.2\r\n", "Its answer is not valid HTTP."),
        (b"", "It closed the connection without an answer."),
        (OK + b"Content-Length: 9\r\n\r\nx", "It broke off in the middle of its answer."),
        (
            OK + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(BODY, mtime=0),
            "It sent its bytes encoded, though asked not to: they do not compare.",
        ),
    ],
)
async def test_what_cannot_be_compared_tells_nothing(data: bytes, why: str) -> None:
    async with talking(saying(data)) as port:
        fetched = await fetch(f"http://127.0.0.1:{port}/")

    assert fetched == Fetched(fetched.at, why=why)


async def test_the_long_headers_of_pages_are_no_obstacle() -> None:
    policy = b"Content-Security-Policy: " + b"x" * 20_000
    async with talking(saying(OK + policy + b"\r\n\r\n" + BODY)) as port:
        fetched = await fetch(f"http://127.0.0.1:{port}/")

    assert fetched.sha256 == HASH


async def test_proxies_of_the_environment_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    async with receiving() as site, listening() as (port, came):
        site.answer = answer(200, body=BODY)
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{port}")
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        fetched = await fetch(site.url())

    assert fetched.sha256 == HASH
    assert came == []


async def test_what_goes_wrong_here_is_told_and_not_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise LookupError

    monkeypatch.setattr(aiohttp.ClientSession, "get", fail)

    assert (await fetch("http://127.0.0.1/")).why == "It could not be fetched: LookupError."


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://example.org:8443/a", "example.org"),
        ("http://[::1]/", "::1"),
        ("https://example.org:99999/", ""),
    ],
)
def test_the_host_of_an_address(url: str, host: str) -> None:
    assert host_of(url) == host
