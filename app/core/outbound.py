"""HTTP to the servers of others, which may be slow, broken or hostile: sessions within hard limits.

What goes wrong is told in a sentence for a human, which gives away nothing of a private network.
"""

import asyncio
import os
import re
import socket
import ssl
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiohttp
import structlog
from aiohttp import ClientResponse
from aiohttp.abc import AbstractResolver, ResolveResult

from app.core.guard import Guard

HEADER_BYTES = 8190
HEADERS = 128
KEEP_ALIVE = 4.0
"""Seconds; servers commonly close after 5, and a closed connection costs an attempt."""
NAME_SECONDS = 10
"""How long a name's addresses are remembered. They are checked whenever they are dialled."""
MOST_ADDRESSES = 8
"""Of one name; each may be dialled several times before an attempt fails."""
REDIRECTS = (301, 302, 303, 307, 308)
REFUSAL = re.compile(r"[^\s,]+ is not a public address")

log = structlog.get_logger("answerable.outbound")


@dataclass(frozen=True)
class Limits:
    """Seconds that a whole exchange may take, and those until there is a connection."""

    total: float
    connect: float


class Resolver(AbstractResolver):
    """The system's resolver in threads of its own, so that slow names hold up nothing else."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(64, thread_name_prefix="outbound-names")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Return the addresses that a name has now."""
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
        """End; look-ups under way are not waited for."""
        self._threads.shutdown(wait=False, cancel_futures=True)


@asynccontextmanager
async def session(
    guard: Guard,
    limits: Limits,
    *,
    user_agent: str,
    read_bytes: int,
    header_bytes: int = HEADER_BYTES,
    tls: ssl.SSLContext | None = None,
    response_class: type[ClientResponse] = ClientResponse,
) -> AsyncIterator[aiohttp.ClientSession]:
    """Open a session that dials only what the guard allows, and keeps and trusts nothing.

    read_bytes: how much of an answer is buffered. header_bytes: the longest header. tls: replaces
    the authorities that the system trusts. Bodies come as they were sent, and redirects are for the
    caller to refuse or to follow.
    Leaving the block waits for no look-up: an exchange that still needs one is cancelled.
    """
    resolver = Resolver()
    connector = aiohttp.TCPConnector(
        resolver=resolver,
        ttl_dns_cache=NAME_SECONDS,
        socket_factory=guard.socket_for,
        ssl=tls or True,
        limit=0,
        limit_per_host=0,
        keepalive_timeout=KEEP_ALIVE,
    )
    opened = aiohttp.ClientSession(
        connector=connector,
        timeout=aiohttp.ClientTimeout(total=limits.total, connect=limits.connect),
        headers={"User-Agent": user_agent, "Accept-Encoding": "identity"},
        cookie_jar=aiohttp.DummyCookieJar(),
        response_class=response_class,
        auto_decompress=False,
        raise_for_status=False,
        trust_env=False,
        read_bufsize=read_bytes,
        max_line_size=header_bytes,
        max_field_size=header_bytes,
        max_headers=HEADERS,
    )
    try:
        yield opened
    finally:
        await opened.close()
        await resolver.close()


def sentence(error: Exception, limits: Limits) -> str | None:  # noqa: PLR0911 - one for each kind
    """Say why an exchange failed; None when the other side has no part in it."""
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
            return f"No connection could be made within {limits.connect:g} s."
        case aiohttp.ClientResponseError():
            return "Its answer is not valid HTTP."
        case aiohttp.ClientPayloadError():
            return "It broke off in the middle of its answer."
        case aiohttp.ClientConnectionError() | ConnectionError():
            return "It closed the connection without an answer."
        case TimeoutError():
            return f"It did not answer completely within {limits.total:g} s."
        case _:
            return None


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
        log.info("address.refused", host=host, refusals=refusals)
        own = f"{host} is not a public address"
        # what is behind a name is not for all to know
        what = own if own in refusals else f"{host} leads to what is not a public address"
        return f"{what}; nothing is sent there."
    if isinstance(error, ConnectionRefusedError):
        return "It refused the connection."
    if error.errno is None:
        return "It could not be reached."
    return f"It could not be reached: {os.strerror(error.errno)}."
