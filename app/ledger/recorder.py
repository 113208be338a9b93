"""The flush listener that turns every change of a recorded row into one event.

No endpoint and no service writes an event; no change of a recorded row goes without one.
"""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Delete, Insert, Update, event, inspect, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import ORMExecuteState, Session
from sqlalchemy.orm.attributes import get_history

from app.core import clock
from app.core.db import Database
from app.core.tables import table_of
from app.ledger.models import Event, Headline, LogHead, Recorded

RECORDING = "recording"


class RecordingError(RuntimeError):
    """A recorded row was about to change in a way that the ledger would not have seen."""


@dataclass
class Recording:
    """One writing transaction's place in the ledger.

    Every event of a transaction has the same instant, so that no `known_at` sees half of it.
    """

    head: LogHead
    actor: str
    instant: datetime
    notes: dict[str, dict[str, Any]] = field(default_factory=dict)


@asynccontextmanager
async def recording(database: Database, *, actor: str) -> AsyncIterator[AsyncSession]:
    """Open a writing transaction that holds the ledger lock and records under this actor."""
    async with database.writing() as session:
        head = (await session.execute(select(LogHead).with_for_update())).scalar_one()
        instant = max(clock.now(), head.recorded_at + timedelta(microseconds=1))
        session.info["instant"] = instant
        session.info[RECORDING] = Recording(head=head, actor=actor, instant=instant)
        yield session
        if session.in_transaction():  # not a dry run
            await database.announce(session)
    database.wake()


def current(session: AsyncSession | Session) -> Recording:
    """Return the recording of a session.

    Raises:
        RecordingError: the session does not record.
    """
    found = session.info.get(RECORDING)
    if not isinstance(found, Recording):
        raise RecordingError("Open the session with ledger.recorder.recording() to change a row.")
    return found


def note(session: AsyncSession, row: Recorded, **said: Any) -> None:
    """Leave word for the event of a row's change, such as its reason or cause."""
    current(session).notes.setdefault(row.id, {}).update(said)


@event.listens_for(Session, "do_orm_execute")
def _refuse_bulk_changes(state: ORMExecuteState) -> None:
    statement = state.statement
    if not isinstance(statement, Insert | Update | Delete):
        return
    if statement.table in {*_recorded_tables(), table_of(Event)}:
        raise RecordingError(f"Change {statement.table} row by row, so that it is recorded.")


@event.listens_for(Session, "before_flush")
def _record(session: Session, context: Any, instances: Any) -> None:
    if any(isinstance(row, Recorded | Event) for row in session.deleted):
        raise RecordingError("Nothing on the record is ever deleted.")
    changed = list(_changed(session))
    if not changed:
        return
    log = current(session)
    for row in changed:
        _stamp(row, log.instant, is_new=row in session.new)
    for row in changed:
        previous = None if row in session.new else _previous(row)
        if previous == {}:
            continue  # only derived columns changed
        log.head.seq += 1
        headline = row.headline(previous, log.notes.get(row.id, {}))
        session.add(_event(row, previous, headline, log))
        _advance(changed, {row.id, headline.question_id}, log.head.seq)
    log.head.recorded_at = log.instant


def _changed(session: Session) -> Iterable[Recorded]:
    """Yield the recorded rows of a flush: new ones as they were added, then changed ones."""
    new = [row for row in session.new if isinstance(row, Recorded)]
    yield from sorted(new, key=lambda row: inspect(row).insert_order)
    old = [row for row in session.dirty if isinstance(row, Recorded) and session.is_modified(row)]
    yield from sorted(old, key=lambda row: row.id)


def _stamp(row: Recorded, instant: datetime, *, is_new: bool) -> None:
    row.updated_at = instant
    if is_new:
        row.created_at = instant
        row.version = 0


def _previous(row: Recorded) -> dict[str, Any]:
    """Return what changed, under public names, with the values before."""
    before = {}
    for key in row.recorded_columns():
        history = get_history(row, key)
        if history.has_changes() and list(history.deleted) != list(history.added):
            before[row.__references__.get(key, key)] = (
                history.deleted[0] if history.deleted else None
            )
    return before


def _advance(rows: Iterable[Recorded], ids: set[str | None], seq: int) -> None:
    """Give the row, and the question that the event is about, the event's number as version."""
    for row in rows:
        if row.id in ids:
            row.version = seq


def _event(
    row: Recorded, previous: dict[str, Any] | None, headline: Headline, log: Recording
) -> Event:
    data: dict[str, Any] = {"object": row.image(), **headline.details}
    if previous is not None:
        data["previous"] = previous
    return Event(
        seq=log.head.seq,
        type=headline.type,
        recorded_at=log.instant,
        effective_on=headline.effective_on,
        actor=log.actor,
        reason=headline.reason,
        subject_type=row.id.partition("_")[0],
        subject_id=row.id,
        subject_slug=headline.slug,
        company_id=headline.company_id,
        company_slug=headline.company_slug,
        question_id=headline.question_id,
        summary=headline.summary,
        data=data,
    )


def _recorded_tables() -> Iterable[Any]:
    pending = list(Recorded.__subclasses__())
    for model in pending:
        pending.extend(model.__subclasses__())
        if hasattr(model, "__table__"):
            yield model.__table__
