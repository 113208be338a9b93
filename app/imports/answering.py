"""How an import is answered: when it is done, or at once while it goes on; and how it stands."""

import asyncio
from typing import Any

from fastapi import Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import idempotency
from app.core.holding import is_held
from app.core.sessions import database_of, secret_of
from app.imports import jobs, queries, service
from app.imports.jobs import Running
from app.imports.models import ImportStatus
from app.imports.queries import Known
from app.imports.schemas import ImportRead, ImportReport, ImportSummary
from app.imports.service import Job

PRIVATE = {"Cache-Control": "private, no-cache"}
ASYNC = "respond-async"


def _running(request: Request) -> Running:
    found: Running = request.app.state.imports
    return found


class Importing:
    """Does one import, and answers."""

    def __init__(
        self,
        request: Request,
        public_url: str,
        job: Job,
        claimed: idempotency.Claim | None,
    ) -> None:
        self._database, self._running = database_of(request), _running(request)
        self._secret, self._job, self._claimed = secret_of(request), job, claimed
        self._public_url = public_url
        self._answer: Response | None = None

    async def now(self) -> Response:
        """Do it, and answer with the report."""
        async with jobs.begun(self._database, self._running, self._job, _nothing):
            report = await jobs.work(self._database, self._job, self._remember)
        if self._answer is None:
            async with self._database.reading() as session:
                self._answer = await self._answered(session, 201, report)
        return self._answer

    async def later(self) -> Response:
        """Have it done, and answer that it is under way."""
        begun: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._job.upload = await asyncio.to_thread(service.copied, self._job.upload)
        self._running.start(self._do(begun))
        await begun
        assert self._answer is not None
        return self._answer

    async def _do(self, begun: "asyncio.Future[None]") -> None:
        try:
            async with jobs.begun(self._database, self._running, self._job, self._accept):
                begun.set_result(None)
                await jobs.work(self._database, self._job, _nothing)
        except BaseException as error:
            if not begun.done():
                begun.set_exception(error)
                return
            raise
        finally:
            self._job.upload.file.close()

    async def _accept(self, session: AsyncSession) -> None:
        self._answer = await self._answered(session, 202, None)
        await self._store(session)

    async def _remember(self, session: AsyncSession, report: ImportReport) -> None:
        self._answer = await self._answered(session, 201, report)
        await self._store(session)

    async def _store(self, session: AsyncSession) -> None:
        if self._claimed is not None and self._answer is not None:
            await idempotency.recall(session, self._claimed, self._secret)  # of another process
            await idempotency.remember(session, self._claimed, self._answer, self._secret)

    async def _answered(
        self, session: AsyncSession, status: int, report: ImportReport | None
    ) -> Response:
        await session.flush()
        known = await queries.get(session, self._job.id)
        summary = summarised(known, self._public_url, known[0].status, self._job.done)
        read = ImportRead(**summary.model_dump(), report=report)
        headers = {"Location": f"/v1/imports/{self._job.id}", **PRIVATE}
        if self._job.dry_run:
            headers["Dry-Run"] = "true"
        if status == 202:
            headers["Preference-Applied"] = ASYNC
        return Response(read.model_dump_json(), status, headers, "application/json")


async def _nothing(*_: Any) -> None:
    """Add nothing to a transaction."""


async def seen(request: Request, known: Known, public_url: str) -> ImportSummary:
    """Show an import as it stands now."""
    job, row = known
    status, done = job.status, job.rows_done
    if status == ImportStatus.RUNNING:
        here = _running(request).done(job.id)
        if here is not None:
            done = here
        elif not await is_held(database_of(request), job.id):
            status = ImportStatus.INTERRUPTED
    if row is not None and row.undone_last_seq is not None:
        status = ImportStatus.UNDONE
    return summarised(known, public_url, status, done)


def summarised(known: Known, public_url: str, status: str, done: int) -> ImportSummary:
    """Show an import without the report of its rows. done: how many of them are."""
    job, row = known
    on_record = {
        name: getattr(row, name, None)
        for name in (
            "first_seq", "last_seq", "undone_first_seq", "undone_last_seq", "undone_reason",
        )
    }  # fmt: skip
    said = job.model_dump(exclude={"report", "status", "rows_done"})
    return ImportSummary(
        **said, **on_record, status=status, rows_done=done, url=f"{public_url}/v1/imports/{job.id}"
    )
