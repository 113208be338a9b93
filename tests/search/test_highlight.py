"""What is shown of a hit: what was written, safe to put on a page."""

import html
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.search import words
from app.search.highlight import LENGTH, Marker
from app.search.terms import Sought, Terms
from tests.search.conftest import Mark
from tests.support.make import Make


def marker(*wanted: str, forms: tuple[str, ...] = ()) -> Marker:
    sought = tuple(Sought(tuple(words.of(text)), forms) for text in wanted)
    return Marker(Terms(sought, ()))


@pytest.mark.parametrize(
    ("wanted", "text", "marked"),
    [
        ("societe", "La Société l’a dit", "La <mark>Société</mark> l’a dit"),
        ("strasse", "Die Straße", "Die <mark>Straße</mark>"),
        ("firm", "<b>firm</b> & 'co'", "&lt;b&gt;<mark>firm</mark>&lt;/b&gt; &amp; &#x27;co&#x27;"),
        ("b", "<b>", "&lt;<mark>b</mark>&gt;"),
        ("external firm", "An external firm", "An <mark>external firm</mark>"),
        ("external firm", "External, “firm”", "<mark>External, “firm</mark>”"),
        ("firm", "An affirmation", None),
        ("external firm", "A firm, external", None),
        ("国防部", "以色列国防部的合同", "以色列<mark>国防部</mark>的合同"),
        ("ai", "微软AI合同", "微软<mark>AI</mark>合同"),
        ("cafe", "cafe\u0301 ﬁn", "<mark>cafe\u0301</mark> ﬁn"),
        ("script", "<script>alert(1)</script>",
         "&lt;<mark>script</mark>&gt;alert(1)&lt;/<mark>script</mark>&gt;"),
    ],
)  # fmt: skip
def test_hits_are_marked_as_they_were_written(wanted: str, text: str, marked: str | None) -> None:
    assert marker(wanted).mark(text) == marked


def test_forms_and_several_words_are_marked() -> None:
    found = marker("contract", "sign", forms=("contracts",)).mark("Sign contracts, contract")
    assert found == "<mark>Sign</mark> <mark>contracts</mark>, <mark>contract</mark>"


def test_of_a_long_text_the_part_around_the_first_hit_is_shown() -> None:
    text = f"{'before ' * 60}the firm {'after ' * 60}"
    shown = marker("firm").mark(text)
    assert shown is not None
    assert re.fullmatch(r"…(before )+the <mark>firm</mark> (after ?)+…", shown)
    assert LENGTH / 2 < len(html.unescape(re.sub("</?mark>", "", shown))) <= LENGTH + 2


def test_a_part_begins_and_ends_with_the_text_where_it_can() -> None:
    text = " ".join(f"w{number}" for number in range(200))
    first, last = marker("w0").mark(text), marker("w199").mark(text)
    assert first is not None
    assert last is not None
    assert re.fullmatch(r"<mark>w0</mark> w1 .*…", first)
    assert re.fullmatch(r"….* w198 <mark>w199</mark>", last)


@given(st.text(max_size=600), st.text(min_size=1, max_size=8))
def test_whatever_is_marked_is_the_text_and_nothing_else(text: str, wanted: str) -> None:
    if not words.of(wanted):
        return
    shown = marker(wanted).mark(f"{text} {wanted} {text}")
    assert shown is not None
    plain = html.unescape(re.sub("</?mark>", "", shown))
    assert plain.strip("…") in f"{text} {wanted} {text}".join("…" * 2)
    assert shown.count("<mark>") == shown.count("</mark>") >= 1
    assert not re.search(r"<(?!/?mark>)", shown)
    for hit in re.findall(r"<mark>(.*?)</mark>", shown, re.DOTALL):
        assert set(words.of(html.unescape(hit))) & set(words.of(wanted))


async def test_texts_are_named_as_they_are_in_the_answer(make: Make, mark: Mark) -> None:
    await make.company("acme", name="Acme", names=["The firm of Acme"])
    french = {"text": "Quelle firm ?", "context": "La firm", "machine": True}
    question: Any = await make.question(
        company="acme", text="Which firms?", context="The <i>firm</i>", translations={"fr": french}
    )
    response = {"question": question["id"], "verdict": "partial", "excerpt": "Our firm"}
    await make.statement(question, title="A firm answer", responses=[response])

    assert await mark("firm", question) == {
        "text": "Which <mark>firms</mark>?",
        "context": "The &lt;i&gt;<mark>firm</mark>&lt;/i&gt;",
        "company.names": "The <mark>firm</mark> of Acme",
        "translations.fr.text": "Quelle <mark>firm</mark> ?",
        "translations.fr.context": "La <mark>firm</mark>",
        "excerpt": "Our <mark>firm</mark>",
        "statement": "A <mark>firm</mark> answer",
    }
    assert await mark("acme -firm", question) == {
        "company.name": "<mark>Acme</mark>",
        "company.names": "The firm of <mark>Acme</mark>",
    }
    assert await mark("nothing", question) == {}
