"""The one layer through which every request comes in and every answer goes out.

It reads the body within limits, refuses what no endpoint should ever see (RFC 8259 and RFC 7493,
and then some), gives each request an id, turns HEAD into GET, adds the headers that every answer
has, writes the access log, and makes a problem of whatever goes wrong.
"""

import asyncio
import re
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any
from urllib.parse import parse_qsl, quote, unquote_to_bytes

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.core import cors, problems, text
from app.core.errors import (
    Internal,
    Invalid,
    Malformed,
    Problem,
    RequestTimeout,
    TooLarge,
    Unavailable,
    UnsupportedMediaType,
)
from app.core.settings import Settings
from app.core.strict_json import check_json, pointer_token

log = structlog.get_logger("answerable.http")

REQUEST_ID = re.compile(r"^[A-Za-z0-9._:-]{1,128}$", re.ASCII)
JSON_TYPES = ("application/json", "application/merge-patch+json")
BODY_METHODS = ("POST", "PUT", "PATCH", "DELETE")
UNREAD_HEADERS = (b"range", b"if-range")  # RFC 9110, section 14.2: a server may ignore them
BAD_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")
LINE_BREAK = re.compile(r"[\t\n\r\u2028\u2029]")
PARAMETERS = 50


class Boundary:
    """Wrap an ASGI application so that only clean requests reach it."""

    def __init__(
        self, app: ASGIApp, settings: Settings, uploads: Mapping[str, "Upload"] | None = None
    ) -> None:
        """Take what to wrap. uploads: what is read otherwise, by the paths it is posted to."""
        self._app = app
        self._settings = settings
        self._uploads = uploads or {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take one request through, whatever becomes of it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        upload = self._uploads.get(scope["path"]) if scope["method"] == "POST" else None
        exchange = Exchange(scope, receive, send, self._settings, upload)
        with structlog.contextvars.bound_contextvars(request_id=exchange.request_id):
            try:
                await self._pass(exchange)
            except Disconnected:
                return
            except Problem as problem:
                await exchange.answer(problem)
            except Exception:
                log.exception("request failed", method=scope["method"], path=scope["path"])
                await exchange.answer(Internal("The failure was logged under this request_id."))
            exchange.log()

    async def _pass(self, exchange: "Exchange") -> None:
        preflight = cors.preflight(exchange.headers, exchange.method, self._settings)
        if preflight is not None:
            await preflight(exchange.scope, exchange.receive, exchange.send)
            return
        check_target(exchange.scope)
        with exchange.receiving():
            await exchange.read_body()
            await self._app(exchange.inner_scope(), exchange.receive, exchange.send)


class Upload:
    """A path that takes files, which are larger than any other body and have another form.

    A body is in memory until it was read; so only a few are received at a time.
    """

    TYPE = "multipart/form-data"
    SIMULTANEOUS = 4
    PATIENCE = 10
    """So many times as long as for any other body a client has to send it."""

    def __init__(self, limit: int) -> None:
        """Take the limit, in bytes."""
        self.limit = limit
        self._received = 0

    @contextmanager
    def receiving(self) -> Iterator[None]:
        """Count a request while it is answered.

        Raises:
            Unavailable: there are as many already as there may be.
        """
        if self._received >= self.SIMULTANEOUS:
            raise Unavailable("Other files are being received. Send the request again shortly.")
        self._received += 1
        try:
            yield
        finally:
            self._received -= 1


class Disconnected(Exception):
    """The client went away before its request was complete."""


class Exchange:
    """One request and its answer."""

    def __init__(
        self,
        scope: Scope,
        receive: Receive,
        send: Send,
        settings: Settings,
        upload: Upload | None = None,
    ) -> None:
        """upload: how the body is to be read, if not as JSON."""
        self.scope = scope
        self._upload = upload
        self.method: str = scope["method"]
        self.headers = Headers(scope=scope)
        given = self.headers.get("x-request-id", "")
        self.request_id = given if REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        self._settings = settings
        self._receive = receive
        self._send = send
        self._body: bytes | None = None
        self._status: int | None = None
        self._has_answered = False
        self._started = time.perf_counter()

    def inner_scope(self) -> Scope:
        """Return the scope that the application sees: HEAD is GET there."""
        is_head = self.method == "HEAD"
        state = {**self.scope.get("state", {}), "request_id": self.request_id, "is_head": is_head}
        method = "GET" if is_head else self.method
        headers = [pair for pair in self.scope["headers"] if pair[0] not in UNREAD_HEADERS]
        return {**self.scope, "method": method, "headers": headers, "state": state}

    async def read_body(self) -> None:
        """Read the whole body within the limits of size and time, and check it.

        Raises:
            TooLarge, RequestTimeout, UnsupportedMediaType, Malformed, Invalid: it is unfit.
        """
        if self.method not in BODY_METHODS:
            return
        patience = self._settings.body_timeout * (self._upload.PATIENCE if self._upload else 1)
        try:
            async with asyncio.timeout(patience):
                body = b"".join([chunk async for chunk in self._chunks()])
        except TimeoutError:
            raise RequestTimeout(f"The body did not arrive within {patience:g} seconds.") from None
        if body:
            self._check_media_type()
            if self._upload is None:
                check_json(body)
        self._body = body

    def receiving(self) -> AbstractContextManager[None]:
        """Count the request among those that bring a file, if it does."""
        return self._upload.receiving() if self._upload is not None else nullcontext()

    async def receive(self) -> Message:
        """Hand the body that was read to the application, then whatever the server says next."""
        if self._body is None:
            return await self._receive()
        body, self._body = self._body, None
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(self, message: Message) -> None:
        """Send on, with the headers that every answer has; without a body to a HEAD."""
        if message["type"] == "http.response.start":
            self._status = message["status"]
            headers = MutableHeaders(scope=message)
            headers["X-Request-Id"] = self.request_id
            headers["X-Content-Type-Options"] = "nosniff"
            headers.update(cors.headers(self.headers, self.method, self._settings))
            if self._settings.cors_write_origins:
                headers.add_vary_header("Origin")
        elif self.method == "HEAD":
            if self._has_answered:
                return
            self._has_answered = True  # at once, for there are answers without an end
            message = {"type": "http.response.body", "body": b"", "more_body": False}
        await self._send(message)

    async def answer(self, problem: Problem) -> None:
        """Send a problem, unless an answer has begun already."""
        if self._status is None:
            response = problems.render(problem, self.request_id)
            await response(self.scope, self.receive, self.send)

    def log(self) -> None:
        """Write the line of the access log."""
        milliseconds = round((time.perf_counter() - self._started) * 1000, 2)
        log.info(
            "request",
            method=self.method,
            path=self.scope["path"],
            status=self._status,
            milliseconds=milliseconds,
        )

    async def _chunks(self) -> Any:
        limit = self._upload.limit if self._upload else self._settings.max_body_bytes
        declared = self.headers.get("content-length", "0")
        size = int(declared) if re.fullmatch(r"[0-9]{1,18}", declared) else 0
        if size > limit:
            raise TooLarge(f"A body may have at most {limit:,} bytes; this one has {size:,}.")
        size = 0
        while True:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise Disconnected
            chunk: bytes = message.get("body", b"")
            size += len(chunk)
            if size > limit:
                raise TooLarge(f"A body may have at most {limit:,} bytes.")
            yield chunk
            if not message.get("more_body", False):
                return

    def _check_media_type(self) -> None:
        media_type, _, parameters = self.headers.get("content-type", "").partition(";")
        if self._upload is not None:
            if media_type.strip().lower() != self._upload.TYPE:
                raise UnsupportedMediaType(f"Send the file in a form: `{self._upload.TYPE}`.")
        elif media_type.strip().lower() not in JSON_TYPES:
            raise UnsupportedMediaType("Send the body as `Content-Type: application/json`.")
        charset = re.search(r"charset=\"?([\w-]+)", parameters, re.IGNORECASE)
        if charset and charset[1].lower() not in ("utf-8", "utf8"):
            raise UnsupportedMediaType("Send the body in UTF-8.")
        if self.headers.get("content-encoding", "identity").lower() != "identity":
            raise UnsupportedMediaType("Send the body without a Content-Encoding.")


def check_target(scope: Scope) -> None:
    """Refuse an address that is not UTF-8, has forbidden characters or repeats a parameter.

    Raises:
        Malformed: it cannot be read.
        Invalid: a parameter is given twice.
    """
    _check_path(scope.get("raw_path") or quote(scope["path"]).encode("ascii"))
    seen = set()
    for name, value in _parameters(scope["query_string"]):
        if found := text.flaw(name + value):
            raise Malformed(f"The query contains {found}, which is not allowed.")
        if name in seen:
            pointer = f"/{pointer_token(name)}"
            detail = "Give it once; several values are joined by commas where they are taken."
            raise Invalid.at(pointer, detail, code="repeated", location="query")
        seen.add(name)


def _check_path(raw: bytes) -> None:
    """Check the path as it was sent: a server decodes it and hides what did not fit."""
    _check_escapes(raw, "path")
    try:
        path = unquote_to_bytes(raw).decode("utf-8")
    except UnicodeDecodeError:
        raise Malformed("The path is not UTF-8 when percent-decoded.") from None
    if LINE_BREAK.search(path):
        raise Malformed("The path contains a tab or a line break, which is not allowed.")
    if found := text.flaw(path):
        raise Malformed(f"The path contains {found}, which is not allowed.")


def _check_escapes(raw: bytes, part: str) -> None:
    if not raw.isascii():
        raise Malformed(f"The {part} has bytes beyond ASCII. Percent-encode it, as UTF-8.")
    if BAD_ESCAPE.search(raw):
        raise Malformed(f"The {part} has a % without two hexadecimal digits. Write %25 for a %.")


def _parameters(query: bytes) -> Iterator[tuple[str, str]]:
    _check_escapes(query, "query")
    try:
        yield from parse_qsl(
            query.decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=PARAMETERS,
        )
    except UnicodeDecodeError:
        raise Malformed("The query is not UTF-8 when percent-decoded.") from None
    except ValueError:
        raise Malformed(f"The query has more than {PARAMETERS} parameters.") from None
