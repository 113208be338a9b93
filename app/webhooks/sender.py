"""One delivery as it goes over the wire: the event's body in its format, headers, signatures."""

import time
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import datetime
from functools import lru_cache
from typing import Any, Literal

import structlog
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core import clock
from app.core.lists import among
from app.core.sealing import Unreadable, unseal
from app.ledger.queries import EVENT, WHOLE
from app.ledger.schemas import EventRead, EventType, SubjectRead
from app.webhooks import signing
from app.webhooks.claims import Claimed
from app.webhooks.formats import Message, WebhookFormat, render
from app.webhooks.transport import Outcome, Transport

PURPOSE = "webhook secret"
KEPT = 2000
"""How many rendered bodies are kept: an event goes to many webhooks, and again when it failed."""

log = structlog.get_logger("answerable.webhooks")
EVENTS = WHOLE.where(among(EVENT.c.seq, "seqs"))
NEWEST_REDACTION = select(func.max(EVENT.c.seq)).where(EVENT.c.type == EventType.RECORD_REDACTED)
TEST = "webhook.test"


class WebhookTestRead(EventRead):
    """What a test sends: it has the form of an event, but is not in the ledger."""

    type: Literal["webhook.test"]  # type: ignore[assignment]


def test_event(webhook_id: str, sent_at: datetime, public_url: str) -> WebhookTestRead:
    """Make the event of a test."""
    return WebhookTestRead(
        seq=0,
        type=TEST,
        recorded_at=sent_at,
        effective_on=None,
        actor="answerable",
        reason=None,
        subject=SubjectRead(type="webhook", id=webhook_id, slug=None),
        company=None,
        question=None,
        summary="This is a test of a webhook. Nothing has happened on the record.",
        url=f"{public_url}/v1/webhooks/{webhook_id}",
        data={},
        redacted=[],
        leaf_hash="",
    )


class Sender:
    """Sends claimed deliveries, each with fresh signatures."""

    def __init__(self, transport: Transport, pepper: bytes, public_url: str) -> None:
        self._transport = transport
        self._pepper = pepper
        self._public_url = public_url
        self._key = signing.service_key(pepper)
        self._bodies: OrderedDict[tuple[int, str], Message | None] = OrderedDict()
        self._redacted: int | None = None
        self._is_stale = False
        self._secret = lru_cache(maxsize=KEPT)(self._open)

    def load(self, session: Session, claimed: Sequence[Claimed]) -> list[Any]:
        """Return the rows of events whose bodies are still to be rendered."""
        self._look_for_redactions(session)
        missing = set()
        for one in claimed:
            if self._place(one) in self._bodies and not self._is_stale:
                self._bodies.move_to_end(self._place(one))  # so that it is not dropped before use
            elif one.seq:
                missing.add(one.seq)
        if not missing:
            return []
        return list(session.execute(EVENTS, {"seqs": list(missing)}).all())

    def _look_for_redactions(self, session: Session) -> None:
        """Have everything rendered anew when something was redacted since."""
        newest = session.execute(NEWEST_REDACTION).scalar()
        self._is_stale = self._is_stale or newest != self._redacted
        self._redacted = newest

    def prepare(self, claimed: Iterable[Claimed], rows: Sequence[Any]) -> None:
        """Render the bodies that are not kept yet."""
        if self._is_stale:  # only here: by now every delivery before has its body
            self._bodies.clear()
            self._is_stale = False
        rows_by_seq = {row.seq: row for row in rows}
        for one in claimed:
            if one.seq in rows_by_seq and self._place(one) not in self._bodies:
                self._bodies[self._place(one)] = self._written(one, rows_by_seq[one.seq])
        while len(self._bodies) > KEPT:
            self._bodies.popitem(last=False)

    async def send(self, claimed: Claimed) -> Outcome:
        """Send one delivery, and say what came of it."""
        try:
            keys = self._keys(claimed)
        except Unreadable:
            return _unsent("Its secret was sealed under another ANSWERABLE_PEPPER: rotate it.")
        message = self._message(claimed)
        if message is None:
            return _unsent("This event could not be written in this format. It was logged here.")
        timestamp = int(time.time())
        headers = {
            "content-type": message.content_type,
            "webhook-id": claimed.id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": signing.sign(self._key, keys, claimed.id, timestamp, message.body),
            "webhook-number": str(claimed.number),
            "webhook-attempt": str(claimed.attempt),
        }
        return await self._transport.post(claimed.target.url, message.body, headers)

    def _place(self, claimed: Claimed) -> tuple[int, str]:
        return claimed.seq, claimed.target.format

    def _written(self, claimed: Claimed, row: Any) -> Message | None:
        """Render a body; an event that cannot be written must hold up no other."""
        try:
            return self._render(claimed, EventRead.of(row, self._public_url))
        except Exception:
            log.exception("event cannot be written", seq=claimed.seq, format=claimed.target.format)
            return None

    def _message(self, claimed: Claimed) -> Message | None:
        if claimed.seq:
            return self._bodies[self._place(claimed)]
        event = test_event(claimed.target.id, claimed.created_at, self._public_url)
        return self._render(claimed, event)

    def _render(self, claimed: Claimed, event: EventRead) -> Message:
        return render(WebhookFormat(claimed.target.format), event, source=self._public_url)

    def _keys(self, claimed: Claimed) -> list[bytes]:
        target = claimed.target
        keys = [self._secret(target.secret)]
        expires = target.former_expires_at
        if target.former_secret is not None and expires is not None and expires > clock.now():
            with suppress(Unreadable):  # a rotation is how one gets rid of such a secret
                keys.append(self._secret(target.former_secret))
        return keys

    def _open(self, sealed: bytes) -> bytes:
        return signing.secret_bytes(unseal(self._pepper, PURPOSE, sealed).decode("ascii"))


def _unsent(error: str) -> Outcome:
    return Outcome(
        status=None,
        error=error,
        answer="",
        retry_after=None,
        disable=False,
        address=None,
        started_at=clock.now(),
        milliseconds=0,
    )
