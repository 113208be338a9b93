"""Which deliveries a worker sends next: fair between webhooks, within each one's cap, in order.

A claim first locks the webhooks that have something due, so that nobody else claims for them;
counts what each has under way, in a statement of its own that sees whatever was committed before
the locks were had (SKIP LOCKED on deliveries alone would let two workers overshoot a cap); and
takes from each webhook's own queue by an index. So its cost does not grow with what waits.
`_first_of_each` is the one query that the two databases cannot share.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import zip_longest
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    and_,
    bindparam,
    case,
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
    """What a worker needs to know of a webhook.

    cap: how many may be under way at once. due: the priorities of which something is due.
    """

    id: str
    key_id: str
    url: str
    format: str
    secret: bytes
    former_secret: bytes | None
    former_expires_at: datetime | None
    ordered: bool
    cap: int
    due: tuple[int, ...]


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


IN_REACH = or_(WEBHOOK.c.replay_after.is_(None), DELIVERY.c.seq <= WEBHOOK.c.replay_after)
"""During a replay a webhook that wants order gets nothing beyond what is replayed so far."""

HEAD_IS_DUE = (
    select(DELIVERY.c.due_at)
    .where(DELIVERY.c.webhook_id == WEBHOOK.c.id, has(DeliveryStatus.PENDING), IN_REACH)
    .order_by(DELIVERY.c.seq, DELIVERY.c.number)
    .limit(1)
    .scalar_subquery()
) <= NOW


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


SENDING = (
    select(DELIVERY.c.webhook_id, func.count().label("busy"))
    .where(has(DeliveryStatus.SENDING))  # few, in an index of their own
    .group_by(DELIVERY.c.webhook_id)
)
UNDER_WAY = SENDING.join(WEBHOOK, WEBHOOK.c.id == DELIVERY.c.webhook_id).add_columns(
    func.min(WEBHOOK.c.key_id).label("key_id")
)
BUSY = SENDING.subquery("under_way")
AT_ONCE = case(
    (or_(WEBHOOK.c.ordered, WEBHOOK.c.failures >= schedule.FAILING), 1),
    else_=WEBHOOK.c.max_in_flight,
)

LOCK_TARGETS = (
    select(
        *(
            WEBHOOK.c[name]
            for name in (
                "id", "key_id", "url", "format", "secret", "former_secret", "former_expires_at",
                "ordered",
            )
        ),
        AT_ONCE.label("cap"),
        *(_has_due(priority).label(f"due_{priority}") for priority in Priority.ALL),
    )
    .outerjoin_from(WEBHOOK, BUSY, BUSY.c.webhook_id == WEBHOOK.c.id)
    .where(WEBHOOK.c.disabled_at.is_(None), in_use())
    .where(
        or_(
            and_(WEBHOOK.c.ordered, HEAD_IS_DUE),
            and_(~WEBHOOK.c.ordered, or_(*(_has_due(priority) for priority in Priority.ALL))),
        )
    )
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
    """The deliveries of a webhook that one rule puts in order; `first` finds the first of each.

    priority: of which deliveries; None for all those of webhooks that want order.
    """

    def __init__(
        self,
        condition: ColumnElement[bool],
        *order: ColumnElement[Any],
        priority: int | None = None,
    ) -> None:
        of_ordered = priority is None
        self.priority = priority
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

    def serves(self, target: Target) -> bool:
        """Tell whether a webhook has something due here."""
        if target.ordered:
            return self.priority is None
        return self.priority in target.due


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
        .order_by(CHOSEN.c.due_at, CHOSEN.c.number)
    )


def _by_time(priority: int) -> Queue:
    due = and_(WAITING.c.priority == priority, WAITING.c.due_at <= NOW)
    return Queue(due, WAITING.c.due_at, WAITING.c.number, priority=priority)


IN_ORDER = Queue(  # only its head counts, due or not; during a replay nothing beyond it is sent
    or_(WEBHOOK.c.replay_after.is_(None), WAITING.c.seq <= WEBHOOK.c.replay_after),
    WAITING.c.seq,
    WAITING.c.number,
)
QUEUES = (IN_ORDER, _by_time(Priority.LIVE), _by_time(Priority.REPLAY))


def claim(
    session: Session, now: datetime, *, free: int, lease: timedelta, share: int
) -> list[Claimed]:
    """Take at most `free` due deliveries; until the lease ends they are this worker's alone.

    share: how many a single key may have under way, so that none can take all slots.
    """
    if free <= 0:
        return []
    rows = session.execute(LOCK_TARGETS, {"now": now, "most": free})
    targets = {row.id: _target(row) for row in rows}
    if not targets:
        return []
    busy: Counter[str] = Counter()
    for row in session.execute(UNDER_WAY):
        busy[row.webhook_id] = row.busy
        busy[row.key_id] += row.busy
    room = {id_: target.cap - busy[id_] for id_, target in targets.items()}
    taken: list[str] = []
    for queue in QUEUES:
        wanting = [id_ for id_ in room if room[id_] > 0 and queue.serves(targets[id_])]
        if wanting and len(taken) < free:
            due = _due_of_each(session, queue, wanting, room, free - len(taken), now)
            for row in list(_in_turn(due, room)):
                key_id = targets[row.webhook_id].key_id
                if len(taken) < free and busy[key_id] < share:
                    taken.append(row.id)
                    room[row.webhook_id] -= 1
                    busy[key_id] += 1
    if not taken:
        return []
    leased = session.execute(LEASE, {"ids": taken, "until": now + lease})
    claimed = {row.id: _claimed(row, targets[row.webhook_id]) for row in leased}
    return [claimed[id_] for id_ in taken]


def _target(row: Any) -> Target:
    return Target(
        id=row.id,
        key_id=row.key_id,
        url=row.url,
        format=row.format,
        secret=row.secret,
        former_secret=row.former_secret,
        former_expires_at=row.former_expires_at,
        ordered=row.ordered,
        cap=row.cap,
        due=tuple(priority for priority in Priority.ALL if getattr(row, f"due_{priority}")),
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
    due = {"status": DeliveryStatus.PENDING.value, "due_at": now, "leased_until": None}
    session.execute(
        update(DELIVERY)
        .where(among(DELIVERY.c.id, "ids"))
        .values(**due, tries=DELIVERY.c.tries + 1, last_error=LOST),
        {"ids": [row.id for row in rows]},
    )
    return len(rows)


def next_due(session: Session, now: datetime) -> datetime | None:
    """Return when the next delivery is due that is not due yet."""
    found: datetime | None = session.execute(NEXT_DUE, {"now": now}).scalar()
    return found
