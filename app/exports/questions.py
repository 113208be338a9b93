"""Questions as an export shows them: flat lines of CSV, or the JSON of the list."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from app.askers.models import Asker
from app.companies.models import Company
from app.dossiers.models import Dossier
from app.exports import cells, flat
from app.exports.batches import Chosen
from app.exports.flat import Flat, listed
from app.questions import state
from app.record import fragments, questions
from app.record.assembly import Reading
from app.record.schemas import QuestionRead

CSV_BATCH, JSON_BATCH = 500, 50
Named = Mapping[str, tuple[str, str]]
"""Slug and name by id."""

COLUMNS = {
    "id": "the question's id",
    "slug": "its readable name",
    "url": "its address in this API",
    "text": "the question, in the language in which it is on the record",
    "lang": "that language",
    "company": "slug of the company",
    "company_name": "name of the company",
    "dossiers": "slugs of its dossiers, joined by `; `",
    "topics": "its topics, joined by `; `",
    "askers": "slugs of those who asked it, first to last, joined by `; `",
    "asker_names": "their names, joined by `; `",
    "ask_count": "how often it was asked",
    "first_asked_on": "when it was asked first",
    "respond_by": "by when an answer was asked for",
    "state": "where it stands",
    "state_since": "since when",
    "open": "whether it is neither answered nor withdrawn",
    "overdue": "whether it is open and `respond_by` has passed",
    "days_open": "days from the first ask until today, or until it closed",
    "response_count": "how many responses there are",
    "latest_response_on": "when the statement of the latest response was made",
    "latest_verdict": "whether that answered the question",
    "latest_excerpt": "the words that bear on it",
    "latest_statement_title": "title of that statement",
    "latest_statement_url": "its address in this API",
    "latest_source_url": "where it was published",
    "correction_count": "how many corrections were made",
    "last_checked_on": "when somebody last looked whether there is an answer",
    "external_id": "the id in the records of whoever put it here",
    "created_at": "when it came on this record",
    "updated_at": "when it was last changed",
    "version": "the seq of the last event about it",
}


async def lines(chosen: Chosen, public_url: str) -> AsyncIterator[bytes]:
    """Yield the lines of CSV."""
    yield cells.header(COLUMNS)
    names, loop = flat.Names(chosen), asyncio.get_running_loop()
    written: asyncio.Future[bytes] | None = None  # while one batch is written the next is read
    async for rows in chosen.batches(CSV_BATCH, flat.query(chosen)):
        batch = await _batch(chosen, public_url, await flat.read(chosen, rows), names)
        if written is not None:
            yield await written
        written = loop.run_in_executor(None, batch.write)
    if written is not None:
        yield await written


async def texts(chosen: Chosen, public_url: str) -> AsyncIterator[list[bytes]]:
    """Yield the JSON of questions, each as in the list."""
    async for rows in chosen.batches(JSON_BATCH):
        reading = Reading(chosen.session, chosen.view, public_url)
        found = await questions.assemble(reading, rows)
        yield await asyncio.to_thread(_dump, found)


def _dump(found: Sequence[QuestionRead]) -> list[bytes]:
    return [fragments.to_json(one) for one in found]


async def _batch(
    chosen: Chosen, public_url: str, rows: Sequence[Flat], names: flat.Names
) -> "Batch":
    asked = await flat.askers(chosen, [row.id for row in rows])
    dossier_ids = chain.from_iterable(listed(row.dossier_ids) for row in rows)
    return Batch(
        rows,
        public_url,
        chosen.view.day.toordinal(),
        asked,
        companies=await names.of(Company, "name", (row.company_id for row in rows)),
        dossiers=await names.of(Dossier, "title", dossier_ids),
        askers=await names.of(Asker, "name", chain.from_iterable(asked.values())),
    )


@dataclass(frozen=True)
class Batch:
    """Some lines in the making: their rows, and what these refer to.

    today: the day to which days are counted. asked: for every ask the asker's id, by question.
    """

    rows: Sequence[Flat]
    public_url: str
    today: int
    asked: Mapping[str, Sequence[str]]
    companies: Named
    dossiers: Named
    askers: Named

    def write(self) -> bytes:
        """Write the lines."""
        return "".join([cells.line(self._cells(row)) for row in self.rows]).encode()

    def _cells(self, row: Flat) -> Sequence[str]:
        is_open, due = row.state not in state.CLOSED, row.respond_by_day
        days = state.days_open(row.state, row.state_since_day, row.first_asked_day, self.today)
        company, company_name = self.companies[row.company_id]
        asked = self.asked[row.id]
        askers = [self.askers[asker_id] for asker_id in dict.fromkeys(asked)]
        return (
            row.id,
            row.slug,
            f"{self.public_url}/v1/questions/{row.id}",
            cells.text(row.text),
            row.lang,
            company,
            cells.text(company_name),
            cells.names([self.dossiers[row_id][0] for row_id in listed(row.dossier_ids)]),
            cells.names(listed(row.topics)),
            cells.names([slug for slug, _ in askers]),
            cells.text("; ".join([name for _, name in askers])),
            str(len(asked)),
            row.first_asked_on,
            row.respond_by or "",
            row.state,
            row.state_since,
            cells.truth(is_open),
            cells.truth(is_open and due is not None and due < self.today),
            str(days),
            str(row.response_count),
            row.responded_on or "",
            row.verdict or "",
            cells.text(row.excerpt),
            cells.text(row.statement_title),
            f"{self.public_url}/v1/statements/{row.statement_id}" if row.statement_id else "",
            cells.text(row.source_url),
            str(row.correction_count),
            row.last_checked_on or "",
            cells.text(row.external_id),
            cells.instant(row.created_at),
            cells.instant(row.updated_at),
            str(row.version),
        )
