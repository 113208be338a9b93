"""How imports go: their notes in the database, and the work itself.

A note is written before the work begins, in a transaction of its own. That an import is done is
written in the transaction of the import; so whatever is said to be under way, and nobody holds, has
ended with its process and left nothing.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy import delete, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.core.db import Database
from app.core.holding import holding
from app.core.tables import table_of
from app.imports import service
from app.imports.models import Import, ImportJob, ImportStatus
from app.imports.schemas import ImportReport
from app.imports.service import ImportRefused, Job
from app.ledger import recorder

JOB = table_of(ImportJob)
IMPORT = table_of(Import)
KEPT = timedelta(days=30)
"""For so long a report is kept, and the note of an import that recorded nothing."""
EVERY = 1.0
"""Seconds after which the note says anew how many rows are done."""
log = structlog.get_logger("answerable.imports")

Finish = Callable[[AsyncSession, ImportReport], Awaitable[None]]
"""Writes something in the transaction of an import, at its end."""


class Running:
    """The imports that this process is doing."""

    def __init__(self) -> None:
        self._jobs: dict[str, Job] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def done(self, job_id: str) -> int | None:
        """Return how many rows of an import are done; None if another process does it."""
        job = self._jobs.get(job_id)
        return job.done if job is not None else None

    @asynccontextmanager
    async def doing(self, job: Job) -> AsyncIterator[None]:
        """Count an import as being done here while the block runs."""
        self._jobs[job.id] = job
        try:
            yield
        finally:
            del self._jobs[job.id]

    def start(self, work: Any) -> None:
        """Do work that nobody waits for."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # its note says what came of it

    async def close(self) -> None:
        """End all work; what was under way leaves nothing."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


@asynccontextmanager
async def begun(
    database: Database, running: Running, job: Job, also: Callable[[AsyncSession], Awaitable[None]]
) -> AsyncIterator[None]:
    """Note that an import begins, and hold it while the block runs.

    also: writes something in the transaction of the note.
    """
    async with holding(database, job.id), running.doing(job):
        async with database.writing() as session:
            await _forget_old(session)
            session.add(_note(job))
            await also(session)
        yield


def _note(job: Job) -> ImportJob:
    return ImportJob(
        id=job.id,
        actor=job.actor,
        kind=job.upload.layout.kind.value,
        status=ImportStatus.RUNNING.value,
        dry_run=job.dry_run,
        sha256=job.upload.sha256,
        rows_done=0,
        rows_total=job.upload.rows,
        created_at=clock.now(),
    )


async def work(database: Database, job: Job, finish: Finish) -> ImportReport:
    """Do an import, and note what came of it.

    Raises:
        ImportRefused: a row is not right; nothing is kept.
    """
    telling = asyncio.create_task(_tell(database, job)) if not database.is_sqlite else None
    try:
        async with recorder.recording(database, actor=job.actor) as session:
            _, report = await service.bring(session, job)
            if not job.dry_run:
                await _end(session, job, ImportStatus.DONE, report)
                await finish(session, report)
    except ImportRefused as refused:
        await _note_end(database, job, ImportStatus.REFUSED, refused.report)
        raise
    except Exception as error:
        log.warning("import failed", import_id=job.id, error=type(error).__name__)
        await _note_end(database, job, ImportStatus.FAILED, None)
        raise
    finally:
        if telling is not None:
            telling.cancel()
            with suppress(asyncio.CancelledError):
                await telling
    if job.dry_run:
        await _note_end(database, job, ImportStatus.DONE, report)
    return report


async def _note_end(
    database: Database, job: Job, status: ImportStatus, report: ImportReport | None
) -> None:
    """Note the end of what left nothing. Without it the import counts as interrupted."""
    try:
        async with database.writing() as session:
            await _end(session, job, status, report)
    except Exception as error:
        log.warning("end of import not noted", import_id=job.id, error=type(error).__name__)


async def _end(
    session: AsyncSession, job: Job, status: ImportStatus, report: ImportReport | None
) -> None:
    change = update(ImportJob).where(JOB.c.id == job.id)
    values = {
        "status": status.value,
        "rows_done": job.done,
        "finished_at": clock.now(),
        "report": report.model_dump_json() if report is not None else None,
    }
    await session.execute(change.values(**values))


async def _tell(database: Database, job: Job) -> None:
    """Note from time to time how many rows are done, for those who ask another process."""
    while True:
        await asyncio.sleep(EVERY)
        with suppress(Exception):
            async with database.writing() as session:
                change = update(ImportJob).where(JOB.c.id == job.id)
                await session.execute(change.values(rows_done=job.done))


async def _forget_old(session: AsyncSession) -> None:
    """Forget reports, and notes of imports that recorded nothing, after a time."""
    is_old = JOB.c.created_at < clock.now() - KEPT
    recorded = IMPORT.c.id == JOB.c.id
    await session.execute(update(ImportJob).where(is_old).values(report=None))
    await session.execute(
        delete(ImportJob).where(is_old, ~IMPORT.select().where(recorded).exists())
    )


async def forget(session: AsyncSession) -> None:
    """Forget all reports: they quote what may not be read any more."""
    await session.execute(update(ImportJob).values(report=None))
