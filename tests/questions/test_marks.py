"""Which marks a question passes: by rules, and against a day-by-day replay."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from app.core.dates import EdtfDate
from app.questions import marks, state
from app.questions.marks import Mark, Noted
from app.questions.state import Entry, Span, State
from tests.support.oracle import brute_force

ASKED = date(2025, 1, 1)
FIRST = ASKED.toordinal()
NOTHING = Noted()


def entry(kind: Any, after: int, to: State | None = None) -> Entry:
    on = ASKED + timedelta(days=after)
    recorded_at = datetime(on.year, on.month, on.day, tzinfo=UTC)
    return Entry(kind, f"{kind}_{after:05}", EdtfDate(on.isoformat()), recorded_at, to)


def timeline(*moves: tuple[int, State]) -> Sequence[Span]:
    """A question that was asked on the first day and ruled to be in a state so many days later."""
    return state.spans([entry("ask", 0), *(entry("ruling", *move) for move in moves)])


def passed(found: Sequence[Span], after: int, noted: Noted = NOTHING) -> list[tuple[int, Any]]:
    """What is to be told so many days after the first ask: after how many days, and of what age."""
    return [(mark.day - FIRST, mark.days) for mark in marks.passed(found, noted, FIRST + after)]


def note(noted: Noted, told: Sequence[Mark]) -> Noted:
    """Remember what was told."""
    for mark in told:
        if mark.days is None:
            noted = replace(noted, overdue_since=mark.on)
        else:
            noted = replace(noted, unanswered_for=mark.days)
    return noted


def test_the_ages_are_those_of_the_contract_and_then_every_year() -> None:
    assert list(islice(marks.ages(), 7)) == [30, 90, 180, 365, 730, 1095, 1460]


def test_a_mark_is_passed_on_its_own_day() -> None:
    assert passed(timeline(), 29) == []
    assert passed(timeline(), 30) == [(30, 30)]
    assert marks.passed(timeline(), NOTHING, FIRST + 30)[0].on == "2025-01-31"


def test_whoever_looks_late_finds_every_mark_that_was_passed_meanwhile() -> None:
    assert passed(timeline(), 800) == [(day, day) for day in (30, 90, 180, 365, 730)]
    assert passed(timeline(), 800, Noted(unanswered_for=180)) == [(365, 365), (730, 730)]


def test_a_mark_says_where_the_question_stood_on_its_day() -> None:
    found = timeline((29, State.ACKNOWLEDGED), (90, State.DECLINED), (91, State.PARTIAL))
    told = marks.passed(found, NOTHING, FIRST + 400)
    assert [mark.state for mark in told] == ["acknowledged", "declined", "partial", "partial"]


def test_a_closed_question_has_nothing_ahead() -> None:
    for closed in state.CLOSED:
        found = timeline((100, closed))
        assert passed(found, 1000, Noted(respond_by_day=FIRST + 10)) == []
        assert marks.next_day(found, NOTHING) is None


def test_marks_that_found_the_question_closed_are_skipped_when_it_is_open_again() -> None:
    found = timeline((20, State.ANSWERED), (100, State.UNANSWERED))
    assert passed(found, 179) == []
    assert passed(found, 400) == [(180, 180), (365, 365)]
    assert marks.next_day(found, NOTHING) == FIRST + 180


def test_on_the_day_of_an_answer_a_question_is_closed_and_on_that_of_a_reopening_open() -> None:
    found = timeline((30, State.ANSWERED), (90, State.DECLINED))
    assert passed(found, 90) == [(90, 90)]


def test_an_answer_is_overdue_on_the_day_after_the_last_on_which_it_was_in_time() -> None:
    noted = Noted(respond_by_day=FIRST + 40)
    assert passed(timeline(), 40, noted) == [(30, 30)]
    assert passed(timeline(), 41, noted) == [(30, 30), (41, None)]
    assert marks.next_day(timeline(), noted, after=FIRST + 30) == FIRST + 41


def test_overdue_is_told_again_only_for_a_later_date() -> None:
    told = (ASKED + timedelta(days=41)).isoformat()
    for last_day, again in ((40, False), (35, False), (45, True)):
        noted = Noted(respond_by_day=FIRST + last_day, overdue_since=told, unanswered_for=30)
        assert passed(timeline(), 50, noted) == ([(46, None)] if again else [])


def test_an_answer_is_not_overdue_when_the_question_was_closed_or_not_asked_yet() -> None:
    reopened = timeline((5, State.WITHDRAWN), (15, State.UNANSWERED))
    assert passed(reopened, 29, Noted(respond_by_day=FIRST + 10)) == []
    assert passed(timeline(), 29, Noted(respond_by_day=FIRST - 10)) == []


def test_without_an_ask_there_is_nothing_to_tell() -> None:
    assert marks.passed([], NOTHING, FIRST) == []
    assert marks.next_day([], NOTHING) is None


@st.composite
def histories(draw: st.DrawFn) -> list[Entry]:
    rulings = draw(st.lists(st.tuples(st.integers(0, 900), st.sampled_from(State)), max_size=8))
    asks = draw(st.lists(st.integers(1, 900), max_size=2))
    found = [entry("ask", 0), *(entry("ask", day) for day in asks)]
    return [*found, *(entry("ruling", day, to) for day, to in dict(rulings).items())]


def was_open(entries: Sequence[Entry], day: int) -> bool:
    plain = [
        {
            "kind": item.kind,
            "id": item.id,
            "effective_on": str(item.effective_on),
            "recorded_at": item.recorded_at,
            "state": item.state and item.state.value,
            "corrected_at": None,
        }
        for item in entries
    ]
    return brute_force(plain, date.fromordinal(day), None) not in ("answered", "withdrawn")


@given(histories(), st.sets(st.integers(0, 1000), min_size=1), st.none() | st.integers(0, 900))
def test_each_mark_is_told_exactly_once_whenever_the_clock_looks(
    entries: list[Entry], looks: set[int], respond_by: int | None
) -> None:
    """Each look knows what had happened by then; the last on an open day has told everything."""
    noted = Noted(respond_by_day=None if respond_by is None else FIRST + respond_by)
    expected: set[tuple[int, int | None]] = {(FIRST + age, age) for age in islice(marks.ages(), 6)}
    if noted.respond_by_day is not None:
        expected.add((noted.respond_by_day + 1, None))
    told: list[Mark] = []
    for look in sorted(FIRST + look for look in looks):
        found = state.spans(item for item in entries if item.effective_on.day <= look)
        told_now = marks.passed(found, noted, look)
        told += told_now
        coming = marks.next_day(found, noted, after=look)
        noted = note(noted, told_now)

        assert marks.passed(found, noted, look) == []
        assert marks.next_day(found, noted) == coming
        if was_open(entries, look):
            assert coming is not None
            assert coming > look
            due = {mark for mark in expected if mark[0] <= look and was_open(entries, mark[0])}
            assert sorted((mark.day, str(mark.days)) for mark in told) == sorted(
                (day, str(days)) for day, days in due
            )
        else:
            assert told_now == []
            assert coming is None
