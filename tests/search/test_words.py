"""Words are the same however they are written, and whatever their script is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.search import tokens, words

TEXTS = st.text(max_size=200)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("L’entreprise a-t-elle déclaré ?", "l entreprise a t elle declare"),
        ("DÉCLARÉ De\u0301clare\u0301", "declare declare"),
        ("Straße STRASSE", "strasse strasse"),
        ("œuvre ŒUVRE æther Łódź Ørsted", "oeuvre oeuvre aether lodz orsted"),
        ("İstanbul ISTANBUL ıstanbul", "istanbul istanbul istanbul"),
        ("ΣΊΣΥΦΟΣ Σίσυφος", "σισυφοσ σισυφοσ"),
        ("Ещё ЙОРК Іван Їжак", "еще йорк іван їжак"),
        ("أسئلة عَنِ الشركة على", "اسيلة عن الشركة علي"),
        ("می‌خواهم کتاب", "ميخواهم كتاب"),
        ("שָׁלוֹם", "שלום"),
        ("微软AI合同", "微 软 ai 合 同"),
        ("データ がぎ", "デ ー タ が ぎ"),
        ("회사는", "회 사 는"),
        ("กระทรวง", "ก ร ะ ท ร ว ง"),
        ("हिन्दी में", "हिन्दी में"),
        ("１２３ ١٢٣ 1,000 m² ½", "123 123 1 000 m2 1 2"),
        ("AT&T data-centre e_mail", "at t data centre e mail"),
        ("co\u00adoperate zero\u200bwidth", "cooperate zerowidth"),
        ("👍🏽 ❤️ — … ' \" *", ""),
    ],
)  # fmt: skip
def test_a_text_is_folded_into_words(text: str, found: str) -> None:
    assert words.of(text) == found.split()


@given(TEXTS)
def test_every_word_has_its_place_in_the_text(text: str) -> None:
    spans = words.spans(text)

    assert [span.word for span in spans] == words.of(text)
    for span in spans:
        assert span.word in "".join(words.of(text[span.start : span.end]))
    assert [span.start for span in spans] == sorted(span.start for span in spans)


@given(TEXTS)
def test_folded_words_stay_as_they_are_and_hold_no_marks(text: str) -> None:
    found = words.of(text)

    assert words.of(" ".join(found)) == found
    for word in found:
        assert 0 < len(word) <= words.LONGEST
        assert not set(word) & {*"'\"\\ ", words.GAP, words.FIELD, tokens.MARK, "\x00"}
        assert not any(character.isascii() and not character.isalnum() for character in word)


@given(st.sampled_from(sorted(words.LANGUAGES)), TEXTS)
def test_every_word_has_a_stem_in_every_language(language: str, text: str) -> None:
    for word in words.of(text):
        stem = words.stem(language, word)
        assert stem
        assert words.stem(language, word) == stem


@pytest.mark.parametrize(
    ("language", "forms"),
    [
        ("en", "contract contracts contracted contracting"),
        ("fr", "societe societes"),
        ("de", "vertrag vertrags"),
        ("es", "contrato contratos"),
        ("ru", "договор договора договоры"),
        ("ar", "شركة الشركة"),
    ],
)
def test_forms_of_a_word_have_one_stem(language: str, forms: str) -> None:
    assert len({words.stem(language, form) for form in forms.split()}) == 1


def test_languages_are_known_by_their_first_part() -> None:
    assert [words.language(tag) for tag in ("en", "pt-BR", "zh-Hant", "nb")] == [
        "en", "pt", None, "nb",
    ]  # fmt: skip


def test_a_flood_of_different_characters_is_not_kept() -> None:
    words.of("".join(map(chr, range(0x3400, 0x4400 + words.FOLDS_KEPT))))
    assert len(words.FOLDS) <= words.FOLDS_KEPT
