"""What a delivery's body looks like: an event, written as the receiver understands it."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from app.ledger.schemas import EventRead
from app.webhooks.formats import cloudevents, discord, mattermost, slack, standard, teams
from app.webhooks.formats.parts import compact


class WebhookFormat(StrEnum):
    """How events are written for a receiver."""

    STANDARD = "standard"
    CLOUDEVENTS = "cloudevents"
    SLACK = "slack"
    DISCORD = "discord"
    TEAMS = "teams"
    MATTERMOST = "mattermost"


@dataclass(frozen=True)
class Message:
    """The body of a delivery and its `Content-Type`."""

    content_type: str
    body: bytes


CHATS: dict[WebhookFormat, Callable[[EventRead], dict[str, Any]]] = {
    WebhookFormat.SLACK: slack.message,
    WebhookFormat.DISCORD: discord.message,
    WebhookFormat.TEAMS: teams.message,
    WebhookFormat.MATTERMOST: mattermost.message,
}


def render(wanted: WebhookFormat, event: EventRead, *, source: str) -> Message:
    """Write an event in the wanted format; `source` is the address of this service."""
    if wanted == WebhookFormat.STANDARD:
        return Message("application/json", standard.body(event))
    if wanted == WebhookFormat.CLOUDEVENTS:
        return Message(cloudevents.CONTENT_TYPE, compact(cloudevents.envelope(event, source)))
    return Message("application/json", compact(CHATS[wanted](event)))
