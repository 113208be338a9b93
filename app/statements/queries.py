"""Loading statements for the services that change them."""

from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from app.core.errors import NotFound
from app.statements.models import Statement


async def get(session: AsyncSession, statement_id: str) -> Statement:
    """Return the statement with this id, its company and its source.

    Raises:
        NotFound: there is none.
    """
    statement = await find(session, statement_id)
    if statement is None:
        raise NotFound("There is no statement with this id. GET /v1/statements lists them.")
    return statement


async def find(session: AsyncSession, statement_id: str) -> Statement | None:
    """Return the statement with this id, its company and its source, or None."""
    options = [joinedload(Statement.company), joinedload(Statement.source)]  # type: ignore[arg-type]
    return await session.get(Statement, statement_id, options=options)
