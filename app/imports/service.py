"""The rules for bringing a file onto the record: all of its rows, in one batch, or nothing.

A dry run takes the same way and is rolled back at its end. Rows come in chunks, between which other
requests of the process have their turn; other writers wait, for the ledger lock is held.
"""

import asyncio
import hashlib
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import IO, Any, Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from app.askers.models import Asker, AskerKind
from app.companies.models import Company
from app.core import pending
from app.core.errors import Fault, Invalid, Problem
from app.imports import checking, question_rows, reading, timeline_rows
from app.imports.models import Import, ImportKind
from app.imports.names import Names, asker_kind
from app.imports.question_rows import QuestionRows
from app.imports.reading import Layout, Line, Refused
from app.imports.reports import Report
from app.imports.schemas import ImportCreates, ImportReport, RowReport
from app.imports.timeline_rows import TimelineRows
from app.ledger import recorder

CHUNK = 100
FAULTS = 20
PLACES = {
    ImportKind.QUESTIONS: question_rows.PLACES,
    ImportKind.TIMELINE: timeline_rows.PLACES,
}


class ImportRefused(Invalid):
    """A file with rows that are not right. Nothing of it is kept."""

    def __init__(self, report: ImportReport) -> None:
        notes = [one for row in report.rows for one in row.notes if row.outcome == "refused"]
        faults = [
            Fault(
                **{"in": "body"},
                pointer=f"/{one.line}/{one.column}" if one.column else f"/{one.line}",
                detail=one.message,
                code=one.code,
            )
            for one in notes[:FAULTS]
        ]
        first = notes[0]
        place = f"Line {first.line}, {first.column}" if first.column else f"Line {first.line}"
        detail = f"{place}: {first.message}"
        if report.refused > 1:
            detail += f" ({report.refused:,} rows are refused in all; `report` lists them.)"
        super().__init__(f"Nothing was imported. {detail}", errors=faults)
        self.report = report

    def body(self, request_id: str) -> dict[str, Any]:
        """Return the problem document, with the report."""
        return {**super().body(request_id), "report": self.report.model_dump(mode="json")}


@dataclass(frozen=True)
class Upload:
    """A file that can be read, and what may be put on the record besides its rows."""

    file: IO[bytes]
    sha256: str
    layout: Layout
    rows: int
    creates: frozenset[str]
    asker_kind: AskerKind | None


@dataclass
class Job:
    """One import under way. done: rows so far."""

    id: str
    actor: str
    upload: Upload
    dry_run: bool
    done: int = 0


async def receive(
    file: IO[bytes],
    *,
    kind: ImportKind | None,
    create: ImportCreates | None,
    kind_of_askers: AskerKind | None,
) -> Upload:
    """Read a whole file once, before anybody has to wait for it.

    Raises:
        ImportRefused: it cannot be read, or has other columns than it should.
        Invalid: it is not said what new askers are.
    """
    creates = frozenset(create.split(",")) if create is not None else frozenset[str]()
    if "askers" in creates and kind_of_askers is None:
        detail = f"Say what the new askers are: one of {', '.join(AskerKind)}."
        raise Invalid.at("/asker_kind", detail, code="missing")
    try:
        layout, rows = await asyncio.to_thread(reading.look, file, kind)
    except Refused as refused:
        report = Report()
        report.refuse(refused.notes)
        raise ImportRefused(report.read([], [], dry_run=False)) from None
    sha256 = await asyncio.to_thread(_hash, file)
    return Upload(file, sha256, layout, rows, creates, kind_of_askers)


def _hash(file: IO[bytes]) -> str:
    file.seek(0)
    digest = hashlib.sha256()
    while part := file.read(1 << 20):
        digest.update(part)
    return digest.hexdigest()


def copied(upload: Upload) -> Upload:
    """Return an upload whose file stays when the request, which closes its own, has ended."""
    file = tempfile.TemporaryFile()  # noqa: SIM115  whoever imports it closes it
    upload.file.seek(0)
    shutil.copyfileobj(upload.file, file)
    return replace(upload, file=file)


async def bring(session: AsyncSession, job: Job) -> tuple[Import | None, ImportReport]:
    """Bring a file onto the record; return what is recorded of it, if anything is, and the report.

    The session is a recording one. After a dry run it is rolled back.

    Raises:
        ImportRefused: a row is not right. The transaction has to be rolled back.
    """
    before = recorder.current(session).head.seq
    batch = Batch(session, job)
    await batch.run()
    report = batch.read()
    if report.refused:
        raise ImportRefused(report)
    last = recorder.current(session).head.seq
    if job.dry_run:
        await session.rollback()
        return None, report
    if last == before:
        return None, report
    row = Import(
        id=job.id,
        kind=job.upload.layout.kind.value,
        sha256=job.upload.sha256,
        rows=job.upload.rows,
        created=report.created,
        updated=report.updated,
        unchanged=report.unchanged,
        first_seq=before + 1,
        last_seq=last,
    )
    session.add(row)
    await session.flush()
    return row, report


class Rows(Protocol):
    """Brings rows of one kind onto the record."""

    async def foresee(self, lines: list[Line]) -> None:
        """Look up at once what some rows will need."""

    async def take(self, line: Line) -> RowReport:
        """Bring one row onto the record."""


class Batch:
    """Takes the rows of one file."""

    def __init__(self, session: AsyncSession, job: Job) -> None:
        self._session, self._job, self._report = session, job, Report()
        upload = job.upload
        self._companies = Names(session, Company, creates="companies" in upload.creates)
        self._askers = Names(session, Asker, creates="askers" in upload.creates)
        of_askers = asker_kind(upload.asker_kind)
        self._rows: Rows = (
            QuestionRows(session, self._companies, self._askers, of_askers)
            if upload.layout.kind is ImportKind.QUESTIONS
            else TimelineRows(session, self._askers, of_askers)
        )

    def read(self) -> ImportReport:
        """Return the report."""
        return self._report.read(
            self._companies.created, self._askers.created, dry_run=self._job.dry_run
        )

    async def run(self) -> None:
        """Take all rows."""
        lines = reading.lines(self._job.upload.file, self._job.upload.layout)
        while chunk := self._next(lines):
            good = [line for line in chunk if isinstance(line, Line)]
            await self._rows.foresee(good)
            for line in chunk:
                if isinstance(line, Line):
                    await self._take(line)
                else:
                    self._report.refuse(line.notes)
            await self._session.flush()
            self._job.done += len(chunk)
            await asyncio.sleep(0)

    def _next(self, lines: Iterator[Line | Refused]) -> list[Line | Refused]:
        try:
            return list(islice(lines, CHUNK))
        except Refused as refused:
            self._report.refuse(refused.notes)
            return []

    async def _take(self, line: Line) -> None:
        """Take one row. What a refused one had added is left out, so that others can be checked."""
        named = reading.shown(line.cells.get("external_id"))
        waiting = pending.of(self._session)
        mark = len(waiting.added)
        try:
            self._report.add(await self._rows.take(line))
            return
        except Refused as refused:
            self._report.refuse(refused.notes, named)
        except Problem as problem:
            places = PLACES[self._job.upload.layout.kind]
            self._report.refuse(checking.refused(problem, line, places).notes, named)
        now = pending.of(self._session)
        for row in now.added[mark if now is waiting else 0 :]:
            self._session.expunge(row)
