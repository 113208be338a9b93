"""How wide a text will be: estimated, because whoever draws the picture has the font, not we.

The widths are those of Verdana, in thousandths of the font's size. A badge tells the viewer the
width that was estimated (`textLength`), so that it looks the same with another font.
"""

import unicodedata

SIZE = 11
"""Pixels of the font of a badge."""
ELLIPSIS = "…"

ALIKE = {
    269: "'’‘",
    274: "il",
    344: "j",
    352: " f\u00a0",
    364: ",.·",
    394: "t!",
    421: "I",
    427: "r",
    454: "-()[]/\\:;J|",
    459: '“”"',
    521: "cs",
    525: "z",
    545: "?",
    557: "L",
    575: "F",
    592: "kvxy",
    596: "e",
    601: "a",
    603: "P",
    607: "o",
    615: "YZ",
    616: "T",
    623: "bdgpq",
    632: "E",
    633: "hnu",
    636: "0123456789$*_`–{}£€",
    645: "«»",
    684: "ASVX",
    686: "B",
    693: "K",
    695: "CR",
    727: "&",
    732: "U",
    748: "N",
    752: "H",
    770: "D",
    775: "G",
    787: "OQ",
    818: "w#+<=>^~",
    843: "M",
    973: "m",
    989: "W",
    1000: "@…—",
    1076: "%",
}
WIDTHS = {character: width for width, characters in ALIKE.items() for character in characters}
LETTER = 700
"""A letter of another alphabet: a little wider than most are."""
RIGHT_TO_LEFT = 550
"""The same of Arabic and Hebrew, which are narrow."""
SQUARE = 1000
"""A Chinese character, a picture, and whatever else is not known."""
NONE = ("Mn", "Me", "Cf")
"""Categories of what is drawn over another character, or not at all."""


def width_of(text: str) -> float:
    """Return about how many pixels wide a text is."""
    return sum(map(_width, text)) * SIZE / 1000


def _width(character: str) -> int:
    if character in WIDTHS:
        return WIDTHS[character]
    category = unicodedata.category(character)
    if category in NONE:
        return 0
    base = unicodedata.normalize("NFD", character)[0]
    if base in WIDTHS:
        return WIDTHS[base]
    if unicodedata.bidirectional(character) in ("R", "AL"):
        return RIGHT_TO_LEFT
    is_wide = unicodedata.east_asian_width(character) in "WF"
    return LETTER if category[0] == "L" and not is_wide else SQUARE


def cut(text: str, limit: float) -> str:
    """Shorten a text to so many pixels, at a whole character, and mark the cut."""
    text = " ".join(text.split())
    if width_of(text) <= limit:
        return text
    end, room = 0, limit - width_of(ELLIPSIS)
    for number, character in enumerate(text):
        room -= width_of(character)
        if room < 0:
            break
        if not _continues(text, number + 1):
            end = number + 1
    return text[:end].rstrip() + ELLIPSIS


def _continues(text: str, number: int) -> bool:
    """Tell whether a character belongs to the one before it: a mark, or joined to it."""
    joined = text[number - 1 : number + 1]
    return "\u200d" in joined or unicodedata.category(joined[-1]) in NONE
