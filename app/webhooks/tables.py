"""The tables as the worker's statements name them, and conditions that several of them share."""

from typing import Any

from sqlalchemy import ColumnElement, bindparam, exists, literal_column, or_

from app.auth.models import ApiKey
from app.core.tables import table_of
from app.webhooks.models import Attempt, Delivery, DeliveryStatus, FanOut, Webhook

WEBHOOK = table_of(Webhook)
DELIVERY = table_of(Delivery)
ATTEMPT = table_of(Attempt)
REACHED = table_of(FanOut)
KEY = table_of(ApiKey)

NOW: ColumnElement[Any] = bindparam("now", type_=DELIVERY.c.due_at.type)


def has(status: DeliveryStatus, table: Any = DELIVERY) -> ColumnElement[bool]:
    """Return the condition that a delivery has a status, written so that partial indexes serve."""
    found: ColumnElement[bool] = table.c.status == literal_column(f"'{status.value}'")
    return found


def in_use() -> ColumnElement[bool]:
    """Return the condition that a webhook was not deleted and that its key is good at `:now`."""
    key = exists().where(
        KEY.c.id == WEBHOOK.c.key_id,
        KEY.c.revoked_at.is_(None),
        or_(KEY.c.expires_at.is_(None), KEY.c.expires_at > NOW),
    )
    kept: ColumnElement[bool] = WEBHOOK.c.deleted_at.is_(None) & key
    return kept
