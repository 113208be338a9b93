"""A record of any size, as the services would have written it, without asking them a million times.

Questions, the asks, statements and rulings that moved them, and the ledger of it all, over ten
years. What a row or an event holds comes from the application: `headline`, `recorded_columns`,
`spans`, `to_entry`. Only the bookkeeping of the recorder and of `standing.refold` is done again
here, in memory; `__main__` reads a sample back from both clocks.
"""

import random
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from typing import Any

from app.askers.models import Asker, AskerKind
from app.companies.models import Company
from app.core import clock, ids
from app.core.clock import FOREVER
from app.core.dates import EdtfDate
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
from tests.bench.ledger import Ledger, Row, Rows

COMPANIES, ASKERS, DOSSIERS, TOPICS = 200, 50, 30, 40
FEW = 12
"""How many questions the last asker, dossier and topic have, however large the record is."""

YEARS = 10
CHUNK = 20_000
STANDING = table_of(StandingSpan)
TOPIC, DOSSIER = table_of(QuestionTopic), table_of(QuestionDossier)
ASKER_KINDS = [kind.value for kind in AskerKind]
VERDICTS = ("acknowledged", "declined", "nonresponsive", "partial", "answered")
THINGS = (
    "contract",
    "audit",
    "incident",
    "factory",
    "supplier",
    "data centre",
    "lay-off",
    "merger",
)
WORDS = ("access", "children", "audit", "climate", "contracts", "data", "emissions", "finance",
         "health", "labour", "mining", "pay", "privacy", "safety", "security", "supply",
         "surveillance", "tax", "unions", "water")  # fmt: skip


@dataclass
class Moved:
    """A question, and what its next fold needs: its entries and the spans that hold."""

    row: Row
    entries: list[state.Entry] = field(default_factory=list)
    spans: dict[int, Row] = field(default_factory=dict)


def zipf(chance: random.Random, count: int) -> Callable[[], int]:
    """Return a function that draws 0 … count - 1, each as often as one over its rank."""
    weights = list(accumulate(1 / rank for rank in range(1, count + 1)))
    return lambda: chance.choices(range(count), cum_weights=weights)[0]


class Record:
    """Makes a record of `size` questions."""

    def __init__(self, size: int, seed: int = 1) -> None:
        self.size = size
        self.ledger = Ledger()
        self.questions: dict[int, Moved] = {}
        self.companies: list[Row] = []
        self.askers: list[Row] = []
        self.dossiers: list[Row] = []
        self.topics = [f"{word}-{turn}" for turn in (1, 2) for word in WORDS]
        self._chance = random.Random(seed)
        self.end = clock.now() - timedelta(days=1)
        self.start = self.end - timedelta(days=365 * YEARS)
        self._sources: dict[str, list[Row]] = defaultdict(list)
        self._company = zipf(self._chance, COMPANIES)
        self._asker = zipf(self._chance, ASKERS - 1)
        self._dossier = zipf(self._chance, DOSSIERS - 1)
        self._topic = zipf(self._chance, TOPICS - 1)
        self._few = set(self._chance.sample(range(size), min(FEW, size)))

    def rows(self) -> Iterator[Rows]:
        """Yield the rows of all tables, some at a time, as they are recorded."""
        self._name_things()
        for instant, act, given in sorted(self._plan(), key=lambda planned: planned[0]):
            self.ledger.begin(instant)
            act(*given)
            yield from self.ledger.take(CHUNK)
        for question in self.questions.values():
            self.ledger.add(table_of(Question), question.row)
            for span in question.spans.values():
                self.ledger.add(STANDING, span)
        yield from self.ledger.take()

    # What there is to ask about.

    def _name_things(self) -> None:
        self.ledger.begin(self.start - timedelta(days=1))
        for number in range(COMPANIES):
            row = self._thing(
                Company, "company", f"company-{number}", name=f"Company {number} Inc."
            )
            row.update(names=[f"Company {number}"], identifiers={})
            self.companies.append(self.ledger.new(Company, row))
        for number in range(ASKERS):
            row = self._thing(Asker, "asker", f"asker-{number}", name=f"The Daily {number}")
            row.update(kind=ASKER_KINDS[number % len(ASKER_KINDS)], website=None)
            self.askers.append(self.ledger.new(Asker, row))
        for number in range(DOSSIERS):
            row = self._thing(Dossier, "dossier", f"dossier-{number}", title=f"Dossier {number}")
            self.dossiers.append(self.ledger.new(Dossier, row))

    def _thing(self, model: Any, kind: str, slug: str, **values: Any) -> Row:
        row = Row(id=ids.new(kind), slug=slug, description=None, translations={}, **values)
        self._name(kind, row)
        return row

    def _name(self, kind: str, row: Row) -> None:
        name = Row(kind=kind, slug=row.slug, target=row.id, is_current=True)
        self.ledger.add(SLUG, Row(name, since=self.ledger.instant))

    # What happens when: (instant, what, with what). Questions are named by their number.

    def _plan(self) -> Iterator[tuple[datetime, Callable[..., None], tuple[Any, ...]]]:
        chance = self._chance
        answers: dict[int, list[tuple[date, int, datetime]]] = defaultdict(list)
        for number in range(self.size):
            first = self._day(self.start.date())
            put_at = self._soon_after(first)
            company = self._company()
            yield put_at, self._put, (number, company, first)
            for _ in range(chance.choices((0, 1, 2), (6, 3, 1))[0]):
                again = self._day(first)
                yield max(self._soon_after(again), put_at), self._ask_again, (number, again)
            for _ in range(chance.choices((0, 1, 2, 3), (45, 35, 14, 6))[0]):
                on = min(first + timedelta(days=chance.expovariate(1 / 120)), self.end.date())
                answers[company].append((on, number, put_at))
            if chance.random() < 0.03:
                on = self._day(first)
                yield max(self._soon_after(on), put_at), self._withdraw, (number, on)
        for company, waiting in answers.items():
            yield from self._statements(company, sorted(waiting))

    def _statements(
        self, company: int, waiting: list[tuple[date, int, datetime]]
    ) -> Iterator[tuple[datetime, Callable[..., None], tuple[Any, ...]]]:
        """Let one statement bear on up to four questions that wait."""
        while waiting:
            together = waiting[: self._chance.randint(1, 4)]
            waiting = waiting[len(together) :]
            on = together[-1][0]
            numbers = list({number for _, number, _ in together})
            instant = max(self._soon_after(on), *(put_at for _, _, put_at in together))
            yield instant, self._publish, (company, on, numbers)

    def _day(self, after: date) -> date:
        return after + timedelta(days=self._chance.random() * (self.end.date() - after).days)

    def _soon_after(self, day: date) -> datetime:
        noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
        return min(noon + timedelta(days=self._chance.random() * 20), self.end)

    def _date(self, day: date) -> EdtfDate:
        """Return the day as precisely as it is known."""
        return EdtfDate(day.isoformat()[: self._chance.choices((10, 7, 4), (70, 22, 8))[0]])

    # What the services do.

    def _put(self, number: int, company: int, first: date) -> None:
        chance, addressee = self._chance, self.companies[company]
        thing, day = chance.choice(THINGS), self._date(first)
        topics = {self.topics[self._topic()] for _ in range(chance.randint(1, 3))}
        dossiers = [self.dossiers[self._dossier()].id] if chance.random() < 0.35 else []
        asker = self.askers[self._asker()]
        if number in self._few:
            topics, dossiers, asker = {self.topics[-1]}, [self.dossiers[-1].id], self.askers[-1]
        respond_by = EdtfDate(str(first + timedelta(days=30))) if chance.random() < 0.3 else None
        text = f"What did {addressee.name} know of the {thing} no. {number}, and what did it do?"
        french = {"text": f"Que savait {addressee.name} ?", "context": None, "machine": True}
        row = Row(
            id=ids.new("question"),
            slug=f"{addressee.slug}-{thing.replace(' ', '-')}-{number}",
            company_id=addressee.id,
            company=addressee,
            text=text,
            lang="en",
            context="It came up in the yearly report." if chance.random() < 0.5 else None,
            translations={"fr": french} if chance.random() < 0.2 else {},
            topics=sorted(topics),
            dossier_ids=dossiers,
            respond_by=respond_by,
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
        question = self.questions[number] = Moved(row)
        self._name("question", row)
        self.ledger.record(Question, row)
        self._ask(question, asker, day)
        for table, name, values in ((TOPIC, "topic", topics), (DOSSIER, "dossier_id", dossiers)):
            for value in values:
                link = Row({name: value}, question_id=row.id, known_to=FOREVER)
                self.ledger.add(table, Row(link, known_from=self.ledger.instant))
        self._refold(question)

    def _ask(self, question: Moved, asker: Row, day: EdtfDate) -> None:
        source, row = self._cite(question.row.company), question.row
        ask = self._entry("ask", question, day)
        ask.update(
            asker_id=asker.id,
            asker=asker,
            asked_on=str(day),
            channel=self._chance.choice(("written", "interview", None)),
            source_id=source.id,
            quote="We asked the company." if self._chance.random() < 0.5 else None,
        )
        self.ledger.new(Ask, ask)
        row["version"] = self.ledger.seq
        question.entries.append(standing.to_entry(ask))

    def _ask_again(self, number: int, on: date) -> None:
        question = self.questions[number]
        self._ask(question, self.askers[self._asker()], self._date(on))
        self._move(question, question.entries[-1])

    def _publish(self, company: int, on: date, numbers: list[int]) -> None:
        chance, speaker, day = self._chance, self.companies[company], self._date(on)
        source = self._cite(speaker)
        statement = Row(
            id=ids.new("statement"),
            company_id=speaker.id,
            company=speaker,
            kind=chance.choice(list(StatementKind)).value,
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
        self.ledger.new(Statement, statement)
        moved = [self.questions[number] for number in numbers]
        for question in moved:
            response = self._entry("response", question, day)
            response.update(
                statement_id=statement.id,
                effective_on=str(day),
                verdict=chance.choices(VERDICTS, (20, 25, 25, 15, 15))[0],
                excerpt="We take this seriously.",
                rationale="It says what the question asks for, or does not.",
            )
            self.ledger.new(Response, response)
            question.row["version"] = self.ledger.seq
            question.entries.append(standing.to_entry(response))
        for question in sorted(moved, key=lambda question: question.row.id):
            self._move(question, question.entries[-1])

    def _withdraw(self, number: int, on: date) -> None:
        question, day = self.questions[number], self._date(on)
        ruling = self._entry("ruling", question, day)
        ruling.update(
            state="withdrawn",
            effective_on=str(day),
            reason="The asker took it back.",
            source_id=None,
            quote=None,
        )
        self.ledger.new(Ruling, ruling)
        question.row["version"] = self.ledger.seq
        question.entries.append(standing.to_entry(ruling))
        self._move(question, question.entries[-1])

    def _entry(self, kind: str, question: Moved, day: EdtfDate) -> Row:
        return Row(
            id=ids.new(kind),
            question_id=question.row.id,
            question=question.row,
            effective_day=day.day,
            corrected_at=FOREVER,
            corrected_by=None,
        )

    def _cite(self, company: Row) -> Row:
        """Cite one of the last documents on a company, or a new one."""
        chance, known = self._chance, self._sources[company.id][-5:]
        if known and chance.random() < 0.5:
            return chance.choice(known)
        number = self.ledger.seq
        source = Row(
            id=ids.new("source"),
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
        )
        self._sources[company.id].append(source)
        return self.ledger.new(Source, source)

    # What the fold makes of it.

    def _move(self, question: Moved, cause: state.Entry) -> None:
        before = question.row.state
        self._refold(question)
        question.row["updated_at"] = self.ledger.instant
        if question.row.state != before:
            self.ledger.record(
                Question,
                question.row,
                {"state": before},
                cause=cause.id,
                effective_on=str(cause.effective_on),
            )

    def _refold(self, question: Moved) -> None:
        row = question.row
        found = state.spans(question.entries)
        row.update(standing._columns(found[-1].standing), state=found[-1].standing.state.value)
        kept = {}
        for span in found:
            values = Row(
                question_id=row.id,
                from_day=span.from_day,
                to_day=span.to_day,
                state=span.standing.state.value,
                correction_count=row.correction_count,
                respond_by_day=row.respond_by_day,
                **standing._columns(span.standing),
            )
            old = question.spans.pop(span.from_day, None)
            if old is not None and values.items() <= old.items():
                kept[span.from_day] = old
                continue
            if old is not None:
                self.ledger.add(STANDING, Row(old, known_to=self.ledger.instant))
            kept[span.from_day] = Row(values, known_from=self.ledger.instant, known_to=FOREVER)
        for old in question.spans.values():
            self.ledger.add(STANDING, Row(old, known_to=self.ledger.instant))
        question.spans = kept
