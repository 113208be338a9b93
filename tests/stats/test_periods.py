"""Weeks, months and years as spans of days."""

import itertools
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.stats import periods
from app.stats.schemas import SeriesInterval

TODAY = date(2026, 1, 2)


@pytest.mark.parametrize(
    ("interval", "since", "until", "labels"),
    [
        ("week", date(2025, 12, 29), date(2026, 1, 2), ["2026-W01"]),
        ("week", date(2020, 12, 25), date(2021, 1, 4), ["2020-W52", "2020-W53", "2021-W01"]),
        ("month", date(2023, 12, 31), date(2024, 2, 1), ["2023-12", "2024-01", "2024-02"]),
        ("year", date(2023, 6, 1), date(2024, 1, 1), ["2023", "2024"]),
    ],
)
def test_periods_are_named_as_iso_8601_has_it(
    interval: str, since: date, until: date, labels: list[str]
) -> None:
    found = periods.between(SeriesInterval(interval), since, until, TODAY)
    assert [period.label for period in found] == labels


def test_a_week_goes_from_monday_to_sunday() -> None:
    [week] = periods.between(SeriesInterval.WEEK, date(2025, 5, 15), date(2025, 5, 15), TODAY)
    assert (week.first, week.last) == (date(2025, 5, 12), date(2025, 5, 18))


def test_a_february_has_as_many_days_as_its_year_says() -> None:
    for year, days in ((2023, 28), (2024, 29), (1900, 28), (2000, 29)):
        day = date(year, 2, 10)
        [month] = periods.between(SeriesInterval.MONTH, day, day, TODAY)
        assert month.last.day == days


def test_a_period_that_is_running_is_reached_today() -> None:
    *_, running = periods.between(SeriesInterval.MONTH, date(2025, 12, 1), TODAY, TODAY)
    assert (running.last, running.reached) == (date(2026, 1, 31), TODAY)


@given(
    st.sampled_from(SeriesInterval),
    st.dates(date(1, 1, 1), date(2100, 1, 1)),
    st.integers(0, 3000),
)
def test_periods_follow_on_one_another_and_hold_every_day(
    interval: SeriesInterval, since: date, days: int
) -> None:
    until = since + timedelta(days=days)
    found = periods.between(interval, since, until, until)
    assert found[0].first <= since
    assert found[-1].first <= until <= found[-1].last
    for one, following in itertools.pairwise(found):
        assert following.first == one.last + timedelta(days=1)
        assert one.reached == one.last


@given(
    st.sampled_from(SeriesInterval),
    st.dates(date(1700, 1, 1), date(2100, 1, 1)),
    st.integers(1, 600),
)
def test_so_many_periods_end_with_the_one_that_is_asked_for(
    interval: SeriesInterval, until: date, count: int
) -> None:
    first = periods.ending(interval, until, count)
    assert len(periods.between(interval, first, until, until)) == count


@pytest.mark.parametrize("interval", list(SeriesInterval))
def test_the_calendar_begins_with_its_first_day(interval: SeriesInterval) -> None:
    assert periods.ending(interval, date(1, 2, 1), 600) == date(1, 1, 1)
