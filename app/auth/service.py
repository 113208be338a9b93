"""Making, rotating and revoking API keys, and telling whose key a request carries."""

import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from app.auth import queries, secrets
from app.auth.models import ApiKey
from app.auth.schemas import KeyCreate, Scope
from app.core import clock, ids
from app.core.dates import format_instant
from app.core.errors import Conflict, Invalid, Unauthenticated
from app.ledger import flags, recorder
from app.ledger import queries as ledger
from app.ledger.flags import Compromise

USE_RECORDED_EVERY = timedelta(minutes=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)  # nothing was recorded before
CLOCK = "clock"
"""The actor of what is recorded because time has passed."""
SOURCE_CHECK = "source-check"
"""The actor of what is recorded because a cited address was looked at."""
CLI = "cli"
"""The actor of what an operator records with a command."""
RESERVED = {CLOCK, SOURCE_CHECK, CLI}
"""No key has the name of these actors."""


@dataclass(frozen=True)
class Caller:
    """Who sends a request, by its key."""

    key_id: str
    name: str
    scopes: frozenset[str]
    last_used_at: datetime | None

    def may(self, scope: Scope) -> bool:
        """Tell whether the key has a scope; `admin` has all."""
        return scope in self.scopes or Scope.ADMIN in self.scopes


async def create(
    session: AsyncSession, new: KeyCreate, *, created_by: str, pepper: bytes
) -> tuple[ApiKey, str]:
    """Make a key and return it with its secret, which is kept nowhere.

    Raises:
        Conflict: another key has the name, which must tell for good who wrote what, or it stands
            for what no key writes.
        Invalid: it would have expired already.
    """
    if new.name.casefold() in RESERVED:
        raise Conflict(
            f"The name {new.name!r} is reserved: it stands on events that no key writes, but that"
            " this service records by itself. Choose another name."
        )
    if await queries.by_name(session, new.name) is not None:
        raise Conflict(
            f"A key is named {new.name!r} already, perhaps a revoked one. Choose another name."
        )
    if new.expires_at is not None and new.expires_at <= clock.now():
        raise Invalid.at("/expires_at", "Give an instant in the future.", code="past")
    secret = secrets.generate()
    key = ApiKey(
        id=ids.new("key"),
        name=new.name,
        scopes=sorted(set(new.scopes)),
        prefix=secret.prefix,
        digest=secrets.digest(secret, pepper),
        created_at=clock.now(),
        created_by=created_by,
        expires_at=new.expires_at,
    )
    session.add(key)
    await session.flush()
    return key, secret.text


def rotate(key: ApiKey, *, overlap: timedelta, pepper: bytes) -> str:
    """Give a key a new secret; the former one stays good for a while.

    Raises:
        Conflict: the key was revoked.
    """
    if key.revoked_at is not None:
        raise Conflict("This key was revoked. Make a new one.")
    secret = secrets.generate()
    key.former_prefix, key.former_digest = key.prefix, key.digest
    key.former_expires_at = clock.now() + overlap
    key.prefix, key.digest = secret.prefix, secrets.digest(secret, pepper)
    return secret.text


def revoke(key: ApiKey) -> None:
    """Make a key useless from now on; it stays listed. A second time changes nothing."""
    key.revoked_at = key.revoked_at or clock.now()


async def compromised(
    session: AsyncSession, key: ApiKey, *, since: datetime, reason: str | None
) -> Compromise:
    """Report a key stolen: revoke it, and flag for review what it has written since an instant.

    An instant before the key was made covers all that it wrote. A further report, of an earlier
    instant, widens the window. The session must be a recording one.

    Raises:
        Invalid: the instant lies in the future.
        Conflict: what it wrote since then is flagged already.
    """
    instant = recorder.current(session).instant
    if since > instant:
        detail = "Give the instant of the past since when somebody else may have had the key."
        raise Invalid.at("/since", detail, code="future")
    flagged_since = await flags.earliest(session, key.name)
    if flagged_since is not None and flagged_since <= since:
        raise Conflict(
            f"The key {key.name!r} was reported stolen before: what it has written since"
            f" {format_instant(flagged_since)} is flagged already. Give an earlier instant to flag"
            " more."
        )
    revoke(key)
    report = Compromise(
        id=ids.new("compromise"),
        actor=key.name,
        since=since,
        until=instant,
        after_seq=await ledger.position(session, max(since, EPOCH) - timedelta(microseconds=1)),
        reason=reason,
    )
    session.add(report)
    await session.flush()
    return report


async def authenticate(session: AsyncSession, text: str, *, pepper: bytes) -> Caller:
    """Tell whose key this is.

    Raises:
        Unauthenticated: it is mistyped, unknown, expired or revoked.
    """
    secret = secrets.parse(text)
    if secret is None:
        raise Unauthenticated(
            "The key is mistyped or cut off: its checksum does not fit. It has the form"
            " ans_live_, 8 characters, _, 38 characters."
        )
    key = await queries.by_prefix(session, secret.prefix)
    digest = secrets.digest(secret, pepper)
    if key is not None and hmac.compare_digest(key.digest, digest):
        ends = key.expires_at
    elif key is not None and hmac.compare_digest(key.former_digest or "", digest):
        ends = min(key.former_expires_at or clock.now(), key.expires_at or clock.FOREVER)
    else:
        raise Unauthenticated("No key like this is known here.")
    if key.revoked_at is not None:
        raise Unauthenticated("The key was revoked. Ask an administrator for a new one.")
    if ends is not None and ends <= clock.now():
        raise Unauthenticated("The key has expired. Ask an administrator for a new one.")
    return Caller(key.id, key.name, frozenset(key.scopes), key.last_used_at)


def unfit(key: ApiKey, scope: Scope) -> str | None:
    """Say why a key may not act by itself now, as the end of a sentence; None when it may."""
    if key.revoked_at is not None:
        return "was revoked"
    if key.expires_at is not None and key.expires_at <= clock.now():
        return "has expired"
    if scope not in key.scopes and Scope.ADMIN not in key.scopes:
        return f"has not the scope {scope}"
    return None


async def note_use(session: AsyncSession, caller: Caller) -> None:
    """Store that a key is in use, to the minute."""
    key = await queries.get(session, caller.key_id)
    key.last_used_at = clock.now()


def use_is_news(caller: Caller) -> bool:
    """Tell whether the stored last use is older than a minute."""
    last = caller.last_used_at
    return last is None or last < clock.now() - USE_RECORDED_EVERY
