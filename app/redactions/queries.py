"""Reading redactions."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import NotFound
from app.core.tables import table_of
from app.ledger.redaction import Redaction

REDACTION = table_of(Redaction)


async def get(session: AsyncSession, redaction_id: str) -> Redaction:
    """Return the redaction with this id.

    Raises:
        NotFound: there is none.
    """
    found = await session.get(Redaction, redaction_id)
    if found is None:
        raise NotFound("There is no redaction with this id. GET /v1/redactions lists them.")
    return found


async def page(session: AsyncSession, *, after: str | None, limit: int) -> Sequence[Redaction]:
    """Return redactions, oldest first, one more than `limit` when there are more."""
    query = select(Redaction).order_by(REDACTION.c.id).limit(limit + 1)
    if after is not None:
        query = query.where(REDACTION.c.id > after)
    return (await session.execute(query)).scalars().all()
