"""verify.py knows what was redacted on the record, and what states follow from it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.transparency import verify
from tests.transparency.builder import Ledger, record

Run = Callable[..., tuple[int, str]]


def test_a_text_withheld_without_a_redaction_is_found(tmp_path: Path, run: Run) -> None:
    ledger = record()
    ledger.forget(3, "/data/object/text")

    code, said = run(ledger.file(tmp_path / "ledger.jsonl"))

    assert code == 1
    assert "Event 3: a text is withheld" in said


def test_what_was_redacted_on_the_record_may_be_missing(tmp_path: Path, run: Run) -> None:
    ledger = record()
    ledger.redact({3: ["/data/object/text", "/summary"], 4: ["/data/object/quote"]})
    ledger.redact({3: ["/data/object/text", "/data/object/context"]})

    code, said = run(ledger.file(tmp_path / "ledger.jsonl"))

    assert code == 0, said
    assert "4 texts were redacted" in said


@pytest.mark.parametrize(
    ("named", "forgotten"),
    [
        ("/summary", "/data/object/text"),  # another part
        ("/data/object/context", "/data/object/text"),  # another name
    ],
)
def test_a_redaction_excuses_only_what_it_names(
    tmp_path: Path, run: Run, named: str, forgotten: str
) -> None:
    ledger = record()
    ledger.forget(3, forgotten)
    ledger.redact({3: [named]}, forget=False)

    code, said = run(ledger.file(tmp_path / "ledger.jsonl"))

    assert code == 1
    assert "Event 3:" in said


def test_what_was_redacted_must_not_be_shown(tmp_path: Path, run: Run) -> None:
    ledger = record()
    ledger.redact({3: ["/data/object/text"]}, forget=False)

    code, said = run(ledger.file(tmp_path / "ledger.jsonl"))

    assert code == 1
    assert "Event 3: a text is still shown that was redacted" in said


@pytest.mark.parametrize("place", [{"seq": 99}, {"seq": 0}, {"pointers": ["/data/from"]}])
def test_a_redaction_names_places_of_earlier_events(
    tmp_path: Path, run: Run, place: dict[str, Any]
) -> None:
    ledger = record()
    seq = ledger.redact({3: ["/summary"]})
    ledger.leaves[-1].event["data"]["object"]["places"][0].update(place)

    code, said = run(ledger.file(tmp_path / "ledger.jsonl"))

    assert code == 1
    assert f"Event {seq}: it redacts" in said


@pytest.mark.parametrize("change", ["twice", "foreign", "digest twice"])
def test_a_text_is_shown_once_and_where_it_belongs(tmp_path: Path, run: Run, change: str) -> None:
    ledger = record()
    leaf = ledger.leaves[2]
    match change:
        case "twice":
            leaf.disclosures.append(leaf.disclosures[0])
        case "foreign":
            leaf.disclosures.append(ledger.leaves[0].disclosures[0])
        case _:
            leaf.event["_sd"].append(leaf.event["data"]["object"]["_sd"][0])

    code, said = run(ledger.file(tmp_path / "ledger.jsonl"))

    assert code == 1
    assert "Event 3:" in said


def test_a_state_that_does_not_follow_is_found_with_its_seq(tmp_path: Path, run: Run) -> None:
    ledger = record()
    seq = ledger.respond("q2", 9, "acknowledged", day="2025-06-01", state="answered")
    ledger.ask("later")

    code, said = run(ledger.file(tmp_path / "ledger.jsonl"))

    assert code == 1
    assert f"Event {seq}: the state of question_q2 is recorded as answered, but" in said
    assert "acknowledged" in said


def test_an_entry_that_should_have_moved_a_question_is_found(tmp_path: Path, run: Run) -> None:
    ledger = record()
    ledger.correct("response_1")  # q0 would be unanswered again
    ledger.leaves.pop()
    seq = ledger.correct("response_1")

    code, said = run(ledger.file(tmp_path / "ledger.jsonl"))

    assert code == 1
    assert f"Event {seq}: the state of question_q0 is recorded as declined" in said


def test_entries_count_by_their_day_and_a_withdrawn_question_by_its_next_ask(
    tmp_path: Path, run: Run
) -> None:
    ledger = Ledger()
    ledger.ask("a", day="2025-05")
    ledger.rule("a", 1, "answered", day="2025-05-10")
    ledger.rule("a", 2, "partial", day="2025", after="answered")  # earlier: no longer counts
    ledger.rule("a", 3, "withdrawn", day="2025-06")
    ledger.respond("a", 4, "answered", day="2025-07-01", state="withdrawn")
    ledger.enter("ask", "ask_again", "question_a", "2025-08", asked_on="2025-08")
    ledger.state("a", "unanswered", is_new_write=False)
    ledger.correct("ask_again")
    ledger.state("a", "withdrawn", is_new_write=False)

    code, said = run(ledger.file(tmp_path / "ledger.jsonl"))

    assert code == 0, said


def test_a_question_with_very_many_entries_is_folded_at_the_end(tmp_path: Path, run: Run) -> None:
    ledger = Ledger()
    ledger.ask("q")
    for number in range(verify.LARGE + 5):
        ledger.enter("ask", f"ask_{number}", "question_q", "2025-05-02", asked_on="2025-05-02")
    assert run(ledger.file(tmp_path / "ledger.jsonl"))[0] == 0

    seq = ledger.state("q", "answered")
    code, said = run(ledger.file(tmp_path / "ledger.jsonl"))

    assert (code, f"Event {seq}: the state of question_q" in said) == (1, True)


def merged(*, moved: bool = True) -> Ledger:
    """Build a record in which a question that was answered in part was merged into another."""
    ledger = Ledger()
    ledger.ask("one")
    ledger.ask("two")
    ledger.ask("three")
    ledger.respond("one", 1, "partial", day="2025-05-02", state="partial")
    ledger.merge("one", "two", state="partial")
    if moved:
        ledger.state("two", "partial", is_new_write=False)
    return ledger


def test_a_merged_question_s_entries_count_for_the_other(tmp_path: Path, run: Run) -> None:
    ledger = merged()
    assert run(ledger.file(tmp_path / "ledger.jsonl"))[0] == 0

    ledger.merge("two", "three", state="partial")
    ledger.state("three", "partial", is_new_write=False)
    ledger.correct("response_1")
    ledger.state("three", "unanswered", is_new_write=False)
    code, said = run(ledger.file(tmp_path / "ledger.jsonl"))

    assert code == 0, said
    assert "1 states follow" in said


def test_a_state_that_a_merger_should_have_moved_is_found(tmp_path: Path, run: Run) -> None:
    code, said = run(merged(moved=False).file(tmp_path / "ledger.jsonl"))

    assert code == 1
    assert "the state of question_two is recorded as unanswered" in said
    assert "follows partial" in said


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda ledger: ledger.state("one", "partial"), "merged into another before"),
        (
            lambda ledger: ledger.enter("ask", "ask_4", "question_one", "2025", asked_on="2025"),
            "merged into another before",
        ),
        (lambda ledger: ledger.merge("one", "three", state="partial"), "not any more"),
        (lambda ledger: ledger.merge("three", "one"), "into one that is not there"),
        (lambda ledger: ledger.merge("three", "three"), "into one that is not there"),
        (lambda ledger: ledger.merge("three", "nobody"), "into one that is not there"),
        (lambda ledger: ledger.merge("three", "two", state="answered"), "its state is not"),
    ],
)
def test_what_was_merged_is_neither_changed_nor_merged_again(
    tmp_path: Path, run: Run, change: Callable[[Ledger], int], why: str
) -> None:
    ledger = merged()
    seq = change(ledger)

    code, said = run(ledger.file(tmp_path / "ledger.jsonl"))

    assert code == 1
    assert f"Event {seq}: " in said
    assert why in said


def test_who_does_not_know_an_event_says_so_where_it_may_matter(tmp_path: Path, run: Run) -> None:
    ledger = Ledger()
    ledger.ask("one")
    ledger.add("question.divided", {"id": "question_one", "state": "answered"})

    code, said = run(ledger.file(tmp_path / "ledger.jsonl"))

    assert code == 1
    assert "does not know question.divided: take a newer one" in said
