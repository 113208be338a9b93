"""What is said of some questions, made of counted numbers: pure functions, and the definitions."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from math import sqrt
from typing import Any

from app.questions.state import CLOSED, State
from app.stats.schemas import (
    CountFigure,
    DaysFigure,
    Figures,
    LongestOpenFigure,
    OpenQuestion,
    RateFigure,
    StateFigures,
    WilsonInterval,
)

FEWEST = 5
"""A rate of fewer questions than these says more of chance than of a company."""

Z = 1.959963984540054
"""The standard normal distribution leaves 2.5 % beyond it on either side."""

MEDIAN, NINETIETH = 50, 90
PERCENTILES = (MEDIAN, NINETIETH)

RATE = "among all that are not withdrawn; null under 5 of them, with Wilson's interval at 95 %."
DAYS = (
    "the {rank} by nearest rank among the questions that {have}; a date that is only a month or a"
    " year counts as its first day."
)
RANKS = {MEDIAN: "median", NINETIETH: "90th percentile"}
TOTAL = "Questions that match; the denominator counts those left out for their age, too."
IN_STATE = "Questions whose state is {state}, among all that are counted."
OPEN = "Questions that are neither answered nor withdrawn, among all that are counted."
OVERDUE = "Open questions whose respond_by has passed, among all that are open."
ANSWER_RATE = f"Share of the questions that are answered in full, {RATE}"
RESPONSE_RATE = (
    "Share of the questions with any response of the company, be it a holding reply or a refusal,"
    f" {RATE}"
)
DAYS_TO_RESPONSE = f"Days from the first ask to the first response, {DAYS}"
DAYS_TO_ANSWER = f"Days from the first ask to the day since which it has been answered, {DAYS}"
LONGEST_OPEN = (
    "The question whose first ask lies the most days back among those that are open, which the"
    " numerator counts."
)


@dataclass
class Percentiles:
    """How many questions have a number of days, and the percentiles of it."""

    count: int = 0
    days: dict[int, int] = field(default_factory=dict)

    def add(self, days: int, alike: int, upto: int, whole: int) -> None:
        """Take in that a number of days is a percentile by nearest rank, if it is one.

        alike: how many have just so many days. upto: how many have so many or fewer.
        """
        self.count = whole
        for rank in PERCENTILES:
            if (upto - alike) * 100 < rank * whole <= upto * 100:
                self.days[rank] = max(0, days)


@dataclass
class Tally:
    """What was counted of some questions.

    found: all that match, the young ones included. oldest: day of the first ask and id of the one
    that is open for longest.
    """

    found: int = 0
    states: dict[State, int] = field(default_factory=lambda: dict.fromkeys(State, 0))
    overdue: int = 0
    oldest: tuple[int, str] | None = None
    response: Percentiles = field(default_factory=Percentiles)
    answer: Percentiles = field(default_factory=Percentiles)

    @property
    def total(self) -> int:
        """How many are counted."""
        return sum(self.states.values())


@dataclass(frozen=True)
class Teller:
    """Makes figures of tallies. slugs: of the oldest open questions, by id."""

    day: date
    cutoff: str
    slugs: Mapping[str, str]
    public_url: str

    def tell(self, tally: Tally) -> Figures:
        """Make all figures about some questions."""
        total, states = tally.total, tally.states
        waiting = sum(count for state, count in states.items() if state not in CLOSED)
        rated = total - states[State.WITHDRAWN]
        answered, responded = states[State.ANSWERED], tally.response.count
        return Figures.model_construct(
            total=self._count(TOTAL, total, tally.found),
            states=self._states(states, total),
            open=self._count(OPEN, waiting, total),
            overdue=self._count(OVERDUE, tally.overdue, waiting),
            answer_rate=self._rate(ANSWER_RATE, answered, rated),
            response_rate=self._rate(RESPONSE_RATE, responded, rated),
            median_days_to_first_response=self._response(tally, MEDIAN, rated),
            p90_days_to_first_response=self._response(tally, NINETIETH, rated),
            median_days_to_answer=self._answer(tally, MEDIAN, rated),
            p90_days_to_answer=self._answer(tally, NINETIETH, rated),
            longest_open=self._longest_open(tally, waiting, total),
        )

    def _states(self, states: Mapping[State, int], total: int) -> StateFigures:
        found: dict[str, Any] = {
            state.value: self._count(IN_STATE.format(state=state), count, total)
            for state, count in states.items()
        }
        return StateFigures.model_construct(**found)

    def _count(self, definition: str, count: int, of: int) -> CountFigure:
        return CountFigure.model_construct(
            definition=definition, numerator=count, denominator=of, cutoff=self.cutoff, value=count
        )

    def _rate(self, definition: str, count: int, of: int) -> RateFigure:
        return RateFigure.model_construct(
            definition=definition,
            numerator=count,
            denominator=of,
            cutoff=self.cutoff,
            value=round(count / of, 4) if of >= FEWEST else None,
            interval=wilson(count, of) if of >= FEWEST else None,
        )

    def _response(self, tally: Tally, rank: int, of: int) -> DaysFigure:
        definition = DAYS_TO_RESPONSE.format(
            rank=RANKS[rank], have="have one and are not withdrawn"
        )
        return self._days(definition, tally.response, rank, of)

    def _answer(self, tally: Tally, rank: int, of: int) -> DaysFigure:
        definition = DAYS_TO_ANSWER.format(rank=RANKS[rank], have="are answered")
        return self._days(definition, tally.answer, rank, of)

    def _days(self, definition: str, found: Percentiles, rank: int, of: int) -> DaysFigure:
        return DaysFigure.model_construct(
            definition=definition,
            numerator=found.count,
            denominator=of,
            cutoff=self.cutoff,
            value=found.days.get(rank),
        )

    def _longest_open(self, tally: Tally, waiting: int, total: int) -> LongestOpenFigure:
        value = None
        if tally.oldest is not None:
            first_asked_day, question_id = tally.oldest
            value = OpenQuestion.model_construct(
                id=question_id,
                slug=self.slugs[question_id],
                days_open=max(0, self.day.toordinal() - first_asked_day),
                url=f"{self.public_url}/v1/questions/{question_id}",
            )
        return LongestOpenFigure.model_construct(
            definition=LONGEST_OPEN,
            numerator=waiting,
            denominator=total,
            cutoff=self.cutoff,
            value=value,
        )


def cutoff(day: date, min_age_days: int) -> str:
    """Say what is left out for its age, as seen on a day."""
    if min_age_days == 0:
        return "No question is left out for its age."
    return (
        f"Leaves out questions first asked after {last_day_asked(day, min_age_days)}, which is less"
        f" than {spelled(min_age_days)} before {day}."
    )


def last_day_asked(day: date, min_age_days: int) -> date:
    """Return the last day on which a question was first asked that is old enough on `day`."""
    return date.fromordinal(max(1, day.toordinal() - min_age_days))


def spelled(days: int) -> str:
    """Write a number of days in words and digits."""
    return "a day" if days == 1 else f"{days} days"


def wilson(count: int, of: int) -> WilsonInterval:
    """Return Wilson's score interval at 95 % for a share (E. B. Wilson, 1927)."""
    share, square = count / of, Z * Z
    middle = (share + square / (2 * of)) / (1 + square / of)
    half = Z * sqrt(share * (1 - share) / of + square / (4 * of * of)) / (1 + square / of)
    low = round(max(0.0, middle - half), 4)
    high = round(min(1.0, middle + half), 4)
    return WilsonInterval(low=low, high=high)
