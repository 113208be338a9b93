"""Keeping the index in step: what a transaction changed is indexed before it commits.

A flush notes which questions it touched; whoever reads after the commit finds them as they are. A
redaction changes rows in another way and calls `forget`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from sqlalchemy import Connection, event, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from app.companies.models import Company
from app.questions.models import Ask, Question, Response
from app.search import index, names
from app.search.documents import RESPONSE

BATCH = 500
NOTES = "search"


@dataclass
class Notes:
    """What is to be indexed anew. gone: texts that nobody may read any more."""

    questions: dict[str, None] = field(default_factory=dict)
    companies: dict[str, None] = field(default_factory=dict)
    gone: list[str] = field(default_factory=list)


def notes_of(session: Session) -> Notes:
    """Return the notes of a transaction."""
    notes: Notes = session.info.setdefault(NOTES, Notes())
    return notes


async def forget(session: AsyncSession, subject_id: str, texts: Iterable[str]) -> None:
    """Take out of the index what was taken out of a row, whose values had these texts."""
    notes, kind = notes_of(session.sync_session), subject_id.partition("_")[0]
    if kind in ("question", "response", "statement"):
        notes.gone += texts
    if kind == "company":
        notes.companies[subject_id] = None
    elif kind == "question":
        notes.questions[subject_id] = None
    elif kind in ("response", "statement"):
        column = RESPONSE.c.id if kind == "response" else RESPONSE.c.statement_id
        query = select(RESPONSE.c.question_id).where(column == subject_id)
        notes.questions |= dict.fromkeys((await session.execute(query)).scalars())


@event.listens_for(Session, "after_flush")
def _note(session: Session, context: Any) -> None:
    changed = [row for row in session.dirty if session.is_modified(row)]
    for row in (*session.new, *changed):
        if isinstance(row, Question):
            notes_of(session).questions[row.id] = None
        elif isinstance(row, Ask | Response):
            notes_of(session).questions[row.question_id] = None
        elif isinstance(row, Company):
            notes_of(session).companies[row.id] = None


@event.listens_for(Session, "after_flush_postexec")
def _index_many(session: Session, context: Any) -> None:
    """Index already now what a long transaction has written, so that its notes do not grow."""
    notes: Notes | None = session.info.get(NOTES)
    if notes is not None and len(notes.questions) >= BATCH:
        _write(session.connection(), notes)


@event.listens_for(Session, "before_commit")
def _index(session: Session) -> None:
    session.flush()
    notes: Notes | None = session.info.pop(NOTES, None)
    if notes is None:
        return
    connection = session.connection()
    _write(connection, notes)
    if notes.gone:
        index.unlearn(connection, notes.gone)
        index.engine(connection).erase(connection)


def _write(connection: Connection, notes: Notes) -> None:
    """Index what was noted."""
    for write, ids in ((names.renew, notes.companies), (index.renew, notes.questions)):
        waiting = iter(sorted(ids))
        while batch := list(islice(waiting, BATCH)):
            write(connection, batch)
        ids.clear()


@event.listens_for(Session, "after_rollback")
def _drop(session: Session) -> None:
    session.info.pop(NOTES, None)
