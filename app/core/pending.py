"""Rows that a transaction has added and not written yet, found without looking at all of them.

`Session.new` is made anew each time it is asked, and searching it for every row of a batch takes a
time that grows with the square of the batch. A model that is looked for says in `__pending_by__` by
which of its columns.
"""

from collections.abc import Sequence
from typing import Any, TypeVar

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

T = TypeVar("T")
PENDING = "pending"


class Pending:
    """The rows, in the order in which they were added, and by what they are looked for."""

    def __init__(self) -> None:
        self.added: list[Any] = []
        self._found: dict[tuple[type[Any], Any], list[Any]] = {}

    def add(self, row: Any) -> None:
        """Take in a row."""
        self.added.append(row)
        name = getattr(type(row), "__pending_by__", None)
        if name is not None:
            self._found.setdefault((type(row), getattr(row, name)), []).append(row)

    def remove(self, row: Any) -> None:
        """Take out a row that will not be written."""
        for rows in (self.added, *self._found.values()):
            rows[:] = [other for other in rows if other is not row]

    def find(self, model: type[T], key: Any) -> Sequence[T]:
        """Return the rows of a model that have a value in the column it is looked for by."""
        return tuple(self._found.get((model, key), ()))


def of(session: AsyncSession | Session) -> Pending:
    """Return what a session has yet to write."""
    found: Pending | None = session.info.get(PENDING)
    if found is None:
        found = session.info[PENDING] = Pending()
    return found


def find(session: AsyncSession | Session, model: type[T], key: Any) -> Sequence[T]:
    """Return rows that a session has yet to write: those of a model that have this value."""
    return of(session).find(model, key)


@event.listens_for(Session, "transient_to_pending")
def _add(session: Session, row: Any) -> None:
    of(session).add(row)


@event.listens_for(Session, "pending_to_transient")
def _remove(session: Session, row: Any) -> None:
    of(session).remove(row)


@event.listens_for(Session, "after_flush")
def _written(session: Session, context: Any) -> None:
    session.info.pop(PENDING, None)


@event.listens_for(Session, "after_rollback")
def _undone(session: Session) -> None:
    session.info.pop(PENDING, None)
