"""The application in this process, called as a server calls it, so that no client is measured."""

import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI
from starlette.types import ASGIApp, Message

from app.auth.schemas import KeyCreate, Scope
from app.auth.secrets import load_pepper
from app.auth.service import create as create_key
from app.core.boundary import Boundary
from app.core.settings import Settings
from app.main import build


@dataclass(frozen=True)
class Took:
    """What one request took, in milliseconds: by the clock, and of this process's CPU."""

    wall: float
    cpu: float


class Web:
    """An application that runs, and one key for it."""

    def __init__(self, app: FastAPI, boundary: ASGIApp, key: str) -> None:
        self.app = app
        self._boundary = boundary
        self._headers = [
            (b"host", b"127.0.0.1:8000"),
            (b"accept", b"application/json"),
            (b"content-type", b"application/json"),
            (b"authorization", f"Bearer {key}".encode()),
        ]

    async def get(self, path: str) -> tuple[bytes, Took]:
        """Read; return the answer's body, and what it took."""
        return await self._send("GET", path, b"", 200)

    async def post(self, path: str, body: Any) -> tuple[Any, Took]:
        """Write; return the answer, and what it took."""
        answer, took = await self._send("POST", path, json.dumps(body).encode(), 201)
        return json.loads(answer), took

    async def _send(self, method: str, path: str, body: bytes, expect: int) -> tuple[bytes, Took]:
        path, _, query = path.partition("?")
        answer: list[Message] = []

        async def receive() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Message) -> None:
            answer.append(message)

        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "scheme": "http",
            "method": method, "path": path, "raw_path": path.encode(), "root_path": "",
            "query_string": query.encode(), "headers": list(self._headers), "state": {},
            "client": ("127.0.0.1", 50_000), "server": ("127.0.0.1", 8000),
        }  # fmt: skip
        wall, cpu = time.perf_counter(), time.process_time()
        await self._boundary(scope, receive, send)
        took = Took((time.perf_counter() - wall) * 1000, (time.process_time() - cpu) * 1000)
        whole = b"".join(message.get("body", b"") for message in answer)
        if answer[0]["status"] != expect:
            raise RuntimeError(f"{method} {path}: {answer[0]['status']} {whole[:500].decode()}")
        return whole, took


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[Web]:
    """Run the application while the block runs."""
    app = build(settings)
    async with app.router.lifespan_context(app):
        async with app.state.database.writing() as session:
            new = KeyCreate(name="bench", scopes=[Scope.WRITE])
            _, key = await create_key(
                session, new, created_by="bench", pepper=load_pepper(settings)
            )
        yield Web(app, Boundary(app, settings), key)
