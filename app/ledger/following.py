"""Following the ledger: however many readers a process has, it reads each new event once.

A reader has a place in the ledger and a short queue. While it is behind, what it has missed is
fetched for it, a little at a time; when it has come to where the follower is, the follower hands it
each new event, written once for all. Both happen in one event loop, with no wait between the last
look and the handing over, so that nothing is left out and nothing comes twice.
"""

import asyncio
import json
import os
from collections import deque
from collections.abc import Callable, Sequence
from contextvars import Context
from dataclasses import dataclass
from functools import partial
from typing import Any

import structlog
from sqlalchemy import select
from sqlalchemy.engine import Connection

from app.core.db import Database, is_passing
from app.core.errors import Unavailable
from app.ledger.queries import EVENT, HEAD, WHOLE
from app.ledger.schemas import EventType

QUEUED, QUEUED_BYTES = 256, 1024 * 1024
"""Events, and bytes of them, that wait for one reader at the most; then it is cut off."""
BATCH = 100
"""New events that are read at once."""
FETCHED, FETCHED_BYTES = 50, 128 * 1024
"""Events that are fetched at once for a reader that is behind, and bytes after which it is enough.
"""
FETCHING = 2
"""How many fetch at once: the others wait their turn, and hold no connection meanwhile."""
BACKSTOP = 1.0
"""Seconds after which the follower looks again without having been woken."""
PATIENCE, BETWEEN = 1.0, 0.01
"""Seconds for which, when very much is new, slow readers are waited for, and between looks."""
READERS = 2000
"""Readers of one process at the most, and half of the files that it may have open: each reader is
one, and the rest of the service needs some too."""

CUT_OFF = "cut off, for you read too slowly"
SERVER_ENDS = "the server is about to end"
DATABASE_AWAY = "the database does not answer"
MERGED = "what you follow was merged into another: come back to follow that one"
MERGERS = {EventType.COMPANY_MERGED, EventType.QUESTION_MERGED}

log = structlog.get_logger("answerable.ledger")
NEW = WHOLE.add_columns(EVENT.c.type, EVENT.c.company_id, EVENT.c.question_id).order_by(EVENT.c.seq)


@dataclass(frozen=True)
class Wanted:
    """Which events a reader wants: as conditions of a query, and as values to compare with."""

    conditions: Sequence[Any]
    types: frozenset[str] | None = None
    company_ids: frozenset[str] | None = None
    question_ids: frozenset[str] | None = None

    def names(self, row_id: str) -> bool:
        """Tell whether events about this company or question are wanted by its id."""
        return row_id in (self.company_ids or ()) or row_id in (self.question_ids or ())

    def matches(self, row: Any) -> bool:
        """Tell whether an event is wanted."""
        return (
            (self.types is None or row.type in self.types)
            and (self.company_ids is None or row.company_id in self.company_ids)
            and (self.question_ids is None or row.question_id in self.question_ids)
        )


class Reader:
    """One reader's place in the ledger, and what waits to be sent to it.

    seq: up to here it was given all that it wants. reached: up to here all that it wants was
    given or waits. is_live: whether the follower hands it what is new. turn: how often what
    waited was thrown away. ending: why it is to end, empty when it has left.
    """

    def __init__(self, wanted: Wanted, seq: int) -> None:
        self.wanted = wanted
        self.seq = self.reached = seq
        self.is_live = False
        self.turn = 0
        self.ending: str | None = None
        self._queue: deque[tuple[int, bytes]] = deque()
        self._bytes = 0
        self._woken = asyncio.Event()

    @property
    def is_slow(self) -> bool:
        """Whether much of what is new is waiting for it."""
        much = len(self._queue) > QUEUED // 2 or self._bytes > QUEUED_BYTES // 2
        return self.is_live and much

    def take(self) -> bytes | None:
        """Return what is to be sent next, None when nothing waits."""
        if not self._queue:
            return None
        seq, written = self._queue.popleft()
        self._bytes -= len(written)
        self.seq = seq if self._queue else self.reached
        return written

    async def news(self, seconds: float) -> bool:
        """Wait until something has happened; tell whether it has, within so many seconds."""
        self._woken.clear()
        try:
            async with asyncio.timeout(seconds):
                await self._woken.wait()
        except TimeoutError:
            return False
        return True

    def fill(self, events: Sequence[tuple[int, bytes]], reached: int) -> None:
        """Take what was fetched; there is nothing else that it wants up to `reached`."""
        self._queue.extend(events)
        self._bytes += sum(len(written) for _, written in events)
        self._reach(reached)

    def offer(self, seq: int, written: bytes | None) -> None:
        """Take the next event, None where it is not wanted; more than may wait cuts it off."""
        if seq <= self.reached or self.ending is not None:
            return
        if written is not None:
            if len(self._queue) == QUEUED or self._bytes + len(written) > QUEUED_BYTES:
                self.end(CUT_OFF)
                return
            self._queue.append((seq, written))
            self._bytes += len(written)
            self._woken.set()
        self._reach(seq)

    def rewind(self) -> None:
        """Throw away what waits or is being fetched: it is not to be sent as it was written."""
        self.turn += 1
        if self._queue:
            self._clear()
            self.is_live = False
            self._woken.set()

    def end(self, why: str) -> None:
        """Give it nothing more."""
        self._clear()
        if self.ending is None:
            self.ending = why
        self._woken.set()

    def _reach(self, seq: int) -> None:
        self.reached = seq
        if not self._queue:
            self.seq = seq

    def _clear(self) -> None:
        self._queue.clear()
        self._bytes = 0
        self.reached = self.seq


class Follower:
    """Hands new events to readers, for as long as there are any.

    seq: all up to here was handed on.
    """

    def __init__(self, database: Database, write: Callable[[Any], bytes]) -> None:
        """write: makes of an event what is sent."""
        self.database = database
        self.seq = 0
        self._write = write
        self._readers: set[Reader] = set()
        self._woken = asyncio.Event()
        self._fetching = asyncio.Semaphore(FETCHING)
        self._following: asyncio.Task[None] | None = None
        self._has_ended = False

    def join(self, reader: Reader, head: int) -> None:
        """Begin to serve a reader. head: how far the ledger has come, at least.

        Raises:
            Unavailable: there are too many.
        """
        if len(self._readers) >= _room():
            raise Unavailable(
                "As many read this stream here as can. Come back later, or ask /v1/events with the"
                " poll_url that it gives.",
                retry_after=30,
            )
        self._readers.add(reader)
        if self._has_ended:
            reader.end(SERVER_ENDS)
        elif self._following is None:
            self.seq = head
            own = Context()  # the logs of this task are not those of the reader's request
            self._following = asyncio.create_task(self._follow(), context=own)

    def leave(self, reader: Reader) -> None:
        """End to serve a reader."""
        self._readers.discard(reader)
        if not self._readers:
            self._woken.set()

    def end(self) -> None:
        """End to serve all readers, for good."""
        self._has_ended = True
        for reader in self._readers:
            reader.end(SERVER_ENDS)

    async def catch_up(self, reader: Reader) -> None:
        """Fetch a part of what a reader has missed; once that is all of it, the reader is live."""
        if reader.reached < self.seq:
            turn = reader.turn
            work = partial(_missed, reader.wanted.conditions, reader.reached)
            try:
                async with self._fetching:
                    reached, rows = await self.database.look(work)
            except Exception as error:
                if not is_passing(error):
                    raise
                reader.end(DATABASE_AWAY)
                return
            if reader.turn != turn or reader.ending is not None:
                return
            reader.fill([(row.seq, self._write(row)) for row in rows], reached)
        reader.is_live = reader.reached >= self.seq

    async def _follow(self) -> None:
        async with self.database.commits() as self._woken:
            while self._readers:
                self._woken.clear()
                if await self._read():
                    await self._be_patient()
                else:
                    await self._rest()
            self._following = None  # before any wait: whoever joins from now on begins anew

    async def _read(self) -> bool:
        """Hand on what is new; tell whether there may be more. A database that is away is awaited.

        Whatever fails is tried again, for a reader may miss nothing.
        """
        try:
            rows = await self.database.look(partial(_new, self.seq))
            for row in rows:
                self._hand_on(row)
        except Exception as error:
            if is_passing(error):
                log.warning("the stream waits for the database", error=repr(error)[:300])
            else:
                log.exception("the stream failed; it goes on")
            return False
        return len(rows) == BATCH

    def _hand_on(self, row: Any) -> None:
        if row.type == EventType.RECORD_REDACTED:
            for reader in self._readers:
                reader.rewind()
        if row.type in MERGERS:
            merged = json.loads(row.leaf)["subject"]["id"]
            for reader in self._readers:
                if reader.wanted.names(merged):
                    reader.end(MERGED)
        written = None
        for reader in self._readers:
            if not reader.is_live:
                continue
            is_wanted = reader.wanted.matches(row)
            if is_wanted and written is None:
                written = self._write(row)
            reader.offer(row.seq, written if is_wanted else None)
        self.seq = row.seq

    async def _be_patient(self) -> None:
        """Give readers a moment, so that an import does not cut off who does read."""
        for _ in range(int(PATIENCE / BETWEEN)):
            await asyncio.sleep(BETWEEN)
            if not any(reader.is_slow for reader in self._readers):
                break

    async def _rest(self) -> None:
        try:
            async with asyncio.timeout(BACKSTOP):
                await self._woken.wait()
        except TimeoutError:
            pass


def _room() -> int:
    """Return how many readers there may be."""
    files = os.sysconf("SC_OPEN_MAX") if hasattr(os, "sysconf") else -1
    return min(READERS, files // 2) if files > 0 else READERS


def _new(after: int, connection: Connection) -> Sequence[Any]:
    return connection.execute(NEW.where(EVENT.c.seq > after).limit(BATCH)).all()


def _missed(
    conditions: Sequence[Any], after: int, connection: Connection
) -> tuple[int, Sequence[Any]]:
    """Return the next events that are wanted, and the seq up to which they are all."""
    head: int = connection.execute(select(HEAD.c.seq)).scalar_one()
    query = NEW.where(EVENT.c.seq > after, *conditions).limit(FETCHED)
    rows, size = [], 0
    with connection.execute(query) as result:
        for row in result:
            rows.append(row)
            size += len(row.leaf) + len(row.content)
            if len(rows) == FETCHED or size > FETCHED_BYTES:
                return row.seq, rows
    return max(head, after), rows
