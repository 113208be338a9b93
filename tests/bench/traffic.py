"""The two ends of a measurement, each in a process of its own: a loader and a bare server.

The loader keeps a few connections open and sends on each the next request when the last is
answered. The bare server is the least that uvicorn can do: it sends the same bytes every time.
"""

import asyncio
import time
from collections.abc import Sequence
from itertools import cycle
from typing import Any

import uvicorn
import uvloop

CONNECTIONS = 8


def fire(port: int, paths: Sequence[str], requests: int, seconds: float) -> list[float]:
    """Send requests, for so many seconds at most, and return how long each took, in seconds.

    Raises:
        RuntimeError: an answer was not 200.
    """
    return uvloop.run(_fire(port, paths, requests, seconds))


async def _fire(port: int, paths: Sequence[str], requests: int, seconds: float) -> list[float]:
    loop = asyncio.get_running_loop()
    run = Run(paths, requests, time.perf_counter() + seconds)
    connections = [
        (await loop.create_connection(lambda: Connection(run), "127.0.0.1", port))[1]
        for _ in range(CONNECTIONS)
    ]
    await asyncio.wait_for(
        asyncio.gather(*(connection.ended for connection in connections)), seconds + 60
    )
    return run.took


class Run:
    """What the connections share: the requests still to send, and how long the others took."""

    def __init__(self, paths: Sequence[str], requests: int, deadline: float) -> None:
        head = "GET {} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/json\r\n\r\n"
        self._requests = cycle([head.format(path).encode() for path in paths])
        self._left = requests
        self._deadline = deadline
        self.took: list[float] = []

    def next(self) -> bytes | None:
        """Return the next request, None when that was all."""
        if self._left == 0 or time.perf_counter() > self._deadline:
            return None
        self._left -= 1
        return next(self._requests)


class Connection(asyncio.Protocol):
    """One connection, with one request under way."""

    def __init__(self, run: Run) -> None:
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._run = run
        self._received = b""
        self._length = 0

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._send()

    def data_received(self, data: bytes) -> None:
        self._received += data
        if not self._length:
            head, end, _ = self._received.partition(b"\r\n\r\n")
            if not end:
                return
            if not head.startswith(b"HTTP/1.1 200"):
                self._end(RuntimeError(f"not 200: {self._received[:500].decode()}"))
                return
            lengths = head.lower().split(b"\r\ncontent-length:")
            self._length = len(head) + len(end) + int(lengths[1].split(b"\r\n")[0])
        if len(self._received) >= self._length:
            self._run.took.append(time.perf_counter() - self._sent)
            self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        self._end(exc or ConnectionError("the server closed the connection"))

    def _send(self) -> None:
        request = self._run.next()
        if request is None:
            self._end(None)
            return
        self._received, self._length, self._sent = b"", 0, time.perf_counter()
        self._transport.write(request)

    def _end(self, error: Exception | None) -> None:
        if self.ended.done():
            return
        if error is None:
            self.ended.set_result(None)
        else:
            self.ended.set_exception(error)
        self._transport.close()


def serve_bare(port: int, body: bytes) -> None:
    """Answer every request with these bytes, until killed."""
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
    ]

    async def bare(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    uvicorn.run(
        bare,
        host="127.0.0.1",
        port=port,
        loop="uvloop",
        http="httptools",
        lifespan="off",
        access_log=False,
        log_level="warning",
        server_header=False,
        proxy_headers=False,
    )
