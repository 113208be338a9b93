"""What a request gets from the application: its database, its secret, a transaction to read in.

All dependencies are coroutines: FastAPI runs any other in a thread, which costs more than they do.
"""

from collections.abc import AsyncIterator
from typing import Annotated
from urllib.parse import quote

from fastapi import Depends, Header, Request
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.db import Database
from app.core.errors import PreconditionRequired
from app.core.pagination import Pager
from app.core.routing import Precondition


def database_of(request: Request) -> Database:
    """Return the application's database."""
    database: Database = request.app.state.database
    return database


def secret_of(request: Request) -> bytes:
    """Return the secret that signs cursors and keys the hashes."""
    secret: bytes = request.app.state.secret
    return secret


async def public_url(request: Request) -> str:
    """Return the address with which links begin."""
    url: str = request.app.state.settings.public_url
    return url


async def _read(request: Request) -> AsyncIterator[AsyncSession]:
    async with database_of(request).reading() as session:
        yield session


async def _pager(request: Request) -> Pager:
    return Pager(request, secret_of(request))


async def _precondition(
    if_match: Annotated[
        str | None,
        Header(description="The ETag that you last read. `*` edits whatever is there."),
    ] = None,
) -> Precondition:
    if if_match is None:
        raise PreconditionRequired(
            "Send If-Match with the ETag of your last GET, so that no other edit is lost."
        )
    return Precondition(if_match)


async def _maybe_precondition(
    if_match: Annotated[
        str | None,
        Header(description="The ETag that you last read, if nothing newer is to be touched."),
    ] = None,
) -> Precondition | None:
    return None if if_match is None else Precondition(if_match)


ReadSession = Annotated[AsyncSession, Depends(_read, scope="function")]
Paging = Annotated[Pager, Depends(_pager)]
IfMatch = Annotated[Precondition, Depends(_precondition)]
MaybeIfMatch = Annotated[Precondition | None, Depends(_maybe_precondition)]
PublicUrl = Annotated[str, Depends(public_url)]


def announced(public_url: str, kind: str, path: str) -> str:
    """Return the Link header of a thing: how a page embeds it, and the feed of its events.

    See oEmbed, RFC 8288 and RFC 4287.
    """
    where = quote(f"{public_url}{path}", safe="")
    feed = f"{public_url}/v1/feeds/events.atom?{kind}={path.rpartition('/')[2]}"
    return (
        f'<{public_url}/oembed?url={where}>; rel="alternate"; type="application/json+oembed",'
        f' <{feed}>; rel="alternate"; type="application/atom+xml"'
    )
