"""One GET of what a source cites: hashed as it comes, within hard limits, and never kept."""

import asyncio
import hashlib
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Self

import aiohttp
import structlog
from yarl import URL

from app.core import clock, outbound
from app.core.guard import Guard
from app.core.outbound import REDIRECTS, Limits

LIMITS = Limits(total=30.0, connect=10.0)
MOST_BYTES = 20 * 1024 * 1024
MOST_REDIRECTS = 5
READ_BYTES = 64 * 1024
HEADER_BYTES = 32 * 1024
"""Pages made for browsers have long headers; webhooks' receivers have no reason to."""
GONE = (404, 410)

log = structlog.get_logger("answerable.sources")


@dataclass(frozen=True)
class Fetched:
    """What was at an address: bytes with this hash, or nothing any more, or nobody can tell why."""

    at: datetime
    sha256: str | None = None
    is_gone: bool = False
    why: str | None = None

    @property
    def is_conclusive(self) -> bool:
        """Whether it tells anything about what is there."""
        return self.is_gone or self.sha256 is not None


class _Unreadable(Exception):
    """Says in a sentence why nobody can tell what is there."""


class Fetcher:
    """Fetches while its block runs; the caller bounds how many at once.

    Every address, the first and those to which it is redirected, must pass the guard, and again
    when it is dialled.
    """

    def __init__(
        self,
        guard: Guard,
        *,
        user_agent: str,
        limits: Limits = LIMITS,
        most_bytes: int = MOST_BYTES,
    ) -> None:
        self._guard = guard
        self._user_agent = user_agent
        self._limits = limits
        self._most_bytes = most_bytes

    async def __aenter__(self) -> Self:
        self._opened = AsyncExitStack()
        opening = outbound.session(
            self._guard,
            self._limits,
            user_agent=self._user_agent,
            read_bytes=READ_BYTES,
            header_bytes=HEADER_BYTES,
        )
        self._session = await self._opened.enter_async_context(opening)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._opened.aclose()

    async def fetch(self, url: str) -> Fetched:
        """Tell what is at an address; nothing is raised but a cancellation."""
        try:
            async with asyncio.timeout(self._limits.total):
                return await self._follow(url)
        except _Unreadable as told:
            why: str | None = str(told)
        except Exception as error:
            why = outbound.sentence(error, self._limits)
            if why is None:
                log.error("source.not_fetched", url=url, exc_info=error)
                why = f"It could not be fetched: {type(error).__name__}."
        return Fetched(clock.now(), why=why)

    async def _follow(self, url: str) -> Fetched:
        """Fetch an address, or the one at which a few redirects end."""
        at = url.partition("#")[0]  # what follows is for a reader, and never sent
        for hop in range(MOST_REDIRECTS + 1):
            refusal = self._guard.check_url(at)
            if refusal is not None:
                raise _Unreadable(
                    f"It redirects to what is not fetched. {refusal}" if hop else refusal
                )
            response = await self._session.get(URL(at), allow_redirects=False)
            try:
                if response.status not in REDIRECTS:
                    return await self._read(response)
                at = _target(response)
            finally:
                if response.connection is not None:  # more is there, or on its way
                    response.close()
        raise _Unreadable(f"It redirects more than {MOST_REDIRECTS} times.")

    async def _read(self, response: aiohttp.ClientResponse) -> Fetched:
        if response.status in GONE:
            return Fetched(clock.now(), is_gone=True)
        if response.status != 200:
            raise _Unreadable(f"It answered {response.status}.")
        coding = response.headers.get("Content-Encoding", "identity")
        if coding.strip().lower() not in ("", "identity"):
            raise _Unreadable(
                "It sent its bytes encoded, though asked not to: they do not compare."
            )
        too_large = f"It is larger than {self._most_bytes:,} bytes."
        if (response.content_length or 0) > self._most_bytes:
            raise _Unreadable(too_large)
        digest, size = hashlib.sha256(), 0
        async for chunk in response.content.iter_any():
            size += len(chunk)
            if size > self._most_bytes:
                raise _Unreadable(too_large)
            digest.update(chunk)
        return Fetched(clock.now(), sha256=digest.hexdigest())


def host_of(url: str) -> str:
    """Return the host of an address, or nothing when it has none."""
    try:
        return URL(url).raw_host or ""
    except ValueError:
        return ""


def _target(response: aiohttp.ClientResponse) -> str:
    """Return where a redirect leads, without a fragment."""
    location = response.headers.get("Location")
    if location is None:
        raise _Unreadable(f"It answered {response.status} without saying where to go.")
    try:
        return str(response.url.join(URL(location)).with_fragment(None))
    except ValueError:
        raise _Unreadable("It redirects to what is no web address.") from None
