"""Searching among the questions that filters choose: what the index knows of them, and what not."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.engine import Connection

from app.core import mergers, slugs
from app.questions.state import CLOSED, State
from app.record import selection
from app.record.schemas import QuestionFilters, QuestionSelection
from app.record.selection import QUESTION
from app.record.viewpoint import Viewpoint
from app.search import finding, highlight
from app.search.finding import Found
from app.search.query import Query
from app.search.tokens import Tokens

__all__ = ["Found", "find", "highlights"]
OPEN = frozenset(state.value for state in State if state not in CLOSED)
KNOWN = frozenset({"q", "company", "asker", "dossier", "topic", "state", "open"})
"""Filters that the index answers alone, as of the present."""


def find(connection: Connection, filters: QuestionSelection, view: Viewpoint, query: Any) -> Found:
    """Return the matches among the questions of a query that has all other filters in it.

    Raises:
        Invalid: there is nothing in `q` to look for.
    """
    assert filters.q is not None
    given = {
        name
        for name in QuestionSelection.model_fields
        if getattr(filters, name) is not None and name not in ("as_of", "known_at")
    }
    knows_all = view.is_present and given <= KNOWN
    return finding.candidates(
        connection,
        Query.parse(filters.q),
        tokens(connection, filters, view),
        None if knows_all else query.with_only_columns(QUESTION.c.id),
    )


def tokens(connection: Connection, filters: QuestionSelection, view: Viewpoint) -> Tokens:
    """Return what the index itself knows of what filters ask for."""

    def named(kind: str) -> str | None:
        reference = getattr(filters, kind)
        return None if reference is None else slugs.find_filtered(connection, kind, reference)

    asker = named("asker")
    after, before = filters.asked_after, filters.asked_before
    last = before.first_day.year if before is not None else None
    if view.as_of is not None:
        last = min(last or view.as_of.year, view.as_of.year)
    return Tokens.of(
        company=named("company"),
        askers=None if asker is None else mergers.family(connection, asker),
        dossier=named("dossier"),
        topic=filters.topic,
        states=_states(filters) if view.is_present else None,
        has_respond_by=view.is_present and filters.overdue is True,
        asked_from=after.first_day.year if after is not None else None,
        asked_to=last,
    )


def _states(filters: QuestionSelection) -> frozenset[str] | None:
    if filters.state is None and filters.open is None:
        return None
    wanted = frozenset(selection.states(filters.state)) if filters.state else frozenset(State)
    if filters.open is not None:
        wanted &= OPEN if filters.open else frozenset(CLOSED)
    return frozenset(str(state) for state in wanted)


def highlights(
    connection: Connection, filters: QuestionFilters, question_ids: Sequence[str]
) -> dict[str, dict[str, str]]:
    """Return where the words were found in the questions of a page."""
    assert filters.q is not None
    return highlight.of(connection, Query.parse(filters.q), question_ids)
