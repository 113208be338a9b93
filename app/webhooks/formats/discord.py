"""A message for a webhook of Discord: one embed and no content, and nobody is mentioned.

https://docs.discord.com/developers/resources/message#embed-object
"""

import re
from typing import Any

from app.core.dates import format_instant
from app.ledger.schemas import EventRead
from app.webhooks.formats.parts import BREAK, entry, facts, fit, sentence

TITLE = 256
DESCRIPTION = 4_096
MARKUP = str.maketrans({character: f"\\{character}" for character in "\\*_~`|>#+-[]()<@:"})
NUMBERED = re.compile(r"^(\d+)\.")


def message(event: EventRead) -> dict[str, Any]:
    """Show the event as the title of an embed, and below it whole if it had to be cut."""
    text = sentence(event)
    embed: dict[str, Any] = {"title": fit(text, TITLE, escape), "url": event.url}
    if embed["title"] != escape(text):
        embed["description"] = fit(text, DESCRIPTION, escape)
    embed["timestamp"] = format_instant(event.recorded_at)
    embed["fields"] = [
        {"name": name, "value": value, "inline": True} for name, value in facts(event).items()
    ]
    embed["footer"] = {"text": entry(event)}
    return {"embeds": [embed], "allowed_mentions": {"parse": []}}


def escape(text: str) -> str:
    """Escape Discord's Markdown, its mentions and emoji, and part addresses it would link."""
    parted = text.replace("://", f":{BREAK}//").translate(MARKUP)
    return NUMBERED.sub(r"\1\\.", parted)
