"""Reports of stolen keys, and which events they flag for review. Nothing is taken back by one."""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import BigInteger, ColumnElement, Text, and_, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import Field

from app.core.dates import format_instant
from app.core.tables import table_of
from app.ledger.models import REDACTED, Event, Headline, Recorded


class Compromise(Recorded, table=True):
    """That a key was reported stolen, and in which window somebody else may have written with it.

    actor: the key's name. until: the instant of the report, by which the key is revoked.
    after_seq: the last event before the window; what the key wrote after it is flagged.
    """

    __tablename__ = "compromise"
    __personal__: ClassVar[dict[str, Any]] = {"reason": REDACTED}

    actor: str
    since: datetime
    until: datetime
    after_seq: int = Field(sa_type=BigInteger)
    reason: str | None = Field(sa_type=Text)

    def headline(self, previous: dict[str, Any] | None, note: dict[str, Any]) -> Headline:
        """Say whose events are flagged, and of which time."""
        since, until = (f"{format_instant(end)[:19]}Z" for end in (self.since, self.until))
        return Headline(
            type="key.compromised",
            summary=(
                f"The key “{self.actor}” was reported stolen and is revoked: what it wrote from"
                f" {since} to {until} is flagged for review."
            ),
            reason=self.reason,
        )


REVIEW = "/v1/events?flagged=true"
"""Where flagged events are listed."""
EVENT = table_of(Event)
COMPROMISE = table_of(Compromise)


async def windows(session: AsyncSession) -> list[ColumnElement[bool]]:
    """Return the conditions of which every flagged event meets one, one for each key reported.

    `until` bounds none: a request that was under way when the key was revoked may be written an
    instant later, and is just as suspect. Afterwards the key writes nothing, and no other key ever
    has its name.
    """
    first = func.min(COMPROMISE.c.after_seq)
    query = select(COMPROMISE.c.actor, first).group_by(COMPROMISE.c.actor)
    return [_window(actor, after) for actor, after in await session.execute(query)]


def _window(actor: str, after_seq: int) -> ColumnElement[bool]:
    return and_(EVENT.c.actor == actor, EVENT.c.seq > after_seq)


async def count(session: AsyncSession, report: Compromise) -> int:
    """Return how many events are flagged by a report."""
    query = select(func.count()).where(_window(report.actor, report.after_seq))
    found: int = (await session.execute(query)).scalar_one()
    return found


async def earliest(session: AsyncSession, actor: str) -> datetime | None:
    """Return since when an actor's events are flagged; None when it was never reported."""
    query = select(func.min(COMPROMISE.c.since)).where(COMPROMISE.c.actor == actor)
    since: datetime | None = (await session.execute(query)).scalar_one()
    return since
