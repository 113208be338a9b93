"""A process that appends events and signs checkpoints: `python -m tests.support.appender ACTOR`.

It says `ready`, begins when it is given a line, and prints every checkpoint that it signs as JSON.
"""

import asyncio
import json
import sys

from app.askers.models import Asker
from app.core import ids
from app.core.db import Database
from app.core.settings import Settings
from app.ledger import recorder
from app.transparency.signing import SignedLog

EVENTS, AT_ONCE = 1000, 4


def asker() -> Asker:
    """Return one more asker, to be recorded."""
    slug = f"asker-{ids.new('x')[2:]}"
    return Asker(
        id=ids.new("asker"), slug=slug, name=slug, kind="ngo", description=None, website=None
    )


async def append(database: Database, actor: str) -> None:
    """Append the events, a few in each transaction."""
    for _ in range(EVENTS // AT_ONCE):
        async with recorder.recording(database, actor=actor) as session:
            session.add_all([asker() for _ in range(AT_ONCE)])


async def sign(database: Database, signed: SignedLog, notes: set[str]) -> None:
    """Sign what there is, over and over."""
    while True:
        async with database.reading() as session:
            notes.add(await signed.checkpoint(session))
        await asyncio.sleep(0.005)


async def main(actor: str) -> None:
    """Append and sign at the same time, until all is appended and signed once more."""
    settings, notes = Settings(), set[str]()
    database = Database(settings)
    signed = SignedLog(settings, database)
    await signed.prepare()
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    appending = asyncio.create_task(append(database, actor))
    signing = [asyncio.create_task(sign(database, signed, notes)) for _ in range(2)]
    await asyncio.wait([appending, *signing], return_when=asyncio.FIRST_COMPLETED)
    await appending
    for task in signing:
        task.cancel()
    for ended in await asyncio.gather(*signing, return_exceptions=True):
        if not isinstance(ended, asyncio.CancelledError):
            raise RuntimeError("signing has ended") from ended
    async with database.reading() as session:
        notes.add(await signed.checkpoint(session))
    await database.close()
    print(json.dumps(sorted(notes)))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
