"""The questions of an export, some at a time, in the order of their list.

Each batch begins where the one before ended (keyset), in one snapshot, so that nothing comes twice
or not at all, and no more than a batch is ever in memory.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any, Self

from sqlalchemy import Select
from sqlalchemy.engine import Connection
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import Invalid
from app.record import lists, searching, selection
from app.record.schemas import QuestionSelection
from app.record.selection import QUESTION, Columns
from app.record.viewpoint import Viewpoint


@dataclass(frozen=True)
class Chosen:
    """The questions that filters ask for, as seen from when.

    query: of the rows from which `questions.assemble` makes questions.
    """

    session: AsyncSession
    view: Viewpoint
    query: Select[Any]
    columns: Columns

    @classmethod
    async def by(cls, filters: QuestionSelection, session: AsyncSession, view: Viewpoint) -> Self:
        """Read the filters.

        Raises:
            Invalid: a filter names nothing that there is, or `q` too much.
        """
        query, columns = await session.run_sync(
            lambda sync: _narrowed(sync.connection(), filters, view)
        )
        return cls(session, view, query, columns)

    async def batches(
        self, size: int, query: Select[Any] | None = None
    ) -> AsyncIterator[Sequence[Any]]:
        """Yield rows of all questions, last asked first. query: with other columns than ours."""
        query = self.query if query is None else query
        key: list[Any] | None = None
        while True:
            part = selection.ordered(query, self.columns, lists.DEFAULT, key, size)
            rows = (await self.session.execute(part)).all()
            if rows:
                yield rows
            if len(rows) < size:
                break
            key = [rows[-1].sort_key, rows[-1].id]


def _narrowed(
    connection: Connection, filters: QuestionSelection, view: Viewpoint
) -> tuple[Select[Any], Columns]:
    query, columns = selection.of_view(view)
    query = query.where(*selection.narrowing(connection, filters, view, columns))
    if filters.q is None:
        return query, columns
    if view.known_at is not None:
        detail = "q searches what the record says now. Leave known_at out, or q."
        raise Invalid.at("/known_at", detail, code="conflict", location="query")
    found = searching.find(connection, filters, view, query)
    if not found.complete:
        detail = (
            f"More than {len(found.hits):,} questions match, and an export has all or none. Look"
            " for rarer words, or add filters."
        )
        raise Invalid.at("/q", detail, code="too_many", location="query")
    return query.where(QUESTION.c.id.in_([hit.question_id for hit in found.hits])), columns
