"""Teams: an Adaptive Card of 1.4 under 28 KB, in which people's text is no more than text.

https://learn.microsoft.com/connectors/teams/#known-issues-and-limitations-with-actions
"""

from typing import Any

from hypothesis import given

from app.ledger.schemas import EventRead
from app.webhooks.formats import WebhookFormat, render
from tests.webhooks.formats.samples import SOURCE, any_event, event, hostile, said


def card_of(told: EventRead) -> dict[str, Any]:
    message = said(WebhookFormat.TEAMS, told)
    (attachment,) = message["attachments"]
    assert message | {"attachments": []} == {"type": "message", "attachments": []}
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    assert attachment["contentUrl"] is None
    card = attachment["content"]
    assert isinstance(card, dict)
    assert (card["type"], card["version"]) == ("AdaptiveCard", "1.4")
    return card


@given(any_event)
def test_a_message_is_well_under_28_kb(told: EventRead) -> None:
    assert len(render(WebhookFormat.TEAMS, told, source=SOURCE).body) < 14_000


@given(any_event)
@hostile
def test_a_sentence_mentions_nobody_and_calls_no_function(told: EventRead) -> None:
    card = card_of(told)
    (run,) = card["body"][0]["inlines"]

    assert set(run) == {"type", "text"}
    assert run["type"] == "TextRun"
    assert "<at" not in run["text"].lower()
    assert "</" not in run["text"]
    assert "{{" not in run["text"]
    assert "msteams" not in card


@given(any_event)
@hostile
def test_only_our_own_words_are_where_markdown_is_read(told: EventRead) -> None:
    other = told.model_copy(update={"summary": "another", "actor": "another"})

    def rest(card: dict[str, Any]) -> list[Any]:
        return [card["body"][1:], card["actions"]]

    assert rest(card_of(told)) == rest(card_of(other))


def test_the_facts_say_when_whom_and_where() -> None:
    card = card_of(event())

    assert {fact["title"]: fact["value"] for fact in card["body"][1]["facts"]} == {
        "Event": "question.state_changed",
        "Date": "2025-05",
        "Company": "microsoft",
        "Entry": "42",
    }
    assert card["actions"] == [
        {"type": "Action.OpenUrl", "title": "Open the record", "url": event().url}
    ]
