"""Filling the index from the record: what is missing, or was made by another version of the words.

Each batch is a transaction of its own that holds the ledger lock as a writer does, so that nothing
changes under it, and others write in between. Run again, it does what is left to do.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from sqlalchemy import Connection, Select, or_, select
from sqlalchemy.orm import Session

from app.core.db import Database
from app.ledger.queries import HEAD
from app.search import index, names, words
from app.search.documents import QUESTION
from app.search.models import DOCUMENT
from app.search.names import COMPANY

BATCH = 500
COMPANIES = select(COMPANY.c.id).order_by(COMPANY.c.id)
QUESTIONS = (
    select(QUESTION.c.id)
    .outerjoin(DOCUMENT, DOCUMENT.c.question_id == QUESTION.c.id)
    .where(
        QUESTION.c.merged_into.is_(None),
        or_(
            DOCUMENT.c.docid.is_(None),
            DOCUMENT.c.version != QUESTION.c.version,
            DOCUMENT.c.made != words.VERSION,
        ),
    )
    .order_by(QUESTION.c.id)
)
"""Those that are not indexed as they stand."""


async def fill(database: Database, say: Callable[[int], None] | None = None) -> int:
    """Index what is not indexed as it stands; return how many questions that were.

    say: is told, after each batch, how many there were so far.
    """
    await _each(database, COMPANIES, COMPANY.c.id, names.renew, None)
    return await _each(database, QUESTIONS, QUESTION.c.id, index.renew, say)


async def _each(
    database: Database,
    query: Select[Any],
    row_id: Any,
    renew: Callable[[Connection, Sequence[str]], None],
    say: Callable[[int], None] | None,
) -> int:
    """Renew all that a query finds, some at a time."""
    done, last = 0, ""
    while True:
        async with database.reading() as session:
            found = await session.execute(query.where(row_id > last).limit(BATCH))
            ids = found.scalars().all()
        if not ids:
            return done
        await database.derive(partial(_renew, renew=renew, ids=ids))
        done, last = done + len(ids), ids[-1]
        if say is not None:
            say(done)


def _renew(
    session: Session,
    renew: Callable[[Connection, Sequence[str]], None],
    ids: Sequence[str],
) -> None:
    session.execute(select(HEAD.c.seq).with_for_update())
    renew(session.connection(), ids)
