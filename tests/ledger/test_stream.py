"""The stream of events, from a real server over TCP."""

import asyncio
import random
import signal
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, suppress
from typing import Any

import httpx
import pytest

from app.core.db import Database
from app.core.settings import Settings
from app.ledger.following import CUT_OFF, QUEUED_BYTES, SERVER_ENDS
from tests.ledger.streams import PATIENT, URL, Heard, opened, record, some
from tests.support.client import Client
from tests.support.make import Make
from tests.support.server import Server, serving


@pytest.fixture
def server(settings: Settings, database: Database) -> Iterator[Server]:
    """A server in a process of its own, on this test's database."""
    with serving(settings) as server:
        yield server


async def test_a_reader_is_told_what_is_recorded_from_now_on(
    server: Server, database: Database, settings: Settings, editor: Client
) -> None:
    await record(database, 3)
    async with (
        opened(server) as (heard, messages),
        httpx.AsyncClient(base_url=server.url, timeout=PATIENT) as http,
    ):
        assert heard.last_id == "3"
        assert heard.retry == 3000
        await Client(http, editor.key).post("/v1/companies", {"name": "Über & Söhne"})
        [event] = await some(messages, 1)
        await record(database, 1)  # by another process than the server's
        [second] = await some(messages, 1)

        assert event == (await http.get("/v1/events/4")).json()
        assert event["type"] == "company.created"
        assert second["seq"] == 5


async def test_what_was_missed_comes_first_and_what_is_new_follows(
    server: Server, database: Database
) -> None:
    await record(database, 60)
    async with opened(server, after=0) as (_, messages):
        seen = await some(messages, 40)
        await record(database, 30)
        seen += await some(messages, 50)
    async with opened(server, last_id=85, after=3) as (heard, messages):
        assert heard.last_id == "85"  # it outdoes `after`, which a browser sends again
        resumed = await some(messages, 5)

    assert [event["seq"] for event in seen] == list(range(1, 91))
    assert [event["seq"] for event in resumed] == list(range(86, 91))


async def test_each_reader_gets_what_it_asked_for(
    server: Server, reader: Client, make: Make
) -> None:
    mine = await make.question(slug="mine", state="declined")
    await make.question(slug="other", company="google")
    filters: list[dict[str, Any]] = [
        {"company": "microsoft"},
        {"question": "mine", "type": "response.recorded,question.state_changed"},
        {"type": "company.created"},
    ]
    async with AsyncExitStack() as stack:
        streams: list[tuple[dict[str, Any], AsyncIterator[Any], list[int]]] = [
            (chosen, (await stack.enter_async_context(opened(server, after=0, **chosen)))[1], [])
            for chosen in filters
        ]
        for _ in range(2):
            for chosen, messages, seen in streams:
                expected = [event["seq"] for event in await reader.events(**chosen)]
                seen += [event["seq"] for event in await some(messages, len(expected) - len(seen))]
                assert seen == expected
            await make.company("apple")
            await make.statement(mine, verdict="answered")


async def test_all_readers_see_all_events_once_though_many_write_and_readers_come_and_go(
    server: Server, database: Database, settings: Settings, editor: Client
) -> None:
    readers, writers, each = 8, 4, 30
    chance = random.Random(5)

    async def write(number: int) -> None:
        async with httpx.AsyncClient(base_url=server.url, timeout=PATIENT) as http:
            for turn in range(each):
                if turn % 2:
                    await record(database, 1)
                else:
                    company = {"name": f"Company {number} {turn}"}
                    await Client(http, editor.key).post("/v1/companies", company)

    async def read() -> list[int]:
        seen: list[int] = []
        last: str | None = "0"
        while len(seen) < writers * each:
            async with opened(server, last_id=last) as (heard, messages):
                for _ in range(min(chance.randint(1, 40), writers * each - len(seen))):
                    seen.append((await anext(messages))["seq"])
                last = heard.last_id
        return seen

    found = await asyncio.gather(*(read() for _ in range(readers)), *map(write, range(writers)))

    for seen in found[:readers]:
        assert seen == list(range(1, writers * each + 1))


async def test_after_a_kill_a_reader_goes_on_where_it_was(
    server: Server, database: Database
) -> None:
    await record(database, 30)
    seen: list[int] = []
    last: str | None = "0"
    for turn in range(2):
        with suppress(httpx.TransportError, StopAsyncIteration):
            async with opened(server, last_id=last) as (heard, messages):
                for number in range(15):
                    seen.append((await anext(messages))["seq"])
                    last = heard.last_id
                    if number == 9:
                        server.kill()
        assert len(seen) >= 10 * (turn + 1)
        await record(database, 5)
        server.start()
    async with opened(server, last_id=last) as (_, messages):
        while len(seen) < 40:
            seen.append((await anext(messages))["seq"])

    assert seen == list(range(1, 41))


async def test_a_server_that_ends_says_goodbye_at_once(server: Server, database: Database) -> None:
    await record(database, 3)
    async with opened(server, after=0) as (heard, messages), opened(server) as (idle, none):
        await some(messages, 3)
        ending = asyncio.create_task(asyncio.to_thread(server.stop))
        assert [event async for event in messages] == []
        assert [event async for event in none] == []
        assert await ending == -signal.SIGTERM  # it ends by the signal, when all is done

    for one in (heard, idle):
        assert one.comments[-1] == f"{SERVER_ENDS}, resume with Last-Event-ID: 3"


async def test_a_reader_that_does_not_read_is_cut_off_and_told_where_to_go_on(
    server: Server, database: Database
) -> None:
    slow = await asyncio.to_thread(_connect, server)
    number, size = 400, 9000
    async with opened(server) as (_, messages):
        for _ in range(number // 50):
            await record(database, 50, size=size)
            seen = await some(messages, 50)
        assert seen[-1]["seq"] == number

    heard, lines = Heard(), (await asyncio.to_thread(_rest, slow)).splitlines()
    got = [message["seq"] for line in lines if (message := heard.line(line)) is not None]
    async with opened(server, last_id=heard.last_id) as (_, messages):
        others = await some(messages, number - len(got))

    assert heard.comments[-1] == f"{CUT_OFF}, resume with Last-Event-ID: {heard.last_id}"
    assert len(got) < number - QUEUED_BYTES // (size * 2)
    assert [*got, *(event["seq"] for event in others)] == list(range(1, number + 1))


def _connect(server: Server) -> socket.socket:
    """Open a stream of which little fits into what the system holds, and read its first block."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.connect(("127.0.0.1", server.port))
    connection.settimeout(60)
    connection.sendall(f"GET {URL} HTTP/1.0\r\nHost: localhost\r\n\r\n".encode())
    answer = b""
    while not answer.endswith(b"id: 0\n\n\r\n"):
        answer += connection.recv(1)
    return connection


def _rest(connection: socket.socket) -> str:
    """Read a chunked body to its end."""
    with connection, connection.makefile("rb") as answer:
        body = b""
        while size := int(answer.readline(), 16):
            body += answer.read(size)
            answer.readline()
    return body.decode()


async def test_head_ends_and_the_connection_serves_the_next_request(server: Server) -> None:
    async with httpx.AsyncClient(base_url=server.url, timeout=PATIENT) as http:
        head = await http.head(URL)
        assert head.status_code == 200
        assert head.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert (await http.get("/healthz")).status_code == 200
