"""verify.py holds a record to what was kept of it: its key, and its history."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.transparency.builder import Ledger, Signer, compact, flip, record

Run = Callable[..., tuple[int, str]]


def test_a_record_may_grow_after_its_checkpoint_was_kept(tmp_path: Path, run: Run) -> None:
    ledger, kept = record(), tmp_path / "kept.json"
    path = ledger.file(tmp_path / "ledger.jsonl")
    assert run(path, "--kept", kept)[0] == 0
    first = json.loads(kept.read_text())

    ledger.ask("later")
    code, said = run(ledger.file(path), "--kept", kept)

    assert code == 0, said
    assert f"{ledger.signers[0].vkey} (the key that you kept)" in said
    assert f"altered since {first['since']}" in said
    second = json.loads(kept.read_text())
    assert (first["checkpoint"], second["checkpoint"]) == (ledger.note(size=17), ledger.note())
    assert [one.name for one in tmp_path.iterdir() if "kept" in one.name] == ["kept.json"]


@pytest.mark.parametrize("does_grow", [True, False])
def test_a_history_that_was_rewritten_and_signed_again_is_found(
    tmp_path: Path, run: Run, does_grow: bool
) -> None:
    ledger, kept = record(), tmp_path / "kept.json"
    assert run(ledger.file(tmp_path / "ledger.jsonl"), "--kept", kept)[0] == 0
    before = kept.read_bytes()

    ledger.leaves[1].event["actor"] = "editor-lyon"
    if does_grow:
        ledger.ask("later")
    code, said = run(ledger.file(tmp_path / "ledger.jsonl"), "--kept", kept)

    assert code == 1
    assert "history was rewritten" in said
    assert kept.read_bytes() == before


def test_a_record_that_has_shrunk_is_found(tmp_path: Path, run: Run) -> None:
    ledger, kept = record(), tmp_path / "kept.json"
    assert run(ledger.file(tmp_path / "ledger.jsonl"), "--kept", kept)[0] == 0

    del ledger.leaves[6:]
    code, said = run(ledger.file(tmp_path / "ledger.jsonl"), "--kept", kept)

    assert code == 1
    assert "entries were removed" in said


def test_a_record_signed_by_another_key_than_the_given_one_is_refused(
    tmp_path: Path, run: Run
) -> None:
    path = record().file(tmp_path / "ledger.jsonl")

    assert run(path, "--vkey", Signer(2).vkey)[0] == 1
    assert run(path, "--vkey", Signer(1).vkey)[0] == 0
    assert run(path, "--vkey", Signer(1, "other.example/log").vkey)[0] == 1
    assert run(path, "--vkey", "nonsense")[0] == 2


def test_a_kept_key_gives_way_only_to_one_that_it_signs_beside(tmp_path: Path, run: Run) -> None:
    old, new, kept = Signer(1), Signer(2), tmp_path / "kept.json"
    ledger, path = record(), tmp_path / "ledger.jsonl"
    run(ledger.file(path), "--kept", kept)

    ledger.signers = (new,)
    code, said = run(ledger.file(path), "--kept", kept)
    assert (code, "not signed by" in said) == (1, True)
    assert json.loads(kept.read_text())["vkey"] == old.vkey

    ledger.signers = (new, old)
    code, said = run(ledger.file(path), "--kept", kept)
    assert (code, "a new key" in said) == (0, True)
    assert json.loads(kept.read_text())["vkey"] == new.vkey

    assert run(ledger.file(path), "--kept", kept)[0] == 0
    assert json.loads(kept.read_text())["vkey"] == new.vkey
    ledger.signers = (new,)
    assert run(ledger.file(path), "--kept", kept)[0] == 0


LATER = "record.example.org/log/2"


def opened_after(note: str) -> bytes:
    told = {"opened_at": "2025-06-01T00:00:00.000000Z", "origin": LATER, "v": 1,
            "previous_checkpoint": note, "reason": "A backup was restored.",
            "type": "log.opened"}  # fmt: skip
    return compact(told)


def test_a_later_log_verifies_with_its_opening_leaf(tmp_path: Path, run: Run) -> None:
    earlier, signer = record(), Signer(2, LATER)
    later = Ledger(signer, opening=opened_after(earlier.note()), origin=LATER)
    later.leaves = earlier.leaves[:-2]
    archive = later.archive(tmp_path / "archive")

    code, said = run(archive)
    assert code == 0, said

    flip(archive / "ledger.jsonl", (archive / "ledger.jsonl").read_bytes().index(b"editor-paris"))
    code, said = run(archive)
    assert (code, "Event 1:" in said) == (1, True)


def test_a_later_log_is_accepted_after_the_one_that_was_kept(tmp_path: Path, run: Run) -> None:
    earlier, signer = record(), Signer(2, LATER)
    kept, path = tmp_path / "kept.json", tmp_path / "ledger.jsonl"
    run(earlier.file(path), "--kept", kept)
    later = Ledger(signer, opening=opened_after(earlier.note()), origin=LATER)
    later.leaves = earlier.leaves[:-2]

    code, said = run(later.file(path), "--kept", kept)
    assert (code, "--vkey" in said) == (1, True)  # anybody could open one
    code, said = run(later.file(path), "--kept", kept, "--vkey", signer.vkey)
    assert (code, "follows the one that you kept" in said) == (0, True)
    assert json.loads(kept.read_text())["vkey"] == signer.vkey
    assert run(later.file(path), "--kept", kept)[0] == 0


@pytest.mark.parametrize("opening", ["none", "of an older checkpoint"])
def test_a_log_that_does_not_follow_the_kept_one_is_refused(
    tmp_path: Path, run: Run, opening: str
) -> None:
    earlier, signer = record(), Signer(2, LATER)
    kept, path = tmp_path / "kept.json", tmp_path / "ledger.jsonl"
    run(earlier.file(path), "--kept", kept)
    leaf = None if opening == "none" else opened_after(earlier.note(size=4))
    later = Ledger(signer, opening=leaf, origin=LATER)

    assert run(later.file(path), "--kept", kept, "--vkey", signer.vkey)[0] == 1
