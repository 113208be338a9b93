"""The receiving end of webhooks, for measuring: one that counts, one that tells, one that hangs."""

import asyncio
import multiprocessing
import socket
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from multiprocessing.shared_memory import SharedMemory

import uvloop
from aiohttp import web

SPAWN = multiprocessing.get_context("spawn")
PATIENCE = 30


class Arrived:
    """How many requests came: a number in memory that processes share."""

    def __init__(self, name: str | None = None) -> None:
        self._memory = SharedMemory(name, create=name is None, size=8)
        self.name = self._memory.name
        assert self._memory.buf is not None
        self._buffer = self._memory.buf
        self._waited = self.count

    @property
    def count(self) -> int:
        return int.from_bytes(bytes(self._buffer[:8]), "little")

    def note(self) -> None:
        """Count one more."""
        self._buffer[:8] = (self.count + 1).to_bytes(8, "little")

    async def wait_for(self, count: int) -> None:
        """Wait until so many more came since this was last asked.

        Raises:
            RuntimeError: for a while nothing came.
        """
        self._waited += count
        seen, since = -1, time.perf_counter()
        while self.count < self._waited:
            await asyncio.sleep(0.005)
            if self.count != seen:
                seen, since = self.count, time.perf_counter()
            if time.perf_counter() - since > PATIENCE:
                raise RuntimeError(f"{self._waited - seen} of {count} did not come")

    def close(self, *, forget: bool = False) -> None:
        """Let go of the memory."""
        self._memory.close()
        if forget:
            self._memory.unlink()


@contextmanager
def counting() -> Iterator[tuple[int, str]]:
    """Run a receiver in a process of its own; yield its port, and the name of its count."""
    arrived = Arrived()
    try:
        with socket.create_server(("127.0.0.1", 0), backlog=1024) as listener:
            process = SPAWN.Process(target=_receive, args=(listener, arrived.name), daemon=True)
            process.start()
            try:
                yield listener.getsockname()[1], arrived.name
            finally:
                process.kill()
                process.join()
    finally:
        arrived.close(forget=True)


def _receive(listener: socket.socket, name: str) -> None:
    uvloop.run(_count(listener, Arrived(name)))


async def _count(listener: socket.socket, arrived: Arrived) -> None:
    async def take(request: web.BaseRequest) -> web.Response:
        await request.read()
        arrived.note()
        return web.Response(status=204)

    runner = web.ServerRunner(web.Server(take))
    await runner.setup()
    await web.SockSite(runner, listener).start()
    await asyncio.Event().wait()


@asynccontextmanager
async def telling(came: Callable[[], None] | None) -> AsyncIterator[int]:
    """Run a receiver that tells at once that something came; without `came` it never answers."""

    async def take(request: web.BaseRequest) -> web.Response:
        if came is None:
            await asyncio.sleep(3600)
        else:
            came()
        return web.Response(status=204)

    runner = web.ServerRunner(web.Server(take), shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()
