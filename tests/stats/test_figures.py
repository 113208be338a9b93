"""Rates, intervals and percentiles, against known values and plainer ways to find them."""

import statistics
from collections import Counter
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.questions.state import State
from app.stats import figures
from app.stats.figures import Percentiles, Tally, Teller, wilson
from app.stats.schemas import Figures
from tests.stats.plain import rank


@pytest.mark.parametrize(
    ("count", "of", "low", "high"),
    [
        (
            81,
            263,
            0.2553,
            0.3662,
        ),  # these four: Newcombe, Statistics in Medicine 17 (1998), table I
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
        (10, 20, 0.2993, 0.7007),
        (10, 10, 0.7225, 1.0),
        (0, 10, 0.0, 0.2775),
    ],
)
def test_the_interval_is_wilsons(count: int, of: int, low: float, high: float) -> None:
    found = wilson(count, of)
    assert (found.low, found.high) == (low, high)


@given(st.integers(5, 10**6), st.data())
def test_an_interval_holds_its_rate_and_stays_between_nothing_and_all(
    of: int, data: st.DataObject
) -> None:
    count = data.draw(st.integers(0, of))
    found = wilson(count, of)
    assert 0 <= found.low <= round(count / of, 4) <= found.high <= 1
    mirrored = wilson(of - count, of)
    assert mirrored.low == pytest.approx(1 - found.high, abs=1e-4)


def percentiles(days: list[int]) -> Percentiles:
    """Take in days as the database tells them: like ones together, in order."""
    found, upto = Percentiles(), 0
    for value, alike in sorted(Counter(days).items()):
        upto += alike
        found.add(value, alike, upto, len(days))
    return found


@given(st.lists(st.integers(0, 400), min_size=1, max_size=60))
def test_percentiles_are_those_of_the_nearest_rank(days: list[int]) -> None:
    found = percentiles(days)
    assert found.count == len(days)
    assert found.days == {50: statistics.median_low(days), 90: rank(days, 90)}
    at_most = sum(value <= found.days[90] for value in days)
    assert at_most >= 0.9 * len(days) > sum(value < found.days[90] for value in days)


@given(st.lists(st.integers(-50, 50), min_size=1, max_size=30))
def test_what_came_before_the_first_ask_took_no_days(days: list[int]) -> None:
    assert percentiles(days).days == percentiles([max(0, value) for value in days]).days


def tell(**states: int) -> Figures:
    counts = dict.fromkeys(State, 0) | {State(state): count for state, count in states.items()}
    tally = Tally(found=sum(states.values()), states=counts)
    day = date(2025, 5, 15)
    return Teller(day, figures.cutoff(day, 0), {}, "https://answerable.test").tell(tally)


def test_a_rate_of_fewer_than_five_questions_is_not_told_but_what_it_is_made_of() -> None:
    four = tell(answered=1, declined=3, withdrawn=9).answer_rate
    assert (four.value, four.interval) == (None, None)
    assert (four.numerator, four.denominator) == (1, 4)
    five = tell(answered=1, declined=4).answer_rate
    assert five.value == 0.2
    assert five.interval == wilson(1, 5)


def test_a_withdrawn_question_is_counted_but_not_held_against_anybody() -> None:
    found = tell(answered=3, unanswered=3, withdrawn=4)
    assert (found.total.value, found.open.value) == (10, 3)
    assert (found.answer_rate.numerator, found.answer_rate.denominator) == (3, 6)
    assert found.states.withdrawn.denominator == 10


def test_nothing_counted_gives_zeros_and_nulls() -> None:
    found = tell()
    assert found.total.value == found.open.value == found.overdue.value == 0
    assert (found.answer_rate.value, found.response_rate.interval) == (None, None)
    assert (found.median_days_to_answer.value, found.longest_open.value) == (None, None)


def test_the_cutoff_names_the_last_day_that_counts() -> None:
    assert figures.cutoff(date(2025, 5, 15), 14) == (
        "Leaves out questions first asked after 2025-05-01, which is less than 14 days before"
        " 2025-05-15."
    )
    assert "a day before" in figures.cutoff(date(2025, 5, 15), 1)
    assert figures.last_day_asked(date(1, 1, 5), 36_500) == date(1, 1, 1)
