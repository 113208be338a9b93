"""What a query means in this record: its words, other forms of them, companies that they name."""

from collections import defaultdict
from dataclasses import dataclass

from sqlalchemy import Connection, select, text

from app.core.lists import among
from app.search import names, words
from app.search.expressions import Expression, Group
from app.search.models import FORM
from app.search.query import Query, Term
from app.search.tokens import Tokens

MOST_FORMS = 50
"""Of one word."""
LANGUAGES = text(
    "WITH RECURSIVE found(language) AS (SELECT min(language) FROM search_form UNION ALL"
    " SELECT (SELECT min(language) FROM search_form WHERE language > found.language)"
    " FROM found WHERE language IS NOT NULL)"
    " SELECT language FROM found WHERE language IS NOT NULL"
)
STEMS = select(FORM.c.language, FORM.c.stem, FORM.c.word).where(
    among(FORM.c.language, "languages"), among(FORM.c.stem, "stems")
)


@dataclass(frozen=True)
class Sought:
    """A term, with the other forms of its only word, and tokens of companies that it names."""

    words: tuple[str, ...]
    forms: tuple[str, ...] = ()
    companies: tuple[str, ...] = ()

    @property
    def group(self) -> Group:
        """What the index is asked for it."""
        return (self.words, *((other,) for other in (*self.forms, *self.companies)))


@dataclass(frozen=True)
class Terms:
    """A query's terms, ready to be looked for. complete: whether no company is left out."""

    wanted: tuple[Sought, ...]
    excluded: tuple[Sought, ...]
    complete: bool = True

    def expression(self, tokens: Tokens) -> Expression:
        """Return what the index is asked for."""
        groups = [sought.group for sought in self.wanted]
        groups += [tuple((token,) for token in group) for group in tokens.groups]
        excluded = [sequence for sought in self.excluded for sequence in sought.group]
        return Expression(tuple(groups), tuple(excluded))


def resolve(connection: Connection, query: Query) -> Terms:
    """Find out which forms a query's words have in the record, and which companies they name."""
    terms = (*query.wanted, *query.excluded)
    alone = [
        term.words[0]
        for term in terms
        if not term.is_quoted and not term.is_phrase and words.has_stem(term.words[0])
    ]
    forms = _forms(connection, alone) if alone else {}
    companies, complete = names.fitting(connection, [word for one in terms for word in one.words])

    def sought(term: Term) -> Sought:
        return Sought(
            term.words,
            () if term.is_quoted else forms.get(term.words, ()),
            tuple(company.token for company in companies if company.has(term.words)),
        )

    return Terms(tuple(map(sought, query.wanted)), tuple(map(sought, query.excluded)), complete)


def _forms(connection: Connection, alone: list[str]) -> dict[tuple[str, ...], tuple[str, ...]]:
    """Return the other forms of words."""
    languages = connection.execute(LANGUAGES).scalars().all()
    stems = {(language, words.stem(language, word)) for language in languages for word in alone}
    given = {"languages": languages, "stems": sorted({stem for _, stem in stems})}
    kin: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for language, stem, word in connection.execute(STEMS, given):
        kin[language, stem].add(word)
    found: dict[tuple[str, ...], tuple[str, ...]] = {}
    for word in alone:
        same = {one for language in languages for one in kin[language, words.stem(language, word)]}
        found[word,] = tuple(sorted(same - {word})[:MOST_FORMS])
    return found
