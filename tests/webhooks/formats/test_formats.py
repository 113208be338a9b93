"""What holds for every format."""

import json

import pytest
from hypothesis import given

from app.ledger.schemas import EventRead
from app.webhooks.formats import CHATS, WebhookFormat, render
from tests.webhooks.formats.samples import SOURCE, any_event, event, said

CONTENT_TYPES = {
    WebhookFormat.CLOUDEVENTS: "application/cloudevents+json; charset=utf-8",
}


class TestEvent(EventRead):
    """What `POST /v1/webhooks/{id}/test` sends: a type that is no event's."""

    __test__ = False

    type: str  # type: ignore[assignment]


@pytest.mark.parametrize("wanted", WebhookFormat)
def test_a_message_is_compact_json_with_its_content_type(wanted: WebhookFormat) -> None:
    message = render(wanted, event(), source=SOURCE)

    assert message.content_type == CONTENT_TYPES.get(wanted, "application/json")
    value = json.loads(message.body)
    assert message.body.decode() == json.dumps(value, ensure_ascii=False, separators=(",", ":"))


@pytest.mark.parametrize("wanted", WebhookFormat)
@given(told=any_event)
def test_any_event_can_be_written(wanted: WebhookFormat, told: EventRead) -> None:
    assert said(wanted, told)


@pytest.mark.parametrize("wanted", CHATS)
def test_a_chat_is_not_told_who_wrote_it(wanted: WebhookFormat) -> None:
    body = render(wanted, event(actor="someone-in-paris", reason="why-it-was"), source=SOURCE).body

    assert b"someone-in-paris" not in body
    assert b"why-it-was" not in body


@pytest.mark.parametrize("wanted", CHATS)
@pytest.mark.parametrize("blank", ["", " \n", "\u200b\u2060", "\u202e", "\ud800"])
def test_a_message_is_never_blank(wanted: WebhookFormat, blank: str) -> None:
    assert said(wanted, event(summary=blank)) == said(wanted, event(summary=str(event().type)))


@pytest.mark.parametrize("wanted", CHATS)
def test_what_reorders_text_is_taken_out_and_lines_are_joined(wanted: WebhookFormat) -> None:
    assert said(wanted, event(summary="one\r\n\u202etwo\u2028\u2066three")) == said(
        wanted, event(summary="one two three")
    )


@pytest.mark.parametrize("wanted", WebhookFormat)
def test_an_event_of_a_type_that_is_none_of_the_ledgers_can_be_written(
    wanted: WebhookFormat,
) -> None:
    values = event(seq=0, company=None, question=None, effective_on=None).model_dump()
    body = render(wanted, TestEvent(**values | {"type": "webhook.test"}), source=SOURCE).body

    assert b"webhook.test" in body
    assert b"null,null" not in body
