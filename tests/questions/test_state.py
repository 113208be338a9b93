"""The fold, against a brute-force replay and by its rules."""

import itertools
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.dates import EdtfDate
from app.questions import state
from app.questions.state import Entry, State, Verdict
from tests.support.oracle import KINDS, brute_force, edtf_dates

START = datetime(2025, 6, 1, tzinfo=UTC)


@st.composite
def timelines(draw: st.DrawFn) -> list[Entry]:
    entries = []
    for number in range(draw(st.integers(0, 12))):
        kind: Any = draw(st.sampled_from(KINDS))
        states: dict[str, list[State | None]] = {
            "ask": [None],
            "response": [State(v) for v in Verdict],
            "ruling": list(State),
        }
        entries.append(
            Entry(
                kind=kind,
                id=f"{kind}_{number:02}",
                effective_on=EdtfDate(draw(edtf_dates())),
                recorded_at=START + timedelta(seconds=draw(st.integers(0, 5))),
                state=draw(st.sampled_from(states[kind])),
            )
        )
    return entries


def plain(entries: list[Entry]) -> list[dict[str, Any]]:
    return [
        {
            "kind": entry.kind,
            "id": entry.id,
            "effective_on": str(entry.effective_on),
            "recorded_at": entry.recorded_at,
            "state": entry.state and entry.state.value,
            "corrected_at": None,
        }
        for entry in entries
    ]


@given(timelines(), st.dates(date(2024, 1, 1), date(2025, 4, 30)))
def test_the_spans_say_of_every_day_what_a_replay_says(entries: list[Entry], day: date) -> None:
    expected = brute_force(plain(entries), day, None)

    there = [
        span for span in state.spans(entries) if span.from_day <= day.toordinal() < span.to_day
    ]

    assert [span.standing.state for span in there] == ([expected] if expected else [])


@given(timelines())
def test_the_fold_is_the_last_span(entries: list[Entry]) -> None:
    found = state.spans(entries)
    if found:
        assert found[-1].standing == state.fold(entries)
        assert found[-1].to_day == date.max.toordinal()


@given(timelines(), st.randoms())
def test_the_order_in_which_entries_are_read_does_not_matter(
    entries: list[Entry], random: Any
) -> None:
    shuffled = list(entries)
    random.shuffle(shuffled)
    assert state.fold(shuffled) == state.fold(entries)


@given(timelines())
def test_spans_follow_on_each_other_without_gap(entries: list[Entry]) -> None:
    found = state.spans(entries)
    assert all(a.to_day == b.from_day for a, b in itertools.pairwise(found))


@given(timelines())
def test_state_since_is_when_the_present_state_began(entries: list[Entry]) -> None:
    found = state.fold(entries)
    if found.state_since is not None:
        ordered = sorted(entries, key=lambda entry: entry.order)
        states = [state.fold(ordered[: n + 1]).state for n in range(len(ordered))]
        begin = len(states)
        while begin > 0 and states[begin - 1] == found.state:
            begin -= 1
        assert found.state_since == ordered[begin].effective_on


@pytest.mark.parametrize("better", list(Verdict))
@pytest.mark.parametrize("worse", list(Verdict))
def test_the_best_answer_stands(better: Verdict, worse: Verdict) -> None:
    entries = [
        entry("ask", "2025-01-01"),
        entry("response", "2025-01-02", State(better)),
        entry("response", "2025-01-03", State(worse)),
    ]
    assert state.fold(entries).state == max(State(better), State(worse), key=state.RANK.__getitem__)


def test_withdrawn_stays_withdrawn_when_the_company_speaks() -> None:
    entries = [
        entry("ask", "2025-01-01"),
        entry("ruling", "2025-01-02", State.WITHDRAWN),
        entry("response", "2025-01-03", State.ANSWERED),
    ]
    assert state.fold(entries).state == State.WITHDRAWN


def test_a_withdrawn_question_that_is_asked_again_is_unanswered() -> None:
    entries = [
        entry("ask", "2025-01-01"),
        entry("response", "2025-01-02", State.PARTIAL),
        entry("ruling", "2025-01-03", State.WITHDRAWN),
        entry("ask", "2025-01-04"),
    ]
    assert state.fold(entries).state == State.UNANSWERED
    assert state.fold(entries).state_since == "2025-01-04"
    assert state.fold(entries).first_asked_on == "2025-01-01"


def test_a_ruling_may_lower_a_state_and_a_later_response_raise_it_again() -> None:
    entries = [
        entry("ask", "2025-01-01"),
        entry("response", "2025-01-02", State.ANSWERED),
        entry("ruling", "2025-01-03", State.NONRESPONSIVE),
        entry("response", "2025-01-04", State.DECLINED),
    ]
    assert state.fold(entries).state == State.NONRESPONSIVE
    entries.append(entry("response", "2025-01-05", State.PARTIAL))
    assert state.fold(entries).state == State.PARTIAL


def test_days_open_end_when_a_question_is_closed() -> None:
    asked, closed, today = (date(2025, 5, day).toordinal() for day in (1, 11, 31))
    assert state.days_open(State.DECLINED, closed, asked, today) == 30
    assert state.days_open(State.ANSWERED, closed, asked, today) == 10


def entry(kind: Any, on: str, to: State | None = None) -> Entry:
    return Entry(kind, f"{kind}_{on}", EdtfDate(on), START, to)
