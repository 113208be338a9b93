"""Whatever is written in `q`, both databases find the same, and it is never an error."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from app.core.db import Database
from app.core.errors import Invalid
from app.search import finding, words
from app.search.query import Query, Term
from app.search.tokens import Tokens
from tests.search.conftest import slugs
from tests.support.make import Make

TEXTS = {
    "one": ("en", "Which contracts did the firm sign?"),
    "two": ("en", "Which firm’s contract, and near what or not and all?"),
    "three": ("fr", 'Le contrat de l’armée: AND OR NOT NEAR "col" x*'),
    "four": ("zh", "微软与国防部的合同 contracts"),
    "five": ("en", "The the the firm firm a a-b b'c c*d <-> & | !"),
    "six": ("ru", "Ни одного договора 🔥 ١٢٣ ﬁrm"),
}
PLAIN = "contract contracts contrat firm FIRM the which a b c armée l'armée 国 国防部 合同 договор"
SQLITE = "AND OR NOT NEAR NEAR( near/2 head: rest: head:firm {head} ^firm firm* fir* -firm"
SIGNS = '" "" \' \'\' \\ - -- -" * ( ) () [ ] { } : :* ; , <-> <1> & | ! && || ~ # @ $1 :a ? %'
OTHERS = "¤ ¶ · ¤s¤unanswered ¤12¤0 'x':1A search_words \x00 \ufffe \u202e 🔥 ١٢٣ ﬁrm"
PHRASES = ['"the firm"', '-"the firm"', '"contract and near"', "'; DROP TABLE search_document; --"]
PIECES = [piece for each in (PLAIN, SQLITE, SIGNS, OTHERS) for piece in each.split(" ")] + PHRASES
QUERIES = st.lists(st.sampled_from(PIECES), max_size=7).map(" ".join) | st.text(max_size=40)


@pytest.fixture
async def texts(make: Make) -> dict[str, list[str]]:
    """Put the questions, to a company whose name no query has, and return their words."""
    await make.company("zzz", name="Zzz")
    for slug, (lang, text) in TEXTS.items():
        await make.question(slug=slug, text=text, lang=lang, company="zzz")
    return {slug: words.of(text) for slug, (_, text) in TEXTS.items()}


def stands(term: Term, text: list[str]) -> bool:
    """Tell whether a term stands in a question, by looking at each of its words."""
    length = len(term.words)
    if any(tuple(text[at : at + length]) == term.words for at in range(len(text))):
        return True
    alone = not term.is_quoted and not term.is_phrase and words.has_stem(term.words[0])
    return alone and not forms(term.words[0]).isdisjoint(text)


def forms(word: str) -> set[str]:
    """Return the words of the questions that are forms of a word in their language."""
    return {
        other
        for lang, text in TEXTS.values()
        if (language := words.language(lang))
        for other in words.of(text)
        if words.has_stem(other) and words.stem(language, other) == words.stem(language, word)
    }


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(QUERIES)
async def test_any_text_finds_what_its_words_say(
    database: Database, texts: dict[str, list[str]], written: str
) -> None:
    try:
        query = Query.parse(written)
    except Invalid:
        return

    def look(connection: Connection) -> Any:
        found = finding.candidates(connection, query, Tokens())
        return set(slugs(connection, [hit.question_id for hit in found.hits]))

    assert await database.look(look) == {
        slug
        for slug, text in texts.items()
        if all(stands(term, text) for term in query.wanted)
        and not any(stands(term, text) for term in query.excluded)
    }
