"""Text is cut before it is escaped, at a word, and as late as possible."""

from hypothesis import given
from hypothesis import strategies as st

from app.webhooks.formats.parts import fit, width
from tests.webhooks.formats.samples import any_text, units


def entities(text: str) -> str:
    return text.replace("&", "&amp;")


@given(any_text)
def test_width_counts_utf_16_code_units(text: str) -> None:
    assert width(text) == units(text)


@given(any_text, st.integers(10, 400))
def test_what_was_made_to_fit_fits(text: str, limit: int) -> None:
    assert units(fit(text, limit, entities)) <= limit


@given(st.text("& x", max_size=200), st.integers(10, 100))
def test_no_escape_is_cut_in_half(text: str, limit: int) -> None:
    assert "&" not in fit(text, limit, entities).replace("&amp;", "")


def test_what_fits_is_left_alone() -> None:
    assert fit("two\nlines", 9) == "two\nlines"


def test_a_text_is_cut_at_a_word() -> None:
    assert fit("Which firm did they hire?", 20) == "Which firm did…"


def test_the_escaped_form_counts_and_as_much_as_possible_is_kept() -> None:
    assert fit("&" * 100, 52, entities) == "&amp;" * 10 + "…"


def test_characters_beyond_the_first_plane_count_twice() -> None:
    assert fit("😀" * 20, 9) == "😀" * 4 + "…"
