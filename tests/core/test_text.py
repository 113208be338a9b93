"""What text may be: anything people write, nothing that hides, reorders or breaks."""

import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from app.core import text
from app.core.ids import SLUG
from tests.core.hostile import SOURCE
from tests.support.client import Client
from tests.support.make import Make

EXOTIC = {
    "emoji": "👩🏽‍🚀🏳️‍🌈 and 🇫🇷",
    "right to left": "שלום\u200f! مرحبا\u200f?",
    "combining marks": "Z\u0351\u036b\u0343a\u0308\u0323lgo e\u0301",
    "line separators": "one\u2028two\u2029three",
    "lines and tabs": "one\ntwo\r\n\tthree",
    "zero width": "a\u200bb\u200c\ufeffc",
    "beyond the first plane": "𝄞𐍈💣\U0010fffd",
    "private use": "\ue000\uf8ff",
    "quotes": """'"`\\%_<script>&amp;\x20{{7*7}}""",
    "decomposing": "\u0958\U0001d160\ufb2c",
    "a sheet's formula": '=HYPERLINK("https://example.org")',
    "10,000 characters": "é" * 10_000,
    "10,000 astral characters": "😀" * 10_000,
}


def is_good(kind: Any, value: object) -> bool:
    try:
        TypeAdapter(kind).validate_python(value)
    except ValidationError:
        return False
    return True


async def test_exotic_text_is_stored_and_comes_back_composed_in_every_list(
    editor: Client, reader: Client, make: Make
) -> None:
    await make.company()
    await make.asker()
    for number, value in enumerate(EXOTIC.values()):
        short = value[:2000]
        await make.question(
            company="microsoft",
            text=short,
            context=value,
            external_id=f"{number}",
            asks=[
                {
                    "asker": "associated-press",
                    "asked_on": "2025",
                    "source": SOURCE | {"quote": value},
                }
            ],
            translations={"he": {"text": short, "context": value}},
        )

    questions = {item["external_id"]: item for item in await reader.pages("/v1/questions")}
    asks = [e for e in await reader.events() if e["type"] == "ask.recorded"]
    assert len(questions) == len(asks) == len(EXOTIC)
    for number, (name, value) in enumerate(EXOTIC.items()):
        composed = unicodedata.normalize("NFC", value)
        question = questions[str(number)]
        assert question["context"] == composed, name
        assert question["text"] == unicodedata.normalize("NFC", value[:2000]), name
        assert question["translations"]["he"]["context"] == composed, name
        assert question["asks"][0]["source"]["quote"] == composed, name
        assert (await reader.question(question))["context"] == composed, name
        assert asks[number]["data"]["object"]["quote"] == composed, name
    assert all(len(event["summary"]) <= 280 for event in await reader.events())


async def test_text_that_grows_when_it_is_composed_is_measured_afterwards(
    editor: Client, reader: Client
) -> None:
    grows = "\U0001d160"  # three characters when composed
    for name, description, expect in [
        (grows * 100, grows * 3333, 201),
        (grows * 101, None, 422),
        ("a", grows * 3334, 422),
    ]:
        body = {"name": name, "description": description}
        await editor.post("/v1/companies", body, expect)

    assert [len(item["name"]) for item in await reader.pages("/v1/companies")] == [300]


@given(st.text(min_size=1, max_size=200))
def test_what_is_taken_is_composed_trimmed_and_stays_as_it_is(value: str) -> None:
    kind = TypeAdapter[str](text.Prose)
    if text.flaw(value) or not [
        character for character in value if unicodedata.category(character) not in text.INVISIBLE
    ]:
        return  # it is refused

    taken = kind.validate_python(value)

    assert taken == unicodedata.normalize("NFC", value).strip()
    assert kind.validate_python(taken) == taken
    assert text.flaw(taken) is None


@pytest.mark.parametrize(
    "character", list("\0\x1b\x7f\x85\u202a\u202e\u2066\u2069\ud800\udfff\ufdd0\uffff")
)
def test_what_hides_or_reorders_is_named(character: str) -> None:
    assert text.flaw(f"a{character}b") == f"U+{ord(character):04X}"


@pytest.mark.parametrize("character", list("\t\n\r\u2028\u200f\u200e\u200d\ufeff\u00ad😀é"))
def test_what_people_write_is_clean(character: str) -> None:
    assert text.flaw(character) is None


@pytest.mark.parametrize("value", ["a\nb", "a\tb", "a\u2028b", " ", "\u3000", "", 5, None, b"a"])
def test_a_line_is_one_line_of_text(value: object) -> None:
    assert not is_good(text.Line, value)


@pytest.mark.parametrize(
    ("url", "good"),
    [
        ("https://example.org/a?b=c#d", True),
        ("HTTP://Example.ORG/A", True),
        ("https://例え.jp/パス", True),
        ("https://[2001:db8::1]:8443/", True),
        ("javascript:alert(1)", False),
        ("https://", False),
        ("https:///path", False),
        ("https://user:word@example.org/", False),
        ("https://example.org/a b", False),
        ('https://example.org/">', False),
        ("//example.org/a", False),
        ("ftp://example.org", False),
        ("https://example.org/" + "a" * 2000, False),
    ],
)
def test_a_web_address_is_one_that_can_be_linked_to(url: str, good: bool) -> None:
    assert is_good(text.WebAddress, url) is good


def test_a_web_address_has_its_host_in_lower_case() -> None:
    kind = TypeAdapter[str](text.WebAddress)

    assert kind.validate_python("HTTPS://Example.ORG/Path") == "https://example.org/Path"


@pytest.mark.parametrize("slug", ["", "A", "a_b", "-a", "a-", "a--b", "é", "a" * 81, "a\n"])
def test_a_slug_is_lower_case_words_and_hyphens(slug: str) -> None:
    assert not is_good(text.Slug, slug)


@pytest.mark.parametrize("tag", ["Audit", "two words", "", "a_b", "-a", "a" * 61, "É", "a\n"])
def test_a_tag_is_lower_case_words_and_hyphens(tag: str) -> None:
    assert not is_good(text.Tag, tag)


@pytest.mark.parametrize("tag", ["audit", "cloud-services", "ia-générative", "データ", "5g"])
def test_a_tag_may_be_of_any_script(tag: str) -> None:
    assert is_good(text.Tag, tag)


def test_tags_that_look_alike_are_one() -> None:
    kind = TypeAdapter[str](text.Tag)

    assert kind.validate_python("e\u0301te") == kind.validate_python("\u00e9te")
    assert not is_good(text.Tags, ["e\u0301te", "\u00e9te"])


@given(st.text(max_size=300))
def test_a_slug_is_made_of_any_text(value: str) -> None:
    slug = text.slug_from(value, "question")

    assert is_good(text.Slug, slug), SLUG
    assert len(slug) <= 60


@given(st.text(max_size=100), st.integers(2, 60))
def test_shortened_text_is_no_longer_than_its_limit(value: str, limit: int) -> None:
    assert len(text.shorten(value, limit)) <= limit
