"""Discord: one embed within its limits, in which every sign of its markup is escaped.

https://docs.discord.com/developers/resources/message#embed-object-embed-limits
"""

import re
from typing import Any

from hypothesis import given

from app.ledger.schemas import EventRead
from app.webhooks.formats import WebhookFormat
from app.webhooks.formats.parts import BREAK, sentence
from tests.webhooks.formats.samples import any_event, event, hostile, said, units

ESCAPE = re.compile(r"\\([^0-9A-Za-z\s])")
"""Of these two characters Discord shows the second, as it is."""


def embed_of(told: EventRead) -> dict[str, Any]:
    (embed,) = said(WebhookFormat.DISCORD, told)["embeds"]
    assert isinstance(embed, dict)
    return embed


def shown(text: str) -> str:
    return ESCAPE.sub(r"\1", text).replace(BREAK, "")


@given(any_event)
def test_a_message_keeps_to_discords_limits(told: EventRead) -> None:
    embed = embed_of(told)
    texts = [embed["title"], embed.get("description", ""), embed["footer"]["text"]]
    texts += [text for field in embed["fields"] for text in (field["name"], field["value"])]

    assert 1 <= units(embed["title"]) <= 256
    assert units(embed.get("description", "")) <= 4_096
    assert len(embed["fields"]) <= 25
    assert all(1 <= units(field["name"]) <= 256 for field in embed["fields"])
    assert all(1 <= units(field["value"]) <= 1_024 for field in embed["fields"])
    assert units(embed["footer"]["text"]) <= 2_048
    assert sum(map(units, texts)) <= 6_000


@given(any_event)
@hostile
def test_every_sign_of_markup_is_escaped(told: EventRead) -> None:
    embed = embed_of(told)

    for text in (embed["title"], embed.get("description", "")):
        bare = ESCAPE.sub("", text)
        assert not set("\\*_~`|>#+-[]()<@:") & set(bare)
        assert not re.search(r"[a-z]\\?://", text)
        assert not re.match(r"\d+\.", text)


@given(any_event)
@hostile
def test_nobody_is_mentioned(told: EventRead) -> None:
    message = said(WebhookFormat.DISCORD, told)

    assert message["allowed_mentions"] == {"parse": []}
    assert set(message) == {"embeds", "allowed_mentions"}


@given(any_event)
def test_the_sentence_is_shown_whole_below_a_title_that_had_to_be_cut(told: EventRead) -> None:
    embed = embed_of(told)
    whole = sentence(told).replace(BREAK, "")

    if shown(embed["title"]) == whole:
        assert "description" not in embed
    else:
        assert embed["title"].endswith("…")
        assert shown(embed["description"]) == whole or embed["description"].endswith("…")


def test_what_is_not_known_is_left_out() -> None:
    embed = embed_of(event(company=None, effective_on=None))

    assert [field["name"] for field in embed["fields"]] == ["Event"]
