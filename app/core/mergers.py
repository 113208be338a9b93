"""Mergers: things of one kind that were recorded twice, and are found under one id since.

What was recorded for the other one keeps its id, for entries are never edited. Whoever reads them
looks here under which id they are shown: now, or as known at an instant. A thing is never shown
under two ids at once, and what was merged is never merged again.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Index, and_, insert, literal, select, update
from sqlalchemy.engine import Connection
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session
from sqlmodel import Field, SQLModel

from app.core.clock import FOREVER
from app.core.tables import Key, table_of

KINDS = frozenset({"company", "asker", "question"})
"""Kinds of things that can be merged."""


class Merger(SQLModel, table=True):
    """That a thing is found under another's id, as known in an interval that excludes its end.

    Where that other one is merged too, the interval ends and another begins: so one row says it
    all. It follows from the events of mergers, so it is not recorded.
    """

    __tablename__ = "merger"
    __table_args__ = (Index("ix_merger_into", "into_id", "known_to"),)

    merged_id: str = Field(primary_key=True, sa_type=Key)
    known_from: datetime = Field(primary_key=True)
    known_to: datetime = FOREVER
    into_id: str = Field(sa_type=Key)


MERGER = table_of(Merger)
Reading = Connection | Session


def known(known_at: datetime | None, table: Any = MERGER) -> ColumnElement[bool]:
    """Return the condition that a merger holds, now or as known at an instant."""
    if known_at is None:
        present: ColumnElement[bool] = table.c.known_to == FOREVER
        return present
    return and_(table.c.known_from <= known_at, table.c.known_to > known_at)


def shown(reading: Reading, row_id: str, known_at: datetime | None = None) -> str:
    """Return the id under which a thing is shown: its own unless it was merged."""
    if row_id.partition("_")[0] not in KINDS:
        return row_id
    return holders(reading, [row_id], known_at).get(row_id, row_id)


def holders(
    reading: Reading, ids: Iterable[str], known_at: datetime | None = None
) -> dict[str, str]:
    """Return those of some ids that were merged, and under which each is shown."""
    return _pairs(reading, MERGER.c.merged_id, ids, known_at)


def members(
    reading: Reading, ids: Iterable[str], known_at: datetime | None = None
) -> dict[str, str]:
    """Return all that is shown under some ids besides themselves, and under which."""
    return _pairs(reading, MERGER.c.into_id, ids, known_at)


def family(reading: Reading, row_id: str, known_at: datetime | None = None) -> list[str]:
    """Return an id and all others that are shown under it."""
    return [row_id, *members(reading, [row_id], known_at)]


def _pairs(
    reading: Reading, column: Any, ids: Iterable[str], known_at: datetime | None
) -> dict[str, str]:
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    query = select(MERGER.c.merged_id, MERGER.c.into_id).where(column.in_(wanted), known(known_at))
    return {
        row.merged_id: row.into_id for row in reading.execute(query.order_by(MERGER.c.merged_id))
    }


async def family_of(
    session: AsyncSession, row_id: str, known_at: datetime | None = None
) -> list[str]:
    """Do what `family` does."""
    return await session.run_sync(family, row_id, known_at)


def is_shown_as(recorded: Any, sought: Any, was: Any) -> ColumnElement[bool]:
    """Return the condition that what was recorded for one id was shown under another.

    recorded, sought: columns or ids. was: the column of the instant.
    """
    table = MERGER.alias()
    merged: ColumnElement[bool] = (
        select(literal(1))
        .where(
            table.c.merged_id == recorded,
            table.c.into_id == sought,
            table.c.known_from <= was,
            table.c.known_to > was,
        )
        .exists()
    )
    return merged


async def add(session: AsyncSession, merged_id: str, into_id: str, instant: datetime) -> None:
    """Have a thing, and all that is shown under its id, shown under another's from now on."""
    following = await session.run_sync(family, merged_id)
    ended = update(MERGER).where(MERGER.c.into_id == merged_id, known(None))
    await session.execute(ended.values(known_to=instant))
    rows = [
        {"merged_id": row_id, "into_id": into_id, "known_from": instant, "known_to": FOREVER}
        for row_id in following
    ]
    await session.execute(insert(MERGER), rows)
