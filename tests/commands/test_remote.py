"""How a verb reaches a server: its address, the key, a busy server, and errors one can act on."""

import asyncio
import socket
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web

from tests.commands.conftest import Served
from tests.support.receiver import Answer, Receiver, receiving
from tests.test_cli import answerable

ADD = ("companies", "add", "--name", "By netrc", "--dry-run")
EMPTY = '{"data": [], "has_more": false, "next_cursor": null}'


def test_the_key_is_taken_from_netrc(served: Served, tmp_path: Path) -> None:
    netrc = tmp_path / ".netrc"
    netrc.touch(0o600)
    netrc.write_text(f"machine 127.0.0.1 login me password {served.key}\n", "utf-8")
    home = {"HOME": str(tmp_path), "ANSWERABLE_KEY": ""}
    assert served(*ADD, **home).returncode == 0

    netrc.write_text(f"machine elsewhere.example.org login me password {served.key}\n", "utf-8")
    assert "no key was sent" in served(*ADD, **home).stderr.lower()

    netrc.write_text("machine 127.0.0.1 nonsense\n", "utf-8")
    broken = served(*ADD, **home)
    assert broken.returncode == 1
    assert broken.stderr.startswith("error: ~/.netrc cannot be used: ")


def test_a_write_without_a_key_says_where_a_key_is_put(served: Served) -> None:
    ended = served(*ADD, ANSWERABLE_KEY="")
    assert ended.returncode == 1
    assert ended.stderr.startswith("error: ")
    assert "(401)" in ended.stderr
    assert "set ANSWERABLE_KEY, or name the host in ~/.netrc" in ended.stderr


def test_every_fault_is_told_with_its_place(served: Served) -> None:
    ended = served("questions", "add", "--company", "microsoft", "--text", "Who?", "--lang", "en!")
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "\n  /asks: This is required.\n" in ended.stderr
    assert "\n  /lang: " in ended.stderr
    assert "\n  request " in ended.stderr


def test_what_there_is_not_is_told_as_the_api_tells_it(served: Served) -> None:
    ended = served("questions", "show", "../companies")
    assert ended.returncode == 1
    assert "(404)" in ended.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("companies", "add"), "error: Give options, or a whole body with --json FILE"),
        (("companies", "add", "--json", "/nowhere"), "error: --json: /nowhere cannot be read: "),
        (
            ("companies", "add", "--name", "x", "--identifier", "Q1"),
            "error: --identifier: 'Q1' is not of the form NAME=VALUE.",
        ),
        (("companies", "list", "--url", "here"), "error: --url: 'here' is no address."),
        (("companies", "list", "--url", "http://[:1"), "error: --url: "),
    ],
)
def test_a_wrong_option_is_a_clear_error(
    served: Served, arguments: tuple[str, ...], said: str
) -> None:
    ended = served(*arguments)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.startswith(said)


def test_a_body_that_is_no_object_is_a_clear_error(served: Served, tmp_path: Path) -> None:
    file = tmp_path / "list.json"
    file.write_text("[]", "utf-8")
    ended = served("companies", "add", "--json", str(file))
    assert ended.stderr == f"error: --json: {file} has to hold one JSON object.\n"


def test_a_server_that_is_not_there_is_told_with_what_to_do(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    ended = answerable("companies", "list", PORT=str(port), HOME=str(tmp_path))
    assert ended.returncode == 1
    assert ended.stderr.startswith(f"error: Nothing answers at http://127.0.0.1:{port} (")
    assert "`answerable serve`" in ended.stderr


@pytest.fixture
async def server() -> AsyncIterator[Receiver]:
    """A server that answers as a test tells it to."""
    async with receiving() as receiver:
        yield receiver


def in_turn(*answers: web.Response) -> Answer:
    """Give these answers, one a request."""
    left = list(answers)

    async def answer(_: web.BaseRequest) -> web.StreamResponse:
        return left.pop(0)

    return answer


def busy(status: int, seconds: str) -> web.Response:
    return web.Response(status=status, headers={"Retry-After": seconds})


def good(text: str = EMPTY) -> web.Response:
    return web.Response(text=text, content_type="application/json")


async def verb(
    server: Receiver, *arguments: str, key: str = "a-key"
) -> subprocess.CompletedProcess[str]:
    url = server.url("")
    return await asyncio.to_thread(
        answerable, *arguments, ANSWERABLE_URL=url, ANSWERABLE_KEY=key, HOME="/nowhere"
    )


@pytest.mark.parametrize("status", [429, 503])
async def test_a_busy_server_is_asked_again_when_it_says_so(server: Receiver, status: int) -> None:
    server.answer = in_turn(busy(status, "1"), good())
    ended = await verb(server, "companies", "list")
    assert ended.stdout == EMPTY + "\n"
    assert ended.stderr == "The server is busy; trying again in 1 s.\n"


async def test_a_post_that_is_sent_again_is_the_same_one(server: Receiver) -> None:
    server.answer = in_turn(busy(503, "0"), good("{}"), good("{}"))
    for _ in range(2):
        assert (await verb(server, "companies", "add", "--name", "x")).returncode == 0

    keys = [request.headers["idempotency-key"] for request in server.requests]
    assert keys[0] == keys[1]
    assert keys[1] != keys[2]
    assert {request.headers["authorization"] for request in server.requests} == {"Bearer a-key"}


async def test_an_edit_is_not_sent_again(server: Receiver) -> None:
    server.answer = in_turn(good("{}"), busy(503, "0"))
    ended = await verb(server, "companies", "edit", "x", "--name", "y")
    assert ended.returncode == 1
    assert [request.method for request in server.requests] == ["GET", "PATCH"]


async def test_who_is_to_wait_long_is_told_at_once(server: Receiver) -> None:
    server.answer = in_turn(busy(429, "3600"))
    ended = await verb(server, "companies", "list")
    assert ended.returncode == 1
    assert "answered 429" in ended.stderr


async def test_a_server_that_stays_busy_is_not_asked_for_ever(server: Receiver) -> None:
    server.answer = in_turn(*(busy(503, "1") for _ in range(9)))
    assert (await verb(server, "companies", "list")).returncode == 1
    assert len(server.requests) == 4


async def test_an_error_that_is_no_problem_document_is_told_all_the_same(server: Receiver) -> None:
    server.answer = in_turn(web.Response(status=502, text="<html>"))
    ended = await verb(server, "companies", "show", "x")
    assert ended.stderr == f"error: {server.url('/v1/companies/x')} answered 502 Bad Gateway.\n"


async def test_an_answer_that_is_not_of_this_service_is_a_clear_error(server: Receiver) -> None:
    server.answer = in_turn(web.Response(text="<html>"))
    ended = await verb(server, "companies", "list")
    assert ended.returncode == 1
    assert ended.stderr.startswith("error: ")
    assert "is this the address of the service?" in ended.stderr
