"""Where a question stands: the fold over its timeline, a pure function.

Everything that shows a state goes through `fold`, or through rows that were filled with it in the
transaction that changed the timeline.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from itertools import groupby
from typing import Literal

from app.core.clock import LAST_DAY
from app.core.dates import EdtfDate


class State(StrEnum):
    """Where a question stands, from worst to best; `withdrawn` is outside the order."""

    UNANSWERED = "unanswered"
    ACKNOWLEDGED = "acknowledged"
    DECLINED = "declined"
    NONRESPONSIVE = "nonresponsive"
    PARTIAL = "partial"
    ANSWERED = "answered"
    WITHDRAWN = "withdrawn"


class Verdict(StrEnum):
    """How a statement bears on a question, from worst to best."""

    ACKNOWLEDGED = "acknowledged"
    DECLINED = "declined"
    NONRESPONSIVE = "nonresponsive"
    PARTIAL = "partial"
    ANSWERED = "answered"


RANK: dict[State, int] = {
    state: rank for rank, state in enumerate(State) if state is not State.WITHDRAWN
}
CLOSED = (State.ANSWERED, State.WITHDRAWN)


@dataclass(frozen=True)
class Entry:
    """One entry of a timeline that was not corrected.

    effective_on: when it took effect in the world. recorded_at, id: order entries of one day.
    state: a response's verdict or a ruling's state; None for an ask.
    """

    kind: Literal["ask", "response", "ruling"]
    id: str
    effective_on: EdtfDate
    recorded_at: datetime
    state: State | None = None

    @property
    def order(self) -> tuple[int, datetime, str]:
        """The key by which a timeline is sorted."""
        return (self.effective_on.day, self.recorded_at, self.id)


@dataclass(frozen=True)
class Standing:
    """Where a question stands on a day, and what else follows from its timeline so far."""

    state: State = State.UNANSWERED
    state_since: EdtfDate | None = None
    first_asked_on: EdtfDate | None = None
    first_response_on: EdtfDate | None = None
    latest_response_id: str | None = None
    response_count: int = 0

    @property
    def is_open(self) -> bool:
        """Whether it still waits for an answer."""
        return self.state not in CLOSED


@dataclass(frozen=True)
class Span:
    """A standing and the days, `from_day` up to but not including `to_day`, that it lasted."""

    from_day: int
    to_day: int
    standing: Standing


def step(standing: Standing, entry: Entry) -> Standing:
    """Take one entry into account."""
    state = _next_state(standing.state, entry)
    if state != standing.state or standing.state_since is None:
        standing = replace(standing, state=state, state_since=entry.effective_on)
    if entry.kind == "ask" and standing.first_asked_on is None:
        standing = replace(standing, first_asked_on=entry.effective_on)
    if entry.kind == "response":
        standing = replace(
            standing,
            first_response_on=standing.first_response_on or entry.effective_on,
            latest_response_id=entry.id,
            response_count=standing.response_count + 1,
        )
    return standing


def _next_state(state: State, entry: Entry) -> State:
    match entry.kind, entry.state:
        case "ruling", State() as ruled:
            return ruled
        case "response", State() as verdict if state is not State.WITHDRAWN:
            return max(state, verdict, key=RANK.__getitem__)
        case "ask", _ if state is State.WITHDRAWN:
            return State.UNANSWERED
        case _:
            return state


def fold(entries: Iterable[Entry]) -> Standing:
    """Return where a question stands after these entries, whatever order they come in."""
    standing = Standing()
    for entry in sorted(entries, key=lambda entry: entry.order):
        standing = step(standing, entry)
    return standing


def spans(entries: Iterable[Entry]) -> Sequence[Span]:
    """Return every standing that a question has had, with its days, from its first ask on."""
    ordered = sorted(entries, key=lambda entry: entry.order)
    found: list[Span] = []
    standing = Standing()
    for day, of_the_day in groupby(ordered, key=lambda entry: entry.effective_on.day):
        for entry in of_the_day:
            standing = step(standing, entry)
        if standing.first_asked_on is None:
            continue
        if found:
            found[-1] = replace(found[-1], to_day=day)
        found.append(Span(day, LAST_DAY, standing))
    return found


def days_open(standing_state: State, since_day: int, first_asked_day: int, as_of_day: int) -> int:
    """Count the days from the first ask to `as_of_day`, or to when the question was closed."""
    end = since_day if standing_state in CLOSED else as_of_day
    return max(0, end - first_asked_day)
