"""Events as an export shows them, in order of seq."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Self

from sqlalchemy import ColumnElement, false, or_
from sqlalchemy.ext.asyncio import AsyncSession

from app.exports import cells
from app.ledger import flags, queries
from app.ledger.queries import EVENT, WHOLE
from app.ledger.schemas import EventRead, EventSelection

BATCH = 200

COLUMNS = {
    "seq": "its number: gapless in the whole ledger",
    "type": "what happened",
    "recorded_at": "when it was recorded",
    "effective_on": "when it took effect in the world",
    "actor": "the name of the key that wrote it",
    "reason": "why, where a reason was given",
    "subject_type": "what the event is about",
    "subject": "its id",
    "subject_slug": "its readable name, as it was then",
    "company": "slug of the company, as it was then",
    "question": "id of the question",
    "from": "of a changed state: which it was",
    "to": "of a changed state: which it became",
    "summary": "a sentence that can be posted as it is",
    "url": "where to read on",
    "redacted": "JSON Pointers to what was redacted since, joined by `; `",
    "leaf_hash": "the hash of its leaf in the Merkle tree",
}


@dataclass(frozen=True)
class Chosen:
    """The events that filters ask for."""

    session: AsyncSession
    conditions: Sequence[ColumnElement[bool]]

    @classmethod
    async def by(cls, filters: EventSelection, session: AsyncSession) -> Self:
        """Read the filters.

        Raises:
            Invalid: a filter names nothing that there is.
        """
        conditions = await queries.conditions(session, filters)
        if filters.flagged is not None:
            flagged = or_(false(), *await flags.windows(session))
            conditions.append(flagged if filters.flagged else ~flagged)
        return cls(session, conditions)

    async def batches(self) -> AsyncIterator[Sequence[Any]]:
        """Yield the rows of events, some at a time."""
        query = WHOLE.where(*self.conditions).order_by(EVENT.c.seq).limit(BATCH)
        last = -1
        while rows := (await self.session.execute(query.where(EVENT.c.seq > last))).all():
            yield rows
            last = rows[-1].seq


async def lines(chosen: Chosen, public_url: str) -> AsyncIterator[bytes]:
    """Yield the lines of CSV."""
    yield cells.header(COLUMNS)
    async for rows in chosen.batches():
        yield await asyncio.to_thread(_write, rows, public_url)


async def texts(chosen: Chosen, public_url: str) -> AsyncIterator[list[bytes]]:
    """Yield the JSON of events."""
    async for rows in chosen.batches():
        yield await asyncio.to_thread(_dump, rows, public_url)


def _dump(rows: Sequence[Any], public_url: str) -> list[bytes]:
    return [EventRead.of(row, public_url).model_dump_json().encode() for row in rows]


def _write(rows: Sequence[Any], public_url: str) -> bytes:
    return "".join([cells.line(_cells(EventRead.of(row, public_url))) for row in rows]).encode()


def _cells(event: EventRead) -> Iterable[str]:
    return (
        str(event.seq),
        event.type,
        cells.instant(event.recorded_at),
        event.effective_on or "",
        cells.text(event.actor),
        cells.text(event.reason),
        event.subject.type,
        event.subject.id,
        event.subject.slug or "",
        event.company or "",
        event.question or "",
        event.data.get("from") or "",
        event.data.get("to") or "",
        cells.text(event.summary),
        event.url,
        cells.names(event.redacted),
        event.leaf_hash,
    )
