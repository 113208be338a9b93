"""Questions as flat rows, read with two queries a batch however much they refer to."""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Select, Text, select, type_coerce

from app.core import mergers
from app.core.lists import among
from app.core.tables import canonical_json, table_of
from app.exports.batches import Chosen
from app.ledger.models import Recorded
from app.questions.models import Question
from app.questions.state import State
from app.record.assembly import ASK, RESPONSE
from app.record.selection import QUESTION
from app.sources.models import Source
from app.statements.models import Statement

STATEMENT, SOURCE = table_of(Statement), table_of(Source)
EDITED = ("slug", "text", "lang", "company_id", "respond_by", "last_checked_on", "external_id")
MOST_NAMES, SOME = 20_000, 1000
"""So many names of one kind are remembered, and so many read at a time."""


class Flat(NamedTuple):
    """A question as one row: a row of SQLAlchemy is slow to ask by name.

    topics, dossier_ids: JSON.
    """

    id: str
    slug: str
    text: str
    lang: str
    company_id: str
    dossier_ids: str
    topics: str
    respond_by: str | None
    last_checked_on: str | None
    external_id: str | None
    created_at: datetime
    first_asked_on: str
    first_asked_day: int
    state: State
    state_since: str
    state_since_day: int
    respond_by_day: int | None
    response_count: int
    correction_count: int
    updated_at: datetime
    version: int
    responded_on: str | None
    verdict: str | None
    excerpt: str | None
    statement_id: str | None
    statement_title: str | None
    source_id: str | None
    source_url: str | None


def query(chosen: Chosen) -> Select[Any]:
    """Select what `Flat` has."""
    told, stands = QUESTION.c, chosen.columns
    return (
        chosen.query.with_only_columns(
            told.id,
            told.slug,
            told.text,
            told.lang,
            told.company_id,
            type_coerce(told.dossier_ids, Text),
            type_coerce(told.topics, Text),
            told.respond_by,
            told.last_checked_on,
            told.external_id,
            told.created_at,
            stands.first_asked_on,
            stands.first_asked_day,
            stands.state,
            stands.state_since,
            stands.state_since_day,
            stands.respond_by_day,
            stands.response_count,
            stands.correction_count,
            stands.updated_at,
            stands.version,
            RESPONSE.c.effective_on,
            RESPONSE.c.verdict,
            RESPONSE.c.excerpt,
            STATEMENT.c.id.label("statement_id"),
            STATEMENT.c.title,
            STATEMENT.c.source_id,
            SOURCE.c.url,
        )
        .outerjoin(RESPONSE, RESPONSE.c.id == stands.latest_response_id)
        .outerjoin(STATEMENT, STATEMENT.c.id == RESPONSE.c.statement_id)
        .outerjoin(SOURCE, SOURCE.c.id == STATEMENT.c.source_id)
    )


async def read(chosen: Chosen, rows: Sequence[Any]) -> list[Flat]:
    """Return rows of the query, each with what the question said at that viewpoint."""
    flat = [Flat._make(row[: len(Flat._fields)]) for row in rows]
    if chosen.view.seq is None:
        return flat
    told = await chosen.view.load(chosen.session, Question, [row.id for row in flat])
    cited = await chosen.view.load(chosen.session, Source, [row.source_id for row in flat])
    return [
        row._replace(
            **{name: told[row.id][name] for name in EDITED},
            dossier_ids=canonical_json(told[row.id]["dossier_ids"]),
            topics=canonical_json(told[row.id]["topics"]),
            source_url=cited[row.source_id]["url"] if row.source_id else None,
        )
        for row in flat
    ]


async def askers(chosen: Chosen, ids: Sequence[str]) -> dict[str, list[str]]:
    """Return who asked each question, first to last; once for every ask."""
    session, known_at = chosen.session, chosen.view.known_at
    merged = await session.run_sync(mergers.members, ids, known_at)
    asks = (
        select(ASK.c.question_id, ASK.c.asker_id)
        .where(among(ASK.c.question_id, "ids"), chosen.view.sees(ASK), chosen.view.holds(ASK))
        .order_by(ASK.c.effective_day, ASK.c.created_at, ASK.c.id)
    )
    found: dict[str, list[str]] = defaultdict(list)
    rows = (await session.execute(asks, {"ids": [*ids, *merged]})).all()
    same = await session.run_sync(mergers.holders, {row.asker_id for row in rows}, known_at)
    for question_id, asker_id in rows:
        found[merged.get(question_id, question_id)].append(same.get(asker_id, asker_id))
    return found


@lru_cache(maxsize=10_000)
def listed(written: str) -> tuple[str, ...]:
    """Read a list from JSON; the same few come again and again."""
    return tuple(json.loads(written))


class Names:
    """What companies, askers and dossiers are called, remembered from one batch to the next."""

    def __init__(self, chosen: Chosen) -> None:
        self._chosen = chosen
        self._known: dict[type[Recorded], dict[str, tuple[str, str]]] = defaultdict(dict)

    async def of(
        self, model: type[Recorded], name: str, ids: Iterable[str]
    ) -> dict[str, tuple[str, str]]:
        """Return slug and name of things by id. name: the column that has it."""
        known, wanted = self._known[model], set(ids)
        if len(known) > MOST_NAMES:
            known.clear()
        missing = sorted(wanted - known.keys())
        for start in range(0, len(missing), SOME):
            some = missing[start : start + SOME]
            found = await self._chosen.view.load(self._chosen.session, model, some)
            known |= {row_id: (row["slug"], row[name]) for row_id, row in found.items()}
        return {row_id: known[row_id] for row_id in wanted}
