"""What is searched of a question, made of the record as it stands.

A document has two parts. `head` is for ranking: the first words of each field, in the order of
`FIELDS`, so that a long text costs no more than a short one; for the company stands its token.
`rest` has the words of fields that are longer, as a whole, and the other tokens. The index holds
both.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, func, null, select, union_all

from app.core import mergers
from app.core.clock import FOREVER
from app.core.lists import among
from app.core.tables import table_of
from app.ledger.queries import EVENT
from app.questions.models import Ask, Question, Response
from app.search import tokens, words
from app.search.models import DOCUMENT
from app.search.names import COMPANY
from app.statements.models import Statement

FIELDS = ("text", "company", "translations", "context", "responses")
NAMES = "names"
"""The field of texts that are not in documents: see `search.names`."""

HEAD = 200
"""Words of a field that are ranked."""

MOST_WORDS, MOST_BYTES = 10_000, 400_000
"""What is indexed of a question. PostgreSQL tells no more than 16,383 places apart."""
MOST_TIMES = 255
"""So many times a word is indexed. PostgreSQL keeps no more places of one."""

QUESTION = table_of(Question)
ASK, RESPONSE, STATEMENT = table_of(Ask), table_of(Response), table_of(Statement)

_recorded_at = select(func.min(EVENT.c.seq)).where(EVENT.c.subject_id == QUESTION.c.id)
ROWS = (
    select(
        QUESTION,
        COMPANY.c.name.label("company_name"),
        COMPANY.c.names.label("company_names"),
        DOCUMENT.c.docid,
        DOCUMENT.c.made,
        DOCUMENT.c.head,
        DOCUMENT.c.rest,
        _recorded_at.scalar_subquery().label("recorded_at_seq"),
    )
    .join(COMPANY, COMPANY.c.id == QUESTION.c.company_id)
    .outerjoin(DOCUMENT, DOCUMENT.c.question_id == QUESTION.c.id)
    .where(among(QUESTION.c.id, "ids"), QUESTION.c.merged_into.is_(None))
    .order_by(QUESTION.c.id)
)
PARTS = union_all(
    select(
        RESPONSE.c.question_id,
        RESPONSE.c.id,
        RESPONSE.c.excerpt,
        STATEMENT.c.title,
        STATEMENT.c.lang,
        null().label("asker_id"),
    )
    .join(STATEMENT, STATEMENT.c.id == RESPONSE.c.statement_id)
    .where(among(RESPONSE.c.question_id, "ids"), RESPONSE.c.corrected_at == FOREVER),
    select(ASK.c.question_id, ASK.c.id, null(), null(), null(), ASK.c.asker_id).where(
        among(ASK.c.question_id, "ids"), ASK.c.corrected_at == FOREVER
    ),
)


@dataclass(frozen=True)
class Text:
    """A text of a question. name: what it is called where it is shown. lang: None for names."""

    field: str
    name: str
    lang: str | None
    text: str


@dataclass
class Searched:
    """A question and all of it that is searched."""

    row: Any
    texts: list[Text]
    askers: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Document:
    """What is kept of one question. forms: its words with their languages."""

    docid: int
    head: str
    rest: str
    forms: frozenset[tuple[str, str]]


def load(connection: Connection, ids: Sequence[str]) -> Iterator[Searched]:
    """Yield questions with their texts: what editors wrote, then responses as they came.

    Those to questions that were merged into one are among them; what editors wrote of these is not.
    """
    rows = connection.execute(ROWS, {"ids": ids})
    found = {row.id: Searched(row, list(_texts(row))) for row in rows}
    merged = mergers.members(connection, found)
    parts = connection.execute(PARTS, {"ids": [*found, *merged]})
    for part in sorted(parts, key=lambda part: part.id):
        searched = found[merged.get(part.question_id, part.question_id)]
        if part.asker_id is not None:
            searched.askers.append(part.asker_id)
            continue
        searched.texts.append(Text("responses", "statement", part.lang, part.title))
        if part.excerpt is not None:
            searched.texts.append(Text("responses", "excerpt", part.lang, part.excerpt))
    yield from found.values()


def _texts(row: Any) -> Iterator[Text]:
    yield Text("text", "text", row.lang, row.text)
    yield Text(NAMES, "company.name", None, row.company_name)
    for name in row.company_names:
        yield Text(NAMES, "company.names", None, name)
    for lang, translated in row.translations.items():
        for name in ("text", "context"):
            if translated.get(name):
                yield Text("translations", f"translations.{lang}.{name}", lang, translated[name])
    if row.context:
        yield Text("context", "context", row.lang, row.context)


def make(searched: Searched) -> Document:
    """Make a question's document."""
    row, room = searched.row, _Room()
    fields: dict[str, list[str]] = {name: [] for name in FIELDS}
    forms: set[tuple[str, str]] = set()
    for text in searched.texts:
        if text.field in fields:
            found, inside = room.take(words.of(text.text)), fields[text.field]
            inside += [words.GAP, *found] if inside else found
            forms |= set(_forms(text.lang, found))
    fields["company"] = [tokens.of_id(row.company_id)]
    heads = [" ".join(inside[:HEAD]) for inside in fields.values()]
    rest = [
        word
        for long in fields.values()
        if len(long) > HEAD
        for word in (*room.take(long), words.GAP)
    ]
    marks = tokens.of_question(
        askers=searched.askers,
        dossiers=row.dossier_ids,
        topics=row.topics,
        state=row.state,
        has_respond_by=row.respond_by is not None,
        first_asked_day=row.first_asked_day,
    )
    return Document(
        docid=row.recorded_at_seq if row.docid is None else row.docid,
        head=f" {words.FIELD} ".join(heads),
        rest=" ".join([*rest, *marks]),
        forms=frozenset(forms),
    )


def _forms(lang: str | None, found: Iterable[str]) -> Iterator[tuple[str, str]]:
    language = words.language(lang) if lang is not None else None
    if language is not None:
        yield from ((language, word) for word in found if words.has_stem(word))


class _Room:
    """How much more of a question is indexed."""

    def __init__(self) -> None:
        self._words, self._bytes = MOST_WORDS, MOST_BYTES
        self._times: Counter[str] = Counter()

    def take(self, found: list[str]) -> list[str]:
        """Return what there is room for. A word that was taken too often leaves a gap."""
        taken: list[str] = []
        for word in found:
            self._words -= 1
            self._bytes -= len(word.encode())
            if self._words < 0 or self._bytes < 0:
                break
            self._times[word] += 1
            taken.append(word if self._times[word] <= MOST_TIMES else words.GAP)
        return taken
