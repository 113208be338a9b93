"""The two ends of a measurement, each in a process of its own: a loader and a bare server.

The loader keeps some connections open and sends on each the next request when the last is answered.
It does as little as it can, so that it is not what is measured. The bare server is the least that
uvicorn can do: it sends the same bytes every time.
"""

import re
import select
import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from typing import Any

import uvicorn

CONNECTIONS = 8
GRACE = 60
"""Seconds that an answer may take beyond the end of a measurement."""

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
BUFFER = 1 << 18
NO_BODY = b"304"


@dataclass(frozen=True)
class Load:
    """What is sent: how many requests, for how many seconds at most, over how many connections.

    headers: sent along, each a whole line. status: what every answer has to have.
    """

    requests: int
    seconds: float
    connections: int = CONNECTIONS
    headers: tuple[str, ...] = ()
    status: int = 200


def fire(port: int, paths: Sequence[str], load: Load) -> list[float]:
    """Send requests for these paths in turn, and return how long each took, in seconds.

    Raises:
        RuntimeError: an answer was of another status, or none came.
    """
    headers = "".join(f"{line}\r\n" for line in load.headers)
    head = (
        f"GET {{}} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept: application/json\r\n{headers}\r\n"
    )
    requests = islice(cycle([head.format(path).encode() for path in paths]), load.requests)
    run = _Run(port, requests, load)
    try:
        return run.all()
    finally:
        run.close()


class _Connection:
    """One connection, with one request under way."""

    __slots__ = ("left", "sent", "socket")

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.left = -1
        """Bytes of the answer that are still to come; -1 before it has begun."""
        self.sent = 0.0


class _Run:
    def __init__(self, port: int, requests: Iterator[bytes], load: Load) -> None:
        self._requests = requests
        self._status = str(load.status).encode()
        self._deadline = time.perf_counter() + load.seconds
        self._poll = select.epoll()
        self._buffer = bytearray(BUFFER)
        self._took: list[float] = []
        self._under_way = 0
        self._open = [_Connection(port) for _ in range(load.connections)]

    def all(self) -> list[float]:
        by_number = {each.socket.fileno(): each for each in self._open}
        for number, each in by_number.items():
            self._poll.register(number, select.EPOLLIN)
            self._send(each)
        while self._under_way:
            ready = self._poll.poll(GRACE)
            if not ready:
                raise RuntimeError(f"no answer within {GRACE} seconds")
            for number, _ in ready:
                self._receive(by_number[number])
        return self._took

    def close(self) -> None:
        self._poll.close()
        for each in self._open:
            each.socket.close()

    def _send(self, each: _Connection) -> None:
        if time.perf_counter() > self._deadline:
            return
        request = next(self._requests, None)
        if request is not None:
            self._under_way += 1
            each.left, each.sent = -1, time.perf_counter()
            each.socket.sendall(request)

    def _receive(self, each: _Connection) -> None:
        size = each.socket.recv_into(self._buffer)
        if size == 0:
            raise RuntimeError("the server closed a connection")
        each.left = self._expected(size) if each.left < 0 else each.left - size
        if each.left == 0:
            self._took.append(time.perf_counter() - each.sent)
            self._under_way -= 1
            self._send(each)

    def _expected(self, size: int) -> int:
        """Read how much of an answer is still to come, whose first bytes are in the buffer."""
        end = self._buffer.find(b"\r\n\r\n", 0, size) + 4
        if end == 3 or self._buffer[9:12] != self._status:
            raise RuntimeError(f"not {self._status!r}: {bytes(self._buffer[: min(size, 500)])!r}")
        length = 0
        if self._status != NO_BODY:
            found = LENGTH.search(self._buffer, 0, end)
            if found is None:
                raise RuntimeError("an answer without a Content-Length")
            length = int(found[1])
        return end + length - size


Headers = list[tuple[bytes, bytes]]
Answers = Mapping[str, tuple[int, Headers, bytes]]
"""By path: status, headers, body."""


def serve_bare(port: int, answers: Answers) -> None:
    """Answer every request with the bytes that are given for its path, until killed."""
    ready = {
        path: (
            {"type": "http.response.start", "status": status, "headers": headers},
            {"type": "http.response.body", "body": body},
        )
        for path, (status, headers, body) in answers.items()
    }

    async def bare(scope: Any, receive: Any, send: Any) -> None:
        start, body = ready[scope["path"]]
        await send(start)
        await send(body)

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
