"""What rate limits cost: a 304 and a kept answer with and without them, in this process; and a
million addresses in memory. `ONLY_LIMITS=1` measures nothing else."""

import asyncio
import statistics
import time
import tracemalloc
from typing import Any

from starlette.types import ASGIApp, Message

from app.core.counters import Memory
from app.core.logging import configure
from app.core.quotas import Quota, Quotas
from app.core.settings import Settings
from app.main import build, surround

REQUESTS, ROUNDS = 5_000, 7
ADDRESSES = 1_000_000
PATH = "/v1/questions"


def measure(settings: Settings) -> None:
    """Measure, and print."""
    configure(Settings(log_level="error"))
    asyncio.run(_cost(settings))
    _memory()


async def _cost(settings: Settings) -> None:
    plenty = Quota(900_000_000, 86_400)
    limits = {"rate_limits": Quotas(reads=plenty)}
    app = build(settings)
    async with app.router.lifespan_context(app):
        sides = (surround(app, settings), surround(app, settings.model_copy(update=limits)))
        tag = dict((await _send(sides[0], []))["headers"])[b"etag"]
        print(f"\n{'rate limits':<34}{'off µs':>9}{'on µs':>9}{'more µs':>9}")
        for case, headers in (("304", [(b"if-none-match", tag)]), ("kept answer", [])):
            took: list[list[float]] = [[], []]
            for _ in range(ROUNDS):
                for side, times in zip(sides, took, strict=True):
                    began = time.perf_counter()
                    for _ in range(REQUESTS):
                        await _send(side, headers)
                    times.append((time.perf_counter() - began) / REQUESTS * 1e6)
            off, on = (statistics.median(times) for times in took)
            print(f"{case:<34}{off:>9.1f}{on:>9.1f}{on - off:>9.1f}", flush=True)


def _memory() -> None:
    tracemalloc.start()
    memory = Memory()
    for number in range(ADDRESSES):
        memory.add(f"reads/192.0.{number}", 60, 10)
    size = tracemalloc.get_traced_memory()[0] / 1e6
    tracemalloc.stop()
    print(f"{ADDRESSES:,} addresses: {len(memory):,} counters are kept, in {size:.0f} MB")


async def _send(app: ASGIApp, headers: list[tuple[bytes, bytes]]) -> Any:
    answer: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        answer.append(message)

    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "scheme": "http",
        "method": "GET", "path": PATH, "raw_path": PATH.encode(), "root_path": "",
        "query_string": b"", "headers": [(b"host", b"127.0.0.1:8000"), *headers], "state": {},
        "client": ("127.0.0.1", 50_000), "server": ("127.0.0.1", 8000),
    }  # fmt: skip
    await app(scope, receive, send)
    return answer[0]
