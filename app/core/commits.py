"""Hearing of commits: within this process, and on PostgreSQL of those of every other one."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import asyncpg
from sqlalchemy import make_url, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.pool import NullPool

CHANNEL = "answerable_commits"
RECONNECT = 1.0
"""Seconds after which a listener that lost its connection tries again."""


class Commits:
    """Who of this process waits for commits, and what is heard of them.

    A commit may say how far it came: its position, a whole number that only grows.
    """

    def __init__(self, url: str, *, is_shared: bool) -> None:
        self._url = url
        self._is_shared = is_shared
        self._waiting: set[asyncio.Event] = set()
        self._listening: asyncio.Task[None] | None = None
        self.heard: Callable[[int], None] = lambda position: None
        """Called with each position that is heard of."""

    async def announce(self, session: AsyncSession, position: int) -> None:
        """Make this transaction's commit wake those who wait for one in other processes."""
        if self._is_shared:
            await session.execute(
                text("SELECT pg_notify(:channel, :position)"),
                {"channel": CHANNEL, "position": str(position)},
            )

    def wake(self, position: int | None = None) -> None:
        """Wake those of this process who wait for a commit."""
        if position is not None:
            self.heard(position)
        for event in self._waiting:
            event.set()

    @asynccontextmanager
    async def following(self) -> AsyncIterator[asyncio.Event]:
        """Yield an event that is set after every commit that was announced.

        All who follow share one connection. When it is lost it comes back by itself, but what was
        said meanwhile is not heard: look now and then without being woken, too.
        """
        woken = asyncio.Event()
        self._waiting.add(woken)
        if self._is_shared and self._listening is None:
            self._listening = asyncio.create_task(self._listen())
        try:
            yield woken
        finally:
            self._waiting.discard(woken)
            if not self._waiting and self._listening is not None:
                listening, self._listening = self._listening, None
                listening.cancel()
                with suppress(asyncio.CancelledError):
                    await listening

    async def _listen(self) -> None:
        """Pass on what other processes announce, for as long as this is not cancelled."""
        engine = create_async_engine(make_url(self._url), poolclass=NullPool)
        while True:
            with suppress(SQLAlchemyError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
                async with engine.connect() as connection:
                    driver: Any = (await connection.get_raw_connection()).driver_connection
                    await self._hear(driver)
            await asyncio.sleep(RECONNECT)

    async def _hear(self, driver: Any) -> None:
        """Pass on what comes through one connection, until it is lost."""
        lost = asyncio.Event()
        driver.add_termination_listener(lambda _: lost.set())
        await driver.add_listener(CHANNEL, lambda *said: self.wake(_position(said[-1])))
        self.wake()  # for what was announced while nobody listened
        await lost.wait()


def _position(payload: str) -> int | None:
    return int(payload) if payload.isdecimal() else None
