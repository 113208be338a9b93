"""What a question says, as JSON that is rendered once for each version and joined into answers.

A fragment is kept under all that it follows from: the question and its version, the day, what is
expanded, the reader's languages, and the epoch: how far the ledger had come when it last recorded
something by which questions that it is not about may look different, such as a company's new name.
So nothing is ever invalidated.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.engine import Connection
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.db import Database
from app.core.lru import Lru
from app.ledger import queries as ledger
from app.ledger.queries import EVENT
from app.ledger.schemas import EventType
from app.record import questions, selection
from app.record.assembly import Reading
from app.record.lists import Chosen
from app.record.schemas import QuestionRead
from app.record.selection import QUESTION
from app.record.viewpoint import Viewpoint

TRIES = 5
"""How often a page is chosen anew because the ledger moved on before it was rendered."""
TOUCHING = [
    EventType.COMPANY_UPDATED,
    EventType.COMPANY_MERGED,
    EventType.ASKER_UPDATED,
    EventType.ASKER_MERGED,
    EventType.DOSSIER_UPDATED,
    EventType.SOURCE_UPDATED,
    EventType.SOURCE_CHANGED,
    EventType.SOURCE_GONE,
    EventType.CORRECTION_RECORDED,
    EventType.RECORD_REDACTED,
]
"""Events by which questions may look different that they are not about."""


@dataclass(frozen=True)
class Shown:
    """How questions are shown."""

    public_url: str
    expand: frozenset[str] = frozenset()
    languages: tuple[str, ...] = ()

    @property
    def is_kept(self) -> bool:
        """Whether a question's version tells all; a whole statement counts others' responses."""
        return "statement" not in self.expand


class Fragments:
    """The fragments that a process keeps."""

    def __init__(self, limit: int) -> None:
        """limit: bytes."""
        self._kept: Lru[bytes] = Lru(limit)
        self._epoch: tuple[int, int] | None = None

    async def page(
        self,
        database: Database,
        view: Viewpoint,
        shown: Shown,
        choose: Callable[[Connection], Chosen],
        limit: int,
    ) -> tuple[Chosen, list[bytes]]:
        """Choose questions and return what they say, all as of one moment.

        limit: how many of those chosen are shown.
        """
        for _ in range(TRIES if shown.is_kept and view.known_at is None else 0):
            chosen, epoch = await database.look(lambda sync: self._choose(sync, choose))
            if epoch is None:
                continue
            keys = [
                (place.id, place.version, epoch, view.day, view.as_of is None, shown)
                for place in chosen.places[:limit]
            ]
            found = {key: self._kept.get(key) for key in keys}
            missing = [key for key, fragment in found.items() if fragment is None]
            if missing:
                rendered = await self._render(database, view, shown, chosen.head, missing)
                if rendered is None:
                    continue
                found |= rendered
            return chosen, [found[key] or b"" for key in keys]
        async with database.reading() as session:
            return await afresh(session, view, shown, choose, limit)

    def _choose(
        self, connection: Connection, choose: Callable[[Connection], Chosen]
    ) -> tuple[Chosen, int | None]:
        chosen = choose(connection)
        return chosen, self._epoch_at(connection, chosen.head)

    def _epoch_at(self, connection: Connection, head: int) -> int | None:
        """Return the epoch of a head; None when a later one is known already."""
        last, epoch = self._epoch or (head, head)
        if head < last:
            return None
        if head > last:
            query = select(EVENT.c.seq).where(
                EVENT.c.seq > last, EVENT.c.seq <= head, EVENT.c.type.in_(TOUCHING)
            )
            epoch = head if connection.execute(query.limit(1)).first() else epoch
        self._epoch = (head, epoch)
        return epoch

    async def _render(
        self, database: Database, view: Viewpoint, shown: Shown, head: int, missing: list[Any]
    ) -> dict[Any, bytes] | None:
        """Render what is missing; None when the ledger has moved on."""
        async with database.reading() as session:
            if await ledger.head(session) != head:
                return None
            ids = [key[0] for key in missing]
            said = await rendered(session, view, shown, ids)
        found = {key: said[key[0]] for key in missing}
        for key, fragment in found.items():
            self._kept.put(key, fragment, len(fragment))
        return found


async def afresh(
    session: AsyncSession,
    view: Viewpoint,
    shown: Shown,
    choose: Callable[[Connection], Chosen],
    limit: int,
) -> tuple[Chosen, list[bytes]]:
    """Do what `Fragments.page` does, in one transaction and without keeping anything."""
    chosen = await session.run_sync(lambda sync: choose(sync.connection()))
    ids = [place.id for place in chosen.places[:limit]]
    said = await rendered(session, view, shown, ids)
    return chosen, [said[row_id] for row_id in ids]


async def rendered(
    session: AsyncSession, view: Viewpoint, shown: Shown, ids: Sequence[str]
) -> dict[str, bytes]:
    """Return what questions say, by id."""
    query, _ = selection.of_view(view)
    rows = (await session.execute(query.where(QUESTION.c.id.in_(ids)))).all()
    reading = Reading(session, view, shown.public_url, shown.expand, shown.languages)
    return {read.id: to_json(read) for read in await questions.assemble(reading, rows)}


def to_json(read: QuestionRead) -> bytes:
    """Render a question as it stands in every answer."""
    return read.model_dump_json(by_alias=True).encode()


def join(fragments: Iterable[bytes], rest: dict[str, Any]) -> bytes:
    """Make a page of fragments and of what else it says."""
    return b'{"data":[' + b",".join(fragments) + b"]," + compact(rest)[1:]


def extended(fragment: bytes, **more: Any) -> bytes:
    """Add members to a fragment."""
    return fragment[:-1] + b"," + compact(more)[1:]


def compact(value: Any) -> bytes:
    """Write JSON as pydantic does: without spaces, in UTF-8."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
