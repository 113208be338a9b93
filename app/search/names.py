"""Companies by the words of their names.

Names are not in the documents of questions: a question has its company's token, and a word that
stands in a name stands for that token too. So a company is renamed at once, however many questions
were put to it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, insert, select

from app.companies.models import Company
from app.core.lists import among
from app.core.tables import table_of
from app.search import tokens, words
from app.search.models import NAME

MOST = 20
"""Companies that a query can mean by their names: those with most of its words, oldest first."""

COMPANY = table_of(Company)
BY_ID = select(COMPANY).where(among(COMPANY.c.id, "ids"))
KEPT = select(NAME).where(among(NAME.c.company_id, "ids"))
TAKE = delete(NAME).where(
    NAME.c.word == bindparam("word"), NAME.c.company_id == bindparam("company_id")
)
_fitting = (
    select(NAME.c.company_id, func.count().label("words"))
    .where(among(NAME.c.word, "words"))
    .group_by(NAME.c.company_id)
    .order_by(func.count().desc(), NAME.c.company_id)
    .limit(MOST + 1)
    .subquery()
)
FITTING = (
    select(COMPANY.c.id, COMPANY.c.name, COMPANY.c.names, COMPANY.c.slug)
    .join(_fitting, _fitting.c.company_id == COMPANY.c.id)
    .order_by(_fitting.c.words.desc(), COMPANY.c.id)
)


@dataclass(frozen=True)
class Named:
    """A company by its token, and its names in words."""

    token: str
    names: list[str]

    def has(self, sequence: Sequence[str]) -> bool:
        """Tell whether words stand in one of the names, in this order."""
        sought = f" {' '.join(sequence)} "
        return any(sought in name for name in self.names)


def fitting(connection: Connection, sought: Iterable[str]) -> tuple[list[Named], bool]:
    """Return companies in whose names some words stand, and whether these are all."""
    rows = connection.execute(FITTING, {"words": sorted(set(sought))}).all()
    found = [Named(tokens.of_id(row.id), [_padded(name) for name in _names(row)]) for row in rows]
    return found[:MOST], len(found) <= MOST


def renew(connection: Connection, ids: Sequence[str]) -> None:
    """Note the words of companies' names as they are now. One that was merged is found no more."""
    given = {"ids": ids}
    companies = connection.execute(BY_ID, given).all()
    wanted = {
        (word, row.id)
        for row in companies
        if row.merged_into is None
        for name in _names(row)
        for word in words.of(name)
    }
    kept = {(row.word, row.company_id) for row in connection.execute(KEPT, given)}
    for statement, pairs in ((TAKE, kept - wanted), (insert(NAME), wanted - kept)):
        if pairs:
            rows = [{"word": word, "company_id": company} for word, company in sorted(pairs)]
            connection.execute(statement, rows)


def _names(row: Any) -> list[str]:
    return [row.name, *row.names, row.slug]


def _padded(name: str) -> str:
    return f" {' '.join(words.of(name))} "
