"""Reading the ledger: its events, and what it held at an instant of the past."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import false, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock, mergers, slugs
from app.core.db import Database
from app.core.errors import Invalid, NotFound
from app.core.tables import table_of
from app.ledger import flags, leaves
from app.ledger.models import Disclosure, Event, LogHead, Recorded
from app.ledger.schemas import EventFilters, EventSelection, EventType

EVENT = table_of(Event)
DISCLOSURE = table_of(Disclosure)
HEAD = table_of(LogHead)
CONTENT = func.coalesce(
    select(DISCLOSURE.c.content).where(DISCLOSURE.c.seq == EVENT.c.seq).scalar_subquery(), ""
).label("content")
"""What opens an event. (For a join PostgreSQL would walk the disclosures from the first one on.)"""
WHOLE = select(EVENT.c.seq, EVENT.c.recorded_at, EVENT.c.leaf, CONTENT)
"""Selects events with what opens them, as `EventRead.of` reads them."""


async def head(session: AsyncSession) -> int:
    """Return the seq of the newest event, 0 when there is none."""
    seq: int = (await session.execute(select(HEAD.c.seq))).scalar_one()
    return seq


async def lock(session: AsyncSession) -> LogHead:
    """Take the ledger lock, as the first statement of a transaction, and return the head."""
    return (await session.execute(select(LogHead).with_for_update())).scalar_one()


async def get(session: AsyncSession, seq: int) -> Any:
    """Return the event with this number.

    Raises:
        NotFound: the ledger has not come so far.
    """
    event = (await session.execute(WHOLE.where(EVENT.c.seq == seq))).one_or_none()
    if event is None:
        raise NotFound(f"There is no event {seq}. The newest is {await head(session)}.")
    return event


async def conditions(session: AsyncSession, filters: EventSelection) -> list[Any]:
    """Return the conditions that filters ask for, all but `flagged`.

    A question or company stands for those that were merged into it, too.

    Raises:
        Invalid: a filter names nothing that there is.
    """
    found: list[Any] = [EVENT.c.seq > filters.after]
    if filters.type is not None:
        found.append(EVENT.c.type.in_(_types(filters.type)))
    for kind in ("company", "question"):
        reference = getattr(filters, kind)
        if reference is not None:
            family = await named(session, kind, reference)
            column = EVENT.c[f"{kind}_id"]
            found.append(column == family[0] if len(family) == 1 else column.in_(family))
    return found


async def named(session: AsyncSession, kind: str, reference: str) -> list[str]:
    """Return the id that a filter names, and those of all that were merged into it.

    Raises:
        Invalid: it names nothing that there is.
    """
    return await mergers.family_of(session, await slugs.filtered(session, kind, reference))


async def page(session: AsyncSession, filters: EventFilters, after: int) -> Sequence[Any]:
    """Return one event more than asked for, in order of seq, so that the caller sees the end."""
    query = WHOLE.where(EVENT.c.seq > after, *await conditions(session, filters))
    query = query.order_by(EVENT.c.seq).limit(filters.limit + 1)
    if filters.flagged is None:
        return (await session.execute(query)).all()
    windows = await flags.windows(session)
    if not filters.flagged:
        return (await session.execute(query.where(~or_(false(), *windows)))).all()
    # Each window by itself, so that its index is read in order and no further than the page.
    found = [row for window in windows for row in await session.execute(query.where(window))]
    return sorted(found, key=lambda row: row.seq)[: filters.limit + 1]


def _types(given: str) -> list[str]:
    types = [part.strip() for part in given.split(",")]
    for unknown in set(types) - set(EventType):
        detail = f"{unknown[:40]!r} is no event type. There are: {', '.join(EventType)}."
        raise Invalid.at("/type", detail, code="enum", location="query")
    return types


async def settle(database: Database, session: AsyncSession, known_at: datetime) -> None:
    """Make sure that nothing can be recorded at or before `known_at` any more.

    The ledger's head is moved on to the present, under its lock: writes under way are waited for,
    and later ones, on whatever machine and by whatever clock, get a later instant. One turn serves
    all readers of this process that wait for it; they hold no connection meanwhile. Call it before
    `session` has read anything that the answer uses.

    Raises:
        Invalid: the instant has not passed yet.
    """
    if known_at >= clock.now():
        detail = "known_at must lie in the past, such as 2025-06-01T00:00:00Z: nobody knows later."
        raise Invalid.at("/known_at", detail, code="future", location="query")
    newest: datetime = (await session.execute(select(HEAD.c.recorded_at))).scalar_one()
    await session.rollback()  # the next statement begins a new snapshot
    if known_at <= max(newest, database.settled):
        return
    async with database.settling:
        if known_at > database.settled:
            async with database.writing() as writer:
                head = await lock(writer)
                head.recorded_at = max(head.recorded_at, clock.now())
            database.settled = head.recorded_at


async def position(session: AsyncSession, known_at: datetime) -> int:
    """Return the seq of the last event that was recorded at or before an instant."""
    query = (
        select(EVENT.c.seq)
        .where(EVENT.c.recorded_at <= known_at)
        .order_by(EVENT.c.recorded_at.desc(), EVENT.c.seq.desc())  # `max` would walk the ledger
        .limit(1)
    )
    return (await session.execute(query)).scalar() or 0


async def images(
    session: AsyncSession, model: type[Recorded], ids: Iterable[str], seq: int
) -> dict[str, dict[str, Any]]:
    """Return rows as the ledger had them at `seq`, by id; those unborn then are absent.

    A row has its recorded columns, and `created_at`, `updated_at` and `version` as of then.
    """
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    ends = (
        select(EVENT.c.subject_id, func.min(EVENT.c.seq), func.max(EVENT.c.seq))
        .where(EVENT.c.subject_id.in_(wanted), EVENT.c.seq <= seq)
        .group_by(EVENT.c.subject_id)
    )
    born = {subject: (first, last) for subject, first, last in await session.execute(ends)}
    numbers = {number for pair in born.values() for number in pair}
    query = WHOLE.where(EVENT.c.seq.in_(numbers))
    events = {event.seq: event for event in await session.execute(query)}
    return {
        subject: {
            **model.columns_of(_object(events[last])),
            "created_at": events[first].recorded_at,
            "updated_at": events[last].recorded_at,
            "version": last,
        }
        for subject, (first, last) in born.items()
    }


def _object(event: Any) -> dict[str, Any]:
    opened, _ = leaves.opened(event.leaf, event.content)
    image: dict[str, Any] = opened["data"]["object"]
    return image
