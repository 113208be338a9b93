"""Weeks, months and years, as spans of days."""

from dataclasses import dataclass
from datetime import date, timedelta

from app.stats.schemas import SeriesInterval


@dataclass(frozen=True)
class Period:
    """The days `first` to `last` of a week, month or year. reached: `last`, or where one stands."""

    label: str
    first: date
    last: date
    reached: date


def begin(interval: SeriesInterval, day: date) -> date:
    """Return the first day of the period in which a day lies."""
    match interval:
        case SeriesInterval.WEEK:
            return day - timedelta(days=day.weekday())
        case SeriesInterval.MONTH:
            return day.replace(day=1)
        case SeriesInterval.YEAR:
            return day.replace(month=1, day=1)


def ending(interval: SeriesInterval, until: date, count: int) -> date:
    """Return the first day of the first of `count` periods of which the last holds `until`."""
    first = begin(interval, until)
    match interval:
        case SeriesInterval.WEEK:
            return date.fromordinal(max(1, first.toordinal() - 7 * (count - 1)))
        case SeriesInterval.MONTH:
            months = max(12, first.year * 12 + first.month - 1 - (count - 1))
            return date(months // 12, months % 12 + 1, 1)
        case SeriesInterval.YEAR:
            return date(max(1, first.year - (count - 1)), 1, 1)


def between(interval: SeriesInterval, since: date, until: date, today: date) -> list[Period]:
    """Return the periods from the one that holds `since` to the one that holds `until`."""
    found, first = [], begin(interval, since)
    while first <= until:
        last = _last(interval, first)
        found.append(Period(_label(interval, first), first, last, min(last, today)))
        first = last + timedelta(days=1)
    return found


def _last(interval: SeriesInterval, first: date) -> date:
    match interval:
        case SeriesInterval.WEEK:
            return first + timedelta(days=6)
        case SeriesInterval.MONTH if first.month == 12:
            return first.replace(day=31)
        case SeriesInterval.MONTH:
            return first.replace(month=first.month + 1) - timedelta(days=1)
        case SeriesInterval.YEAR:
            return first.replace(month=12, day=31)


def _label(interval: SeriesInterval, first: date) -> str:
    match interval:
        case SeriesInterval.WEEK:
            year, week, _ = first.isocalendar()
            return f"{year:04}-W{week:02}"
        case SeriesInterval.MONTH:
            return first.isoformat()[:7]
        case SeriesInterval.YEAR:
            return first.isoformat()[:4]
