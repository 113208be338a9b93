"""How fast a file comes onto the record, and how much memory that takes.

Each row is a question with its ask, two topics and for every fourth row another source. Then
the same file comes again, which changes nothing.
"""

import asyncio
import csv
import io
import os
import resource
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import IO

import app.api  # noqa: F401  registers every table
from app.askers import service as askers
from app.askers.models import AskerKind
from app.askers.schemas import AskerCreate
from app.companies import service as companies
from app.companies.schemas import CompanyCreate
from app.core import ids
from app.core.db import Database
from app.core.settings import Settings
from app.imports import columns, service
from app.imports.models import ImportKind
from app.imports.service import Job
from app.ledger import recorder
from tests.bench.databases import Places
from tests.bench.serving import SPAWN

ROWS = [int(rows) for rows in os.environ.get("ROWS", "10000").split(",")]
NAMES = 50


@dataclass(frozen=True)
class Took:
    """What one import took. seconds, processor: on the clock, and of this process's processor."""

    seconds: float
    processor: float
    megabytes: int


def measure(places: Places) -> None:
    """Import files of each size into a fresh database of each kind, and print what that took."""
    print("\nImports: rows, seconds (of the processor), rows a second, largest memory")
    for rows in ROWS:
        for name, url in places.make(f"imports_{rows}").items():
            with ProcessPoolExecutor(1, mp_context=SPAWN) as process:
                base, first, again = process.submit(run, url, rows).result()
            for what, took in (("new", first), ("the same again", again)):
                print(
                    f"  {name:<10} {rows:>7,} {what:<14} {took.seconds:>6.1f} s"
                    f" ({took.processor:.1f} s) {rows / took.seconds:>7,.0f}/s"
                    f" {took.megabytes:>4} MB (before: {base} MB)",
                    flush=True,
                )


def run(url: str, rows: int) -> tuple[int, Took, Took]:
    """Import a file twice; return the memory before, and what each time took."""
    return asyncio.run(_run(url, rows))


async def _run(url: str, rows: int) -> tuple[int, Took, Took]:
    database = Database(Settings(database_url=url))
    try:
        async with recorder.recording(database, actor="bench") as session:
            for number in range(NAMES):
                await companies.add(session, CompanyCreate(name=f"Company {number}"))
                new = AskerCreate(name=f"Asker {number}", kind=AskerKind.NGO)
                await askers.add(session, new)
        with tempfile.TemporaryFile() as file:
            _write(file, rows)
            upload = await service.receive(file, kind=None, create=None, kind_of_askers=None)
            base = _megabytes()
            return base, await _bring(database, upload), await _bring(database, upload)
    finally:
        await database.close()


async def _bring(database: Database, upload: service.Upload) -> Took:
    began, worked = time.perf_counter(), time.process_time()
    async with recorder.recording(database, actor="bench") as session:
        await service.bring(session, Job(ids.new("import"), "bench", upload, dry_run=False))
    return Took(time.perf_counter() - began, time.process_time() - worked, _megabytes())


def _megabytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def _write(file: IO[bytes], rows: int) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(columns.names(ImportKind.QUESTIONS))
    for n in range(rows):
        question = f"What did you know about spill number {n} in the north, and since when?"
        writer.writerow(
            [
                f"row-{n}", f"company-{n % NAMES}", question, "en", f"asker-{n % NAMES}",
                "2025-05-15", "written", "", "2025-06", f"https://example.org/{n // 4}", "",
                "As it stands there.", "oil; spill",
            ]
        )  # fmt: skip
        if n % 1000 == 999:
            file.write(text.getvalue().encode())
            text.seek(0)
            text.truncate()
    file.write(text.getvalue().encode())
