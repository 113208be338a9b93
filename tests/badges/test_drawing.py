"""The picture of a badge: valid, safe, readable by everybody, and as wide as its text."""

import itertools
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as some

from app.badges import colours
from app.badges.drawing import LABEL_ROOM, MESSAGE_ROOM, draw
from app.badges.widths import SIZE, WIDTHS, cut, width_of
from app.badges.wording import Badge, Standing, Tally, of_many, of_question
from app.core import text
from app.core.dates import EdtfDate
from app.questions.state import State
from app.vocabulary.words import Lang

NAMESPACE = "{http://www.w3.org/2000/svg}"
HOSTILE = [
    "<script>alert(1)</script>",
    "\"><image href='https://example.org/x'/>",
    "' onload='alert(1)",
    "</title><style>*{display:none}</style>",
    "]]>&amp;&#60;&undefined;",
    "{width} {0} %s {{",
    "<!DOCTYPE svg [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>&x;",
]
ELEMENTS = ["title", "rect", "path", "path", "g", "text", "text"]
ATTRIBUTES = {
    "width", "height", "viewBox", "role", "lang", "aria-label", "rx", "fill", "d", "x", "y",
    "text-anchor", "font-size", "font-family", "textLength", "lengthAdjust", "direction",
    "{http://www.w3.org/XML/1998/namespace}lang",
}  # fmt: skip

# How people see who lack one kind of cones: Machado, Oliveira and Fernandes (2009), severity 1.
VISIONS: dict[str, list[list[float]]] = {
    "usual": [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
    "no red": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "no green": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "no blue": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}


def badge(label: str = "Microsoft", message: str = "unanswered · 557 days", **other: Any) -> Badge:
    values: dict[str, Any] = {"title": "Where it stands.", "colour": "#c15410", "lang": Lang.EN}
    return Badge(label=label, message=message, **values | other)


def parts(picture: bytes) -> dict[str, Any]:
    """Read what a picture is made of, and make sure that it is made of nothing else."""
    root = ElementTree.fromstring(picture)
    elements = [element.tag.removeprefix(NAMESPACE) for element in root.iter()]
    assert elements == ["svg", *ELEMENTS]
    for element in root.iter():
        assert set(element.attrib) <= ATTRIBUTES
    label, message = root.iter(f"{NAMESPACE}text")
    title = root.find(f"{NAMESPACE}title")
    assert title is not None
    return {"root": root, "label": label, "message": message, "title": title.text}


def test_a_picture_says_to_everybody_what_it_shows() -> None:
    found = parts(draw(badge()))
    assert found["root"].attrib["role"] == "img"
    assert found["root"].attrib["aria-label"] == "Microsoft: unanswered · 557 days"
    assert found["title"] == "Microsoft: unanswered · 557 days. Where it stands."
    assert (found["label"].text, found["message"].text) == ("Microsoft", "unanswered · 557 days")
    assert parts(draw(badge(lang=Lang.FR)))["root"].attrib["lang"] == "fr"


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_texts_stay_texts(hostile: str) -> None:
    found = parts(draw(badge(label=hostile, message=hostile, title=hostile)))
    assert found["root"].attrib["aria-label"] == f"{hostile}: {hostile}"
    assert found["title"] == f"{hostile}: {hostile}. {hostile}"
    assert found["label"].text == cut(hostile, LABEL_ROOM)


@given(
    some.text(min_size=1, max_size=90)
    .filter(lambda given: text.flaw(given) is None)
    .map(lambda given: " ".join(given.split()) or "-")
)
def test_whatever_may_stand_on_the_record_can_be_drawn(given: str) -> None:
    found = parts(draw(badge(label=given, message=given)))
    assert found["label"].text == cut(given, LABEL_ROOM)
    assert 0 < int(found["root"].attrib["width"]) <= LABEL_ROOM + MESSAGE_ROOM + 30


@pytest.mark.parametrize("label", ["Microsoft", "i", "W" * 20, "微软公司", "مايكروسوفت", "🏢🏢"])
def test_the_texts_stand_in_the_middle_of_their_halves_and_fill_them(label: str) -> None:
    found = parts(draw(badge(label=label)))
    width = int(found["root"].attrib["width"])
    first, second = (
        (float(found[name].attrib["x"]), float(found[name].attrib["textLength"]))
        for name in ("label", "message")
    )
    left = first[0] + first[1] / 2 + 6
    assert first[0] - first[1] / 2 == pytest.approx(6)
    assert second[0] - second[1] / 2 == pytest.approx(left + 1 + 6)
    assert second[0] + second[1] / 2 == pytest.approx(width - 6)
    assert abs(first[1] - width_of(label)) <= 1


def test_widths_are_those_of_the_font() -> None:
    """Verdana at 11 pixels: figures that browsers give (`measureText`)."""
    assert width_of("a") == pytest.approx(6.61, abs=0.01)
    assert width_of("m") == pytest.approx(10.70, abs=0.01)
    assert width_of("0") == pytest.approx(6.99, abs=0.01)
    assert width_of("é") == width_of("e\u0301") == width_of("e")
    assert width_of("微") == SIZE
    assert all(200 < width < 1100 for width in WIDTHS.values())
    assert all(chr(code) in WIDTHS for code in range(32, 127))


def test_what_is_too_long_is_cut_in_the_picture_and_whole_in_its_name() -> None:
    label = "Ministry of " + "W" * 100
    found = parts(draw(badge(label=label)))
    assert found["label"].text.endswith("WW…")
    assert width_of(found["label"].text) <= LABEL_ROOM
    assert found["root"].attrib["aria-label"].startswith(f"{label}: ")


def test_a_cut_separates_no_mark_from_its_letter() -> None:
    family = "👩\u200d👩\u200d👧"
    for whole in ("e\u0301", "a\u0323\u0302", family):
        for limit in range(20, 60):
            shown = cut(whole * 30, limit)
            assert shown.removesuffix("…").replace(whole, "") == ""
    assert cut("a b", 2) == "…"
    assert cut(" two  words ", 100) == "two words"


@pytest.mark.parametrize(
    ("label", "direction"),
    [("Microsoft", "ltr"), ("مايكروسوفت (2)", "rtl"), ("(עברית)", "rtl"), ("12", "ltr")],
)
def test_a_name_written_from_right_to_left_moves_nothing_else(label: str, direction: str) -> None:
    found = parts(draw(badge(label=label)))
    assert found["label"].attrib["direction"] == direction
    assert found["message"].attrib["direction"] == "ltr"
    name = found["root"].attrib["aria-label"]
    isolated = f"\u2068{label}\u2069" if direction == "rtl" else label
    assert name == f"{isolated}: unanswered · 557 days"


def luminance(colour: str) -> float:
    red, green, blue = linear(colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def linear(colour: str) -> list[float]:
    values = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in values]


def seen(colour: str, vision: list[list[float]]) -> tuple[float, float, float]:
    """Return a colour of CIELAB as somebody sees it."""
    given = linear(colour)
    rgb = [
        min(1.0, max(0.0, sum(a * b for a, b in zip(row, given, strict=True)))) for row in vision
    ]
    to_xyz = (
        ((0.4124, 0.3576, 0.1805), 0.95047),
        ((0.2126, 0.7152, 0.0722), 1.0),
        ((0.0193, 0.1192, 0.9505), 1.08883),
    )
    x, y, z = (sum(a * b for a, b in zip(row, rgb, strict=True)) / white for row, white in to_xyz)
    x, y, z = (v ** (1 / 3) if v > 0.008856 else 7.787 * v + 16 / 116 for v in (x, y, z))
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


@pytest.mark.parametrize("colour", [*colours.STATES.values(), colours.LABEL, colours.NEUTRAL])
def test_every_text_stands_out_from_its_colour(colour: str) -> None:
    bright, dark = luminance(colours.TEXT), luminance(colour)
    assert (bright + 0.05) / (dark + 0.05) >= 4.5


def test_every_state_has_a_colour() -> None:
    assert set(colours.STATES) == set(State)


@pytest.mark.parametrize("vision", VISIONS)
def test_the_colours_of_states_differ_for_everybody(vision: str) -> None:
    for one, other in itertools.combinations(colours.STATES.values(), 2):
        pair = (seen(colour, VISIONS[vision]) for colour in (one, other))
        difference = sum((a - b) ** 2 for a, b in zip(*pair, strict=True)) ** 0.5
        assert difference >= 14, (one, other)


@pytest.mark.parametrize("lang", Lang)
def test_a_state_is_said_in_words_and_never_by_colour_alone(lang: Lang) -> None:
    asked = EdtfDate("2025-05")
    messages = {
        of_question("Microsoft", Standing(state, 557, asked), lang, None).message for state in State
    }
    assert len(messages) == len(State)


def test_a_company_is_shown_in_the_colour_of_unanswered_only_when_something_is() -> None:
    some_are = of_many("Microsoft", Tally(1, 12), Lang.EN, None)
    none_is = of_many("Microsoft", Tally(0, 12), Lang.EN, None)
    assert some_are.colour == colours.STATES[State.UNANSWERED]
    assert none_is.colour == colours.NEUTRAL
