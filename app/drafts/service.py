"""The rules for keeping drafts and for publishing them.

Who saved a draft last answers for it: when its hour comes it is recorded in the name of that key,
and only while that key may still write. Whoever publishes it by hand records it in their own name.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.auth import queries as keys
from app.auth import service as auth
from app.auth.schemas import Scope
from app.auth.service import Caller
from app.core import clock, ids
from app.core.dates import format_instant
from app.core.errors import Conflict, Forbidden, Invalid, Problem
from app.core.routing import Precondition
from app.drafts import contents, kinds, queries
from app.drafts.contents import Content
from app.drafts.models import Draft, DraftStatus
from app.drafts.schemas import DraftCreate, DraftPatch
from app.drafts.writes import DraftKind, Write
from app.ledger import recorder

AHEAD = timedelta(days=3660)
"""How far ahead an embargo may lie."""


async def save(session: AsyncSession, new: DraftCreate, caller: Caller, secret: bytes) -> Draft:
    """Keep a write until it is published, when it could be written at its hour as things stand.

    Raises:
        Problem: the one that the write itself would get.
        Invalid: the hour has passed, or lies too far ahead or after the key's end.
    """
    await _check_hour(session, new.publish_at, caller)
    await _rehearse(session, new.write, new.publish_at)
    now, draft_id = clock.now(), ids.new("draft")
    draft = Draft(
        id=draft_id,
        key_id=caller.key_id,
        kind=new.write.kind,
        status=DraftStatus.WAITING.value,
        publish_at=new.publish_at,
        content=contents.close(secret, draft_id, Content(new.title, contents.dumped(new.write))),
        result=None,
        created_by=caller.name,
        updated_by=caller.name,
        created_at=now,
        updated_at=now,
    )
    session.add(draft)
    return draft


async def edit(
    session: AsyncSession,
    draft: Draft,
    patch: DraftPatch,
    seen: Precondition,
    caller: Caller,
    secret: bytes,
) -> Draft:
    """Change a draft. It waits again if it had failed, and the caller answers for it now.

    Raises:
        PreconditionFailed: it has changed since the client read it.
        Conflict: it was published.
        Problem, Invalid: as in `save`.
    """
    seen.check(draft.version)
    _refuse_published(draft)
    given = patch.model_fields_set
    if "publish_at" in given:
        draft.publish_at = patch.publish_at
    await _check_hour(session, draft.publish_at, caller)
    kept = contents.open_(secret, draft) if given != {"write", "title", "publish_at"} else None
    title = patch.title if "title" in given or kept is None else kept.title
    write = patch.write if "write" in given or kept is None else contents.write_of(kept)
    await _rehearse(session, write, draft.publish_at)
    draft.kind = DraftKind(write.kind).value
    draft.content = contents.close(secret, draft.id, Content(title, contents.dumped(write)))
    draft.status = DraftStatus.WAITING.value
    draft.key_id = caller.key_id
    _touch(draft, caller.name)
    return draft


async def delete(session: AsyncSession, draft: Draft, seen: Precondition | None) -> None:
    """Delete a draft for good: it was never on the record. What it became stays there.

    Raises:
        PreconditionFailed: it has changed since the client read it.
    """
    if seen is not None:
        seen.check(draft.version)
    recorder.erases(session)
    await session.delete(draft)


async def publish(
    session: AsyncSession, draft: Draft, seen: Precondition | None, secret: bytes
) -> Draft:
    """Put on the record what a draft holds, in the open transaction, which marks it published.

    Raises:
        PreconditionFailed: it has changed since the client read it.
        Conflict: it was published before, or has failed and was not edited since.
        Problem: the one that the write itself gets. Nothing may be kept of the transaction then.
    """
    if seen is not None:
        seen.check(draft.version)
    _refuse_published(draft)
    content = contents.open_(secret, draft)
    if draft.status == DraftStatus.FAILED:
        raise Conflict(
            "This draft has failed: `problem` says why. PATCH it first, if only with `{}`, so that"
            " it is checked and waits again."
        )
    log = recorder.current(session)
    before = log.head.seq
    row = await kinds.apply(session, contents.write_of(content))
    seq = log.head.seq if log.head.seq > before else row.version
    type_ = row.id.partition("_")[0]
    draft.result = {"type": type_, "id": row.id, "path": kinds.path(row), "seq": seq}
    draft.content = contents.close(secret, draft.id, Content(content.title, None))
    draft.status = DraftStatus.PUBLISHED.value
    _touch(draft, log.actor)
    return draft


async def release(session: AsyncSession, draft: Draft, secret: bytes) -> Draft:
    """Publish a draft whose hour has come, in the name of the key that saved it last.

    Raises:
        Forbidden: that key may not write any more.
        Problem: as in `publish`.
    """
    key = await keys.get(session, draft.key_id)
    unfit = auth.unfit(key, Scope.WRITE)
    if unfit is not None:
        raise Forbidden(
            f"The key {key.name!r}, which saved this draft last and answers for it, {unfit}. Save"
            " it again with a good key (PATCH), which then answers for it, or publish it by hand."
        )
    recorder.current(session).actor = key.name
    return await publish(session, draft, None, secret)


def fail(draft: Draft, problem: Problem, secret: bytes) -> None:
    """Keep a draft whose hour came in vain, with the problem that stopped it."""
    try:
        kept = contents.open_(secret, draft)
    except Conflict:
        pass  # nobody can read it; whoever looks at it is told so
    else:
        content = Content(kept.title, kept.write, contents.document(problem))
        draft.content = contents.close(secret, draft.id, content)
    draft.status = DraftStatus.FAILED.value
    _touch(draft, draft.updated_by)


async def stop(session: AsyncSession, holds: Callable[[Any], bool], secret: bytes) -> None:
    """Stop every draft that would put a text on the record again which was just redacted there.

    holds: tells whether a value has the text in it. What cannot be read cannot be published.
    """
    for draft in await queries.unpublished(session):
        try:
            content = contents.open_(secret, draft)
        except Conflict:
            continue
        if holds(content.write):
            problem = Conflict(
                "A text that this draft holds was redacted from the record meanwhile, see"
                " /v1/redactions. Take it out (PATCH), or delete the draft."
            )
            fail(draft, problem, secret)


async def _rehearse(session: AsyncSession, write: Write, publish_at: datetime | None) -> None:
    """Do the write as if its hour had come, and undo it."""
    instant = recorder.current(session).instant
    hour = instant if publish_at is None else max(instant, publish_at)
    async with recorder.rehearsing(session, instant=hour) as rehearsal:
        await kinds.apply(rehearsal, write)


async def _check_hour(session: AsyncSession, hour: datetime | None, caller: Caller) -> None:
    if hour is None:
        return
    now = clock.now()
    if hour <= now:
        detail = (
            f"{format_instant(hour)} has passed. Give a later instant, or null, and publish it"
            " with POST /v1/drafts/{draft}/publish."
        )
        raise Invalid.at("/publish_at", detail, code="past")
    if hour > now + AHEAD:
        detail = f"Give an instant within {AHEAD.days} days."
        raise Invalid.at("/publish_at", detail, code="too_far")
    ends = (await keys.get(session, caller.key_id)).expires_at
    if ends is not None and ends <= hour:
        detail = (
            f"Your key expires at {format_instant(ends)}, before this hour, and could not answer"
            " for the draft then. Save it with another key, or give an earlier instant."
        )
        raise Invalid.at("/publish_at", detail, code="key_expires")


def _refuse_published(draft: Draft) -> None:
    if draft.status == DraftStatus.PUBLISHED:
        assert draft.result is not None
        raise Conflict(
            f"This draft was published: it is on the record as {draft.result['id']}. Change that"
            " there, or correct it."
        )


def _touch(draft: Draft, actor: str) -> None:
    draft.version += 1
    draft.updated_at = clock.now()
    draft.updated_by = actor
