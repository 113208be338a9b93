"""verify.py finds every altered bit, and names the first event that fails."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from app.transparency import verify
from tests.transparency.builder import Ledger, flip, record, root_of

Run = Callable[..., tuple[int, str]]


def test_a_record_as_it_was_signed_verifies(tmp_path: Path, run: Run) -> None:
    ledger = record()

    code, said = run(ledger.file(tmp_path / "ledger.jsonl"))

    assert code == 0, said
    assert f"{len(ledger.leaves)} events" in said
    assert root_of(ledger.bytes_of_leaves).hex() in said
    assert f"{ledger.signers[0].vkey} (the key that it names itself, taken on trust" in said
    assert "Nothing on this record was altered since" in said
    assert "This does not prove that it is true or complete." in said


def test_a_record_without_events_verifies(tmp_path: Path, run: Run) -> None:
    assert run(Ledger().archive(tmp_path / "archive"))[0] == 0


@pytest.mark.parametrize("count", [1, 2, 3, 128, 255, 256, 257, 511, 512, 513])
def test_an_archive_of_any_size_verifies(
    tmp_path: Path, run: Run, long_record: Ledger, count: int
) -> None:
    ledger = Ledger()
    ledger.leaves = [*long_record.leaves[:count]]
    if count % 2:  # a question without its ask is no less unanswered
        assert ledger.leaves[-1].event["type"] == "question.created"

    code, said = run(ledger.archive(tmp_path / "archive"))

    assert code == 0, said


def test_a_tree_of_many_levels_has_the_root_of_rfc_6962() -> None:
    leaves = [bytes([n % 256, n >> 8 & 255, n >> 16]) for n in range(256 * 257 + 3)]
    tree = verify.Tree()
    for size, leaf in enumerate(leaves, 1):
        tree.add(leaf)
        if size in (1, 2, 3, 5, 70, 255, 256, 257, 65_535, 65_536, 65_537, len(leaves)):
            assert tree.root() == root_of(leaves[:size])


@pytest.mark.parametrize("seq", [1, 2, 255, 256, 257, 600])
@pytest.mark.parametrize("part", ["start", "middle", "end"])
def test_a_flipped_bit_in_a_leaf_is_found_with_its_seq(
    tmp_path: Path, run: Run, long_record: Ledger, seq: int, part: str
) -> None:
    archive = long_record.archive(tmp_path / "archive")
    path, leaf = archive / "ledger.jsonl", long_record.leaves[seq - 1]
    begin = path.read_bytes().index(leaf.line) + leaf.line.index(b'"leaf":') + 7
    where = {"start": 3, "middle": leaf.leaf.index(b"editor-paris"), "end": len(leaf.leaf) - 2}

    flip(path, begin + where[part])
    code, said = run(archive)

    assert (code, f"Event {seq}:" in said) == (1, True), said
    assert run(path)[0] == 1


@pytest.mark.parametrize("seq", [1, 256, 600])
@pytest.mark.parametrize("at", [0, 17, 18, 60, -1])
def test_a_flipped_bit_in_what_is_disclosed_is_found_with_its_seq(
    tmp_path: Path, run: Run, long_record: Ledger, seq: int, at: int
) -> None:
    path, line = long_record.file(tmp_path / "ledger.jsonl"), long_record.leaves[seq - 1].line
    end = line.index(b"]") + 1

    flip(path, path.read_bytes().index(line) + (at if at >= 0 else end + at))
    code, said = run(path)

    assert (code, f"Event {seq}:" in said) == (1, True), said


@pytest.mark.parametrize("where", ["checkpoint", "ledger.jsonl"])
def test_no_flipped_bit_in_a_checkpoint_goes_unnoticed(
    tmp_path: Path, run: Run, where: str
) -> None:
    ledger = Ledger()
    ledger.ask("q")
    archive, vkey = ledger.archive(tmp_path / "archive"), ledger.signers[0].vkey
    path = archive / where
    whole = path.read_bytes()
    note = ledger.note().encode()
    note = note if where == "checkpoint" else json.dumps(note.decode(), ensure_ascii=False).encode()
    begin = whole.index(note)
    for at in range(begin, begin + len(note)):
        for bit in (0, 5):
            flip(path, at, bit)
            code, said = run(archive, "--vkey", vkey)
            assert code == 1, (at - begin, bit, said)
            path.write_bytes(whole)
    assert run(archive, "--vkey", vkey)[0] == 0


@pytest.mark.parametrize(
    ("path", "at", "seq"),
    [
        ("tile/0/000", 0, 1),
        ("tile/0/000", 32 * 100 + 31, 101),
        ("tile/0/001", 32 * 255, 512),
        ("tile/0/002.p/88", 32 * 87 + 5, 600),
        ("tile/1/000.p/2", 0, 1),
        ("tile/1/000.p/2", 63, 257),
    ],
)
def test_a_flipped_bit_in_a_tile_is_found(
    tmp_path: Path, run: Run, long_record: Ledger, path: str, at: int, seq: int
) -> None:
    archive = long_record.archive(tmp_path / "archive")

    flip(archive / path, at)
    code, said = run(archive)

    assert code == 1
    assert f"Event {seq}: {path} " in said


@pytest.mark.parametrize("seq", [1, 2, 256, 257, 600])
def test_a_flipped_bit_in_an_entry_bundle_is_found(
    tmp_path: Path, run: Run, long_record: Ledger, seq: int
) -> None:
    archive = long_record.archive(tmp_path / "archive")
    name = "002.p/88" if seq > 512 else f"00{(seq - 1) // 256}"
    path = archive / "tile/entries" / name

    flip(path, path.read_bytes().index(long_record.leaves[seq - 1].leaf) + 40)
    code, said = run(archive)

    assert code == 1
    assert f"Event {seq}: tile/entries/{name} " in said


@pytest.mark.parametrize("path", ["tile/0/001", "tile/1/000.p/2", "tile/entries/002.p/88"])
@pytest.mark.parametrize("change", ["missing", "shorter", "longer"])
def test_a_tile_is_there_and_whole(
    tmp_path: Path, run: Run, long_record: Ledger, path: str, change: str
) -> None:
    file = long_record.archive(tmp_path / "archive") / path
    if change == "missing":
        file.unlink()
    else:
        file.write_bytes(
            file.read_bytes()[:-1] if change == "shorter" else file.read_bytes() + b"0"
        )

    code, said = run(tmp_path / "archive")

    assert code == 1
    assert path in said


@pytest.mark.parametrize("seq", [1, 2, 6])
@pytest.mark.parametrize("change", ["omitted", "swapped", "repeated"])
def test_events_out_of_place_are_found_with_the_first_seq(
    tmp_path: Path, run: Run, seq: int, change: str
) -> None:
    ledger = record()
    note, leaves = ledger.note(), ledger.leaves
    match change:
        case "omitted":
            del leaves[seq - 1]
        case "swapped":
            leaves[seq - 1], leaves[seq] = leaves[seq], leaves[seq - 1]
        case _:
            leaves.insert(seq, leaves[seq - 1])
            seq += 1

    code, said = run(ledger.file(tmp_path / "ledger.jsonl", note))

    assert code == 1
    assert f"Event {seq}: in its place stands one numbered" in said


@pytest.mark.parametrize("change", [-1, 1])
def test_a_ledger_that_is_not_as_long_as_its_checkpoint_says_is_refused(
    tmp_path: Path, run: Run, change: int
) -> None:
    ledger = record()
    note, count = ledger.note(), len(ledger.leaves)
    if change > 0:
        ledger.ask("later")
    else:
        ledger.leaves.pop()

    code, said = run(ledger.file(tmp_path / "ledger.jsonl", note))

    assert code == 1
    assert f"Event {count if change < 0 else count + 1}:" in said


def test_time_never_runs_backwards(tmp_path: Path, run: Run) -> None:
    ledger = record()
    ledger.leaves[4].event["recorded_at"] = "2025-04-30T00:00:00.000000Z"

    code, said = run(ledger.file(tmp_path / "ledger.jsonl"))

    assert code == 1
    assert "Event 5: it says that it was recorded before" in said
