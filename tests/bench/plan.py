"""What happens when in a record: ten years of questions, further asks, statements and rulings."""

import random
from array import array
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import IntEnum, auto
from typing import Any

from app.core import clock
from tests.bench.words import zipf

COMPANIES, YEARS = 200, 10


class Act(IntEnum):
    """What can happen."""

    PUT = auto()
    ASK_AGAIN = auto()
    PUBLISH = auto()
    WITHDRAW = auto()


Planned = tuple[datetime, Act, Any, Any, date]
"""When it is recorded, what happens, to which question, by which company, and on which day.

`PUBLISH` is about a tuple of questions. Questions and companies are named by their number.
"""


@dataclass
class Plan:
    """All that happens, in order. left: how many acts each question has."""

    start: datetime
    end: datetime
    acts: list[Planned]
    left: "array[int]"


def make(size: int, chance: random.Random) -> Plan:
    """Plan a record of `size` questions."""
    end = clock.now() - timedelta(days=1)
    start = end - timedelta(days=365 * YEARS)
    acts = sorted(_Acts(chance, start, end).of(size), key=lambda planned: planned[0])
    left = array("H", bytes(2 * size))
    for _, act, which, _, _ in acts:
        for number in which if act is Act.PUBLISH else (which,):
            left[number] += 1
    return Plan(start, end, acts, left)


class _Acts:
    def __init__(self, chance: random.Random, start: datetime, end: datetime) -> None:
        self._chance, self._end = chance, end
        self._first, self._last = start.date(), end.date()
        self._company = zipf(chance, COMPANIES)

    def of(self, size: int) -> Iterator[Planned]:
        chance = self._chance
        answers: dict[int, list[tuple[date, int, datetime]]] = defaultdict(list)
        for number in range(size):
            first, company = self._day(self._first), self._company()
            put_at = self._soon_after(first)
            yield put_at, Act.PUT, number, company, first
            for _ in range(chance.choices((0, 1, 2), (6, 3, 1))[0]):
                again = self._day(first)
                yield max(self._soon_after(again), put_at), Act.ASK_AGAIN, number, company, again
            for _ in range(chance.choices((0, 1, 2, 3), (45, 35, 14, 6))[0]):
                on = min(first + timedelta(days=chance.expovariate(1 / 120)), self._last)
                answers[company].append((on, number, put_at))
            if chance.random() < 0.03:
                on = self._day(first)
                yield max(self._soon_after(on), put_at), Act.WITHDRAW, number, company, on
        for company, waiting in answers.items():
            yield from self._statements(company, sorted(waiting))

    def _statements(
        self, company: int, waiting: list[tuple[date, int, datetime]]
    ) -> Iterator[Planned]:
        """Let one statement bear on up to four questions that wait."""
        begin = 0
        while begin < len(waiting):
            together = waiting[begin : begin + self._chance.randint(1, 4)]
            begin += len(together)
            on = together[-1][0]
            numbers = tuple({number for _, number, _ in together})
            instant = max(self._soon_after(on), *(put_at for _, _, put_at in together))
            yield instant, Act.PUBLISH, numbers, company, on

    def _day(self, after: date) -> date:
        return after + timedelta(days=self._chance.random() * (self._last - after).days)

    def _soon_after(self, day: date) -> datetime:
        noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
        return min(noon + timedelta(days=self._chance.random() * 20), self._end)
