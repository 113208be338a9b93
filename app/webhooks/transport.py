"""One POST to a receiver, which may be slow, broken or hostile, within hard limits."""

import asyncio
import codecs
import os
import re
import socket
import ssl
import time
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from types import TracebackType
from typing import NamedTuple, Self

import aiohttp
import structlog
from aiohttp import ClientResponse, StreamReader
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.connector import Connection
from yarl import URL

from app.core import clock
from app.core.text import FORBIDDEN
from app.webhooks.guard import Guard

READ_BYTES = 16 * 1024
"""How much of an answer is read; a connection that holds more is cut off."""
KEPT_BYTES = 2 * 1024
HEADER_BYTES = 8190
HEADERS = 128
KEEP_ALIVE = 4.0
"""Seconds; servers commonly close after 5, and a closed connection costs an attempt."""
NAME_SECONDS = 10
"""How long a name's addresses are remembered. They are checked whenever they are dialled."""
MOST_ADDRESSES = 8
"""Of one name; each may be dialled several times before an attempt fails."""
LONGEST_WAIT = 24 * 3600.0
REDIRECTS = (301, 302, 303, 307, 308)
REFUSAL = re.compile(r"[^\s,]+ is not a public address")

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


class _Resolver(AbstractResolver):
    """The system's resolver in threads of its own, so that slow names hold up nothing else."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(64, thread_name_prefix="webhook-names")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        infos = await asyncio.get_running_loop().run_in_executor(
            self._threads,
            lambda: socket.getaddrinfo(
                host, port, family, socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG
            ),
        )
        return [
            ResolveResult(
                hostname=host,
                host=str(address[0]),
                port=port,
                family=kind,
                proto=protocol,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for kind, _, protocol, _, address in infos[:MOST_ADDRESSES]
        ]

    async def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)


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
        self._guard = guard
        self._check = lru_cache(maxsize=4096)(guard.check_url)
        self._timeout = timeout
        self._connect_timeout = min(connect_timeout, timeout)
        self._user_agent = user_agent
        self._tls = tls

    async def __aenter__(self) -> Self:
        self._resolver = _Resolver()
        connector = aiohttp.TCPConnector(
            resolver=self._resolver,
            ttl_dns_cache=NAME_SECONDS,
            socket_factory=self._guard.socket_for,
            ssl=self._tls or True,
            limit=0,
            limit_per_host=0,
            keepalive_timeout=KEEP_ALIVE,
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            timeout=aiohttp.ClientTimeout(total=self._timeout, connect=self._connect_timeout),
            headers={"User-Agent": self._user_agent, "Accept-Encoding": "identity"},
            cookie_jar=aiohttp.DummyCookieJar(),
            response_class=_Response,
            auto_decompress=False,
            raise_for_status=False,
            trust_env=False,
            read_bufsize=READ_BYTES,
            max_line_size=HEADER_BYTES,
            max_field_size=HEADER_BYTES,
            max_headers=HEADERS,
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._session.close()
        await self._resolver.close()

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

    def _sentence(self, error: Exception) -> str:  # noqa: PLR0911 - one for each kind of failure
        match error:
            case aiohttp.ClientConnectorDNSError():
                return f"The name {error.host} could not be resolved."
            case aiohttp.ClientConnectorCertificateError():
                return f"Its TLS certificate is not valid: {_reason(error.certificate_error)}."
            case aiohttp.ClientConnectorSSLError():
                return f"No TLS connection could be made: {_reason(error.os_error)}."
            case aiohttp.ClientConnectorError():
                return _unreachable(error.host, error.os_error)
            case aiohttp.ConnectionTimeoutError():
                return f"No connection could be made within {self._connect_timeout:g} s."
            case aiohttp.ClientResponseError():
                return "Its answer is not valid HTTP."
            case aiohttp.ClientPayloadError():
                return "It broke off in the middle of its answer."
            case aiohttp.ClientConnectionError() | ConnectionError():
                return "It closed the connection without an answer."
            case TimeoutError():
                return f"It did not answer completely within {self._timeout:g} s."
            case _:
                log.error("webhook.not_sent", exc_info=error)
                return f"It could not be sent: {type(error).__name__}."


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


def _reason(error: Exception) -> str:
    """Say in OpenSSL's words why there is no TLS connection."""
    words: str | None = getattr(error, "verify_message", None) or getattr(error, "reason", None)
    if words is None:
        return "it closed the connection"
    return words.rstrip(".") if " " in words else words.replace("_", " ").lower()


def _unreachable(host: str, error: OSError) -> str:
    """Say why no connection came about, with any of several addresses."""
    refusals = REFUSAL.findall(str(error))  # several errors come as one, whose text is all there is
    if refusals:
        log.info("webhook.refused", host=host, refusals=refusals)
        own = f"{host} is not a public address"
        # what is behind a name is not for all to know
        what = own if own in refusals else f"{host} leads to what is not a public address"
        return f"{what}; nothing is sent there."
    if isinstance(error, ConnectionRefusedError):
        return "It refused the connection."
    if error.errno is None:
        return "It could not be reached."
    return f"It could not be reached: {os.strerror(error.errno)}."
