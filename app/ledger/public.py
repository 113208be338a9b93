"""What reads of the public record do alike: an answer follows from the ledger's head.

It is a function of its address, the head, the reader's languages where they choose a translation,
and the day where days are counted. So its ETag is a keyed digest of these: whoever sends one back
was given it by this service for that very answer, and no row needs to be read to say 304. See
`ledger.front` for the cache that stands before all this.
"""

import asyncio
import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from fastapi import Depends, Header, Query, Request, Response
from fastapi.responses import StreamingResponse

from app.core import clock, negotiation
from app.core.errors import Unavailable
from app.core.pagination import Whole
from app.core.routing import StrictRoute
from app.core.text import Language
from app.ledger.heads import Heads

CACHE_CONTROL = "public, max-age=0, s-maxage=2, stale-while-revalidate=30"
"""A client asks each time; a cache that many share asks every two seconds, without making anybody
wait for it."""
PRIVATE = "private, no-cache"
VARY = "Accept-Encoding, Authorization"
VARY_LANGUAGE = f"{VARY}, Accept-Language"
DATED, SPEAKING = 1, 2
TAG = re.compile(rb'(?:W/)?"(?:\d+\.)?([0-3][0-9a-f]{24})(?:-[a-z]+)?"')
REMEMBERED = 10_000
"""Addresses whose ETags are kept while the head does not move."""
WAIT, BETWEEN = 2.0, 0.05
"""Seconds to wait for a head that a client has seen elsewhere, and between looks."""


@dataclass
class Asked:
    """What decides about an answer besides the record, and how the answer may be kept.

    target: path and query as they were sent. kind: None while nothing may be kept.
    """

    target: bytes
    languages: tuple[str, ...] = ()
    kind: int | None = None
    head: int = 0
    day: int = 0
    tag: str = ""


class Tags:
    """Makes ETags of answers, and knows them again."""

    def __init__(self, secret: bytes, *others: str) -> None:
        """others: what also changes all answers, such as the release."""
        self._key = hmac.digest(secret, "\0".join(others).encode(), hashlib.sha256)
        self._known: dict[Any, str] = {}
        self._of = (0, 0)

    def make(
        self, target: bytes, languages: tuple[str, ...], kind: int, head: int, day: int
    ) -> str:
        """Return the opaque part of the ETag of an answer.

        target: path and query. kind: `DATED`, `SPEAKING`, both or neither.
        """
        said = f"{kind} {head} {day if kind & DATED else 0} "
        if kind & SPEAKING:
            said += ",".join(languages)
        digest = hashlib.blake2b(said.encode() + target, digest_size=12, key=self._key)
        return f"{kind}{digest.hexdigest()}"

    def known(
        self, condition: bytes, target: bytes, languages: tuple[str, ...], head: int, day: int
    ) -> bytes | None:
        """Return the ETag of an `If-None-Match` that is of the answer as it would be now."""
        if self._of != (head, day) or len(self._known) > REMEMBERED:
            self._known, self._of = {}, (head, day)
        for found in TAG.finditer(condition):
            tag = found[1].decode()
            key = (target, languages, tag[0])
            expected = self._known.get(key)
            if expected is None:
                expected = self.make(target, languages, int(tag[0]), head, day)
                self._known[key] = expected
            if tag == expected:
                return found[0].removeprefix(b"W/")
        return None


async def at_least(
    request: Request,
    min_seq: Annotated[
        Whole | None,
        Query(
            ge=0,
            le=2**53,
            description=(
                "Answer from a ledger that has come at least so far: the `version` or `seq` of"
                " what you have just written."
            ),
        ),
    ] = None,
    x_min_seq: Annotated[
        Whole | None, Header(ge=0, le=2**53, description="The same, as a header.")
    ] = None,
) -> None:
    """Wait a moment for a head that the client has seen elsewhere.

    Raises:
        Unavailable: the ledger has not come so far.
    """
    wanted = max(min_seq or 0, x_min_seq or 0)
    heads: Heads = request.app.state.heads
    if wanted <= (heads.current() or 0):
        return
    for _ in range(int(WAIT / BETWEEN)):
        if await heads.fresh() >= wanted:
            return
        await asyncio.sleep(BETWEEN)
    raise Unavailable(
        f"The ledger has come to {await heads.fresh()} here, not to {wanted} yet. Send the request"
        " again, or check min_seq."
    )


async def reader_languages(
    request: Request,
    lang: Annotated[
        Language | None,
        Query(
            description=(
                "The language that texts are also shown in, where they have been translated."
                " Left out: what `Accept-Language` says."
            )
        ),
    ] = None,
) -> tuple[str, ...]:
    """Return the languages that the reader wants, the most wanted first."""
    if lang is not None:
        return (lang.lower(),)
    request.state.speaks = True
    return negotiation.languages(request.headers.get("accept-language", "").encode("latin-1"))


Languages = Annotated[tuple[str, ...], Depends(reader_languages)]


class PublicRoute(StrictRoute):
    """The route class of what is read without a key.

    An endpoint that streams sets `request.state.head`, the ledger's head in the snapshot that it
    reads from (any other may, which spares a look); one whose answer shows no count of days sets
    `request.state.is_timeless`.
    """

    is_dated: ClassVar[bool] = True
    """Whether its answers depend on the day."""

    def __init__(self, path: str, endpoint: Any, **options: Any) -> None:
        if "GET" in (options.get("methods") or ()):
            given: Sequence[Any] = options.get("dependencies") or ()
            if all(one.dependency is not at_least for one in given):
                options["dependencies"] = [*given, Depends(at_least)]
        super().__init__(path, endpoint, **options)

    async def tag(self, request: Request, response: Response) -> None:
        """Give an answer its ETag: of the head, or of its bytes where a key was sent."""
        if request.method != "GET":
            await super().tag(request, response)
            return
        speaks = getattr(request.state, "speaks", False)
        response.headers["Vary"] = VARY_LANGUAGE if speaks else VARY
        if "authorization" in request.headers:
            response.headers["Cache-Control"] = PRIVATE
            await super().tag(request, response)
            return
        head = await _head_of(request, response)
        if head is None:
            await super().tag(request, response)
            return
        asked = getattr(request.state, "asked", None) or of(request)
        is_dated = self.is_dated and not getattr(request.state, "is_timeless", False)
        asked.kind = (DATED if is_dated else 0) | (SPEAKING if speaks else 0)
        asked.head, asked.day = head, clock.day()
        tags: Tags = request.app.state.tags
        made = tags.make(asked.target, asked.languages, asked.kind, head, asked.day)
        version = getattr(request.state, "version", None)
        asked.tag = made if version is None else f"{version}.{made}"
        response.headers["ETag"] = f'"{asked.tag}"'
        response.headers["Cache-Control"] = CACHE_CONTROL

    def get_route_handler(self) -> Any:
        """Wrap the endpoint's handler: the head is read before it reads anything."""
        handle = super().get_route_handler()

        async def public(request: Request) -> Response:
            request.state.head_before = request.app.state.heads.current()
            return await handle(request)

        return public


class TimelessRoute(PublicRoute):
    """The route class of what shows no count of days."""

    is_dated = False


async def _head_of(request: Request, response: Response) -> int | None:
    """Return the head that an answer was read at; None when it moved meanwhile."""
    head: int | None = getattr(request.state, "head", None)
    if head is not None or isinstance(response, StreamingResponse):
        return head
    before: int | None = request.state.head_before
    return (
        before if before is not None and await request.app.state.heads.fresh() == before else None
    )


def of(request: Request) -> Asked:
    """Return what was asked, where no cache stands before the application."""
    scope = request.scope
    path: bytes = scope.get("raw_path") or scope["path"].encode()
    accepted = request.headers.get("accept-language", "").encode("latin-1")
    return Asked(path + b"?" + scope["query_string"], negotiation.languages(accepted))
