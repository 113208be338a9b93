"""Long exports from a real server: they are whole or visibly not, and cost no memory."""

import asyncio
import json
import re
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from app.core.settings import Settings
from tests.exports.many import multiply, spoil
from tests.exports.reading import rows
from tests.support.client import Client
from tests.support.make import Make
from tests.support.server import Server, serving

MEGABYTE = 1024 * 1024
LONG = {"fr": {"text": "Quoi ?", "context": "é" * 9_000, "machine": True}}


@contextmanager
def reading_slowly(server: Server, path: str) -> Iterator[socket.socket]:
    """Ask for a path and take hardly anything of the answer yet."""
    with closing(socket.socket()) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16_384)
        client.settimeout(60)
        client.connect(("127.0.0.1", server.port))
        client.sendall(f"GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
        assert b" 200 OK\r\n" in client.recv(100)
        yield client


def take(client: socket.socket, server: Server, most: float) -> tuple[bytes, float]:
    """Take what is left of an answer, chunked as it is; return it, and the server's most memory."""
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 * MEGABYTE)
    parts: list[bytes] = []
    while part := client.recv(MEGABYTE):
        parts.append(part)
        if len(parts) % 50 == 0:
            most = max(most, memory(server))
    return b"".join(parts), most


def get(server: Server, path: str) -> httpx.Response:
    """Ask a server as any client does."""
    return httpx.get(server.url + path, timeout=60)


def broken_off(server: Server, path: str, coding: str) -> bytes:
    """Return what comes of an answer that has to break off."""
    taken = b""
    headers = {"Accept-Encoding": coding}
    with httpx.stream("GET", server.url + path, headers=headers, timeout=60) as answer:
        assert answer.status_code == 200
        try:
            for part in answer.iter_bytes():
                taken += part
        except httpx.RemoteProtocolError:  # an incomplete chunked read
            return taken
    pytest.fail("it came to an end as if it were whole")


def memory(server: Server) -> float:
    """Return how many megabytes a server has taken for itself."""
    assert server._process is not None
    status = Path(f"/proc/{server._process.pid}/status").read_text()
    found = re.search(r"RssAnon:\s+(\d+) kB", status)
    assert found is not None
    return int(found[1]) / 1024


async def test_an_export_that_fails_midway_is_no_whole_file(settings: Settings, make: Make) -> None:
    question = await make.question(on="2025-05")
    await multiply(settings, question, 1500)
    await spoil(settings, question)
    with serving(settings) as server:
        for suffix in ("csv", "json", "jsonl"):
            for coding in ("identity", "gzip"):
                taken = broken_off(server, f"/v1/exports/questions.{suffix}", coding)
                assert taken
                if suffix == "json":
                    assert not taken.rstrip().endswith(b"]")
        assert get(server, "/v1/exports/events.csv").is_success


async def test_head_does_not_read_an_export_to_its_end(
    settings: Settings, make: Make, reader: Client
) -> None:
    question = await make.question(on="2025-05")
    await multiply(settings, question, 1500)
    await spoil(settings, question)  # it comes last
    path = "/v1/exports/questions.csv"
    with capture_logs() as logs:
        answer = await reader.send("HEAD", path)
        assert answer.status_code == 200
        assert answer.content == b""
        assert "content-length" not in answer.headers  # it is not known before the end
        assert not any(line["log_level"] == "error" for line in logs)
        with suppress(AssertionError):  # httpx, that it never came to its end
            await reader.send("GET", path)
        assert any(line["log_level"] == "error" for line in logs)


async def test_an_export_that_fails_at_once_is_a_problem(
    settings: Settings, make: Make, reader: Client
) -> None:
    await spoil(settings, await make.question())
    for suffix in ("csv", "json"):
        problem = await reader.get(f"/v1/exports/questions.{suffix}", expect=500)
        assert "request_id" in problem


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")
async def test_a_reader_however_slow_costs_no_memory_and_gets_all_of_one_moment(
    settings: Settings, make: Make
) -> None:
    question = await make.question(on="2025-05", context="é" * 9_000, translations=LONG)
    await multiply(settings, question, 1000)
    with serving(settings) as server:
        get(server, "/v1/exports/questions.json?state=declined")
        before = memory(server)
        with reading_slowly(server, "/v1/exports/questions.jsonl") as client:
            await asyncio.sleep(1)
            most = memory(server)
            await make.question(slug="recorded-meanwhile", on="2001")  # it would come last
            taken, most = take(client, server, most)
        assert len(taken) > 35 * MEGABYTE
        assert taken.endswith(b"0\r\n\r\n")
        assert taken.count(b'{"id":"question_') == 1001
        assert b"recorded-meanwhile" not in taken
        assert most - before < 32


async def test_exports_take_turns_and_one_that_nobody_reads_gives_up_its_own(
    settings: Settings, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    question = await make.question(on="2025-05", context="é" * 9_000, translations=LONG)
    await multiply(settings, question, 400)
    monkeypatch.setenv("ANSWERABLE_DATABASE_POOL_SIZE", "3")
    monkeypatch.setenv("ANSWERABLE_DATABASE_TIMEOUT", "1")
    with serving(settings) as server:
        small = "/v1/exports/questions.csv?state=declined"
        with reading_slowly(server, "/v1/exports/questions.json"):
            refused = get(server, small)
            assert refused.status_code == 503
            assert refused.headers["retry-after"]
            assert "under way" in refused.json()["detail"]
            assert get(server, "/v1/questions?limit=1").is_success
        taken = get(server, small)
        assert taken.is_success
        assert rows(taken.text) == []


async def test_two_may_have_the_same_long_export_at_once(settings: Settings, make: Make) -> None:
    question = await make.question(on="2025-05", context="é" * 9_000, translations=LONG)
    await multiply(settings, question, 400)
    with serving(settings) as server:
        path = "/v1/exports/questions.json"
        with reading_slowly(server, path):
            other: Any = json.loads(get(server, path).content)
            assert len(other) == 401
