"""What tests of search share: a short way to look for questions, by their slugs."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import Connection, select

from app.core.db import Database
from app.search import finding, highlight
from app.search.documents import QUESTION
from app.search.finding import Found
from app.search.query import Query
from app.search.tokens import Tokens

Find = Callable[..., Awaitable[list[str]]]
Mark = Callable[..., Awaitable[Any]]


def slugs(connection: Connection, ids: list[str]) -> list[str]:
    """Return the slugs of questions in the order of their ids."""
    query = select(QUESTION.c.id, QUESTION.c.slug).where(QUESTION.c.id.in_(ids))
    found = {row.id: row.slug for row in connection.execute(query)}
    return [found[question_id] for question_id in ids]


@pytest.fixture
def find(database: Database) -> Find:
    """Look for questions; the keywords are those of tokens. Everything that there is is found."""

    async def look(given: str, **filters: Any) -> list[str]:
        def work(connection: Connection) -> list[str]:
            found: Found = finding.candidates(connection, Query.parse(given), Tokens.of(**filters))
            assert found.complete
            return slugs(connection, [hit.question_id for hit in found.hits])

        return await database.look(work)

    return look


@pytest.fixture
def mark(database: Database) -> Mark:
    """Return the highlights of one question."""

    async def look(given: str, question: Any) -> Any:
        def work(connection: Connection) -> Any:
            return highlight.of(connection, Query.parse(given), [question["id"]])

        return (await database.look(work))[question["id"]]

    return look
