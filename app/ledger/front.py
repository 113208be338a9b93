"""The cache that stands before everything else: answers by address, for one head of the ledger.

Nothing in it is ever invalidated by hand: an entry is of a head, and of a day where days are
counted, and no longer used when either has moved on. A request with a key goes past it.
"""

import asyncio
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.core import clock, compression, cors, negotiation
from app.core.access import AccessLog
from app.core.boundary import REQUEST_ID
from app.core.lru import Lru
from app.core.settings import Settings
from app.ledger.public import CACHE_CONTROL, SPEAKING, VARY, VARY_LANGUAGE, Asked, Tags

METHODS = ("GET", "HEAD")
OWN_HEADERS = (b"x-request-id", b"content-length", b"etag")
"""Headers of an answer that are made anew each time it is sent."""
LARGE = 100_000
"""Bytes from which on compressing happens in a thread."""
Pairs = list[tuple[bytes, bytes]]


@dataclass
class Form:
    """An answer in one content coding, ready to be sent."""

    headers: Pairs
    body: bytes


@dataclass
class Entry:
    """An answer, in the forms that were asked for."""

    asked: Asked
    headers: Pairs
    forms: dict[str, Form] = field(default_factory=dict)

    def is_of(self, head: int, day: int) -> bool:
        """Tell whether it is still what would be answered."""
        asked = self.asked
        return asked.head == head and (not asked.kind or not asked.kind & 1 or asked.day == day)

    @property
    def size(self) -> int:
        """The bytes that it takes."""
        return sum(len(form.body) for form in self.forms.values()) + len(self.asked.target)

    def add(self, coding: str, body: bytes) -> Form:
        """Keep the answer in a content coding; an empty one for the bytes as they are."""
        tag = f'"{self.asked.tag}{coding and "-" + coding}"'.encode()
        headers = [*self.headers, (b"etag", tag), (b"content-length", str(len(body)).encode())]
        if coding:
            headers.append((b"content-encoding", coding.encode()))
        form = self.forms[coding] = Form(headers, body)
        return form


class Wanted:
    """The headers of a request that matter here."""

    __slots__ = ("condition", "encoding", "has_key", "languages", "min_seq", "origin", "request_id")

    def __init__(self, headers: Pairs) -> None:
        self.has_key = False
        self.condition = self.encoding = self.languages = b""
        self.min_seq = self.origin = self.request_id = b""
        for name, value in headers:
            if name == b"if-none-match":
                self.condition = value
            elif name == b"accept-encoding":
                self.encoding = value
            elif name == b"accept-language":
                self.languages = value
            elif name == b"x-request-id":
                self.request_id = value
            elif name == b"origin":
                self.origin = value
            elif name == b"x-min-seq":
                self.min_seq = value
            elif name == b"authorization":
                self.has_key = True


class Front:
    """Wrap the application, with its boundary, in the cache of its public answers."""

    def __init__(self, app: ASGIApp, settings: Settings, state: Any) -> None:
        """state: the application's, which has `heads` and `tags` once it is started."""
        self._app = app
        self._settings = settings
        self._state = state
        self._entries: Lru[Entry] = Lru(settings.cache_bytes // 2)
        self._under_way: dict[Any, asyncio.Event] = {}
        self._log = AccessLog(settings)
        self._prefix = os.urandom(8).hex()
        self._numbers = count(1)
        self._varies = b", Origin" if settings.cors_write_origins else b""
        self._always = [(b"x-content-type-options", b"nosniff")] + [
            (name.lower().encode(), value.encode())
            for name, value in cors.headers(Headers(), "GET", settings).items()
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer from the cache, or have the application answer and keep it."""
        if scope["type"] != "http" or scope["method"] not in METHODS:
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        wanted = Wanted(scope["headers"])
        head = self._state.heads.current()
        if head is None or not self._may_answer(wanted, head):
            await self._app(scope, receive, send)
            return
        path = scope.get("raw_path") or scope["path"].encode()
        target = path + b"?" + scope["query_string"]
        languages = negotiation.languages(wanted.languages) if wanted.languages else ()
        day = clock.day()
        if wanted.condition:
            tags: Tags = self._state.tags
            tag = tags.known(wanted.condition, target, languages, head, day)
            if tag is not None:
                await self._not_modified(scope, send, wanted, tag, started)
                return
        entry = self._find(target, languages, head, day)
        if entry is None:
            asked = Asked(target, languages)
            entry = await self._wait(asked, head, day)
        if entry is not None:
            await self._send(scope, send, wanted, entry, started)
        else:
            await self._ask(scope, receive, send, asked, wanted)

    def _may_answer(self, wanted: Wanted, head: int) -> bool:
        """Tell whether the cache may answer a request, whatever it holds."""
        if (
            wanted.has_key
            or wanted.condition.strip() == b"*"
            or (wanted.origin and self._settings.cors_write_origins)
        ):
            return False
        if wanted.min_seq:
            return wanted.min_seq.isdigit() and int(wanted.min_seq[:20]) <= head
        return True

    def _find(self, target: bytes, languages: tuple[str, ...], head: int, day: int) -> Entry | None:
        entry = self._entries.get((target, ()))
        if languages and (entry is None or _speaks(entry)):
            entry = self._entries.get((target, languages))
        return entry if entry is not None and entry.is_of(head, day) else None

    async def _wait(self, asked: Asked, head: int, day: int) -> Entry | None:
        """Wait while somebody else has the same answer made, and return it."""
        made = self._under_way.get((asked.target, asked.languages))
        if made is None:
            return None
        await made.wait()
        return self._find(asked.target, asked.languages, head, day)

    async def _ask(
        self, scope: Scope, receive: Receive, send: Send, asked: Asked, wanted: Wanted
    ) -> None:
        """Have the application answer; keep the answer where it may be kept."""
        state = {**scope.get("state", {}), "asked": asked}
        if scope["method"] == "HEAD":
            await self._app({**scope, "state": state}, receive, send)
            return
        key = (asked.target, asked.languages)
        made = self._under_way.setdefault(key, asyncio.Event())

        def decided() -> None:
            if self._under_way.get(key) is made:
                del self._under_way[key]
            made.set()

        holding = Holding(asked, send, decided)
        try:
            await self._app({**scope, "state": state}, receive, holding.send)
            if holding.entry is not None:
                self._keep(holding.entry)
                decided()
                form = await self._form(holding.entry, wanted)
                await self._transmit(send, form, holding.own)
        finally:
            decided()

    def _keep(self, entry: Entry) -> None:
        asked = entry.asked
        self._entries.put(
            (asked.target, asked.languages if _speaks(entry) else ()), entry, entry.size
        )

    async def _form(self, entry: Entry, wanted: Wanted) -> Form:
        """Return the answer in the content coding that was asked for, made once."""
        coding = (
            negotiation.encoding(wanted.encoding, compression.CODINGS) if wanted.encoding else ""
        )
        plain = entry.forms[""]
        if not coding or len(plain.body) < compression.SMALLEST:
            return plain
        if coding in entry.forms:
            return entry.forms[coding]
        pack = compression.PACKERS[coding]
        body = (
            await asyncio.to_thread(pack, plain.body)
            if len(plain.body) > LARGE
            else pack(plain.body)
        )
        form = entry.add(coding, body)
        self._keep(entry)  # it has grown
        return form

    async def _send(
        self, scope: Scope, send: Send, wanted: Wanted, entry: Entry, started: float
    ) -> None:
        form = await self._form(entry, wanted)
        request_id = self._request_id(wanted)
        body = b"" if scope["method"] == "HEAD" else form.body
        own = [(b"x-request-id", request_id)]
        await self._transmit(send, Form(form.headers, body), own)
        self._log.write(scope, 200, request_id, started)

    async def _not_modified(
        self, scope: Scope, send: Send, wanted: Wanted, tag: bytes, started: float
    ) -> None:
        request_id = self._request_id(wanted)
        speaks = int(tag.rpartition(b".")[2].lstrip(b'"')[:1]) & SPEAKING
        headers = [
            (b"etag", tag),
            (b"cache-control", CACHE_CONTROL.encode()),
            (b"vary", (VARY_LANGUAGE if speaks else VARY).encode() + self._varies),
            (b"x-request-id", request_id),
            *self._always,
        ]
        await send({"type": "http.response.start", "status": 304, "headers": headers})
        await send({"type": "http.response.body", "body": b""})
        self._log.write(scope, 304, request_id, started)

    async def _transmit(self, send: Send, form: Form, own: Pairs) -> None:
        headers = [*form.headers, *own]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": form.body})

    def _request_id(self, wanted: Wanted) -> bytes:
        given = wanted.request_id.decode("latin-1")
        if given and REQUEST_ID.fullmatch(given):
            return wanted.request_id
        return f"{self._prefix}{next(self._numbers):016x}".encode()


class Holding:
    """Holds back an answer that is to be kept; passes on every other.

    entry: the whole answer, None while there is none. own: its headers that are not to be kept.
    """

    def __init__(self, asked: Asked, send: Send, refused: Callable[[], None]) -> None:
        """refused: called as soon as an answer turns out not to be kept."""
        self.entry: Entry | None = None
        self.own: Pairs = []
        self._asked = asked
        self._send = send
        self._refused = refused
        self._headers: Pairs | None = None
        self._parts: list[bytes] = []

    async def send(self, message: Message) -> None:
        """Take one message of the answer."""
        if message["type"] == "http.response.start" and self._is_kept(message):
            headers = [(name.lower(), value) for name, value in message["headers"]]
            self._headers = [pair for pair in headers if pair[0] not in OWN_HEADERS]
            self.own = [pair for pair in headers if pair[0] == b"x-request-id"]
        elif self._headers is None or message["type"] != "http.response.body":
            self._refused()
            await self._send(message)
        else:
            self._parts.append(message.get("body", b""))
            if not message.get("more_body", False):
                self.entry = Entry(self._asked, self._headers)
                self.entry.add("", b"".join(self._parts))

    def _is_kept(self, message: Message) -> bool:
        """Tell whether an answer is whole and of a head; one that streams says no length."""
        names = {name.lower() for name, _ in message["headers"]}
        whole = message["status"] == 200 and b"content-length" in names
        return self._asked.kind is not None and whole


def _speaks(entry: Entry) -> bool:
    return bool(entry.asked.kind and entry.asked.kind & SPEAKING)
