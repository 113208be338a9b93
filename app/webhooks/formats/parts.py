"""What the formats share: text made to fit, and what a chat shows of an event.

The sentence of an event holds text that people wrote; it never reaches a chat unescaped. Facts are
our own values, of letters, digits, hyphens and single underscores, and mean nothing to any markup.
"""

import json
import unicodedata
from bisect import bisect_right
from collections.abc import Callable
from typing import Any

from app.core.text import FORBIDDEN, INVISIBLE, shorten
from app.ledger.schemas import EventRead

BREAK = "\u200b"
"""A zero width space: unseen, it parts what would be read as one mention, emoji or address."""
OPEN = "Open the record"


def compact(value: Any) -> bytes:
    """Write JSON without spaces, in UTF-8."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def width(text: str) -> int:
    """Count a text's UTF-16 code units, the largest of what services may mean by characters."""
    return len(text) + sum(character > "\uffff" for character in text)


def fit(
    text: str,
    limit: int,
    escape: Callable[[str], str] = str,
    size: Callable[[str], int] = width,
) -> str:
    """Escape a text, cut at a word before that so that the escaped form is within the limit.

    What is cut is the text and never its escaped form, of which no half is left over. Escaping
    may only lengthen.
    """
    whole = escape(text)
    if size(whole) <= limit:
        return whole
    text = shorten(text, limit)
    room = bisect_right(
        range(1, limit + 1), limit, key=lambda length: size(escape(shorten(text, length)))
    )
    return escape(shorten(text, max(room, 1)))


def sentence(event: EventRead) -> str:
    """Return the event's sentence on one line, clean of what text may not contain, never blank."""
    text = " ".join(FORBIDDEN.sub("", event.summary).split())
    if all(unicodedata.category(character) in INVISIBLE for character in text):
        return str(event.type)
    return text


def facts(event: EventRead) -> dict[str, str]:
    """Name what is known of an event besides its sentence, in our own values only."""
    known = {"Event": str(event.type), "Date": event.effective_on, "Company": event.company}
    return {name: str(value) for name, value in known.items() if value is not None}


def entry(event: EventRead) -> str:
    """Say which entry of the ledger the event is."""
    return f"Entry {event.seq} of the ledger"
