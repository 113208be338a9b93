"""A question's timeline: its entries in order, where it stood after each, and what was struck."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import select

from app.core.dates import EdtfDate
from app.core.tables import table_of
from app.questions import standing, state
from app.questions.models import Ask, Response, Ruling
from app.questions.state import Entry, Standing, State
from app.record.assembly import Reading
from app.record.schemas import AskEntry, ResponseEntry, RulingEntry
from app.record.viewpoint import Viewpoint

Row = Any


async def entries(reading: Reading, question_id: str) -> list[tuple[Row, Entry, State]]:
    """Return all entries in order, each with the state after it; struck ones change nothing.

    Those of questions that were merged into it are among them.
    """
    family = await reading.load_members([question_id])
    rows: list[Row] = []
    for model in (Ask, Response, Ruling):
        table = table_of(model)
        query = select(table).where(table.c.question_id.in_(family), reading.view.sees(table))
        rows.extend((await reading.session.execute(query)).all())
    return list(folded(reading.view, rows))


def folded(view: Viewpoint, rows: Iterable[Row]) -> Iterator[tuple[Row, Entry, State]]:
    """Put one question's rows in order, each with the state after it."""
    stands = Standing()
    found = ((row, standing.to_entry(row)) for row in rows)
    for row, entry in sorted(found, key=lambda pair: pair[1].order):
        if not view.is_corrected(row._mapping):
            stands = state.step(stands, entry)
        yield row._mapping, entry, stands.state


async def show(
    reading: Reading, found: Sequence[tuple[Row, Entry, State]]
) -> list[AskEntry | ResponseEntry | RulingEntry]:
    """Show entries as readers see them."""
    rows = [row for row, _, _ in found]
    await reading.load_statements([row["statement_id"] for row in rows if "statement_id" in row])
    cited = [row["source_id"] for row in rows if "source_id" in row]
    cited += [row["source_id"] for row in reading.statements.values()]
    await reading.load_sources(cited)
    askers = [row["asker_id"] for row in rows if "asker_id" in row]
    await reading.load_mergers(askers)
    await reading.load_askers(askers)
    await reading.load_corrections(rows)
    return [_entry(reading, row, entry, after) for row, entry, after in found]


def _entry(
    reading: Reading, row: Row, entry: Entry, after: State
) -> AskEntry | ResponseEntry | RulingEntry:
    common = {
        "id": entry.id,
        "effective_on": EdtfDate(entry.effective_on),
        "recorded_at": entry.recorded_at,
        "state_after": after,
        "corrected": reading.corrected(row),
    }
    match entry.kind:
        case "ask":
            return AskEntry(
                **common,
                type="ask",
                asker=reading.asker(row["asker_id"]),
                channel=row["channel"],
                source=reading.source(row["source_id"], row["quote"]),
            )
        case "response":
            statement = reading.statements[row["statement_id"]]
            return ResponseEntry(
                **common,
                type="response",
                verdict=row["verdict"],
                excerpt=row["excerpt"],
                rationale=row["rationale"],
                statement=reading.statement_ref(row["statement_id"]),
                source=reading.source(statement["source_id"], statement["quote"]),
            )
        case "ruling":
            cited = row["source_id"]
            return RulingEntry(
                **common,
                type="ruling",
                state=row["state"],
                reason=row["reason"],
                source=reading.source(cited, row["quote"]) if cited else None,
            )
