"""A card as HTML that stands on somebody else's page: no script, no style of its own to speak of.

Every text is escaped. How high it will be is estimated, for a page with usual fonts.
"""

from dataclasses import dataclass, replace
from html import escape
from math import ceil

from app.badges.cards import Card, Paragraph, isolated
from app.badges.drawing import HEIGHT, name_of
from app.badges.widths import SIZE, cut, width_of

WIDTH = 600
"""Pixels, where the page does not allow less."""
FONT = 16
LINE = 24
SPACE = 16
"""Pixels between paragraphs."""


@dataclass(frozen=True)
class Embedded:
    """HTML, and the pixels that it takes."""

    html: str
    width: int
    height: int


def embed(card: Card, maxwidth: int | None, maxheight: int | None) -> Embedded:
    """Write a card so that it keeps to the limits; long questions are cut for it."""
    width = min(WIDTH, maxwidth or WIDTH)
    height = _height(card, width)
    if maxheight is not None and height > maxheight:
        card = _shortened(card, width, maxheight)
        height = min(maxheight, _height(card, width))
    return Embedded(_html(card, width), width, height)


def _html(card: Card, width: int) -> str:
    url, lang = escape(card.url), card.badge.lang
    shown = "".join(map(_paragraph, card.paragraphs))
    picture = (
        f'<a href="{url}"><img src="{escape(card.badge_url)}" alt="{escape(name_of(card.badge))}"'
        f' title="{escape(card.badge.title)}" height="{HEIGHT}"></a>'
    )
    return (
        f'<blockquote class="answerable" cite="{url}" lang="{lang}"'
        f' style="margin:0;max-width:{width}px">{shown}<p>{card.told}</p><p>{picture}</p>'
        "</blockquote>"
    )


def _paragraph(paragraph: Paragraph) -> str:
    note = f" <small>({escape(paragraph.note)})</small>" if paragraph.note else ""
    text = isolated(paragraph.text)
    return f'<p lang="{escape(paragraph.lang)}" dir="auto">{text}{note}</p>'


def _height(card: Card, width: int) -> int:
    texts = [*(f"{item.text} {item.note}" for item in card.paragraphs), card.told]
    lines = sum(ceil(width_of(text) * FONT / SIZE / width) for text in texts)
    return lines * LINE + (len(texts) + 1) * SPACE + HEIGHT


def _shortened(card: Card, width: int, height: int) -> Card:
    """Cut the texts of the record to as many lines as there is room for, one each at least."""
    count = len(card.paragraphs)
    room = height - _height(replace(card, paragraphs=()), width) - count * SPACE
    lines = max(1, room // LINE // count) if count else 0
    pixels = lines * width * SIZE / FONT * 0.9  # a line ends before its last word
    cut_down = (replace(item, text=cut(item.text, pixels)) for item in card.paragraphs)
    return replace(card, paragraphs=tuple(cut_down))
