"""The event as `GET /v1/events/{seq}` shows it."""

from typing import Any

from app.ledger.schemas import EventRead
from app.webhooks.formats.parts import compact, fit

LIMIT = 20_000
"""A body is smaller than this many bytes, so that every receiver takes it."""
BULKY = ("object", "previous")


def body(event: EventRead) -> bytes:
    """Write the event; one that is too large goes without its values before and after.

    `data.omitted` then names what `GET /v1/events/{seq}` has whole.
    """
    whole = event.model_dump_json().encode()
    return whole if len(whole) < LIMIT else compact(_smaller(event))


def _smaller(event: EventRead) -> dict[str, Any]:
    shown = event.model_dump(mode="json")
    data = shown["data"]
    omitted = [key for key in BULKY if key in data]
    rest = {key: value for key, value in data.items() if key not in BULKY}
    shown["data"] = {"omitted": omitted, **rest}
    if event.reason and len(compact(shown)) >= LIMIT:  # 10,000 characters may be 40,000 bytes
        omitted.append("reason")
        room = LIMIT - 1 - len(compact(shown | {"reason": ""}))
        shown["reason"] = fit(event.reason, room, size=_quoted)
    return shown


def _quoted(text: str) -> int:
    """Count the bytes that a text takes within the quotes of JSON."""
    return len(compact(text)) - 2
