"""A message for an incoming webhook of Slack.

The sentence stands in a `plain_text` object, where nothing is markup, a mention or a link. The one
`mrkdwn` object holds our own values, and is `verbatim`, so that Slack looks for no names in it.
https://docs.slack.dev/reference/block-kit/composition-objects/text-object
"""

from html import escape as html_escape
from typing import Any

from app.ledger.schemas import EventRead
from app.webhooks.formats.parts import BREAK, OPEN, entry, facts, fit, sentence

LIMIT = 3_000
PLAIN = str.maketrans({"<": f"<{BREAK}"})
"""No `<!channel>` is left to obey, should a client ever take plain text for more than that."""


def message(event: EventRead) -> dict[str, Any]:
    """Show the event as a sentence, with a line of context below."""
    text = sentence(event)
    plain = fit(text, LIMIT, lambda cut: cut.translate(PLAIN))
    link = f"<{escape(event.url).replace('|', '%7C')}|{OPEN}>"
    context = " · ".join([link, *facts(event).values(), entry(event)])
    return {
        "text": fit(text, LIMIT, escape),  # what notifications show
        "mrkdwn": False,
        "unfurl_links": False,
        "unfurl_media": False,
        "blocks": [
            {"type": "section", "text": {"type": "plain_text", "text": plain, "emoji": False}},
            {
                "type": "context",
                "elements": [{"type": "mrkdwn", "text": context, "verbatim": True}],
            },
        ],
    }


def escape(text: str) -> str:
    """Escape the three characters with which Slack's links and mentions are made."""
    return html_escape(text, quote=False)
