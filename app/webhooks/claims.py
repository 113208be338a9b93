"""Which deliveries a worker sends next: fair between webhooks, within each one's cap, in order.

A claim is a short transaction. It first locks the webhooks that have something due, so that nobody
else claims for them; counts what each has under way, in a statement of its own that sees whatever
was committed before the locks were had (SKIP LOCKED on deliveries alone would let two workers
overshoot a cap); and takes from each webhook's own queue by an index. So its cost does not grow
with what waits. `_first_of_each` is the one query that the two databases cannot share.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import zip_longest
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    and_,
    bindparam,
    case,
    exists,
    func,
    insert,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.orm import Session

from app.core.lists import among
from app.webhooks import schedule
from app.webhooks.models import DeliveryStatus, Priority
from app.webhooks.tables import ATTEMPT, DELIVERY, NOW, WEBHOOK, has, in_use

WAITING = DELIVERY.alias("waiting")
CHOSEN = DELIVERY.alias("chosen")
LOST = (
    "The worker that sent this ended before it could tell what came of it. It may have arrived;"
    " it is sent again under the same webhook-id."
)


class Target(NamedTuple):
    """What a worker needs to know of a webhook. cap: how many may be under way at once."""

    id: str
    url: str
    format: str
    secret: bytes
    former_secret: bytes | None
    former_expires_at: datetime | None
    ordered: bool
    cap: int


class Claimed(NamedTuple):
    """A delivery that a worker is to send. attempt: the number of this attempt."""

    id: str
    number: int
    seq: int
    event_type: str
    created_at: datetime
    attempt: int
    tries: int
    target: Target


def _has_due(priority: int) -> ColumnElement[bool]:
    """Return the condition that something is due, which looks at the first of the index alone.

    (As an `EXISTS` beside another one PostgreSQL would read all that waits.)
    """
    first = (
        select(DELIVERY.c.due_at)
        .where(DELIVERY.c.webhook_id == WEBHOOK.c.id, has(DeliveryStatus.PENDING))
        .where(DELIVERY.c.priority == priority)
        .order_by(DELIVERY.c.due_at)
        .limit(1)
    )
    due: ColumnElement[bool] = first.scalar_subquery() <= NOW
    return due


UNDER_WAY = (
    select(DELIVERY.c.webhook_id, func.count().label("busy"))
    .where(has(DeliveryStatus.SENDING))  # few, in an index of their own
    .group_by(DELIVERY.c.webhook_id)
)
BUSY = UNDER_WAY.subquery("under_way")
AT_ONCE = case(
    (or_(WEBHOOK.c.ordered, WEBHOOK.c.failures >= schedule.FAILING), 1),
    else_=WEBHOOK.c.max_in_flight,
)

LOCK_TARGETS = (
    select(
        *(
            WEBHOOK.c[name]
            for name in (
                "id", "url", "format", "secret", "former_secret", "former_expires_at",
                "ordered",
            )
        ),
        AT_ONCE.label("cap"),
    )
    .outerjoin_from(WEBHOOK, BUSY, BUSY.c.webhook_id == WEBHOOK.c.id)
    .where(WEBHOOK.c.disabled_at.is_(None), in_use())
    .where(or_(*(_has_due(priority) for priority in Priority.ALL)))
    .where(or_(WEBHOOK.c.paused_until.is_(None), WEBHOOK.c.paused_until <= NOW))
    .where(func.coalesce(BUSY.c.busy, 0) < AT_ONCE)  # those at their cap leave room for others
    .order_by(func.random())  # when there are more of them than slots, all get their turn
    .limit(bindparam("most"))
    .with_for_update(of=WEBHOOK, skip_locked=True)
)  # fmt: skip

LEASE = (
    update(DELIVERY)
    .where(among(DELIVERY.c.id, "ids"))
    .values(
        status=DeliveryStatus.SENDING.value,
        leased_until=bindparam("until"),
        attempts=DELIVERY.c.attempts + 1,
    )
    .returning(
        *(
            DELIVERY.c[name]
            for name in (
                "id", "webhook_id", "number", "seq", "event_type", "created_at",
                "attempts", "tries",
            )
        )
    )
)  # fmt: skip

NEXT_DUE = (
    select(DELIVERY.c.due_at)
    .where(has(DeliveryStatus.PENDING), DELIVERY.c.due_at > NOW)
    .order_by(DELIVERY.c.due_at)
    .limit(1)
)


class Queue:
    """The deliveries of a webhook that one rule puts in order; `first` finds the first of each."""

    def __init__(
        self, condition: ColumnElement[bool], *order: ColumnElement[Any], of_ordered: bool = False
    ) -> None:
        self.of_ordered = of_ordered
        first = (
            select(WAITING.c.id, WAITING.c.webhook_id, (WAITING.c.due_at <= NOW).label("is_due"))
            .where(
                WAITING.c.webhook_id == WEBHOOK.c.id,
                has(DeliveryStatus.PENDING, WAITING),
                condition,
            )
            .order_by(*order)
            .limit(1 if of_ordered else bindparam("most"))
            .correlate(WEBHOOK)
        )
        self.first = {name: _first_of_each(name, first) for name in ("postgresql", "sqlite")}


def _first_of_each(dialect: str, first: Any) -> Any:
    """Return a query of the first deliveries of each webhook in `:webhooks`."""
    these = among(WEBHOOK.c.id, "webhooks")
    if dialect == "postgresql":
        each = first.with_for_update(skip_locked=True).lateral()
        return select(each).select_from(WEBHOOK.join(each, true())).where(these)
    ids = first.with_only_columns(WAITING.c.id)
    is_due = (CHOSEN.c.due_at <= NOW).label("is_due")
    return (
        select(CHOSEN.c.id, CHOSEN.c.webhook_id, is_due)
        .select_from(WEBHOOK.join(CHOSEN, CHOSEN.c.id.in_(ids)))
        .where(these)
    )


def _by_time(priority: int) -> Queue:
    due = and_(WAITING.c.priority == priority, WAITING.c.due_at <= NOW)
    return Queue(due, WAITING.c.due_at, WAITING.c.number)


IN_ORDER = Queue(  # only its head counts, due or not; during a replay nothing beyond it is sent
    or_(WEBHOOK.c.replay_after.is_(None), WAITING.c.seq <= WEBHOOK.c.replay_after),
    WAITING.c.seq,
    WAITING.c.number,
    of_ordered=True,
)
QUEUES = (IN_ORDER, _by_time(Priority.LIVE), _by_time(Priority.REPLAY))


def claim(session: Session, now: datetime, *, free: int, lease: timedelta) -> list[Claimed]:
    """Take at most `free` due deliveries; until the lease ends they are this worker's alone."""
    rows = session.execute(LOCK_TARGETS, {"now": now, "most": free})
    targets = {row.id: _target(row) for row in rows}
    if not targets:
        return []
    busy = {row.webhook_id: row.busy for row in session.execute(UNDER_WAY)}
    room = {id_: target.cap - busy.get(id_, 0) for id_, target in targets.items()}
    taken: list[str] = []
    for queue in QUEUES:
        wanting = [
            id_ for id_ in room if room[id_] > 0 and targets[id_].ordered is queue.of_ordered
        ]
        if wanting and len(taken) < free:
            due = _due_of_each(session, queue, wanting, room, free - len(taken), now)
            for row in list(_in_turn(due, room))[: free - len(taken)]:
                taken.append(row.id)
                room[row.webhook_id] -= 1
    if not taken:
        return []
    leased = session.execute(LEASE, {"ids": taken, "until": now + lease})
    claimed = {row.id: _claimed(row, targets[row.webhook_id]) for row in leased}
    return [claimed[id_] for id_ in taken]


def _target(row: Any) -> Target:
    return Target(
        id=row.id,
        url=row.url,
        format=row.format,
        secret=row.secret,
        former_secret=row.former_secret,
        former_expires_at=row.former_expires_at,
        ordered=row.ordered,
        cap=row.cap,
    )


def _due_of_each(
    session: Session,
    queue: Queue,
    webhooks: Sequence[str],
    room: dict[str, int],
    free: int,
    now: datetime,
) -> list[Any]:
    """Return what is due, at least as much of each webhook as will be taken."""
    query = queue.first[session.get_bind().dialect.name]
    most, roomiest = -(-2 * free // len(webhooks)), max(room[id_] for id_ in webhooks)
    while True:
        most = min(most, roomiest)
        found = session.execute(query, {"now": now, "webhooks": webhooks, "most": most})
        rows = [row for row in found if row.is_due]
        if most == roomiest or len(rows) >= free:
            return rows
        most *= 4  # few have much, the others little


def _in_turn(rows: Sequence[Any], room: dict[str, int]) -> Iterator[Any]:
    """Yield each webhook's first delivery, then each one's second, as far as there is room."""
    queues: dict[str, list[Any]] = defaultdict(list)
    for row in rows:
        if len(queues[row.webhook_id]) < room[row.webhook_id]:
            queues[row.webhook_id].append(row)
    for turn in zip_longest(*queues.values()):
        yield from (row for row in turn if row is not None)


def _claimed(row: Any, target: Target) -> Claimed:
    return Claimed(
        id=row.id,
        number=row.number,
        seq=row.seq,
        event_type=row.event_type,
        created_at=row.created_at,
        attempt=row.attempts,
        tries=row.tries,
        target=target,
    )


def take_over(session: Session, now: datetime) -> int:
    """Make deliveries due again whose worker did not say in time what came of them."""
    expired = (
        select(DELIVERY.c.id, DELIVERY.c.attempts)
        .where(has(DeliveryStatus.SENDING), DELIVERY.c.leased_until <= now)
        .limit(1000)
        .with_for_update(skip_locked=True)
    )
    rows = session.execute(expired).all()
    if not rows:
        return 0
    lost = {"started_at": now, "milliseconds": None, "status": None, "error": LOST, "answer": ""}
    session.execute(
        insert(ATTEMPT),
        [{**lost, "delivery_id": row.id, "number": row.attempts, "address": None} for row in rows],
    )
    disabled = exists().where(
        WEBHOOK.c.id == DELIVERY.c.webhook_id, WEBHOOK.c.disabled_at.is_not(None)
    )
    status = case((disabled, DeliveryStatus.HELD.value), else_=DeliveryStatus.PENDING.value)
    due = {"status": status, "due_at": now, "leased_until": None}
    session.execute(
        update(DELIVERY).where(among(DELIVERY.c.id, "ids")).values(**due, last_error=LOST),
        {"ids": [row.id for row in rows]},
    )
    return len(rows)


def next_due(session: Session, now: datetime) -> datetime | None:
    """Return when the next delivery is due that is not due yet."""
    found: datetime | None = session.execute(NEXT_DUE, {"now": now}).scalar()
    return found
