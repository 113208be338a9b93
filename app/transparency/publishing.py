"""Signing the log soon after every commit, and asking witnesses to cosign it (C2SP tlog-witness).

The worker does it, so that what was signed last, kept outside the database, is never far behind
what was told. A witness that has seen another history of this log is an alarm: then nothing is
signed any more until somebody has looked.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable

import httpx
import structlog
from sqlalchemy import delete, insert

from app.core import clock
from app.core.db import Database, is_passing
from app.core.errors import Unavailable
from app.core.settings import Settings
from app.ledger import tree
from app.transparency import queries, witnesses
from app.transparency.models import PUBLISHED
from app.transparency.notes import Checkpoint, parse
from app.transparency.queries import Head
from app.transparency.signing import SignedLog
from app.transparency.witnesses import Conflict, Witness

PAUSE = 1.0
"""Seconds between two rounds at the least: events that come meanwhile share one."""
LOOK_AGAIN = 60.0
"""Seconds after which witnesses that were not reached are asked again."""
LOOK = 5.0
"""Seconds after which it is looked whether there is more to sign: on SQLite one does not hear of
what other processes, such as commands, record; and a database may have been exchanged."""

log = structlog.get_logger("answerable.log")


def configured(settings: Settings) -> list[Witness]:
    """Return the witnesses of the settings.

    Raises:
        RuntimeError: one is not set as it should be.
    """
    try:
        return [witnesses.parse(entry) for entry in settings.log_witnesses]
    except ValueError as error:
        raise RuntimeError(f"ANSWERABLE_LOG_WITNESSES: {error}") from None


class Publisher:
    """Signs checkpoints, has them cosigned and publishes them, until it is stopped."""

    def __init__(self, settings: Settings, database: Database, signed: SignedLog) -> None:
        self._witnesses = configured(settings)
        self._database = database
        self._signed = signed
        self._known: dict[str, int] = {}
        self._seen: Head | None = None
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """End after the round under way."""
        self._stopping.set()

    async def run(self) -> None:
        """Publish after every commit, and again while a witness is missing."""
        async with self._database.commits() as woken, httpx.AsyncClient() as client:
            while not self._stopping.is_set():
                woken.clear()
                complete = await self._round(client)
                await self._wait(self._stopping, PAUSE)
                if not self._stopping.is_set():
                    await self._wait_for_news(woken, LOOK_AGAIN * (10 if complete else 1))
            if woken.is_set() and not self._witnesses:
                await self._round(client)

    async def publish(self, client: httpx.AsyncClient) -> bool:
        """Have the newest checkpoint cosigned and publish it; tell whether all witnesses did.

        Raises:
            Unavailable: nothing is signed at present, or a witness has seen another history.
        """
        async with self._database.reading() as session:
            self._seen = await queries.head(session)  # first: what is refused is not asked at once
            note = await self._signed.checkpoint(session)
        if not self._witnesses:
            return True
        asked = (self._ask(client, one, note) for one in self._witnesses)
        lines = await asyncio.gather(*asked, return_exceptions=True)
        for line in lines:
            if isinstance(line, BaseException):
                raise line  # only now, so that every alarm is told
        await self._keep(note + "".join(line for line in lines if isinstance(line, str)))
        return None not in lines

    async def _round(self, client: httpx.AsyncClient) -> bool:
        try:
            return await self.publish(client)
        except Unavailable as error:
            log.warning("checkpoint not published", reason=error.detail)
        except Exception:
            log.exception("checkpoint not published")
        return False

    async def _ask(self, client: httpx.AsyncClient, witness: Witness, note: str) -> str | None:
        """Return a witness's cosignature, None when it could not be had."""
        name = witness.verifier.name
        try:
            line = await witnesses.cosign(
                client, witness, note, self._consistency(), self._known.get(name, 0)
            )
        except Conflict as error:
            if error.size is not None and error.size <= await self._size():
                return None  # another process has had a newer checkpoint cosigned meanwhile
            why = f"The witness {name} has seen another history of this log. {error}"
            self._signed.vault.stop(why)
            log.critical("witness conflict; signing stopped", witness=name, reason=str(error))
            raise Unavailable(why) from None
        except witnesses.Unavailable as error:
            log.warning("witness did not cosign", witness=name, reason=str(error))
            return None
        self._known[name] = Checkpoint.parse(parse(note).text).size
        return line

    async def _size(self) -> int:
        async with self._database.reading() as session:
            return (await queries.head(session)).size

    def _consistency(self) -> Callable[[int, int], Awaitable[list[bytes]]]:
        async def prove(old: int, new: int) -> list[bytes]:
            async with self._database.reading() as session:
                return await queries.proof(session, tree.consistency(old, new))

        return prove

    async def _keep(self, note: str) -> None:
        size = Checkpoint.parse(parse(note).text).size
        async with self._database.writing() as session:
            row = await queries.published(session)
            if row is not None and row.size > size:
                return
            if row is not None:
                note = _joined(note, row.note)
            await session.execute(delete(PUBLISHED))
            values = {"id": 1, "size": size, "note": note, "published_at": clock.now()}
            await session.execute(insert(PUBLISHED).values(**values))

    async def _wait_for_news(self, woken: asyncio.Event, seconds: float) -> None:
        """Wait until there may be something to do, or for so long."""
        until = time.monotonic() + seconds
        while not (woken.is_set() or self._stopping.is_set()):
            left = until - time.monotonic()
            if left <= 0 or await self._is_moved():
                return
            await self._wait_for_any(woken, min(LOOK, left))

    async def _is_moved(self) -> bool:
        try:
            async with self._database.reading() as session:
                return await queries.head(session) != self._seen
        except Exception as error:
            return not is_passing(error)  # then the next round tells of it

    async def _wait_for_any(self, woken: asyncio.Event, seconds: float) -> None:
        waiting = [asyncio.create_task(one.wait()) for one in (woken, self._stopping)]
        try:
            await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waiting:
                task.cancel()

    @staticmethod
    async def _wait(event: asyncio.Event, seconds: float) -> None:
        try:
            await asyncio.wait_for(event.wait(), seconds)
        except TimeoutError:
            return


def _joined(note: str, former: str) -> str:
    """Keep who has signed the same checkpoint before, and could not be asked again."""
    new, old = parse(note), parse(former)
    if new.text != old.text:
        return note
    there = {(one.name, one.key_id) for one in new.signatures}
    more = (one.line for one in old.signatures if (one.name, one.key_id) not in there)
    return note + "".join(more)
