"""Reading streams of events: from a server over TCP, or piece by piece within this process."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message

from app.askers.models import Asker
from app.core import ids
from app.core.db import Database
from app.ledger import recorder
from tests.core.asgi import Pairs
from tests.support.server import Server

URL = "/v1/events/stream"
PATIENT = httpx.Timeout(60)


async def record(database: Database, number: int, actor: str = "tests", size: int = 0) -> None:
    """Record events, all in one transaction. size: characters of text in each."""
    async with recorder.recording(database, actor=actor) as session:
        for _ in range(number):
            slug = f"asker-{ids.new('x')[2:]}"
            session.add(
                Asker(
                    id=ids.new("asker"), slug=slug, name=slug, kind="ngo",
                    description="é" * size or None, website=None,
                )
            )  # fmt: skip


class Heard:
    """A stream as the HTML standard has it read. last_id: where to come back to."""

    def __init__(self) -> None:
        self.comments: list[str] = []
        self.retry: int | None = None
        self.last_id = ""
        self._id = ""
        self._data: list[str] = []

    def line(self, line: str) -> Any:
        """Take a line; return the message that it completes, if it does."""
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if line.startswith(":"):
            self.comments.append(value)
        elif not line:
            self.last_id = self._id
            data, self._data = "\n".join(self._data), []
            return json.loads(data) if data else None
        elif name == "data":
            self._data.append(value)
        elif name == "id":
            self._id = value
        elif name == "retry":
            self.retry = int(value)
        else:
            raise AssertionError(f"no such field: {line}")
        return None


@asynccontextmanager
async def opened(
    server: Server, last_id: str | int | None = None, **params: Any
) -> AsyncIterator[tuple[Heard, AsyncIterator[Any]]]:
    """Open a stream; yield what it says besides, and its messages."""
    headers = {} if last_id is None else {"Last-Event-ID": str(last_id)}
    heard = Heard()
    async with httpx.AsyncClient(base_url=server.url, timeout=PATIENT) as client:
        request = client.stream("GET", URL, params=params, headers=headers)
        async with request as response:
            assert response.status_code == 200, await response.aread()
            assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
            assert response.headers["cache-control"] == "no-store"
            assert response.headers["x-accel-buffering"] == "no"
            assert response.headers["access-control-allow-origin"] == "*"
            assert "etag" not in response.headers
            lines = response.aiter_lines()
            while heard.line(await anext(lines)) is not None or not heard.last_id:
                pass  # the first block: from now on nothing is missed
            yield heard, _messages(heard, lines)


async def _messages(heard: Heard, lines: AsyncIterator[str]) -> AsyncIterator[Any]:
    async for line in lines:
        message = heard.line(line)
        if message is not None:
            assert message["seq"] == int(heard.last_id)
            yield message


async def some(messages: AsyncIterator[Any], number: int) -> list[Any]:
    """Read so many messages."""
    return [await anext(messages) for _ in range(number)]


class Within:
    """A stream of this process's application, sent piece by piece.

    pieces: what was sent. may_send: while it is not set, the client takes nothing more.
    """

    def __init__(self, app: ASGIApp, query: str = "", room: int = 0, headers: Pairs = ()) -> None:
        """room: after so many pieces the client takes nothing more; 0 for any number."""
        self.pieces: list[bytes] = []
        self.status = 0
        self.headers = Headers()
        self._room = room
        self.may_send = asyncio.Event()
        self.may_send.set()
        self.left = asyncio.Event()
        self._asked = False
        self._sent = asyncio.Event()
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET",
            "scheme": "https", "path": URL, "raw_path": URL.encode(), "root_path": "",
            "query_string": query.encode(), "headers": [(b"host", b"answerable.test"), *headers],
            "client": ("127.0.0.1", 1234), "server": ("answerable.test", 443), "state": {},
        }  # fmt: skip
        self.task = asyncio.ensure_future(app(scope, self._receive, self._send))

    async def _receive(self) -> Message:
        if not self._asked:
            self._asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = Headers(raw=list(message["headers"]))
        elif message.get("body"):
            await self.may_send.wait()
            self.pieces.append(message["body"])
            if len(self.pieces) == self._room:
                self.may_send.clear()
            self._sent.set()

    async def until(self, number: int) -> list[bytes]:
        """Wait until so many pieces were sent, and return them."""
        while len(self.pieces) < number:
            self._sent.clear()
            await self._sent.wait()
        return self.pieces[:number]

    def events(self) -> list[Any]:
        """Return the events that were sent."""
        heard = Heard()
        lines = b"".join(self.pieces).decode().splitlines()
        return [message for line in lines if (message := heard.line(line)) is not None]

    async def leave(self) -> None:
        """Go away, and wait until that was noticed."""
        self.left.set()
        self.may_send.set()
        await self.task
