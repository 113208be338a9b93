"""Publishing drafts when their hour comes, beside the rest of the worker, until it is stopped.

A draft is taken, written and marked in one transaction under the ledger lock, so that any number of
workers publish it once, and one that dies has published nothing. What does not fit the record is
marked in a transaction of its own; what only the database did not let happen is tried again.
"""

import asyncio
import traceback

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.core.db import Database, is_passing
from app.core.errors import Internal, NotFound, Problem, Unavailable
from app.drafts import queries, service
from app.drafts.models import Draft, DraftStatus
from app.ledger import recorder

LOOK = 5.0
"""Seconds after which it looks again without having been woken: on SQLite one does not hear of what
other processes save, and a clock may have been set."""
PAUSE = 0.2
"""Seconds between two looks at the least: commits that come meanwhile share one."""
RETRY = 1.0
"""Seconds after which it tries again what the database did not let happen."""
BATCH = 50

log = structlog.get_logger("answerable.drafts")


class Embargoes:
    """Publishes what is due."""

    def __init__(self, database: Database, secret: bytes) -> None:
        self._database = database
        self._secret = secret
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """End after the draft under way."""
        self._stopping.set()

    async def run(self) -> None:
        """Publish each draft at its hour. A database that is away is waited for."""
        async with self._database.commits() as woken:
            while not self._stopping.is_set():
                woken.clear()
                wait = await self._round()
                await self._rest(self._stopping, min(wait, PAUSE))
                if wait > PAUSE and not self._stopping.is_set():
                    await self._rest_until_woken(woken, wait - PAUSE)

    async def publish_due(self) -> float:
        """Publish what is due; return for how many seconds there is nothing more to do."""
        while True:
            async with self._database.reading() as session:
                waiting = await queries.waiting(session, BATCH)
            now = clock.now()
            due = [draft_id for draft_id, hour in waiting if hour <= now]
            for draft_id in due:
                if self._stopping.is_set():
                    return 0
                await self.publish(draft_id)
            if not due:
                return min(LOOK, (waiting[0][1] - now).total_seconds()) if waiting else LOOK

    async def publish(self, draft_id: str) -> None:
        """Publish one draft if it is due, or mark it with the problem that stopped it.

        Raises:
            Unavailable, or what the database raises: it does not answer, and nothing has changed.
        """
        tried: int | None = None
        try:
            async with recorder.recording(self._database, actor="") as session:
                draft = await _due(session, draft_id)
                if draft is None:
                    return
                tried = draft.version
                await service.release(session, draft, self._secret)
        except Unavailable:
            raise
        except Problem as problem:
            await self._fail(draft_id, tried, problem)
        except Exception as error:
            if is_passing(error):
                raise
            log.error("draft failed unexpectedly", draft=draft_id, **_without_text(error))
            await self._fail(draft_id, tried, Internal("This service failed; it logged where."))
        else:
            log.info("draft published", draft=draft_id)

    async def _fail(self, draft_id: str, tried: int | None, problem: Problem) -> None:
        """Mark a draft that did not fit, unless it was changed or deleted meanwhile."""
        async with self._database.writing() as session:
            draft = await _due(session, draft_id)
            if draft is None or draft.version != tried:
                return
            service.fail(draft, problem, self._secret)
        log.warning("draft not published", draft=draft_id, problem=problem.slug)

    async def _round(self) -> float:
        try:
            return await self.publish_due()
        except Exception as error:
            if is_passing(error) or isinstance(error, Unavailable):
                log.warning("drafts wait for the database", error=type(error).__name__)
            else:
                log.error("drafts cannot be published; trying again", **_without_text(error))
            return RETRY

    async def _rest_until_woken(self, woken: asyncio.Event, seconds: float) -> None:
        waiting = [asyncio.create_task(one.wait()) for one in (woken, self._stopping)]
        try:
            await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waiting:
                task.cancel()

    @staticmethod
    async def _rest(event: asyncio.Event, seconds: float) -> None:
        try:
            await asyncio.wait_for(event.wait(), seconds)
        except TimeoutError:
            return


async def _due(session: AsyncSession, draft_id: str) -> Draft | None:
    """Return a draft whose hour has come, to be changed; None when it is not due any more."""
    try:
        draft = await queries.lock(session, draft_id)
    except NotFound:
        return None
    is_due = draft.publish_at is not None and draft.publish_at <= clock.now()
    return draft if is_due and draft.status == DraftStatus.WAITING else None


def _without_text(error: Exception) -> dict[str, str]:
    """Describe a failure by its place: its words may repeat what is not public."""
    frames = traceback.format_tb(error.__traceback__)
    return {"error": type(error).__name__, "where": "".join(frames[-4:])}
