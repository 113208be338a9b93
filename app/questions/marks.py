"""What time alone makes of a question: the marks that it passes while it is open, pure functions.

A mark is told once, if the question was open on the mark's own day; one that found it closed is
skipped. While a question is closed, its clock stands still.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from heapq import merge
from itertools import count, takewhile

from app.questions.state import Span, State

FIRST_AGES = (30, 90, 180)
YEAR = 365


@dataclass(frozen=True)
class Noted:
    """What of a question the clock reads besides its timeline.

    respond_by_day: the last day on which an answer was in time. overdue_since: the day that was
    told last as the first on which it was not. unanswered_for: the age, in days, told last.
    """

    respond_by_day: int | None = None
    overdue_since: str | None = None
    unanswered_for: int | None = None


@dataclass(frozen=True)
class Mark:
    """A day that is to be told of, and where the question stood on it.

    days: how many days after the first ask it is; None when `respond_by` had just passed.
    """

    day: int
    days: int | None
    state: State

    @property
    def on(self) -> str:
        """The day as a date."""
        return date.fromordinal(self.day).isoformat()


def ages() -> Iterator[int]:
    """Yield the ages in days, counted from the first ask, that are told; there is no last."""
    yield from FIRST_AGES
    yield from count(YEAR, YEAR)


def ahead(found: Sequence[Span], noted: Noted) -> Iterator[Mark]:
    """Yield what is not told yet, in order of day: without end while it is open, else nothing."""
    if not found or not found[-1].standing.is_open:
        return iter(())
    return merge(_overdue(found, noted), _aged(found, noted), key=lambda mark: mark.day)


def passed(found: Sequence[Span], noted: Noted, today: int) -> list[Mark]:
    """Return what is to be told by a day, in order."""
    return list(takewhile(lambda mark: mark.day <= today, ahead(found, noted)))


def next_day(found: Sequence[Span], noted: Noted, after: int = 0) -> int | None:
    """Return the first day, later than `after`, of which there will be something to tell."""
    return next((mark.day for mark in ahead(found, noted) if mark.day > after), None)


def _overdue(found: Sequence[Span], noted: Noted) -> Iterator[Mark]:
    """Yield the day after `respond_by`, unless that day or a later one was told before.

    So no date is told twice, however often it is moved to and fro.
    """
    if noted.respond_by_day is None:
        return
    day, told = noted.respond_by_day + 1, noted.overdue_since
    if told is None or day > date.fromisoformat(told).toordinal():
        yield from _if_open(found, day, None)


def _aged(found: Sequence[Span], noted: Noted) -> Iterator[Mark]:
    first_asked = found[0].from_day
    for days in ages():
        if days > (noted.unanswered_for or 0):
            yield from _if_open(found, first_asked + days, days)


def _if_open(found: Sequence[Span], day: int, days: int | None) -> Iterator[Mark]:
    then = next((span.standing for span in reversed(found) if span.from_day <= day), None)
    if then is not None and then.is_open:
        yield Mark(day, days, then.state)
