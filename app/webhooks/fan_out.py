"""The outbox: deliveries derive from the ledger, which is the only thing that a change writes.

How far the ledger was turned into deliveries is kept in one row, which moves on in the transaction
that adds the deliveries. So a crash at any moment loses nothing and adds nothing twice.
"""

from datetime import datetime

from sqlalchemy import bindparam, exists, func, select, update
from sqlalchemy.orm import Session

from app.ledger.queries import EVENT, HEAD
from app.webhooks import queueing, replays
from app.webhooks.matching import OF_EVERY_WEBHOOK, matches
from app.webhooks.models import Priority
from app.webhooks.queueing import Due
from app.webhooks.tables import REACHED, WEBHOOK, in_use

EVENTS, DELIVERIES = 100, 5000
"""How many events one transaction fans out, and how many deliveries it adds, at the most."""

LOCK_REACHED = select(
    REACHED.c.seq,
    select(HEAD.c.seq).scalar_subquery().label("head"),
    exists().where(WEBHOOK.c.replay_after.is_not(None)).label("replays"),
    select(func.count()).select_from(WEBHOOK).scalar_subquery().label("webhooks"),
).with_for_update(of=REACHED, skip_locked=True)

WANTED = (
    select(
        WEBHOOK.c.id.label("webhook_id"),
        EVENT.c.seq,
        EVENT.c.type.label("event_type"),
        EVENT.c.recorded_at,
    )
    .where(EVENT.c.seq > bindparam("after"), EVENT.c.seq <= bindparam("until"))
    .where(EVENT.c.seq > WEBHOOK.c.after_seq, in_use(), matches(OF_EVERY_WEBHOOK))
    .order_by(EVENT.c.seq, WEBHOOK.c.id)
)
MOVE_ON = update(REACHED).values(seq=bindparam("until"))


def fan_out(session: Session, now: datetime) -> bool:
    """Turn the next events, and those of replays, into deliveries; tell whether more are left.

    Does nothing while another worker does it.
    """
    reached = session.execute(LOCK_REACHED).one_or_none()
    if reached is None:
        return False
    most = min(EVENTS, max(1, DELIVERIES // max(1, reached.webhooks)))
    until = min(reached.head, reached.seq + most)
    if reached.seq < until:
        span = {"after": reached.seq, "until": until, "now": now}
        wanted = [Due(*row) for row in session.execute(WANTED, span)]
        queueing.add(session, wanted, now, Priority.LIVE)
        session.execute(MOVE_ON, {"until": until})
    if reached.replays:
        replays.go_on(session, now)
    return bool(until < reached.head)
