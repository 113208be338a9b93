"""One POST to a receiver, which may be slow, broken or hostile, within hard limits."""

import codecs
import ssl
import time
from contextlib import AsyncExitStack
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache, partial
from types import TracebackType
from typing import NamedTuple, Self

import structlog
from aiohttp import ClientResponse, StreamReader
from aiohttp.connector import Connection
from yarl import URL

from app.core import clock, outbound
from app.core.guard import Guard
from app.core.outbound import REDIRECTS, Limits
from app.core.text import FORBIDDEN

READ_BYTES = 16 * 1024
"""How much of an answer is read; a connection that holds more is cut off."""
KEPT_BYTES = 2 * 1024
LONGEST_WAIT = 24 * 3600.0

log = structlog.get_logger("answerable.webhooks")


class Outcome(NamedTuple):
    """What came of one attempt; `error` is a sentence for a human."""

    status: int | None
    error: str | None
    answer: str
    retry_after: float | None
    disable: bool
    address: str | None
    started_at: datetime
    milliseconds: int

    @property
    def delivered(self) -> bool:
        """Whether the receiver has taken it."""
        return self.error is None and self.status is not None and 200 <= self.status < 300


@dataclass(slots=True)
class _Attempt:
    """What is known of an attempt so far."""

    started_at: datetime = field(default_factory=clock.now)
    clock: float = field(default_factory=time.perf_counter)
    status: int | None = None
    error: str | None = None
    answer: str = ""
    retry_after: float | None = None
    disable: bool = False
    address: str | None = None

    def answered(self, response: ClientResponse) -> None:
        self.status = response.status
        self.retry_after = _retry_after(response.headers.get("Retry-After"))
        self.disable = response.headers.get("webhook-delivery", "").strip().lower() == "disable"
        if response.status in REDIRECTS:
            self.error = f"It answered {response.status}; redirects are not followed."
        elif not 200 <= response.status < 300:
            self.error = f"It answered {response.status}."

    def outcome(self) -> Outcome:
        return Outcome(
            status=self.status,
            error=self.error,
            answer=self.answer,
            retry_after=self.retry_after,
            disable=self.disable,
            address=self.address,
            started_at=self.started_at,
            milliseconds=round((time.perf_counter() - self.clock) * 1000),
        )


_attempt: ContextVar[_Attempt] = ContextVar("attempt")


class _Response(ClientResponse):
    """Notes who is at the other end, before there is an answer and though there may be none."""

    async def start(self, connection: Connection) -> ClientResponse:
        peer = connection.transport and connection.transport.get_extra_info("peername")
        _attempt.get().address = peer[0] if peer else None
        return await super().start(connection)


class Transport:
    """Sends deliveries while its block runs; the caller bounds how many at once.

    Leaving the block waits for no look-up: a post that still needs one is cancelled.
    """

    def __init__(
        self,
        guard: Guard,
        *,
        timeout: float,
        user_agent: str,
        connect_timeout: float = 5.0,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """Take the limits, in seconds; `tls` replaces the authorities that the system trusts."""
        self._check = lru_cache(maxsize=4096)(guard.check_url)
        self._limits = Limits(timeout, min(connect_timeout, timeout))
        self._opening = partial(
            outbound.session, guard, self._limits,
            user_agent=user_agent, read_bytes=READ_BYTES, tls=tls, response_class=_Response,
        )  # fmt: skip

    async def __aenter__(self) -> Self:
        self._opened = AsyncExitStack()
        self._session = await self._opened.enter_async_context(self._opening())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._opened.aclose()

    async def post(self, url: str, body: bytes, headers: dict[str, str]) -> Outcome:
        """Send a body once and tell what came of it; nothing is raised but a cancellation."""
        attempt = _Attempt()
        attempt.error = self._check(url)  # other rules may have held when it was stored
        if attempt.error is None:
            before = _attempt.set(attempt)
            try:
                await self._exchange(attempt, url, body, headers)
            except Exception as error:
                attempt.error = attempt.error or self._sentence(error)
            finally:
                _attempt.reset(before)
        return attempt.outcome()

    async def _exchange(
        self, attempt: _Attempt, url: str, body: bytes, headers: dict[str, str]
    ) -> None:
        response = await self._session.post(
            URL(url), data=body, headers=headers, allow_redirects=False
        )
        try:
            attempt.answered(response)
            attempt.answer = await _beginning(response.content)
        finally:
            if response.connection is not None:  # more is there, or on its way
                response.close()

    def _sentence(self, error: Exception) -> str:
        told = outbound.sentence(error, self._limits)
        if told is None:
            log.error("webhook.not_sent", exc_info=error)
            return f"It could not be sent: {type(error).__name__}."
        return told


async def _beginning(content: StreamReader) -> str:
    """Read an answer up to the limit and return what is kept of it, as text that can be stored."""
    body = bytearray()
    while len(body) < READ_BYTES:
        chunk = await content.read(READ_BYTES - len(body))
        if not chunk:
            break
        body += chunk
    if not body:
        return ""
    whole = len(body) <= KEPT_BYTES  # else a character that is cut in two is left out
    text, _ = codecs.utf_8_decode(body[:KEPT_BYTES], "replace", whole)
    return FORBIDDEN.sub("\ufffd", text)


def _retry_after(value: str | None) -> float | None:
    """Return the seconds that a Retry-After (RFC 9110, 10.2.3) asks to wait, at most 24 hours."""
    if value is None:
        return None
    value = value.strip()
    if value.isascii() and value.isdigit():
        return min(float(value), LONGEST_WAIT)
    try:
        until = parsedate_to_datetime(value)
        if until.tzinfo is None:
            until = until.replace(tzinfo=UTC)
        seconds = (until - clock.now()).total_seconds()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return min(seconds, LONGEST_WAIT) if seconds >= 0 else None
