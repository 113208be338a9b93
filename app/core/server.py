"""The HTTP server, in what it does besides: how it refuses, and how it lets go of clients."""

import asyncio
import socket
import uuid

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app.core import problems
from app.core.errors import Malformed

STUCK = 60.0
"""Seconds in which a client has to take some of what is waiting for it."""


class ProblemProtocol(HttpToolsProtocol):
    """uvicorn's HTTP/1.1 protocol, but for the body of its 400, and for clients that do not read.

    Such a one would hold its connection, and what waits for it, for ever.
    """

    _stuck: asyncio.TimerHandle | None = None

    def pause_writing(self) -> None:
        """Take note that the client is behind."""
        super().pause_writing()
        self._stuck = self.loop.call_later(STUCK, self.transport.abort)

    def resume_writing(self) -> None:
        """Take note that it has taken what was waiting."""
        self._not_stuck()
        super().resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """Take note that it has left."""
        self._not_stuck()
        super().connection_lost(exc)

    def _not_stuck(self) -> None:
        if self._stuck is not None:
            self._stuck.cancel()
            self._stuck = None

    def send_400_response(self, msg: str) -> None:
        """Answer a request that is not HTTP, and close the connection."""
        detail = "This is not a valid HTTP request. Percent-encode the address."
        answer = problems.render(Malformed(detail), uuid.uuid4().hex)
        head = [b"HTTP/1.1 400 Bad Request", b"connection: close"]
        head += [name + b": " + value for name, value in answer.raw_headers]
        self.transport.write(b"\r\n".join([*head, b"", bytes(answer.body)]))
        self.transport.close()


class Server(uvicorn.Server):
    """uvicorn's server, which tells answers without an end that it is about to end.

    What is to be called then they add to `ending`, a list in the state of their request.
    """

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to serve."""
        self.lifespan.state["ending"] = []
        await super().startup(sockets=sockets)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End what does not end by itself, then wait for what does."""
        for end in self.lifespan.state["ending"]:
            end()
        await super().shutdown(sockets=sockets)
