"""Tokens: what the index knows of a question besides its words, so that filters cost nothing.

A token stands among the words of a question, but begins with a mark that no word has. A common word
with a rare filter is then one intersection in the index, as quick as either.
"""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date

from app.core import clock

MARK = "¤"
DUE, NOTHING = f"{MARK}due", f"{MARK}none"
"""The token of what has a `respond_by`, and one that no question has."""

TOPIC = re.compile(r"[^\W_]+(-[^\W_]+)*")
FIRST_YEAR = 1980
"""What was asked earlier has the same token."""


@dataclass(frozen=True)
class Tokens:
    """Which questions are looked at: those with any token of each group."""

    groups: tuple[tuple[str, ...], ...] = ()

    @classmethod
    def of(
        cls,
        *,
        company: str | None = None,
        askers: Collection[str] | None = None,
        dossier: str | None = None,
        topic: str | None = None,
        states: Collection[str] | None = None,
        has_respond_by: bool = False,
        asked_from: int | None = None,
        asked_to: int | None = None,
    ) -> "Tokens":
        """Make the tokens of filters.

        askers: of whom one has to have asked. asked_from, asked_to: years, both included.
        """
        groups: list[tuple[str, ...]] = [
            (of_id(value),) for value in (company, dossier) if value is not None
        ]
        if askers is not None:
            groups.append(tuple(map(of_id, askers)))
        if topic is not None:
            groups.append((of_topic(topic),))
        if states is not None:
            groups.append(tuple(of_state(state) for state in sorted(states)))
        if has_respond_by:
            groups.append((DUE,))
        if asked_from is not None or asked_to is not None:
            first, last = asked_from or FIRST_YEAR, asked_to or clock.today().year
            years = range(max(first, FIRST_YEAR), max(last, FIRST_YEAR) + 1)
            groups.append(tuple(map(of_year, years)))
        return cls(tuple(group or (NOTHING,) for group in groups))


def of_id(row_id: str) -> str:
    """Return the token of a company, asker or dossier."""
    kind, _, suffix = row_id.partition("_")
    return f"{MARK}{kind[:1]}{suffix}"


def of_topic(topic: str) -> str:
    """Return the token of a topic; what can be none gets one that no question has."""
    if not TOPIC.fullmatch(topic):
        return NOTHING
    return f"{MARK}t{MARK}{topic.replace('-', MARK)}"  # a hyphen would divide it


def of_state(state: str) -> str:
    """Return the token of a state."""
    return f"{MARK}s{MARK}{state}"


def of_year(year: int) -> str:
    """Return the token of the year in which a question was first asked."""
    return f"{MARK}y{max(year, FIRST_YEAR)}"


def of_question(
    *,
    askers: Iterable[str],
    dossiers: Iterable[str],
    topics: Iterable[str],
    state: str,
    has_respond_by: bool,
    first_asked_day: int,
) -> list[str]:
    """Return the tokens of a question, all but its company's."""
    named = [*sorted(set(askers)), *dossiers]
    year = of_year(date.fromordinal(first_asked_day).year)
    return [
        *map(of_id, named),
        *map(of_topic, topics),
        of_state(state),
        year,
        *([DUE] if has_respond_by else []),
    ]
