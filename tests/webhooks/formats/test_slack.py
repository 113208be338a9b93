"""Slack: what its own kit accepts, and no text of people's where markup is read.

https://docs.slack.dev/reference/block-kit/blocks
"""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from hypothesis import given
from slack_sdk.models.blocks import Block
from slack_sdk.webhook import WebhookClient

from app.ledger.schemas import EventRead
from app.webhooks.formats import WebhookFormat
from tests.webhooks.formats.samples import any_event, event, hostile, said, units


class Incoming(BaseHTTPRequestHandler):
    """An incoming webhook that accepts everything."""

    received: list[Any]

    def do_POST(self) -> None:
        self.received.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        pass


@pytest.fixture
def incoming() -> Iterator[HTTPServer]:
    Incoming.received = []
    with HTTPServer(("127.0.0.1", 0), Incoming) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@given(any_event)
def test_a_message_keeps_to_slacks_limits(told: EventRead) -> None:
    message = said(WebhookFormat.SLACK, told)
    section, context = message["blocks"]

    for block in Block.parse_all(message["blocks"]):
        block.validate_json()
    assert 1 <= units(message["text"]) <= 3_000
    assert 1 <= units(section["text"]["text"]) <= 3_000
    assert 1 <= units(context["elements"][0]["text"]) <= 2_000


@given(any_event)
@hostile
def test_the_fallback_holds_no_link_and_no_mention(told: EventRead) -> None:
    text = said(WebhookFormat.SLACK, told)["text"]

    for escaped in ("&amp;", "&lt;", "&gt;"):
        text = text.replace(escaped, "")
    assert not set("&<>") & set(text)


@given(any_event)
@hostile
def test_only_our_own_words_are_where_markup_is_read(told: EventRead) -> None:
    message = said(WebhookFormat.SLACK, told)
    section, context = message["blocks"]

    assert message["mrkdwn"] is False
    assert section["text"] | {"text": ""} == {"type": "plain_text", "text": "", "emoji": False}
    assert not any(f"<{sign}" in section["text"]["text"] for sign in "!@#")
    other = told.model_copy(update={"summary": "another", "actor": "another"})
    assert context == said(WebhookFormat.SLACK, other)["blocks"][1]


def test_the_line_of_context_says_when_whom_and_where() -> None:
    (element,) = said(WebhookFormat.SLACK, event())["blocks"][1]["elements"]

    assert element["text"] == (
        f"<{event().url}|Open the record> · question.state_changed · 2025-05 · microsoft"
        " · Entry 42 of the ledger"
    )


def test_an_address_cannot_end_its_link() -> None:
    (element,) = said(WebhookFormat.SLACK, event(url="https://a.test/?a&b>|<!here"))["blocks"][1][
        "elements"
    ]

    assert element["text"].startswith("<https://a.test/?a&amp;b&gt;%7C&lt;!here|Open the record> ·")


def test_slacks_own_client_sends_it(incoming: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"):
        monkeypatch.delenv(name, raising=False)
    message = said(WebhookFormat.SLACK, event())

    answer = WebhookClient(f"http://127.0.0.1:{incoming.server_port}").send_dict(message)

    assert (answer.status_code, answer.body) == (200, "ok")
    assert Incoming.received == [message]
