"""Two processes append to one database at once, and sign into one directory: one lineage."""

import asyncio
import json
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

from sqlalchemy import select

from app.core.db import Database
from app.core.settings import Settings
from app.ledger import tree
from app.ledger.queries import EVENT
from app.transparency import audit, notes, queries
from app.transparency.notes import Checkpoint, Signer
from tests.conftest import LOG_KEY, ROOT
from tests.support.appender import EVENTS
from tests.support.server import environment
from tests.transparency.test_signing import add_asker, checkpoint, started

ACTORS = ("one", "two")


def run_both(settings: Settings) -> list[str]:
    """Run the processes at the same time, and return what they have signed."""
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.support.appender", actor],
            env=environment(settings),
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for actor in ACTORS
    ]
    try:
        for process in running:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        for process in running:
            assert process.stdin is not None
            process.stdin.write("begin\n")
            process.stdin.flush()
        outputs = [process.communicate(timeout=120)[0] for process in running]
    finally:
        for process in running:
            process.kill()
            process.wait()
    assert [process.returncode for process in running] == [0, 0]
    return [note for output in outputs for note in json.loads(output)]


async def test_two_processes_append_one_lineage_and_sign_nothing_else(
    settings: Settings, database: Database
) -> None:
    noted = await asyncio.to_thread(run_both, settings)

    async with database.reading() as session:
        query = select(EVENT.c.seq, EVENT.c.actor, EVENT.c.leaf).order_by(EVENT.c.seq)
        events = (await session.execute(query)).all()
        head = await queries.head(session)
        signed = [Checkpoint.parse(notes.parse(note).text) for note in noted]
        checker = await audit.check(session, {one.size for one in signed})
    assert [event.seq for event in events] == list(range(1, 2 * EVENTS + 1))
    actors = [event.actor for event in events]
    assert [actors.count(actor) for actor in ACTORS] == [EVENTS, EVENTS]
    changes = sum(one != other for one, other in pairwise(actors))
    assert changes > 1  # they did it at the same time
    rebuilt = tree.append(0, [], [tree.leaf_hash(event.leaf) for event in events])[1]
    assert (head.size, head.root) == (2 * EVENTS, tree.root(rebuilt))

    key = Signer.parse(LOG_KEY).verifier
    assert all(notes.verified(notes.parse(note), [key]) for note in noted)
    assert len({one.size for one in signed}) > 2
    assert all(checker.roots[one.size][0] == one.root for one in signed)
    last = notes.parse((Path(settings.log_dir) / "checkpoint").read_text())
    assert Checkpoint.parse(last.text).size == 2 * EVENTS


async def test_a_session_that_sees_less_than_another_process_has_signed_is_no_fork(
    settings: Settings,
) -> None:
    async with started(settings) as (base, signed), started(settings) as (other, signs_too):
        await add_asker(base)
        async with base.reading() as session:
            assert (await queries.head(session)).size == 1
            await add_asker(other)
            await checkpoint(other, signs_too)

            note = notes.parse(await signed.checkpoint(session))

            assert Checkpoint.parse(note.text).size == (await queries.head(session)).size == 2
        await add_asker(base)
        assert (await checkpoint(base, signed)).size == 3
