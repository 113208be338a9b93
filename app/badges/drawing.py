"""A badge as a picture: SVG that needs nothing from elsewhere, and says to all what it shows."""

import unicodedata
from html import escape

from app.badges import colours
from app.badges.widths import SIZE, cut, width_of
from app.badges.wording import Badge

HEIGHT = 20
PADDING = 6
GAP = 1
"""A white line between the halves, so that they are two where their colours are alike."""
LABEL_ROOM = 240
MESSAGE_ROOM = 300

SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}"'
    ' viewBox="0 0 {width} {height}" role="img" lang="{lang}" xml:lang="{lang}"'
    ' aria-label="{name}"><title>{name}. {title}</title>'
    '<rect width="{width}" height="{height}" rx="3" fill="{colour}"/>'
    '<path d="M3 0h{straight}v{height}h-{straight}a3 3 0 0 1-3-3v-14a3 3 0 0 1 3-3z"'
    ' fill="{label_colour}"/>'
    '<path d="M{left} 0h{gap}v{height}h-{gap}z" fill="{text_colour}"/>'
    '<g fill="{text_colour}" text-anchor="middle" font-size="{size}"'
    ' font-family="Verdana,DejaVu Sans,Geneva,sans-serif">{texts}</g></svg>\n'
)
TEXT = (
    '<text x="{middle:g}" y="14" textLength="{length}" lengthAdjust="spacingAndGlyphs"'
    ' direction="{direction}">{text}</text>'
)
ISOLATED = "\u2068{}\u2069"


def draw(badge: Badge) -> bytes:
    """Draw a badge. What is too long for the picture is cut there, and whole in its name."""
    label, message = cut(badge.label, LABEL_ROOM), cut(badge.message, MESSAGE_ROOM)
    lengths = [max(1, round(width_of(text))) for text in (label, message)]
    left, right = (length + 2 * PADDING for length in lengths)
    svg = SVG.format(
        width=left + GAP + right,
        height=HEIGHT,
        left=left,
        straight=left - 3,
        gap=GAP,
        size=SIZE,
        lang=badge.lang,
        name=escape(name_of(badge)),
        title=escape(badge.title),
        colour=badge.colour,
        label_colour=colours.LABEL,
        text_colour=colours.TEXT,
        texts=_text(label, left / 2, lengths[0])
        + _text(message, left + GAP + right / 2, lengths[1]),
    )
    return svg.encode()


def name_of(badge: Badge) -> str:
    """Return what is read to those who do not see the picture.

    A name that is written from right to left is kept apart, so that it moves nothing else.
    """
    label = ISOLATED.format(badge.label) if _direction(badge.label) == "rtl" else badge.label
    return f"{label}: {badge.message}"


def _text(text: str, middle: float, length: int) -> str:
    return TEXT.format(middle=middle, length=length, direction=_direction(text), text=escape(text))


def _direction(text: str) -> str:
    """Return the direction of the first letter that has one (Unicode annex 9, rule P2)."""
    kinds = (unicodedata.bidirectional(character) for character in text)
    first = next((kind for kind in kinds if kind in ("L", "R", "AL")), "L")
    return "ltr" if first == "L" else "rtl"
