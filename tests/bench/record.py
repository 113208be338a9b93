"""A record of any size, as the services would have written it, without asking them a million times.

Questions, the asks, statements and rulings that moved them, and the ledger of it all, over ten
years. What a row or an event holds comes from the application: `headline`, `recorded_columns`,
`compose`, `spans`. Only the bookkeeping of the recorder and of `standing.refold` is done again
here, in memory; `__main__` reads a sample back from both clocks.
"""

import random
from collections import defaultdict, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from app.askers.models import Asker, AskerKind
from app.companies.models import Company
from app.core.clock import FOREVER
from app.core.slugs import SLUG
from app.core.tables import table_of
from app.dossiers.models import Dossier
from app.questions import standing, state
from app.questions.models import (
    Ask,
    Question,
    QuestionDossier,
    QuestionTopic,
    Response,
    Ruling,
    StandingSpan,
)
from app.sources.models import Source
from app.statements.models import Statement, StatementKind
from tests.bench import plan
from tests.bench.facts import Facts
from tests.bench.ledger import Ledger, Row, Rows
from tests.bench.names import Ids, Known, dated, known
from tests.bench.plan import COMPANIES, Act
from tests.bench.words import Writer, zipf

ASKERS, DOSSIERS, TOPICS = 50, 30, 40
FEW = 12
"""How many questions the last asker, dossier and topic have, however large the record is."""

SAMPLE = 2000
CHUNK = 10_000
QUESTION, STANDING = table_of(Question), table_of(StandingSpan)
NOT_CHECKED = ("read_sha256", "read_at", "online", "found_sha256", "found_at", "checked_at",
               "tried_at")  # fmt: skip
TOPIC, DOSSIER = table_of(QuestionTopic), table_of(QuestionDossier)
ASKER_KINDS = [kind.value for kind in AskerKind]
KINDS = [kind.value for kind in StatementKind]
VERDICTS = ("acknowledged", "declined", "nonresponsive", "partial", "answered")
WORDS = ("access", "children", "audit", "climate", "contracts", "data", "emissions", "finance",
         "health", "labour", "mining", "pay", "privacy", "safety", "security", "supply",
         "surveillance", "tax", "unions", "water")  # fmt: skip
Standings = dict[int, tuple[state.Span, Any]]
"""By their first day, spans and since when they are known."""


@dataclass(slots=True)
class Moved:
    """A question, and what its next fold needs: its entries and the spans that hold."""

    row: Row
    entries: list[state.Entry] = field(default_factory=list)
    spans: Standings = field(default_factory=dict)


class Record:
    """Makes a record of `size` questions."""

    def __init__(self, size: int, seed: int = 1) -> None:
        self.size, self.name = size, f"{size:,} questions"
        self.ledger = Ledger()
        self._chance = chance = random.Random(seed)
        self._ids = Ids()
        self._questions: dict[int, Moved] = {}
        self._companies: list[Row] = []
        self._askers: list[Row] = []
        self._dossiers: list[Row] = []
        self._topics = [f"{word}-{turn}" for turn in (1, 2) for word in WORDS]
        self._sources: dict[str, deque[Row]] = defaultdict(lambda: deque(maxlen=5))
        self._writer = Writer(chance, size)
        self._asker = zipf(chance, ASKERS - 1)
        self._dossier = zipf(chance, DOSSIERS - 1)
        self._topic = zipf(chance, TOPICS - 1)
        self._few = set(chance.sample(range(size), min(FEW, size)))
        self._kept = set(chance.sample(range(size), min(SAMPLE, size)))
        self._names: list[tuple[str, str]] = []
        self._plan = plan.make(size, chance)

    def rows(self) -> Iterator[Rows]:
        """Yield the rows of all tables, some at a time, as they are recorded."""
        self._name_things()
        acts: dict[Act, Any] = {
            Act.PUT: self._put,
            Act.ASK_AGAIN: self._ask_again,
            Act.PUBLISH: self._publish,
            Act.WITHDRAW: self._withdraw,
        }
        for turn, (instant, act, which, company, day) in enumerate(self._plan.acts):
            self.ledger.begin(instant)
            acts[act](which, company, day)
            for number in which if act is Act.PUBLISH else (which,):
                self._let_go(number)
            if turn % 64 == 0:
                yield from self.ledger.take(CHUNK)
        yield from self.ledger.take()

    def facts(self) -> Facts:
        """Say in short what was built."""
        return Facts(
            size=self.size,
            seq=self.ledger.seq,
            start=self._plan.start,
            end=self._plan.end,
            companies=[row.slug for row in self._companies],
            askers=[row.slug for row in self._askers],
            dossiers=[row.slug for row in self._dossiers],
            topics=self._topics,
            questions=self._names,
        )

    def _let_go(self, number: int) -> None:
        """Give away a question to which nothing more happens."""
        self._plan.left[number] -= 1
        if self._plan.left[number]:
            return
        question = self._questions.pop(number)
        self.ledger.add(QUESTION, question.row)
        for span, since in question.spans.values():
            self._add_span(question.row, span, since, FOREVER)

    # What there is to ask about.

    def _name_things(self) -> None:
        self.ledger.begin(self._plan.start - timedelta(days=1))
        for number in range(COMPANIES):
            row = self._thing("company", f"company-{number}", name=f"Company {number} Inc.")
            row.names, row.identifiers = [f"Company {number}"], {}
            self._companies.append(self.ledger.new(Company, row))
        for number in range(ASKERS):
            row = self._thing("asker", f"asker-{number}", name=f"The Daily {number}")
            row.kind, row.website = ASKER_KINDS[number % len(ASKER_KINDS)], None
            self._askers.append(self.ledger.new(Asker, row))
        for number in range(DOSSIERS):
            row = self._thing("dossier", f"dossier-{number}", title=f"Dossier {number}")
            self._dossiers.append(self.ledger.new(Dossier, row))

    def _thing(self, kind: str, slug: str, **values: Any) -> Row:
        row = Row(id=self._ids.new(kind), slug=slug, description=None, translations={}, **values)
        self._name(kind, row)
        return row

    def _name(self, kind: str, row: Row) -> None:
        since = self.ledger.instant
        name = Row(kind=kind, slug=row.slug, target=row.id, is_current=True, since=since)
        self.ledger.add(SLUG, name)

    # What the services do.

    def _put(self, number: int, company: int, first: date) -> None:
        chance, addressee, writer = self._chance, self._companies[company], self._writer
        day = dated(chance, first)
        topics = {self._topics[self._topic()] for _ in range(chance.randint(1, 3))}
        dossiers = [self._dossiers[self._dossier()].id] if chance.random() < 0.35 else []
        asker = self._askers[self._asker()]
        if number in self._few:
            topics, dossiers, asker = {self._topics[-1]}, [self._dossiers[-1].id], self._askers[-1]
        respond_by = known(str(first + timedelta(days=30))) if chance.random() < 0.3 else None
        row = Row(
            id=self._ids.new("question"),
            slug=f"{addressee.slug}-{number}",
            company_id=addressee.id,
            company=addressee,
            text=writer.question(number, addressee.name),
            lang="en",
            context=writer.sentence(10, 40) if chance.random() < 0.5 else None,
            translations=writer.translations(addressee.name),
            topics=sorted(topics),
            dossier_ids=dossiers,
            respond_by=str(respond_by) if respond_by else None,
            respond_by_day=respond_by.day if respond_by else None,
            last_checked_on=None,
            external_id=f"row-{number}" if chance.random() < 0.3 else None,
            correction_count=0,
            state="unanswered",
            overdue_since=None,  # nothing is measured of the clock
            unanswered_for=None,
            clock_day=None,
            first_asked_on=str(day),
        )
        question = self._questions[number] = Moved(row)
        if number in self._kept:
            self._names.append((row.id, row.slug))
        self._name("question", row)
        self.ledger.record(Question, row)
        self._ask(question, asker, day)
        self._link(row, topics, dossiers)
        self._refold(question)

    def _link(self, row: Row, topics: set[str], dossiers: list[str]) -> None:
        for table, name, values in ((TOPIC, "topic", topics), (DOSSIER, "dossier_id", dossiers)):
            for value in values:
                link = Row(question_id=row.id, known_from=self.ledger.instant, known_to=FOREVER)
                setattr(link, name, value)
                self.ledger.add(table, link)

    def _ask(self, question: Moved, asker: Row, day: Known) -> None:
        source = self._cite(question.row.company)
        ask = self._entry("ask", question, day)
        ask.asker_id, ask.asker, ask.asked_on = asker.id, asker, str(day)
        ask.channel = self._chance.choice(("written", "interview", None))
        ask.source_id = source.id
        ask.quote = self._writer.sentence(4, 12) if self._chance.random() < 0.5 else None
        self._enter(Ask, "ask", question, ask, day, None)

    def _ask_again(self, number: int, company: int, on: date) -> None:
        question = self._questions[number]
        self._ask(question, self._askers[self._asker()], dated(self._chance, on))
        self._move(question, question.entries[-1])

    def _publish(self, numbers: tuple[int, ...], company: int, on: date) -> None:
        chance, speaker, day = self._chance, self._companies[company], dated(self._chance, on)
        statement = self._state(speaker, day)
        moved = [self._questions[number] for number in numbers]
        for question in moved:
            response = self._entry("response", question, day)
            response.statement_id, response.effective_on = statement.id, str(day)
            response.verdict = chance.choices(VERDICTS, (20, 25, 25, 15, 15))[0]
            response.excerpt = self._writer.sentence(8, 30)
            response.rationale = "It says what the question asks for, or does not."
            self._enter(Response, "response", question, response, day, response.verdict)
        for question in sorted(moved, key=lambda question: question.row.id):
            self._move(question, question.entries[-1])

    def _state(self, speaker: Row, day: Known) -> Row:
        chance, source = self._chance, self._cite(speaker)
        statement = Row(
            id=self._ids.new("statement"),
            company_id=speaker.id,
            company=speaker,
            kind=chance.choice(KINDS),
            title=f"What {speaker.name} said",
            published_on=str(day),
            published_day=day.day,
            lang="en",
            summary=None,
            attributed_to="A spokesperson" if chance.random() < 0.5 else None,
            source_id=source.id,
            quote=None,
            corrected_at=FOREVER,
            corrected_by=None,
        )
        return self.ledger.new(Statement, statement)

    def _withdraw(self, number: int, company: int, on: date) -> None:
        question, day = self._questions[number], dated(self._chance, on)
        ruling = self._entry("ruling", question, day)
        ruling.state, ruling.effective_on = "withdrawn", str(day)
        ruling.reason, ruling.source_id, ruling.quote = "The asker took it back.", None, None
        self._enter(Ruling, "ruling", question, ruling, day, ruling.state)
        self._move(question, question.entries[-1])

    def _entry(self, kind: str, question: Moved, day: Known) -> Row:
        return Row(
            id=self._ids.new(kind),
            question_id=question.row.id,
            question=question.row,
            effective_day=day.day,
            corrected_at=FOREVER,
            corrected_by=None,
        )

    def _enter(
        self, model: Any, kind: Any, question: Moved, row: Row, day: Known, verdict: str | None
    ) -> None:
        """Record an entry, and keep what the fold reads of it, as `standing.to_entry` does."""
        self.ledger.new(model, row)
        question.row.version = self.ledger.seq
        says = state.State(verdict) if verdict else None
        question.entries.append(state.Entry(kind, row.id, day, self.ledger.instant, says))

    def _cite(self, company: Row) -> Row:
        """Cite one of the last documents on a company, or a new one."""
        chance, last = self._chance, self._sources[company.id]
        if last and chance.random() < 0.5:
            return chance.choice(last)
        number = self.ledger.seq
        source = Row(
            id=self._ids.new("source"),
            url=f"https://news.example/{company.slug}/{number}",
            archived_url=f"https://archive.example/{number}" if chance.random() < 0.3 else None,
            title=f"An article on {company.name}, no. {number}",
            publisher="The Daily Example",
            author=None,
            published_on=None,
            lang="en",
            quote=None,
            sha256=f"{chance.getrandbits(256):064x}" if chance.random() < 0.3 else None,
            seen_at=None,
            **dict.fromkeys(NOT_CHECKED),
        )
        last.append(source)
        return self.ledger.new(Source, source)

    # What the fold makes of it.

    def _move(self, question: Moved, cause: state.Entry) -> None:
        before = question.row.state
        self._refold(question)
        question.row.updated_at = self.ledger.instant
        if question.row.state != before:
            self.ledger.record(
                Question,
                question.row,
                {"state": before},
                cause=cause.id,
                effective_on=str(cause.effective_on),
            )

    def _refold(self, question: Moved) -> None:
        row, instant = question.row, self.ledger.instant
        found = state.spans(question.entries)
        vars(row).update(standing._columns(found[-1].standing))
        row.state = found[-1].standing.state.value
        kept: Standings = {}
        for span in found:
            old = question.spans.get(span.from_day)
            kept[span.from_day] = old if old and old[0] == span else (span, instant)
        for day, old in question.spans.items():
            if kept.get(day) is not old:
                self._add_span(row, *old, instant)
        question.spans = kept

    def _add_span(self, row: Row, span: state.Span, since: Any, until: Any) -> None:
        values = Row(
            question_id=row.id,
            known_from=since,
            from_day=span.from_day,
            known_to=until,
            to_day=span.to_day,
            state=span.standing.state.value,
            correction_count=row.correction_count,
            respond_by_day=row.respond_by_day,
            **standing._columns(span.standing),
        )
        self.ledger.add(STANDING, values)
