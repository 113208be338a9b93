"""Timelines as an export shows them: all entries of one question, then those of the next."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import select

from app.core import mergers
from app.core.lists import among
from app.core.tables import table_of
from app.exports import cells
from app.exports.batches import Chosen
from app.exports.schemas import ExportedAsk, ExportedEntry, ExportedResponse, ExportedRuling
from app.questions.models import Ask, Question, Response, Ruling
from app.questions.state import Entry, State
from app.record import timeline
from app.record.assembly import Reading
from app.record.selection import QUESTION

QUESTIONS, ENTRIES = 200, 100
"""So many questions are read, and so many of their entries shown, at a time."""

KINDS: dict[str, type[ExportedAsk | ExportedResponse | ExportedRuling]] = {
    "ask": ExportedAsk,
    "response": ExportedResponse,
    "ruling": ExportedRuling,
}
COLUMNS = {
    "question": "id of the question",
    "question_slug": "its readable name",
    "id": "id of the entry: of an ask, response or ruling",
    "type": "`ask`, `response` or `ruling`",
    "effective_on": "when it took effect in the world",
    "recorded_at": "when it came on this record",
    "state_after": "where the question stood after it",
    "asker": "of an ask: slug of the asker",
    "asker_name": "its name",
    "asker_kind": "what the asker is",
    "channel": "how it was asked",
    "verdict": "of a response: whether it answered the question",
    "excerpt": "the words that bear on it",
    "rationale": "why this verdict",
    "statement": "id of the statement",
    "statement_kind": "how the company spoke",
    "statement_title": "its title",
    "statement_url": "its address in this API",
    "attributed_to": "who spoke; empty when it is unsigned",
    "state": "of a ruling: the state that it set",
    "reason": "why",
    "source": "id of the source; of a response, that of its statement",
    "source_url": "its address",
    "source_archived_url": "where a copy is kept",
    "source_title": "its title",
    "source_publisher": "who published it",
    "source_published_on": "when",
    "source_sha256": "SHA-256 of the bytes that were cited",
    "quote": "the passage that is cited",
    "corrected": "whether the entry is struck; it then counts for nothing",
    "corrected_at": "when that was recorded",
    "correction": "id of the correction",
    "correction_reason": "why it was struck",
    "replacement": "id of the entry that stands in its place",
}


async def lines(chosen: Chosen, public_url: str) -> AsyncIterator[bytes]:
    """Yield the lines of CSV."""
    yield cells.header(COLUMNS)
    async for shown in _shown(chosen, public_url, "source"):
        yield await asyncio.to_thread(_write, shown)


async def texts(chosen: Chosen, public_url: str) -> AsyncIterator[list[bytes]]:
    """Yield the JSON of entries, each as on its question's timeline, with the question."""
    async for shown in _shown(chosen, public_url):
        yield await asyncio.to_thread(_dump, shown)


def _dump(shown: Sequence[ExportedEntry]) -> list[bytes]:
    return [entry.model_dump_json().encode() for entry in shown]


async def _shown(
    chosen: Chosen, public_url: str, *expand: str
) -> AsyncIterator[list[ExportedEntry]]:
    query = chosen.query.with_only_columns(QUESTION.c.id, QUESTION.c.slug)
    async for rows in chosen.batches(QUESTIONS, query):
        slugs = await _slugs(chosen, rows)
        merged = await chosen.session.run_sync(mergers.members, slugs, chosen.view.known_at)
        entries = await _entries(chosen, list(slugs), merged)
        for start in range(0, len(entries), ENTRIES):
            some = entries[start : start + ENTRIES]
            reading = Reading(chosen.session, chosen.view, public_url, frozenset(expand))
            yield [
                KINDS[entry.type].model_construct(
                    **dict(entry),
                    question=question_id,
                    question_slug=slugs[question_id],
                )
                for entry, question_id in zip(
                    await timeline.show(reading, some),
                    [merged.get(row["question_id"], row["question_id"]) for row, _, _ in some],
                    strict=True,
                )
            ]


async def _slugs(chosen: Chosen, rows: Sequence[Any]) -> dict[str, str]:
    """Return the slugs that questions had, in the order of the rows."""
    slugs = {row.id: row.slug for row in rows}
    if chosen.view.seq is not None:
        told = await chosen.view.load(chosen.session, Question, slugs)
        slugs = {row_id: told[row_id]["slug"] for row_id in slugs}
    return slugs


async def _entries(
    chosen: Chosen, ids: Sequence[str], merged: Mapping[str, str]
) -> list[tuple[Any, Entry, State]]:
    """Return the entries of questions as `timeline.entries` does, those of one after another's."""
    found: dict[str, list[Any]] = defaultdict(list)
    for model in (Ask, Response, Ruling):
        table = table_of(model)
        query = select(table).where(among(table.c.question_id, "ids"), chosen.view.sees(table))
        for row in await chosen.session.execute(query, {"ids": [*ids, *merged]}):
            found[merged.get(row.question_id, row.question_id)].append(row)
    return [told for row_id in ids for told in timeline.folded(chosen.view, found[row_id])]


def _write(shown: Sequence[ExportedEntry]) -> bytes:
    return "".join([cells.line(_cells(entry)) for entry in shown]).encode()


def _cells(entry: ExportedEntry) -> Iterable[str]:
    common = {
        "question": entry.question,
        "question_slug": entry.question_slug,
        "id": entry.id,
        "type": entry.type,
        "effective_on": entry.effective_on,
        "recorded_at": cells.instant(entry.recorded_at),
        "state_after": entry.state_after,
        "corrected": cells.truth(entry.corrected is not None),
    }
    told = common | _own(entry) | _source(entry.source) | _corrected(entry.corrected)
    return (told.get(name, "") for name in COLUMNS)


def _own(entry: ExportedEntry) -> dict[str, str]:
    """Write what only entries of this kind have."""
    if isinstance(entry, ExportedAsk):
        return {
            "asker": entry.asker.slug,
            "asker_name": cells.text(entry.asker.name),
            "asker_kind": entry.asker.kind,
            "channel": entry.channel or "",
        }
    if isinstance(entry, ExportedRuling):
        return {"state": entry.state, "reason": cells.text(entry.reason)}
    return {
        "verdict": entry.verdict,
        "excerpt": cells.text(entry.excerpt),
        "rationale": cells.text(entry.rationale),
        "statement": entry.statement.id,
        "statement_kind": entry.statement.kind,
        "statement_title": cells.text(entry.statement.title),
        "statement_url": entry.statement.url,
        "attributed_to": cells.text(entry.statement.attributed_to),
    }


def _source(source: Any) -> dict[str, str]:
    if source is None:
        return {}
    return {
        "source": source.id,
        "source_url": cells.text(source.url),
        "source_archived_url": cells.text(source.archived_url),
        "source_title": cells.text(source.title),
        "source_publisher": cells.text(source.publisher),
        "source_published_on": source.published_on or "",
        "source_sha256": source.sha256 or "",
        "quote": cells.text(source.quote),
    }


def _corrected(corrected: Any) -> dict[str, str]:
    if corrected is None:
        return {}
    return {
        "corrected_at": cells.instant(corrected.recorded_at),
        "correction": corrected.id,
        "correction_reason": cells.text(corrected.reason),
        "replacement": corrected.replacement or "",
    }
