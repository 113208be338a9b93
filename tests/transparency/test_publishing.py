"""Witnesses cosign what is published; one that has seen another history stops the signing."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from structlog.testing import capture_logs

from app.core.db import Database
from app.core.errors import Unavailable
from app.core.settings import Settings
from app.ledger import tree
from app.transparency import notes, publishing, queries
from app.transparency.notes import Checkpoint, Note, Signer, Verifier
from app.transparency.publishing import Publisher
from app.transparency.signing import SignedLog
from app.transparency.vault import checkpoint_of
from tests.conftest import LOG_KEY
from tests.support.client import Client
from tests.support.make import Make
from tests.support.witness import WitnessServer, answering, witnessing
from tests.transparency.test_signing import add_asker, started

LOG = Signer.parse(LOG_KEY).verifier
ORIGIN = LOG.name


@pytest.fixture
async def witness() -> AsyncIterator[WitnessServer]:
    async with witnessing() as server:
        server.trust(LOG)
        yield server


@pytest.fixture
async def second() -> AsyncIterator[WitnessServer]:
    async with witnessing("witness.example/w2") as server:
        server.trust(LOG)
        yield server


@pytest.fixture
def settings(settings: Settings, witness: WitnessServer, second: WitnessServer) -> Settings:
    return settings.model_copy(update={"log_witnesses": (witness.entry, second.entry)})


@pytest.fixture
def publisher(settings: Settings, web: FastAPI) -> Publisher:
    return Publisher(settings, web.state.database, web.state.log)


async def publish(publisher: Publisher) -> bool:
    async with httpx.AsyncClient() as client:
        return await publisher.publish(client)


async def served(reader: Client) -> Note:
    answer = await reader.http.get("/log/checkpoint")
    assert answer.status_code == 200, answer.text
    return notes.parse(answer.text)


def size_of(note: Note) -> int:
    return Checkpoint.parse(note.text).size


def signers(note: Note, *keys: Verifier) -> list[str]:
    """Verify a note with the log's key and others; return who has signed."""
    return [key.name for key in notes.verified(note, [LOG, *keys])]


async def test_the_published_checkpoint_is_cosigned_and_catches_up(
    publisher: Publisher, reader: Client, make: Make, witness: WitnessServer, second: WitnessServer
) -> None:
    keys = (witness.verifier, second.verifier)
    await make.company()
    assert await publish(publisher)
    first = await served(reader)
    assert (size_of(first), signers(first, *keys)) == (1, [ORIGIN, *(key.name for key in keys)])
    await make.question()
    assert await served(reader) == first  # until it is cosigned anew

    assert await publish(publisher)

    later = await served(reader)
    assert size_of(later) == len(await reader.events()) > 2
    assert len(signers(later, *keys)) == 3
    assert witness.bodies[-1].startswith(b"old 1\n")


async def test_an_event_newer_than_the_published_checkpoint_is_proved_by_the_log_alone(
    publisher: Publisher, reader: Client, make: Make, witness: WitnessServer, second: WitnessServer
) -> None:
    keys = (witness.verifier, second.verifier)
    await make.company()
    await publish(publisher)
    await make.asker()

    for seq, size, count in ((1, 1, 3), (2, 2, 1)):
        proof = await reader.get(f"/v1/events/{seq}/proof")
        note = notes.parse(proof["checkpoint"])
        assert len(signers(note, *keys)) == count
        hashes = [bytes.fromhex(value) for value in proof["hashes"]]
        leaf = tree.leaf_hash(proof["leaf"].encode())
        root = Checkpoint.parse(note.text).root
        tree.verify_inclusion(seq - 1, size, leaf, hashes, root)


async def test_without_a_witness_that_is_down_it_is_published_and_the_witness_asked_again(
    publisher: Publisher, reader: Client, make: Make, witness: WitnessServer, second: WitnessServer
) -> None:
    keys = (witness.verifier, second.verifier)
    await make.company()
    second.answer = answering(503)

    assert not await publish(publisher)

    assert signers(await served(reader), *keys) == [ORIGIN, witness.verifier.name]
    second.answer, witness.answer = None, answering(500)
    assert not await publish(publisher)
    # what the first has cosigned is not lost because it is away now
    assert sorted(signers(await served(reader), *keys)) == sorted([ORIGIN, *(k.name for k in keys)])


async def test_before_anything_is_published_the_log_signs_alone(reader: Client, make: Make) -> None:
    await make.company()
    note = await served(reader)
    assert (size_of(note), len(note.signatures)) == (1, 1)


def seen(witness: WitnessServer, size: int) -> None:
    """Let a witness have cosigned another history."""
    _, peaks = tree.append(0, [], [tree.leaf_hash(b"%d" % number) for number in range(size)])
    witness.remembered[ORIGIN] = (size, tree.root(peaks))


@pytest.mark.parametrize("size", [2, 3, 9])
async def test_a_witness_of_another_history_stops_the_signing_and_nothing_else(
    publisher: Publisher,
    reader: Client,
    make: Make,
    settings: Settings,
    database: Database,
    witness: WitnessServer,
    size: int,
) -> None:
    await make.company()
    assert await publish(publisher)
    await make.asker()
    await make.asker("bbc")
    seen(witness, size)

    with capture_logs() as logs, pytest.raises(Unavailable, match="another history"):
        await publish(publisher)

    alarms = [one for one in logs if one["log_level"] == "critical"]
    assert [one["witness"] for one in alarms] == [witness.verifier.name]
    await refused(reader)
    assert (await reader.http.get("/v1/events/1/proof")).status_code == 503
    assert (await reader.http.get("/v1/exports/ledger.jsonl")).status_code == 503
    with pytest.raises(Unavailable):  # and no witness is asked any more
        await publish(publisher)
    await make.question()
    assert len(await reader.events()) > 3
    async with started(settings) as (base, signed):
        assert "another history" in str(signed.refusal)
        await add_asker(base)
    await refused(reader)


async def refused(reader: Client) -> None:
    problem: Any = await reader.get("/log/checkpoint", expect=503)
    assert "The log is not signed at present." in problem["detail"]
    assert "The witness witness.example/w1 has" in problem["detail"]
    assert "answerable log open" in problem["detail"]


async def test_an_alarm_in_another_process_is_heeded_at_once(
    publisher: Publisher, settings: Settings, reader: Client, make: Make
) -> None:
    await make.company()
    await publish(publisher)
    async with started(settings) as (_, another):
        another.vault.stop("The witness witness.example/w1 has … answerable log open …")

    await refused(reader)


async def test_two_that_publish_the_same_log_are_no_alarm(
    publisher: Publisher,
    settings: Settings,
    reader: Client,
    make: Make,
    witness: WitnessServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await make.company()
    async with started(settings) as (base, signed):
        other = Publisher(settings, base, signed)
        checkpoint = SignedLog.checkpoint

        async def then_another_is_quicker(self: SignedLog, session: Any) -> str:
            note = await checkpoint(self, session)
            monkeypatch.setattr(SignedLog, "checkpoint", checkpoint)
            await make.asker()
            assert await publish(other)
            return note

        monkeypatch.setattr(SignedLog, "checkpoint", then_another_is_quicker)
        with capture_logs() as logs:
            assert not await publish(publisher)

    assert not [one for one in logs if one["log_level"] == "critical"]
    assert witness.remembered[ORIGIN][0] == 2
    newest = await served(reader)
    assert (size_of(newest), len(newest.signatures)) == (2, 3)
    assert await publish(publisher)


async def test_it_publishes_after_commits_until_it_is_stopped(
    publisher: Publisher,
    reader: Client,
    make: Make,
    second: WitnessServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(publishing, "PAUSE", 0.01)
    monkeypatch.setattr(publishing, "LOOK_AGAIN", 0.1)
    running = asyncio.create_task(publisher.run())
    await make.company()
    await until(reader, size=1, signatures=3)
    second.answer = answering(503)
    await make.asker()
    await until(reader, size=2, signatures=2)
    second.answer = None
    await until(reader, size=2, signatures=3)
    publisher.stop()
    await running


async def test_what_another_process_records_is_signed_soon(
    web: FastAPI, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publishing, "PAUSE", 0.01)
    monkeypatch.setattr(publishing, "LOOK", 0.05)
    alone = settings.model_copy(update={"log_witnesses": ()})
    publisher = Publisher(alone, web.state.database, web.state.log)
    running = asyncio.create_task(publisher.run())
    other = Database(settings)
    for size in (1, 2):
        await add_asker(other)
        async with asyncio.timeout(60):
            while True:
                kept = publisher._signed.vault.last()
                if kept is not None and checkpoint_of(kept).size == size:
                    break
                await asyncio.sleep(0.02)
    publisher.stop()
    await running
    await other.close()


async def test_a_database_that_is_away_for_a_moment_does_not_end_the_publisher(
    publisher: Publisher, reader: Client, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publishing, "PAUSE", 0.01)
    monkeypatch.setattr(publishing, "LOOK", 0.01)
    looked = asyncio.Event()

    async def away(session: Any) -> Any:
        looked.set()
        raise OSError("The database does not answer.")

    await make.company()
    running = asyncio.create_task(publisher.run())
    await until(reader, size=1, signatures=3)
    with monkeypatch.context() as patch:
        patch.setattr(queries, "head", away)
        await looked.wait()
    await make.asker()
    await until(reader, size=2, signatures=3)
    publisher.stop()
    await running


async def until(reader: Client, *, size: int, signatures: int) -> None:
    """Wait until a checkpoint of this size, signed by so many, is served."""
    async with asyncio.timeout(60):
        while True:
            note = await served(reader)
            if (size_of(note), len(note.signatures)) == (size, signatures):
                return
            await asyncio.sleep(0.02)


def test_a_witness_that_is_not_set_as_it_should_be_is_a_clear_error(web: FastAPI) -> None:
    wrong = web.state.settings.model_copy(update={"log_witnesses": ("nobody",)})
    with pytest.raises(RuntimeError, match="ANSWERABLE_LOG_WITNESSES: A witness is set as"):
        Publisher(wrong, web.state.database, web.state.log)
