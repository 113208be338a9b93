"""How much a client may ask for: the setting `ANSWERABLE_RATE_LIMITS`, read and checked."""

import re
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400}
FORM = re.compile(r"([1-9][0-9]{0,8})/(second|minute|hour|day)", re.ASCII)
COUNT = re.compile(r"[1-9][0-9]{0,5}", re.ASCII)
EXAMPLE = "reads=600/minute,key_reads=3000/minute"


@dataclass(frozen=True)
class Quota:
    """So many requests in so many seconds."""

    amount: int
    seconds: int

    @property
    def span(self) -> str:
        """The seconds in words."""
        name = next((name for name, length in SECONDS.items() if length == self.seconds), "")
        return f"a {name}".replace("a hour", "an hour") if name else f"{self.seconds} seconds"


@dataclass(frozen=True)
class Quotas:
    """What a client address may do, and what a key may (`key_…`).

    failures: requests with a key that is not good. streams: how many one address, or one key, may
    have open at once in one process.
    """

    reads: Quota = Quota(600, 60)
    writes: Quota = Quota(120, 60)
    key_reads: Quota = Quota(3000, 60)
    key_writes: Quota = Quota(600, 60)
    failures: Quota = Quota(10, 60)
    streams: int = 50


def read(text: str) -> Quotas | None:
    """Read the setting; None for `off`. What it leaves out keeps its default.

    Raises:
        ValueError: it cannot be read; says what would be right.
    """
    if text.strip().lower() == "off":
        return None
    given: dict[str, Any] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, _, value = (piece.strip() for piece in part.partition("="))
        if name not in NAMES:
            raise ValueError(
                f"use off, or limits joined by commas such as {EXAMPLE}; there is no limit"
                f" {name[:40]!r}, only {', '.join(NAMES)}"
            )
        if name in given:
            raise ValueError(f"give {name} once")
        given[name] = READERS.get(name, _quota)(name, value)
    return Quotas(**given)


def _quota(name: str, value: str) -> Quota:
    match = FORM.fullmatch(value)
    if match is None:
        raise ValueError(
            f"write {name} as a number, / and second, minute, hour or day: {name}=600/minute"
        )
    return Quota(int(match[1]), SECONDS[match[2]])


def _streams(name: str, value: str) -> int:
    if COUNT.fullmatch(value) is None:
        raise ValueError(f"write {name} as a number: {name}=50")
    return int(value)


READERS: dict[str, Callable[[str, str], Any]] = {"streams": _streams}
NAMES = tuple(field.name for field in fields(Quotas))
