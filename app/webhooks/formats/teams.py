"""A message for the Teams workflow “When a Teams webhook request is received”: an Adaptive Card.

The sentence stands in a `TextRun`, which knows no Markdown. `Fact` does, and holds our own values.
https://learn.microsoft.com/adaptive-cards/authoring-cards/text-features
"""

from typing import Any

from app.ledger.schemas import EventRead
from app.webhooks.formats.parts import BREAK, OPEN, facts, fit, sentence

LIMIT = 3_000
"""Characters of the sentence: at most 9,000 bytes of the 28 KB that a message may have."""
SPECIAL = str.maketrans({"<": f"<{BREAK}", "{": f"{{{BREAK}"})
"""Parts `<at>`, a mention, and `{{DATE(…)}}`, which every text of a card may hold."""


def message(event: EventRead) -> dict[str, Any]:
    """Show the event as a card: the sentence, the facts, and a button to the record."""
    shown = facts(event) | {"Entry": str(event.seq)}
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": [
            {
                "type": "RichTextBlock",
                "inlines": [{"type": "TextRun", "text": fit(sentence(event), LIMIT, escape)}],
            },
            {
                "type": "FactSet",
                "facts": [{"title": name, "value": value} for name, value in shown.items()],
            },
        ],
        "actions": [{"type": "Action.OpenUrl", "title": OPEN, "url": event.url}],
    }
    attachment = {
        "contentType": "application/vnd.microsoft.card.adaptive",
        "contentUrl": None,
        "content": card,
    }
    return {"type": "message", "attachments": [attachment]}


def escape(text: str) -> str:
    """Part what a card would take for a mention or for a function."""
    return text.translate(SPECIAL)
