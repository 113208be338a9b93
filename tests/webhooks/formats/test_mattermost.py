"""Mattermost: a post that notifies nobody, checked against what its server and clients look for.

The patterns are ours, and find at least what those of Mattermost find, which see a text only after
its backslashes and character references have been read.
"""

import re
from html import unescape

import pytest
from hypothesis import given

from app.ledger.schemas import EventRead
from app.webhooks.formats import WebhookFormat
from app.webhooks.formats.parts import BREAK, sentence
from tests.webhooks.formats.samples import any_event, event, hostile, said, units

ESCAPE = re.compile(r"\\([`*{}\[\]()#+\-.!_>|~]|\\(?!\w))")
TRIGGERS = {
    "mention": r"@\w",
    "emoji": r":[\w+-]+:",
    "emoticon": r"[:;]['’`]?-?[)(\]\[@|$/DdOoPpSs]|<3|</3",
    "channel": r"~[\w.-]",
    "hashtag": r"#\w",
    "address": r"\w:/|www\d{0,3}\.\S|\w\.\w|mailto:\S",
}
SLACK = [r"<!\w", r"<@\w", r"<[^\n<|>]+\|[^|\n>]+>"]


def parts_of(told: EventRead) -> tuple[str, str]:
    message = said(WebhookFormat.MATTERMOST, told)
    assert set(message) == {"text"}
    text, separator, context = message["text"].rpartition("\n\n")
    assert separator
    assert "\n" not in text
    return text, context


def shown(text: str) -> str:
    """What is seen of a text, once Mattermost has read its escapes."""
    return unescape(ESCAPE.sub(r"\1", text))


@given(any_event)
def test_a_message_keeps_to_4000_characters(told: EventRead) -> None:
    assert units(said(WebhookFormat.MATTERMOST, told)["text"]) <= 4_000


@given(any_event)
@hostile
def test_every_sign_of_markdown_is_escaped(told: EventRead) -> None:
    text, _ = parts_of(told)
    bare = re.sub(r"&amp;|&lt;|&#36;", "", ESCAPE.sub("", text))

    assert not set("\\`*{}[]()#+-.!_>|~<&$\u2424") & set(bare)


@pytest.mark.parametrize("trigger", TRIGGERS)
@given(told=any_event)
@hostile
def test_no_text_triggers_anything(trigger: str, told: EventRead) -> None:
    text, _ = parts_of(told)

    assert not re.search(TRIGGERS[trigger], shown(text))
    assert not any(re.search(pattern, text) for pattern in SLACK)


@given(any_event)
@hostile
def test_nothing_of_the_sentence_is_lost(told: EventRead) -> None:
    text, _ = parts_of(told)
    whole = sentence(told).replace(BREAK, "").replace("\u2424", " ")

    assert shown(text).replace(BREAK, "") == whole or text.endswith("…")


@given(any_event)
@hostile
def test_only_our_own_words_are_where_markdown_is_read(told: EventRead) -> None:
    other = told.model_copy(update={"summary": "another", "actor": "another"})

    assert parts_of(told)[1] == parts_of(other)[1]


def test_the_line_of_context_says_when_whom_and_where() -> None:
    assert parts_of(event())[1] == (
        f"[Open the record]({event().url}) · `question.state_changed` · 2025-05 · microsoft"
        " · Entry 42 of the ledger"
    )
