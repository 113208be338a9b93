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
