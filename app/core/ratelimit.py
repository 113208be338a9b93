"""Rate limits: how much an address, and a key, may ask for. The outermost layer of all.

An address has a quota of reads and one of writes; so has a key, a larger one, and what it asks for
does not count against its address. Whether a key is good is not asked of the database each time:
one that was good lately is known. A key that is not known counts as a failure of its address until
it was looked up and found good. Once an address has had its failures, keys that are not known are
refused there unseen, for guessing must not cost the database anything; those that are known go on,
so that one who guesses does not lock out all who share the address.

A request is counted before work is done. What turns out to be a 304, or a browser's question
whether it may ask, is given nine tenths of it back. The headers are those of
draft-ietf-httpapi-ratelimit-headers-10.
"""

import math
import time
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any, Protocol

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.core import credentials
from app.core.access import AccessLog
from app.core.addresses import client_of
from app.core.boundary import Exchange
from app.core.counters import Counters
from app.core.errors import TooManyRequests, Unauthenticated
from app.core.quotas import Quota, Quotas
from app.core.settings import Settings

FREE = frozenset({"/healthz", "/readyz", "/metrics"})
FREE_FOLDER = "/static/"
"""What is not limited: an operator's probes, and files."""
READING = ("GET", "HEAD", "OPTIONS")
REQUEST, CHEAP = 10, 1
"""What a request counts, and what one counts that costs next to nothing: in tenths."""
UNSETTLED = (304, 401)
"""Statuses that change what a request counts."""
STREAM_RETRY = 30
"""Seconds after which to try again to open a stream."""
log = structlog.get_logger("answerable.limits")


class Keys(Protocol):
    """What is known about keys."""

    def known(self, text: str) -> str | None:
        """Return the id of a key that was good lately."""

    async def find(self, text: str) -> str | None:
        """Look a key up; return its id, None when it is not good."""

    def is_sought(self, text: str) -> bool:
        """Tell whether a key is being looked up for another request."""

    def forget(self, text: str) -> None:
        """Forget a key that was refused."""


@dataclass(slots=True)
class Standing:
    """Where somebody stands with one quota."""

    name: str
    who: str
    quota: Quota
    count: int
    ends: float

    @property
    def is_exceeded(self) -> bool:
        """Whether more was asked for than there is."""
        return self.count > self.quota.amount * REQUEST

    @property
    def seconds(self) -> int:
        """Whole seconds until the quota is whole again."""
        return min(max(math.ceil(self.ends - time.time()), 1), self.quota.seconds)

    @property
    def policy(self) -> str:
        """The quota, as an item of `RateLimit-Policy`."""
        return f'"{self.name}";q={self.quota.amount};w={self.quota.seconds}'

    @property
    def left(self) -> str:
        """What is left of it, as an item of `RateLimit`."""
        remaining = max(self.quota.amount * REQUEST - self.count, 0) // REQUEST
        return f'"{self.name}";r={remaining};t={self.seconds}'


@dataclass(slots=True)
class Visit:
    """One request, as far as limits are concerned. key: as it was presented, empty without one."""

    address: str
    key: str = ""
    key_id: str | None = None
    standings: list[Standing] = field(default_factory=list)

    @property
    def who(self) -> str:
        """Whose quota it counts against."""
        return self.key_id or self.address

    def headers(self) -> list[tuple[bytes, bytes]]:
        """Return what the answer says about limits."""
        policy = ", ".join([one.policy for one in self.standings])
        left = ", ".join([one.left for one in self.standings])
        return [(b"ratelimit-policy", policy.encode()), (b"ratelimit", left.encode())]


class Limiter:
    """Wrap an ASGI application so that nobody can ask it for more than their share."""

    def __init__(
        self,
        app: ASGIApp,
        settings: Settings,
        quotas: Quotas,
        state: Any,
        keys: Keys,
        streams: Collection[str] = (),
    ) -> None:
        """state: has `counters` once the application is started. streams: paths that never end."""
        self._app = app
        self._settings = settings
        self._quotas = quotas
        self._state = state
        self._keys = keys
        self._streams = frozenset(streams)
        self._open: dict[str, int] = {}
        self._log = AccessLog(settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through and say what is left, or refuse it."""
        path = scope.get("path", "")
        if scope["type"] != "http" or path in FREE or path.startswith(FREE_FOLDER):
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        visit = Visit(client_of(scope, self._settings.trusted_proxies))
        try:
            await self._admit(scope, visit)
        except TooManyRequests as refusal:
            await self._refuse(refusal, visit, scope, receive, send, started)
            return

        async def limited(message: Message) -> None:
            if message["type"] == "http.response.start":
                status = message["status"]
                if status in UNSETTLED or scope["method"] == "OPTIONS":
                    await self._settle(visit, status)
                message = {**message, "headers": [*message["headers"], *visit.headers()]}
            await send(message)

        if path in self._streams and scope["method"] == "GET":
            await self._stream(visit, scope, receive, limited, started)
        else:
            await self._app(scope, receive, limited)

    async def _admit(self, scope: Scope, visit: Visit) -> None:
        """Count a request.

        Raises:
            TooManyRequests: that is one too many.
        """
        failing = None
        for name, value in scope["headers"]:
            if name == b"authorization":
                failing = await self._recognise(visit, value.decode("latin-1"))
                break
        kind = "reads" if scope["method"] in READING else "writes"
        standing = await self._count(f"key_{kind}" if visit.key_id else kind, visit.who)
        visit.standings = [standing] if failing is None else [standing, failing]
        if standing.is_exceeded:
            raise TooManyRequests(_explain(standing))

    async def _recognise(self, visit: Visit, header: str) -> Standing | None:
        """Find out whose key a request brings; return where its address stands if nobody's.

        Raises:
            TooManyRequests: the address has brought too many that are not good.
        """
        try:
            visit.key = credentials.presented(header)
        except Unauthenticated:
            visit.key = ""
        visit.key_id = self._keys.known(visit.key)
        if visit.key_id is not None:
            return None
        counts = not self._keys.is_sought(visit.key)
        failing = await self._count("failures", visit.address, REQUEST if counts else 0)
        if failing.is_exceeded:
            visit.standings = [failing]
            raise TooManyRequests(_explain(failing))
        try:
            visit.key_id = await self._keys.find(visit.key)
        except Exception as error:  # the application meets it too, and says what is wrong
            log.warning("a key could not be looked up for its limits", error=type(error).__name__)
        else:
            if visit.key_id is None:
                return failing
        if counts:
            await self._count("failures", visit.address, -REQUEST)
        return None

    async def _settle(self, visit: Visit, status: int) -> None:
        """Correct what was counted, now that the answer is known."""
        if status != 401:
            first = visit.standings[0]
            first.count, first.ends = await self._state.counters.add(
                f"{first.name}/{first.who}", first.quota.seconds, CHEAP - REQUEST
            )
        elif visit.key_id is not None:
            self._keys.forget(visit.key)
            visit.standings.append(await self._count("failures", visit.address))

    async def _stream(
        self, visit: Visit, scope: Scope, receive: Receive, send: Send, started: float
    ) -> None:
        """Let a stream through, if not too many are open."""
        who, most = visit.who, self._quotas.streams
        if self._open.get(who, 0) >= most:
            refusal = TooManyRequests(
                f"You have {most} streams open here, which is as many as can be. Close one, or come"
                f" back in {STREAM_RETRY} seconds.",
                headers={"Retry-After": str(STREAM_RETRY)},
            )
            await self._refuse(refusal, visit, scope, receive, send, started)
            return
        self._open[who] = self._open.get(who, 0) + 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._open[who] -= 1
            if not self._open[who]:
                del self._open[who]

    async def _count(self, name: str, who: str, amount: int = REQUEST) -> Standing:
        quota: Quota = getattr(self._quotas, name)
        counters: Counters = self._state.counters
        count, ends = await counters.add(f"{name}/{who}", quota.seconds, amount)
        return Standing(name, who, quota, count, ends)

    async def _refuse(
        self,
        refusal: TooManyRequests,
        visit: Visit,
        scope: Scope,
        receive: Receive,
        send: Send,
        started: float,
    ) -> None:
        refusal.headers.setdefault("Retry-After", str(visit.standings[-1].seconds))
        for name, value in visit.headers():
            refusal.headers[name.decode()] = value.decode()
        exchange = Exchange(scope, receive, send, self._settings)
        await exchange.answer(refusal)
        self._log.write(scope, 429, exchange.request_id.encode(), started)


def _explain(standing: Standing) -> str:
    """Say what was too much, when to come back and how to need less."""
    wait = f"Come back in {standing.seconds} seconds"
    number, span = f"{standing.quota.amount:,}", standing.quota.span
    if standing.name == "failures":
        return (
            f"{number} requests with a key that is not good came from your address in {span}."
            f" {wait}, with the right key; without a key public data can be read meanwhile."
        )
    kind = standing.name.removeprefix("key_")
    if standing.name.startswith("key_"):
        return f"Your key has made its {number} {kind} in {span}. {wait}."
    return (
        f"Your address has made its {number} {kind} in {span}. {wait}, or send a key: it has more."
    )
