"""The flush listener that turns every change of a recorded row into one event.

No endpoint and no service writes an event; no change of a recorded row goes without one.
"""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Delete, Insert, Update, event, insert, inspect
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import ORMExecuteState, Session
from sqlalchemy.orm.attributes import get_history

from app.core import clock
from app.core.db import Database
from app.core.tables import change, table_of
from app.ledger import leaves, queries, tree
from app.ledger.models import (
    Disclosure,
    Event,
    Headline,
    LogHead,
    Recorded,
    TreeNode,
    recorded_models,
)

RECORDING, ERASES = "recording", "erases"
EVENT, DISCLOSURE, NODE = table_of(Event), table_of(Disclosure), table_of(TreeNode)


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
    """Open a writing transaction that holds the ledger lock and records under this actor.

    Raises:
        Unavailable: the database is not the one whose log was signed last.
    """
    if database.gate is not None:
        await database.gate()
    async with database.writing() as session:
        head = await queries.lock(session)
        instant = max(clock.now(), head.recorded_at + timedelta(microseconds=1))
        session.info["instant"] = instant
        session.info[RECORDING] = Recording(head=head, actor=actor, instant=instant)
        yield session
        commits = session.in_transaction()  # else it is a dry run
        if commits:
            await session.flush()
            await database.announce(session, head.seq)
    if commits:
        database.wake(head.seq)
    if commits and session.info.get(ERASES):
        await database.erase()


@asynccontextmanager
async def rehearsing(session: AsyncSession, *, instant: datetime) -> AsyncIterator[AsyncSession]:
    """Open a session whose changes are undone when the block ends, within a recording one.

    It sees the same state under the same lock, and nothing of it is left: no event, no number, no
    row, and nothing in `session`. instant: when its changes are supposed to be recorded.
    """
    connection, actor = await session.connection(), current(session).actor
    rehearsal = AsyncSession(
        connection,
        join_transaction_mode="create_savepoint",
        autoflush=False,
        expire_on_commit=False,
    )
    async with rehearsal:  # which ends by a rollback to the savepoint
        head = await queries.lock(rehearsal)
        rehearsal.info["instant"] = instant
        rehearsal.info[RECORDING] = Recording(head=head, actor=actor, instant=instant)
        yield rehearsal
        await rehearsal.flush()


def erases(session: AsyncSession) -> None:
    """Have what this transaction overwrites made unreadable in the database's files too."""
    session.info[ERASES] = True


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
    if statement.table in {*map(table_of, recorded_models()), EVENT, DISCLOSURE, NODE}:
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
        _stamp(row, log.instant, is_new=inspect(row).pending)
    told = []
    by_id: dict[str | None, Recorded] = {row.id: row for row in changed}
    for row in changed:
        previous = None if inspect(row).pending else _previous(row)
        if previous == {}:
            continue  # only derived columns changed
        log.head.seq += 1
        headline = row.headline(previous, log.notes.pop(row.id, {}))
        told.append(_event(row, previous, headline, log))
        for advanced in {row.id, headline.question_id} & by_id.keys():
            change(by_id[advanced], {"version": log.head.seq})
    log.head.recorded_at = log.instant
    if told:
        _append(session, log.head, told)


def _append(
    session: Session, head: LogHead, told: list[tuple[dict[str, Any], dict[str, Any]]]
) -> None:
    """Write events, what opens them, and the part of the Merkle tree that they complete."""
    hashes = [tree.leaf_hash(event["leaf"]) for event, _ in told]
    nodes, peaks = tree.append(head.size - len(told), tree.part(head.peaks), hashes)
    head.peaks = tree.join(peaks)
    connection = session.connection()
    connection.execute(insert(EVENT), [event for event, _ in told])
    connection.execute(insert(DISCLOSURE), [disclosure for _, disclosure in told])
    connection.execute(
        insert(NODE),
        [{"address": tree.key(address), "hash": value} for address, value in nodes],
    )


def _changed(session: Session) -> Iterable[Recorded]:
    """Yield the recorded rows of a flush: new ones as they were added, then changed ones."""
    new = [row for row in session.new if isinstance(row, Recorded)]
    yield from sorted(new, key=lambda row: inspect(row).insert_order)
    old = [row for row in session.dirty if isinstance(row, Recorded) and session.is_modified(row)]
    yield from sorted(old, key=lambda row: row.id)


def _stamp(row: Recorded, instant: datetime, *, is_new: bool) -> None:
    stamps: dict[str, Any] = {"updated_at": instant}
    if is_new:
        stamps |= {"created_at": instant, "version": 0}
    change(row, stamps)


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


def _event(
    row: Recorded, previous: dict[str, Any] | None, headline: Headline, log: Recording
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the rows of an event, and of what opens it."""
    seq = log.head.seq
    data: dict[str, Any] = {leaves.OBJECT: row.image(), **headline.details}
    if previous is not None:
        data[leaves.PREVIOUS] = previous
    event = leaves.compose(
        headline, data, seq=seq, recorded_at=log.instant, actor=log.actor, subject_id=row.id
    )
    leaf, content = leaves.seal(event, row.__personal__)
    found_by = {
        "seq": seq,
        "type": headline.type,
        "recorded_at": log.instant,
        "actor": log.actor,
        "subject_id": row.id,
        "company_id": headline.company_id,
        "question_id": headline.question_id,
    }
    return {**found_by, "leaf": leaf}, {"seq": seq, "content": content}
