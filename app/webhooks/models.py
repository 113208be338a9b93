"""The tables of subscriptions and deliveries. They hold secrets, so the ledger does not.

What the worker's queries need stands in columns, and nothing that a delivery says is stored: its
body is made of the event, which never changes, when it is sent.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, Index, LargeBinary, Text, text
from sqlmodel import Field, SQLModel

from app.core.tables import CanonicalJson, Key, reference


class DeliveryStatus(StrEnum):
    """How far a delivery has come.

    `pending` waits for its time, `sending` is under way, `delivered` was answered with 2xx,
    `failed` used up its attempts, `held` waits to be replayed: whatever waits for a webhook that
    is disabled is shown so, and stays so if it is enabled without `replay_held`.
    """

    PENDING = "pending"
    SENDING = "sending"
    DELIVERED = "delivered"
    FAILED = "failed"
    HELD = "held"


class Priority:
    """Which deliveries of a webhook go first."""

    LIVE = 0
    REPLAY = 1
    ALL = (LIVE, REPLAY)


class Webhook(SQLModel, table=True):
    """A subscription: where to post which events, and how that went lately.

    filter: as it was sent; the columns `company_id` to `states` are what it stands for. types,
    states: lists as `|one|two|`, which SQL searches; None for all. replay_after, replay_until: the
    events that a replay under way has still to queue. number: that of the newest delivery.
    """

    __tablename__ = "webhook"
    __table_args__ = (Index("ix_webhook_key", "key_id", "id"),)

    id: str = Field(primary_key=True, sa_type=Key)
    key_id: str = reference("api_key.id")
    url: str = Field(sa_type=Text)
    format: str = Field(sa_type=Key)
    ordered: bool
    max_in_flight: int
    description: str | None = Field(sa_type=Text)
    event_types: list[str] | None = Field(sa_type=CanonicalJson)
    filter: dict[str, Any] | None = Field(sa_type=CanonicalJson)
    secret: bytes = Field(sa_type=LargeBinary)
    former_secret: bytes | None = Field(default=None, sa_type=LargeBinary)
    former_expires_at: datetime | None = None

    types: str | None = Field(default=None, sa_type=Key)
    company_id: str | None = Field(default=None, sa_type=Key)
    dossier_id: str | None = Field(default=None, sa_type=Key)
    topic: str | None = Field(default=None, sa_type=Key)
    question_id: str | None = Field(default=None, sa_type=Key)
    asker_id: str | None = Field(default=None, sa_type=Key)
    states: str | None = Field(default=None, sa_type=Key)

    after_seq: int = Field(sa_type=BigInteger)
    number: int = Field(default=0, sa_type=BigInteger)
    replay_after: int | None = Field(default=None, sa_type=BigInteger)
    replay_until: int | None = Field(default=None, sa_type=BigInteger)

    failures: int = 0
    failing_since: datetime | None = None
    last_error: str | None = Field(default=None, sa_type=Text)
    paused_until: datetime | None = None
    disabled_at: datetime | None = None
    disabled_reason: str | None = Field(default=None, sa_type=Text)

    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None = None
    version: int = 1


PENDING = text("status = 'pending'")
SENDING = text("status = 'sending'")
FAILED = text("status = 'failed'")
HELD = text("status = 'held'")
OF_AN_EVENT = text("seq > 0")


class Delivery(SQLModel, table=True):
    """One event on its way to one webhook. A test has no event: its `seq` is 0.

    number: a running one for each webhook. attempts: how often it was sent, or may have been.
    tries: how many of those failed since it was last queued; they choose the next delay.
    """

    __tablename__ = "delivery"
    __table_args__ = (
        Index("ix_delivery_number", "webhook_id", "number", unique=True),
        Index(
            "ix_delivery_event", "webhook_id", "seq",
            unique=True, sqlite_where=OF_AN_EVENT, postgresql_where=OF_AN_EVENT,
        ),
        Index(
            "ix_delivery_due", "webhook_id", "priority", "due_at", "number",
            sqlite_where=PENDING, postgresql_where=PENDING,
        ),
        Index(
            "ix_delivery_queue", "webhook_id", "seq", "number",
            sqlite_where=PENDING, postgresql_where=PENDING,
        ),
        Index("ix_delivery_next", "due_at", sqlite_where=PENDING, postgresql_where=PENDING),
        Index(
            "ix_delivery_leased", "webhook_id", "leased_until",
            sqlite_where=SENDING, postgresql_where=SENDING,
        ),
        Index(
            "ix_delivery_failed", "webhook_id", "number",
            sqlite_where=FAILED, postgresql_where=FAILED,
        ),
        Index(
            "ix_delivery_held", "webhook_id", "number",
            sqlite_where=HELD, postgresql_where=HELD,
        ),
    )  # fmt: skip

    id: str = Field(primary_key=True, sa_type=Key)
    webhook_id: str = reference("webhook.id")
    number: int = Field(sa_type=BigInteger)
    seq: int = Field(sa_type=BigInteger)
    event_type: str = Field(sa_type=Key)
    status: str = Field(sa_type=Key)
    priority: int
    due_at: datetime
    attempts: int = 0
    tries: int = 0
    leased_until: datetime | None = None
    created_at: datetime
    finished_at: datetime | None = None
    last_status: int | None = None
    last_error: str | None = Field(default=None, sa_type=Text)


class Attempt(SQLModel, table=True):
    """One time that a delivery was sent, and what came back."""

    __tablename__ = "delivery_attempt"

    delivery_id: str = reference("delivery.id", primary_key=True)
    number: int = Field(primary_key=True)
    started_at: datetime
    milliseconds: int | None
    status: int | None
    error: str | None = Field(sa_type=Text)
    answer: str = Field(sa_type=Text)
    address: str | None = Field(sa_type=Text)


class FanOut(SQLModel, table=True):
    """How far the ledger has been turned into deliveries: one row, locked by who does it."""

    __tablename__ = "webhook_fan_out"

    id: int = Field(primary_key=True)
    seq: int = Field(sa_type=BigInteger)
