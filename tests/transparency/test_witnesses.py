"""Witnesses as they are set and asked: cosignatures, catching up, and conflicts."""

import asyncio
import base64
from collections.abc import AsyncIterator

import httpx
import pytest

from app.transparency import witnesses
from app.transparency.notes import NotANote, Signer
from app.transparency.witnesses import Conflict, Unavailable, Witness
from tests.support.witness import (
    ORIGIN,
    Cosigner,
    Log,
    WitnessServer,
    answering,
    assert_cosigned,
    cosign,
    old_sizes,
    witnessing,
)


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture
async def witness(log: Log) -> AsyncIterator[WitnessServer]:
    """A witness that knows the log, and has seen nothing of it yet."""
    async with witnessing() as server:
        server.trust(log.signer.verifier)
        yield server


def remember(witness: WitnessServer, log: Log, size: int) -> None:
    """Let the witness have cosigned that already."""
    witness.remembered[ORIGIN] = (size, log.root(size))


async def test_a_witness_that_has_seen_nothing_cosigns(witness: WitnessServer, log: Log) -> None:
    line = await cosign(witness, log, 7)

    assert_cosigned(line, witness, log, 7)
    assert witness.bodies == [f"old 0\n\n{log.note(7)}".encode()]


@pytest.mark.parametrize("old", range(1, 18))
async def test_a_witness_cosigns_what_continues_what_it_cosigned(
    witness: WitnessServer, log: Log, old: int
) -> None:
    for size in (old, 17, 18, 64, 70):
        remember(witness, log, old)
        assert_cosigned(await cosign(witness, log, size, known=old), witness, log, size)


async def test_a_request_is_written_as_the_specification_says(
    witness: WitnessServer, log: Log
) -> None:
    remember(witness, log, 3)
    proof = [base64.b64encode(one).decode() for one in await log.consistency(3, 7)]

    await cosign(witness, log, 7, known=3)

    assert len(proof) == 4
    assert witness.bodies == ["\n".join(["old 3", *proof, "", log.note(7)]).encode()]


async def test_an_empty_log_is_cosigned_too(witness: WitnessServer, log: Log) -> None:
    assert_cosigned(await cosign(witness, log, 0), witness, log, 0)


async def test_a_checkpoint_is_cosigned_as_often_as_asked(witness: WitnessServer, log: Log) -> None:
    await cosign(witness, log, 7)

    assert_cosigned(await cosign(witness, log, 7, known=7), witness, log, 7)
    assert old_sizes(witness) == ["old 0", "old 7"]
    assert log.proofs == []


@pytest.mark.parametrize(("held", "known"), [(5, 0), (5, 3), (5, 8), (5, 10), (10, 0), (0, 4)])
async def test_a_witness_at_another_size_is_asked_again_from_there(
    witness: WitnessServer, log: Log, held: int, known: int
) -> None:
    remember(witness, log, held)

    line = await cosign(witness, log, 10, known=known)

    assert_cosigned(line, witness, log, 10)
    assert old_sizes(witness) == [f"old {known}", f"old {held}"]


async def test_a_known_size_larger_than_the_log_is_not_sent(
    witness: WitnessServer, log: Log
) -> None:
    remember(witness, log, 4)

    assert_cosigned(await cosign(witness, log, 7, known=12), witness, log, 7)
    assert old_sizes(witness) == ["old 7", "old 4"]


@pytest.mark.parametrize("known", [0, 3, 10, 12])
@pytest.mark.parametrize("flavour", ["", "other"])
async def test_a_witness_at_a_larger_size_is_a_conflict(
    witness: WitnessServer, log: Log, known: int, flavour: str
) -> None:
    remember(witness, Log(flavour), 12)

    with pytest.raises(Conflict, match="over 12 entries, and was now shown one over 10") as caught:
        await cosign(witness, log, 10, known=known)

    assert caught.value.size == 12
    assert len(witness.bodies) == 1


@pytest.mark.parametrize("known", [0, 3, 10])
async def test_a_witness_of_another_root_at_the_same_size_is_a_conflict(
    witness: WitnessServer, log: Log, known: int
) -> None:
    remember(witness, Log("other"), 10)

    with pytest.raises(Conflict, match="another root"):
        await cosign(witness, log, 10, known=known)


async def test_another_root_is_a_conflict_also_where_the_size_is_told_with_it(
    witness: WitnessServer, log: Log
) -> None:
    witness.answer = answering(409, "10\n", Content_Type="text/x.tlog.size")

    with pytest.raises(Conflict, match="another root"):
        await cosign(witness, log, 10, known=10)


@pytest.mark.parametrize("known", [0, 3, 5])
async def test_a_witness_of_a_history_that_is_not_continued_is_a_conflict(
    witness: WitnessServer, log: Log, known: int
) -> None:
    remember(witness, Log("other"), 5)

    with pytest.raises(Conflict, match="over 5 entries, and the log of 10"):
        await cosign(witness, log, 10, known=known)
    assert witness.remembered[ORIGIN] == (5, Log("other").root(5))


async def test_a_conflict_says_what_happened_and_what_to_do(
    witness: WitnessServer, log: Log
) -> None:
    remember(witness, Log("other"), 5)

    with pytest.raises(Conflict) as caught:
        await cosign(witness, log, 10)

    for part in ("witness.example/w1", "another history", "Signing stops", "backup", "log open"):
        assert part in str(caught.value)
    assert caught.value.size is None


async def test_a_proof_refused_where_none_is_needed_is_no_conflict(
    witness: WitnessServer, log: Log
) -> None:
    """From an empty tree on there is nothing that a history could differ in."""
    witness.answer = answering(422)

    with pytest.raises(Unavailable, match="422"):
        await cosign(witness, log, 10)


async def test_of_two_checkpoints_at_once_none_takes_the_witness_back(
    witness: WitnessServer, log: Log
) -> None:
    remember(witness, log, 3)
    asked = [cosign(witness, log, size, known=3) for size in (10, 20, 15, 5)]

    await asyncio.gather(*asked, return_exceptions=True)

    assert witness.remembered[ORIGIN] == (20, log.root(20))


async def test_what_is_no_checkpoint_is_not_sent(witness: WitnessServer, log: Log) -> None:
    asked = witnesses.parse(witness.entry)
    text = "no checkpoint\n"
    async with httpx.AsyncClient() as client:
        for note in ("", log.text(3), f"{text}\n{log.signer.sign(text)}"):
            with pytest.raises(NotANote):
                await witnesses.cosign(client, asked, note, log.consistency, 0)
    assert witness.bodies == []


async def test_a_failure_to_make_the_proof_is_nothing_of_the_witness(
    witness: WitnessServer, log: Log
) -> None:
    async def fail(old: int, new: int) -> list[bytes]:
        raise LookupError(old, new)

    async with httpx.AsyncClient() as client:
        with pytest.raises(LookupError):
            await witnesses.cosign(client, witnesses.parse(witness.entry), log.note(9), fail, 4)
    assert witness.bodies == []


@pytest.mark.parametrize("url", ["https://w.example", "http://[::1]:80/a", "https://w.example/a/b"])
@pytest.mark.parametrize("end", ["", "/"])
def test_a_witness_is_set_as_its_key_and_its_address(url: str, end: str) -> None:
    verifier = Cosigner("witness.example/w1").verifier

    assert witnesses.parse(f" {verifier.vkey}  {url}{end} ") == Witness(url, verifier)


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        ("", "verifier key, a space, its address"),
        ("https://w.example", "verifier key, a space, its address"),
        ("{key}", "verifier key, a space, its address"),
        ("{key} https://w.example more", "verifier key, a space, its address"),
        ("https://w.example {key}", "has no verifier key. .*name.id.key"),
        ("{key}x https://w.example", "has no verifier key. "),
        ("{log_key} https://w.example", "kind 1.*kind 4"),
        ("{key} w.example", r"witness\.example/w1 is not http"),
        ("{key} ftp://w.example", "address of the witness"),
        ("{key} file:///etc/passwd", "address of the witness"),
        ("{key} https://", "address of the witness"),
        ("{key} https://[::1", "address of the witness"),
        ("{key} https://xn--a/", "address of the witness"),
        (f"{{key}} https://{'a' * 64}.example", "address of the witness"),
        ("{key} https://w.example:99999", "address of the witness"),
        ("{key} https://me:secret@w.example", "without user"),
        ("{key} https://w.example?a=b", "without user, query"),
        ("{key} https://w.example#a", "query and fragment"),
    ],
)
def test_what_is_no_witness_is_told_why(entry: str, why: str) -> None:
    key = Cosigner("witness.example/w1").verifier.vkey
    log_key = Signer.generate("witness.example/w1").verifier.vkey

    with pytest.raises(ValueError, match=why):
        witnesses.parse(entry.format(key=key, log_key=log_key))
