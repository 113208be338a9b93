"""Reading imports."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import NotFound
from app.core.tables import table_of
from app.imports.models import Import, ImportJob

JOB, IMPORT = table_of(ImportJob), table_of(Import)
Known = tuple[ImportJob, Import | None]
"""The note of an import, and what is on the record of it."""


def _query() -> Any:
    return select(ImportJob, Import).join(IMPORT, IMPORT.c.id == JOB.c.id, isouter=True)


async def get(session: AsyncSession, import_id: str) -> Known:
    """Return the import with this id.

    Raises:
        NotFound: there is none.
    """
    found = (await session.execute(_query().where(JOB.c.id == import_id))).one_or_none()
    if found is None:
        raise NotFound("There is no import with this id. GET /v1/imports lists them.")
    return found[0], found[1]


async def page(session: AsyncSession, *, before: str | None, limit: int) -> Sequence[Known]:
    """Return imports, newest first, one more than `limit` when there are more."""
    query = _query().order_by(JOB.c.id.desc()).limit(limit + 1)
    if before is not None:
        query = query.where(JOB.c.id < before)
    return [(job, row) for job, row in await session.execute(query)]
