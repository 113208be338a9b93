"""A message for an incoming webhook of Mattermost, whose posts do notify whom they mention.

Mattermost looks for mentions, hashtags, emoji and addresses after it has taken the backslashes
out, so these are parted by a zero width space as well. What no backslash escapes there
(`&`, `<`, `$`) is written as a character reference; so Slack's `<!channel>` and `<url|text>`, which
it obeys too, are not seen either.
https://developers.mattermost.com/integrate/webhooks/incoming/
"""

import re
from typing import Any

from app.ledger.schemas import EventRead
from app.webhooks.formats.parts import BREAK, OPEN, entry, facts, fit, sentence, width

LIMIT = 4_000
SPECIAL = str.maketrans(
    {character: f"\\{character}" for character in "`*{}[]()+-.!_>|"}
    | {character: f"\\{character}{BREAK}" for character in "\\#~"}
    | {character: f"{character}{BREAK}" for character in "@:;"}
    | {"&": "&amp;", "<": f"&lt;{BREAK}", "$": "&#36;"}
    | {"\u2424": " "}  # the symbol for a newline, which becomes one
)

INNER_DOT = re.compile(r"\.(?=\S)")


def message(event: EventRead) -> dict[str, Any]:
    """Show the event as a sentence, with a line of context below."""
    kind, *others = facts(event).values()
    context = " · ".join([f"[{OPEN}]({event.url})", f"`{kind}`", *others, entry(event)])
    room = LIMIT - width(context) - 2
    return {"text": f"{fit(sentence(event), room, escape)}\n\n{context}"}


def escape(text: str) -> str:
    """Escape Markdown, and part what would mention, link or become an emoji."""
    return INNER_DOT.sub(f"{BREAK}.", text).translate(SPECIAL)
