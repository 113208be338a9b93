"""Sends a request to the application byte for byte, as a server hands it over.

An HTTP client repairs what it is given; hostile clients do not.
"""

import asyncio
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message

Pairs = Iterable[tuple[bytes, bytes]]


@dataclass
class Answer:
    """What came back."""

    status: int = 0
    headers: Headers = field(default_factory=Headers)
    body: bytes = b""

    def json(self) -> Any:
        return json.loads(self.body)


async def call(
    app: ASGIApp,
    method: str,
    target: bytes,
    *,
    headers: Pairs = (),
    chunks: Iterable[bytes] = (b"",),
    pause: float = 0,
) -> Answer:
    """Send a request and return the answer.

    target: path and query as they stand on the wire. chunks: the body, handed over one by one,
    with `pause` seconds before each.
    """
    raw_path, _, query = target.partition(b"?")
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "https",
        "path": unquote(raw_path.decode("latin-1")),
        "raw_path": raw_path,
        "query_string": query,
        "root_path": "",
        "headers": [(b"host", b"answerable.test"), *headers],
        "client": ("127.0.0.1", 1234),
        "server": ("answerable.test", 443),
        "state": {},
    }
    waiting = list(chunks)
    answer = Answer()

    async def receive() -> Message:
        await asyncio.sleep(pause)
        if not waiting:
            return {"type": "http.disconnect"}
        chunk = waiting.pop(0)
        return {"type": "http.request", "body": chunk, "more_body": bool(waiting)}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            answer.status = message["status"]
            answer.headers = Headers(raw=list(message["headers"]))
        else:
            answer.body += message.get("body", b"")

    await app(scope, receive, send)
    return answer
