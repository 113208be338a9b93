"""Counters of requests, each of which begins anew when its window has passed.

They are kept in memory, or in Redis, where all processes share them. A Redis that does not answer
costs nobody an answer: this process then counts in its own memory, and looks again a little later.
"""

import asyncio
import time
from collections import OrderedDict
from typing import Any

import structlog
from limits.aio.storage import RedisStorage, Storage
from limits.errors import ConfigurationError

from app.core.settings import Settings

COUNTERS = 100_000
"""Counters in memory at the most; beyond that, those whose window began first are forgotten."""
PATIENCE = 0.25
"""Seconds that Redis has to answer."""
PAUSE = 10.0
"""Seconds for which a Redis that did not answer is left alone."""
log = structlog.get_logger("answerable.limits")


class Memory(Storage):
    """Counters of this process, in bounded memory.

    (The storage that `limits` brings looks through all its counters again and again while it
    counts, and has as many as there are clients.)
    """

    STORAGE_SCHEME = None

    def __init__(self, most: int = COUNTERS) -> None:
        super().__init__()
        self._most = most
        self._counts: OrderedDict[str, list[float]] = OrderedDict()
        """By key the count and when it ends, in the order in which the windows began."""

    def __len__(self) -> int:
        return len(self._counts)

    def add(self, key: str, expiry: float, amount: int) -> tuple[int, float]:
        """Count, and return the count and when its window ends."""
        now = time.time()
        entry = self._counts.get(key)
        if entry is None or entry[1] <= now:
            self._counts.pop(key, None)
            self._make_room(now)
            entry = self._counts[key] = [0, now + expiry]
        entry[0] = max(entry[0] + amount, 0)
        return int(entry[0]), entry[1]

    def _make_room(self, now: float) -> None:
        """Forget two that have ended, so that they go faster than they come; or one too many."""
        for _ in range(2):
            first = next(iter(self._counts), None)
            if first is not None and (
                self._counts[first][1] <= now or len(self._counts) >= self._most
            ):
                del self._counts[first]

    @property
    def base_exceptions(self) -> type[Exception]:
        """What can go wrong: nothing."""
        return ValueError

    async def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        """Count, and return the count."""
        return self.add(key, expiry, amount)[0]

    async def get(self, key: str) -> int:
        """Return the count."""
        count, ends = self._counts.get(key, (0, 0.0))
        return int(count) if ends > time.time() else 0

    async def get_expiry(self, key: str) -> float:
        """Return when the window of a count ends."""
        return self._counts[key][1] if key in self._counts else time.time()

    async def check(self) -> bool:
        """Tell that it works."""
        return True

    async def reset(self) -> int | None:
        """Forget everything."""
        count = len(self._counts)
        self._counts.clear()
        return count

    async def clear(self, key: str) -> None:
        """Forget one count."""
        self._counts.pop(key, None)


class Counters:
    """The counters of the service: those of Redis where it is configured and answers."""

    def __init__(self, settings: Settings) -> None:
        """Prepare; nothing is asked of Redis yet.

        Raises:
            RuntimeError: Redis is configured and its client is not installed, or not its address.
        """
        self._memory = Memory()
        self._redis = _redis(settings)
        self._paused_until = 0.0
        self._is_down = False

    async def add(self, key: str, seconds: int, amount: int) -> tuple[int, float]:
        """Count, and return the count and when its window ends (Unix time)."""
        if self._redis is None or time.monotonic() < self._paused_until:
            return self._memory.add(key, seconds, amount)
        try:
            async with asyncio.timeout(PATIENCE):
                count = await self._redis.incr(key, seconds, amount)
                ends = await self._redis.get_expiry(key)
        except Exception as error:  # whatever it is, a request is not to fail of it
            self._pause(error)
            return self._memory.add(key, seconds, amount)
        if self._is_down:
            self._is_down = False
            log.info("rate limits are counted in Redis again")
        return max(count, 0), ends

    async def close(self) -> None:
        """Let go of Redis."""
        if self._redis is not None:
            bridge: Any = self._redis.bridge
            await bridge.get_connection().aclose()

    def _pause(self, error: Exception) -> None:
        self._paused_until = time.monotonic() + PAUSE
        if not self._is_down:
            self._is_down = True
            log.warning(
                "Redis does not answer; each process counts rate limits by itself",
                error=type(error).__name__,
            )


def _redis(settings: Settings) -> RedisStorage | None:
    if settings.redis_url is None:
        return None
    try:
        return RedisStorage(
            settings.redis_url.get_secret_value(),
            implementation="redispy",
            key_prefix="answerable",
            socket_timeout=PATIENCE,
            socket_connect_timeout=PATIENCE,
        )
    except ConfigurationError:
        raise RuntimeError(
            "ANSWERABLE_REDIS_URL: The client of Redis is not installed. Install it with:"
            " pip install 'answerable[redis]'"
        ) from None
