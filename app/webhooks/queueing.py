"""Adding deliveries to what waits, and making those wait again that were sent before."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import CursorResult, bindparam, insert, select, update
from sqlalchemy.orm import Session

from app.core import ids
from app.core.lists import among
from app.webhooks.models import DeliveryStatus
from app.webhooks.tables import DELIVERY, WEBHOOK, has

TAKE_NUMBERS = (
    update(WEBHOOK)
    .where(WEBHOOK.c.id == bindparam("taken_by"))
    .values(number=WEBHOOK.c.number + bindparam("count"))
)
NUMBERS = select(WEBHOOK.c.id, WEBHOOK.c.number).where(among(WEBHOOK.c.id, "ids"))
ADD = insert(DELIVERY)


class Due(NamedTuple):
    """A delivery to be: of an event, or with the `seq` 0 of a test."""

    webhook_id: str
    seq: int
    event_type: str
    recorded_at: datetime

    @property
    def id(self) -> str:
        """The delivery's id: for an event always the same, even if it is forgotten between."""
        if not self.seq:
            return ids.new("delivery")
        return ids.derived("delivery", self.recorded_at, self.webhook_id, self.seq)


def add(session: Session, deliveries: Sequence[Due], now: datetime, priority: int) -> list[str]:
    """Add deliveries, each with the next running number of its webhook; return their ids."""
    if not deliveries:
        return []
    numbers = _next_numbers(session, Counter(due.webhook_id for due in deliveries))
    values = []
    for due in deliveries:
        numbers[due.webhook_id] += 1
        values.append(
            {
                "id": due.id,
                "webhook_id": due.webhook_id,
                "number": numbers[due.webhook_id],
                "seq": due.seq,
                "event_type": due.event_type,
                "status": DeliveryStatus.PENDING.value,
                "priority": priority,
                "due_at": now,
                "attempts": 0,
                "tries": 0,
                "created_at": now,
            }
        )
    session.execute(ADD, values)
    return [str(row["id"]) for row in values]


def _next_numbers(session: Session, counts: Counter[str]) -> dict[str, int]:
    """Reserve running numbers, and return the last one of each webhook from before."""
    taken = [{"taken_by": webhook, "count": counts[webhook]} for webhook in sorted(counts)]
    session.execute(TAKE_NUMBERS, taken)
    return {
        id_: number - counts[id_] for id_, number in session.execute(NUMBERS, {"ids": list(counts)})
    }


def again(
    session: Session,
    chosen: Any,
    now: datetime,
    priority: int,
    bound: dict[str, Any] | None = None,
) -> int:
    """Make deliveries due now, as if they had never failed; return how many that were.

    One that is under way stays so. chosen: an UPDATE of deliveries without its values. bound: the
    values of its parameters.
    """
    values = {
        "status": DeliveryStatus.PENDING.value,
        "priority": priority,
        "due_at": now,
        "tries": 0,
        "finished_at": None,
    }
    done = session.execute(chosen.where(~has(DeliveryStatus.SENDING)).values(**values), bound)
    assert isinstance(done, CursorResult)
    return done.rowcount
