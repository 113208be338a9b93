"""How an export is sent: while it is read, in one snapshot, with flat memory.

An answer that has begun cannot become a problem any more. So the first piece is made before; and
when something fails later, or a client takes nothing for too long, the answer ends without its
last chunk: no client takes it for whole.
"""

import asyncio
import codecs
import zlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Annotated
from weakref import WeakKeyDictionary

import structlog
from fastapi import Depends, Request, Response
from fastapi.responses import StreamingResponse
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.types import Send

from app.core import negotiation
from app.core.db import Database
from app.core.errors import Unavailable
from app.core.sessions import database_of

SHARE = 3
"""Of its connections a process gives one in so many to exports, which may hold one for long."""
WHOLE = 128 * 1024
"""An export of up to so many bytes is an answer like any other, which the cache keeps."""
STALLED = 50.0
"""Seconds that a client may take for one piece. (PostgreSQL would end the snapshot after 60.)"""
LONGEST = 1800.0
"""Seconds that a snapshot is held for one client at most: nothing is cleaned up behind it."""
LEVEL = 1
"""Of gzip: it is to keep up with the database."""

_turns: WeakKeyDictionary[Database, asyncio.Semaphore] = WeakKeyDictionary()
log = structlog.get_logger("answerable.exports")


@asynccontextmanager
async def _turn(request: Request) -> AsyncIterator[None]:
    """Wait until fewer than the most exports are under way.

    Raises:
        Unavailable: that took too long.
    """
    settings = request.app.state.settings
    most = max(1, settings.database_pool_size // SHARE)
    turns = _turns.setdefault(database_of(request), asyncio.Semaphore(most))
    try:
        async with asyncio.timeout(settings.database_timeout):
            await turns.acquire()
    except TimeoutError:
        raise Unavailable(
            f"{most} exports are under way, and there can be no more at once. Try again shortly.",
            retry_after=30,
        ) from None
    try:
        yield
    finally:
        turns.release()


async def _snapshot(request: Request) -> AsyncIterator[AsyncSession]:
    async with _turn(request), database_of(request).reading() as session:
        yield session


Snapshot = Annotated[AsyncSession, Depends(_snapshot, scope="request")]
"""A transaction to read in that lasts until the answer has been sent."""


class Export(StreamingResponse):
    """An answer that is sent piece by piece."""

    async def stream_response(self, send: Send) -> None:
        """Send all pieces; none of the rest when the client takes too long for one."""
        loop = asyncio.get_running_loop()
        end = loop.time() + LONGEST
        if "content-encoding" in self.headers and "etag" in self.headers:  # other bytes, other tag
            self.headers["ETag"] = (
                f'{self.headers["etag"][:-1]}-{self.headers["content-encoding"]}"'
            )
        start = {"type": "http.response.start", "status": self.status_code}
        await send({**start, "headers": self.raw_headers})
        async for piece in self.body_iterator:
            body = {"type": "http.response.body", "body": piece, "more_body": True}
            try:
                async with asyncio.timeout_at(min(loop.time() + STALLED, end)):
                    await send(body)
            except TimeoutError:
                log.warning("export broken off: the client is too slow")
                return
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def answer(
    request: Request, pieces: AsyncIterator[bytes], media_type: str, headers: Mapping[str, str]
) -> Response:
    """Answer with pieces: as a whole if they are few, or else one after the other.

    A HEAD does not read further than shows which of the two it is.
    """
    begun = b""
    async for piece in pieces:
        begun += piece
        if len(begun) > WHOLE:
            break
    else:
        return Response(begun, media_type=media_type, headers=headers)
    accepted = request.headers.get("accept-encoding", "").encode("latin-1")
    coding = negotiation.encoding(accepted, ("gzip",)) if accepted else ""
    body = _nothing() if request.state.is_head else _chain(begun, pieces)
    if not coding:
        return Export(body, media_type=media_type, headers=headers)
    packed = {**headers, "Content-Encoding": coding}
    return Export(_packed(body), media_type=media_type, headers=packed)


async def _nothing() -> AsyncIterator[bytes]:
    yield b""


async def _chain(begun: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield begun
    async for piece in rest:
        yield piece


async def _packed(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Compress as it comes (RFC 1952)."""
    packer = zlib.compressobj(LEVEL, wbits=31)
    async for piece in pieces:
        packed = await asyncio.to_thread(packer.compress, piece)
        if packed:
            yield packed
    yield packer.flush()


async def csv(lines: AsyncIterator[bytes], bom: int) -> AsyncIterator[bytes]:
    """Write lines of CSV. bom: whether a byte order mark comes first."""
    if bom:
        yield codecs.BOM_UTF8
    async for piece in lines:
        yield piece


async def array(texts: AsyncIterator[list[bytes]]) -> AsyncIterator[bytes]:
    """Write JSON texts as one array, which is not valid before its end."""
    before = b"[\n"
    async for some in texts:
        if some:
            yield before + b",\n".join(some)
            before = b",\n"
    yield b"\n]\n" if before == b",\n" else b"[\n]\n"


async def lines(texts: AsyncIterator[list[bytes]]) -> AsyncIterator[bytes]:
    """Write JSON texts one a line."""
    async for some in texts:
        yield b"".join([text + b"\n" for text in some])
