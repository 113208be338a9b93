"""Session types. One in a signature says what key is needed, and is the transaction.

A writing session takes the ledger lock as its first statement, commits before the answer is sent,
and brings `dry_run` and `Idempotency-Key` to every endpoint that has it.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from functools import cache
from typing import Annotated

from fastapi import Depends, Header, Query, Request, Security
from fastapi.security import HTTPBasic, HTTPBearer
from sqlalchemy.ext.asyncio import AsyncSession

from app.auth import service
from app.auth.schemas import Scope
from app.auth.service import Caller
from app.core import credentials, idempotency
from app.core.errors import Forbidden
from app.core.pagination import Truth
from app.core.sessions import database_of, secret_of
from app.ledger import recorder

bearer = HTTPBearer(
    auto_error=False,
    scheme_name="bearer",
    bearerFormat="ans_live_…",
    description="An API key, as `Authorization: Bearer ans_live_…`.",
)
basic = HTTPBasic(
    auto_error=False,
    scheme_name="basic",
    description="An API key as the password; the user name does not matter. Works with .netrc.",
)

DryRun = Annotated[
    Truth,
    Query(description="Do everything but keep nothing: the answer says what would have happened."),
]
IdempotencyKey = Annotated[
    str | None,
    Header(
        max_length=255,
        json_schema_extra={"pattern": "^[!-~]+$"},
        description="Makes a repeated POST safe: within 7 days the same key gets the first answer.",
    ),
]


async def identify(request: Request) -> Caller:
    """Tell who sends a request.

    Raises:
        Unauthenticated: there is no key, or it is not good.
    """
    text = credentials.presented(request.headers.get("authorization", ""))
    database, pepper = database_of(request), secret_of(request)
    async with database.reading() as session:
        caller = await service.authenticate(session, text, pepper=pepper)
    if service.use_is_news(caller) and not database.is_busy:  # else it is noted another time
        async with database.writing() as session:
            await service.note_use(session, caller)
    return caller


@cache  # so that FastAPI knows the dependency again, and asks once in a request
def _caller_with(scope: Scope) -> Callable[..., Awaitable[Caller]]:
    async def caller_with_scope(
        request: Request,
        _bearer: Annotated[object, Security(bearer)],
        _basic: Annotated[object, Security(basic)],
    ) -> Caller:
        caller = await identify(request)
        if not caller.may(scope):
            has = ", ".join(sorted(caller.scopes))
            raise Forbidden(f"This needs a key with the scope {scope}; yours has: {has}.")
        return caller

    return caller_with_scope


def _writing_as(scope: Scope) -> Callable[..., AsyncIterator[AsyncSession]]:
    async def write(
        request: Request,
        caller: Annotated[Caller, Depends(_caller_with(scope))],
        dry_run: DryRun = False,
        idempotency_key: IdempotencyKey = None,
    ) -> AsyncIterator[AsyncSession]:
        request.state.dry_run = dry_run
        request.state.caller = caller
        claimed = await idempotency.claim(request, caller.key_id)
        if dry_run:
            claimed = None  # there is nothing to be remembered; a key that is none is refused
        with idempotency.alone(request.app.state.running, claimed):
            async with recorder.recording(database_of(request), actor=caller.name) as session:
                if claimed is not None:
                    await idempotency.recall(session, claimed, secret_of(request))
                yield session
                await session.flush()
                if dry_run:
                    await session.rollback()
                elif claimed is not None:
                    response = request.state.response
                    await idempotency.remember(session, claimed, response, secret_of(request))

    return write


def _reading_as(scope: Scope) -> Callable[..., AsyncIterator[AsyncSession]]:
    async def read(
        request: Request, caller: Annotated[Caller, Depends(_caller_with(scope))]
    ) -> AsyncIterator[AsyncSession]:
        request.state.caller = caller
        async with database_of(request).reading() as session:
            yield session

    return read


EditorSession = Annotated[AsyncSession, Depends(_writing_as(Scope.WRITE), scope="function")]
"""Write the record."""

EditorReadSession = Annotated[AsyncSession, Depends(_reading_as(Scope.WRITE), scope="function")]
"""Look at what only those who write the record see."""

AdminSession = Annotated[AsyncSession, Depends(_writing_as(Scope.ADMIN), scope="function")]
"""Administer the service."""

AdminReadSession = Annotated[AsyncSession, Depends(_reading_as(Scope.ADMIN), scope="function")]
"""Look at what only administrators see."""

RedactSession = Annotated[AsyncSession, Depends(_writing_as(Scope.REDACT), scope="function")]
"""Take personal data out of the record."""

WebhookSession = Annotated[AsyncSession, Depends(_writing_as(Scope.WEBHOOKS), scope="function")]
"""Change one's own webhooks."""

WebhookReadSession = Annotated[AsyncSession, Depends(_reading_as(Scope.WEBHOOKS), scope="function")]
"""Look at one's own webhooks."""

WebhookCaller = Annotated[Caller, Depends(_caller_with(Scope.WEBHOOKS))]
"""Who sends the request, before a session is open."""


EditorCaller = Annotated[Caller, Depends(_caller_with(Scope.WRITE))]
"""Who sends the request, where the endpoint opens its transactions itself."""


async def caller_of(request: Request) -> Caller:
    """Return who sends the request, in an endpoint whose session needs a key.

    There is nobody when a parameter of the session is wrong: then the endpoint is not run either.
    """
    caller: Caller = getattr(request.state, "caller", None)  # type: ignore[assignment]
    return caller


CurrentCaller = Annotated[Caller, Depends(caller_of)]
