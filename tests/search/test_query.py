"""What somebody writes in `q`: whatever it is, it has one meaning or says what is wrong."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.errors import Invalid
from app.search.query import LONGEST, MOST_TERMS, Query


def read(given: str) -> str:
    """Write a query in one line: phrases in quotes, exclusions with a minus."""
    query = Query.parse(given)
    signed = [("", term) for term in query.wanted] + [("-", term) for term in query.excluded]
    return " ".join(
        f'{sign}"{" ".join(term.words)}"' if term.is_quoted or term.is_phrase
        else sign + term.words[0]
        for sign, term in signed
    )  # fmt: skip


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Microsoft firm", "microsoft firm"),
        ('microsoft "External Firm" -audit', 'microsoft "external firm" -audit'),
        ('-"not this" but this', 'but this -"not this"'),
        ("“curly quotes” «guillemets»", '"curly quotes" "guillemets"'),
        ('"an open end', '"an open end"'),
        ("data-centre AT&T", '"data centre" "at t"'),
        ("l'entreprise d’aujourd’hui company's", "entreprise aujourd hui company"),
        ("l'", "l"),
        ("- word", "word"),
        ("--word other", "other -word"),
        ("twice TWICE twicé", "twice"),
        ("微软 合同", '"微 软" "合 同"'),
        ("NEAR(a b, 5) OR col:x* ^y {z}", '"near a" b 5 or "col x" y z'),
        ("a & !b | (c <-> d) :* \\ 'e'", "a b c d e"),
    ],
)
def test_what_is_written_is_read_as_words_phrases_and_exclusions(written: str, meant: str) -> None:
    assert read(written) == meant


@pytest.mark.parametrize(
    ("written", "code", "says"),
    [
        ("", "no_words", "has no word"),
        ('"" - -- * \' 👍', "no_words", "has no word"),
        ('-audit -"external firm"', "no_words", "only leaves words out"),
        ("a" * (LONGEST + 1), "too_long", "200 characters"),
        (" ".join(f"w{n}" for n in range(MOST_TERMS + 1)), "too_many_words", "16 words"),
    ],
)
def test_what_cannot_be_looked_for_is_named(written: str, code: str, says: str) -> None:
    with pytest.raises(Invalid) as raised:
        Query.parse(written)
    (fault,) = raised.value.errors
    assert (fault.location, fault.pointer, fault.code) == ("query", "/q", code)
    assert says in fault.detail


@given(st.text(max_size=300) | st.text("\"-' a", max_size=60))
def test_every_text_is_a_query_or_invalid(written: str) -> None:
    try:
        query = Query.parse(written)
    except Invalid:
        return
    assert query.wanted
    assert all(term.words for term in (*query.wanted, *query.excluded))
    assert Query.parse(written) == query
    assert hash(query) == hash(Query.parse(written))
