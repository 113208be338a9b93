"""CloudEvents 1.0 in structured mode, with the sequence extension.

https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md
"""

import json
from typing import Any

from app.core.dates import format_instant
from app.ledger.schemas import EventRead
from app.webhooks.formats import standard

CONTENT_TYPE = "application/cloudevents+json; charset=utf-8"


def envelope(event: EventRead, source: str) -> dict[str, Any]:
    """Put the event as the standard format shows it into an envelope.

    The sequence has no `sequencetype`: the only one that is defined, `Integer`, ends at 2³¹ - 1.
    It is padded with zeros, since the extension asks that sequences sort as strings.
    """
    instant = format_instant(event.recorded_at)
    # what is not in the ledger has no number: a test of a webhook, as often as one likes
    number = str(event.seq) if event.seq else f"{event.subject.id}/{instant}"
    return {
        "specversion": "1.0",
        "id": number,
        "source": source,
        "type": f"answerable.{event.type}",
        "subject": event.subject.id,
        "time": instant,
        "sequence": f"{event.seq:020}",
        "datacontenttype": "application/json",
        "data": json.loads(standard.body(event)),
    }
