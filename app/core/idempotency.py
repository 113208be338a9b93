"""`Idempotency-Key`: a POST that is sent again gets the first answer again, and acts once.

The answer is stored in the transaction that it reports, so that the two cannot part. Answers may
hold secrets (a new API key), so they are encrypted with a key that is not in the database.
"""

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from fastapi import Request, Response
from sqlalchemy import LargeBinary, delete, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import Field, SQLModel

from app.core import clock, sealing
from app.core.errors import Conflict, IdempotencyMismatch, Invalid
from app.core.tables import Key, table_of

KEPT = timedelta(days=7)
PURPOSE = "idempotency"
FORM = re.compile(r"^[\x21-\x7e]{1,255}$", re.ASCII)
KEPT_HEADERS = ("etag", "location", "content-type", "cache-control")


class Answered(SQLModel, table=True):
    """The answer that a request with an `Idempotency-Key` got."""

    __tablename__ = "idempotency"

    digest: str = Field(primary_key=True, sa_type=Key)
    fingerprint: str = Field(sa_type=Key)
    answer: bytes = Field(sa_type=LargeBinary)
    created_at: datetime = Field(index=True)


@dataclass(frozen=True)
class Claim:
    """One request's claim on an `Idempotency-Key`.

    digest: names the key together with its owner. fingerprint: of all that makes the request.
    """

    digest: str
    fingerprint: str


class Replay(Exception):
    """The first answer, to be sent again."""

    def __init__(self, response: Response) -> None:
        super().__init__()
        self.response = response


async def claim(request: Request, owner: str, content: bytes | None = None) -> Claim | None:
    """Read the request's `Idempotency-Key`, if it has one; keys are separate for each owner.

    content: stands for the body, where that was read otherwise.

    Raises:
        Invalid: it is not 1 to 255 printable ASCII characters.
    """
    given = request.headers.get("idempotency-key")
    if given is None or request.method != "POST":
        return None
    if not FORM.fullmatch(given):
        detail = "Give 1 to 255 printable ASCII characters without spaces, such as a UUID."
        raise Invalid.at("/Idempotency-Key", detail, location="header")
    target = f"{request.method} {request.url.path}?{request.url.query}\n".encode()
    body = content if content is not None else await request.body()
    return Claim(
        digest=hashlib.sha256(f"{owner}\n{given}".encode()).hexdigest(),
        fingerprint=hashlib.sha256(target + body).hexdigest(),
    )


@contextmanager
def alone(running: set[str], claimed: Claim | None) -> Iterator[None]:
    """Let only one request with the same key run in this process.

    Another process's twin waits for the ledger lock and then finds the stored answer.

    Raises:
        Conflict: the first one is still running.
    """
    if claimed is None:
        yield
        return
    if claimed.digest in running:
        raise Conflict(
            "A request with this Idempotency-Key is still running. Send it again in a second to"
            " get its answer.",
            headers={"Retry-After": "1"},
        )
    running.add(claimed.digest)
    try:
        yield
    finally:
        running.discard(claimed.digest)


async def recall(session: AsyncSession, claimed: Claim, secret: bytes) -> None:
    """Look for the first answer, within the writing transaction.

    Raises:
        Replay: there is one, and the request is the same.
        IdempotencyMismatch: the key was used for another request.
    """
    kept = await session.get(Answered, claimed.digest)
    if kept is None or kept.created_at < clock.now() - KEPT:
        return
    if kept.fingerprint != claimed.fingerprint:
        raise IdempotencyMismatch(
            "This Idempotency-Key was used for a different request within the last 7 days. Use a"
            " new one for each different request."
        )
    try:
        answer = json.loads(sealing.unseal(secret, PURPOSE, kept.answer))
    except sealing.Unreadable:
        raise IdempotencyMismatch(
            "The first answer to this Idempotency-Key can no longer be read. Look whether it took"
            " effect, then use a new one."
        ) from None
    response = Response(base64.b64decode(answer["body"]), status_code=answer["status"])
    response.headers.update({**answer["headers"], "Idempotent-Replayed": "true"})
    raise Replay(response)


async def forget(session: AsyncSession) -> None:
    """Make every answer that is kept unreadable; who repeats a request is told so."""
    await session.execute(update(table_of(Answered)).values(answer=b""))


async def remember(
    session: AsyncSession, claimed: Claim, response: Response, secret: bytes
) -> None:
    """Store the answer, within the transaction that it reports, and forget those that expired."""
    answer = {
        "status": response.status_code,
        "headers": {
            name: response.headers[name] for name in KEPT_HEADERS if name in response.headers
        },
        "body": base64.b64encode(bytes(response.body)).decode("ascii"),
    }
    expired = table_of(Answered).c.created_at < clock.now() - KEPT
    await session.execute(delete(Answered).where(expired))
    session.add(
        Answered(
            digest=claimed.digest,
            fingerprint=claimed.fingerprint,
            answer=sealing.seal(secret, PURPOSE, json.dumps(answer).encode()),
            created_at=clock.now(),
        )
    )
