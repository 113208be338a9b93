"""A receiver of webhooks: a real server on this machine that answers as a test tells it to.

Beside it: what the resolver of this machine knows, so that a test may name receivers as it likes.
"""

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from aiohttp import web

Answer = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


@dataclass(frozen=True)
class Received:
    """One request that came: its place in the order of arrival, and everything it said."""

    order: int
    method: str
    path: str
    headers: dict[str, str]
    """By their names in lower case."""
    body: bytes


async def accept(_: web.BaseRequest) -> web.StreamResponse:
    return web.Response(status=204)


class Receiver:
    """What came, in the order in which it did, and how to answer."""

    def __init__(self) -> None:
        self.port = 0
        self.answer: Answer = accept
        self.answers: dict[str, Answer] = {}
        """How to answer on certain paths; `answer` is for all others."""
        self.requests: list[Received] = []
        self.concurrent = 0
        self.most_concurrent = 0
        self._came = asyncio.Condition()

    def url(self, path: str = "/hook") -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    async def wait_for(self, count: int, seconds: float = 30) -> list[Received]:
        """Wait until so many requests came, and return all that did.

        Raises:
            AssertionError: they did not come in time.
        """
        try:
            async with asyncio.timeout(seconds), self._came:
                await self._came.wait_for(lambda: len(self.requests) >= count)
        except TimeoutError:
            came = len(self.requests)
            raise AssertionError(f"{came} of {count} requests came in {seconds} s") from None
        return self.requests

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        self.concurrent += 1
        self.most_concurrent = max(self.most_concurrent, self.concurrent)
        try:
            body = await request.read()
            headers = {name.lower(): value for name, value in request.headers.items()}
            received = Received(len(self.requests), request.method, request.path_qs, headers, body)
            self.requests.append(received)
            async with self._came:
                self._came.notify_all()
            return await self.answers.get(request.path, self.answer)(request)
        finally:
            self.concurrent -= 1


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    """Run a receiver while the block runs."""
    receiver = Receiver()
    runner = web.ServerRunner(web.Server(receiver.handle), shutdown_timeout=0.1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        receiver.port = runner.addresses[0][1]
        yield receiver
    finally:
        await runner.cleanup()


def know_names(monkeypatch: pytest.MonkeyPatch, known: dict[str, list[str]]) -> None:
    """Let the resolver of this machine know these names with their addresses, and no others."""

    def look_up(host: str, port: int | None, *_: object, **__: object) -> list[tuple[Any, ...]]:
        if host not in known:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return [
            (socket.AF_INET6, socket.SOCK_STREAM, 6, "", (address, port or 0, 0, 0))
            if ":" in address
            else (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port or 0))
            for address in known[host]
        ]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)


@contextmanager
def names_hang(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let no look-up end before the block does."""
    over = threading.Event()

    def look_up(*_: object, **__: object) -> list[Any]:
        over.wait(30)
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    with monkeypatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", look_up)
        try:
            yield
        finally:
            over.set()
