"""Names for rows that are made by the million: ids, and dates as precise as what is known."""

import random
from datetime import date
from functools import lru_cache
from itertools import product

from app.core import ids
from app.core.dates import EdtfDate

TAIL = ["".join(pair) for pair in product("zyxwvtsrqpnmkjhgfedcba9876543210", repeat=2)]
"""The last two characters of an id, ten random bits, from the greatest."""
PRECISION = (10, 7, 4)


class Ids:
    """Makes ids like `ids.new`, which makes one of a thousand; they sort in the same way."""

    def __init__(self) -> None:
        self._stock: dict[str, list[str]] = {}
        self._last = ""

    def new(self, kind: str) -> str:
        """Make the id of a new thing of this kind."""
        stock = self._stock.get(kind)
        if not stock:
            stock = self._stock[kind] = self._more(kind)
        return stock.pop()

    def _more(self, kind: str) -> list[str]:
        head = ids.new(kind)[:-2]
        while head == self._last:  # only where a thousand took less than a millisecond
            head = ids.new(kind)[:-2]
        self._last = head
        return [head + tail for tail in TAIL]


class Known(EdtfDate):
    """A date that remembers which day it is."""

    __slots__ = ("_day",)
    _day: int

    @property
    def day(self) -> int:
        """The first day."""
        return self._day


@lru_cache(maxsize=100_000)
def known(text: str) -> Known:
    """Return a date, which is the same object each time."""
    made = Known(text)
    made._day = made.first_day.toordinal()
    return made


def dated(chance: random.Random, day: date) -> Known:
    """Return a day as precisely as it is known: mostly to the day."""
    length = chance.choices(PRECISION, (70, 22, 8))[0]
    return known(day.isoformat()[:length])
