"""From when one looks: what was true in the world then (`as_of`), and known here (`known_at`)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.core.clock import FOREVER
from app.core.dates import EdtfDate
from app.core.db import Database
from app.core.errors import Invalid
from app.core.tables import table_of
from app.ledger import queries as ledger
from app.ledger.models import Recorded


@dataclass(frozen=True)
class Viewpoint:
    """A moment in both clocks.

    as_of: the day, None for all that is on the record. seq: how far the ledger had come by
    `known_at`.
    """

    as_of: date | None = None
    known_at: datetime | None = None
    seq: int | None = None

    @property
    def day(self) -> date:
        """The day to which open days are counted."""
        return self.as_of or clock.today()

    @property
    def is_present(self) -> bool:
        """Whether the columns that lists are kept in answer for it."""
        return self.as_of is None and self.known_at is None

    def sees(self, table: Any) -> ColumnElement[bool]:
        """Return the condition that an entry had taken effect and was recorded."""
        conditions = [true()]
        if self.as_of is not None:
            conditions.append(table.c.effective_day <= self.as_of.toordinal())
        if self.known_at is not None:
            conditions.append(table.c.created_at <= self.known_at)
        return and_(*conditions)

    def holds(self, table: Any) -> ColumnElement[bool]:
        """Return the condition that an entry was not corrected."""
        if self.known_at is None:
            uncorrected: ColumnElement[bool] = table.c.corrected_at == FOREVER
            return uncorrected
        known: ColumnElement[bool] = table.c.corrected_at > self.known_at
        return known

    def knows(self, table: Any) -> ColumnElement[bool]:
        """Return the condition that a row with `known_from` and `known_to` was in force."""
        if self.known_at is None:
            current: ColumnElement[bool] = table.c.known_to == FOREVER
            return current
        return and_(table.c.known_from <= self.known_at, table.c.known_to > self.known_at)

    def is_corrected(self, row: Any) -> bool:
        """Tell whether an entry was known to be wrong."""
        corrected_at: datetime = row["corrected_at"]
        return corrected_at != FOREVER and (self.known_at is None or corrected_at <= self.known_at)

    async def load(
        self, session: AsyncSession, model: type[Recorded], ids: Iterable[str | None]
    ) -> dict[str, Any]:
        """Return rows by id, as columns, with the values that they had."""
        wanted = {row_id for row_id in ids if row_id is not None}
        if self.seq is not None:
            return await ledger.images(session, model, wanted, self.seq)
        return await rows(session, model, wanted)


async def rows(session: AsyncSession, model: type[Recorded], ids: Iterable[str]) -> dict[str, Any]:
    """Return rows by id, as columns, with the values that they have."""
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    table = table_of(model)
    found = await session.execute(select(table).where(table.c.id.in_(wanted)))
    return {row.id: row._mapping for row in found}


def of_day(as_of: EdtfDate | None) -> Viewpoint:
    """Make the viewpoint of a day in the world, with all that is on the record now.

    Raises:
        Invalid: the day lies in the future.
    """
    today = clock.today()
    if as_of is None:
        return Viewpoint()
    if as_of.first_day > today:
        detail = f"as_of must not lie in the future; give a day such as {today}."
        raise Invalid.at("/as_of", detail, code="future", location="query")
    return Viewpoint(as_of=min(as_of.last_day, today))


async def look(
    database: Database,
    session: AsyncSession,
    as_of: EdtfDate | None,
    known_at: datetime | None,
) -> Viewpoint:
    """Make the viewpoint of a request. Without `as_of`, a past `known_at` brings its own day.

    A month or year that has begun but not passed reaches to that day or to today.

    Raises:
        Invalid: `as_of` or `known_at` lies in the future.
    """
    view = of_day(as_of)
    if known_at is None:
        return view
    await ledger.settle(database, session, known_at)
    day = known_at.date()
    return Viewpoint(
        as_of=min(as_of.last_day, day) if as_of is not None else day,
        known_at=known_at,
        seq=await ledger.position(session, known_at),
    )
