"""A second, plainer way to count, against which the statistics are checked.

It replays whole timelines for each question, day and instant with the tests' oracle, ranks lists of
days by sorting them, and knows nothing of spans, columns or SQL.
"""

import math
import random
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from app.core.db import Database
from app.core.tables import table_of
from app.questions.models import Ask
from tests.record.test_history import FEWEST, Historian, entries_of, mergers_of, united
from tests.support.client import Client
from tests.support.make import Make
from tests.support.oracle import ORDER, brute_force, first_day

STATES = [*ORDER, "withdrawn"]
CLOSED = ("answered", "withdrawn")
ASKERS = ["associated-press", "afp", "reuters"]
COMPANIES = ["microsoft", "google", "amazon"]
TOPICS = ["audit", "cloud", "ai"]
Timeline = list[dict[str, Any]]


@dataclass
class Plain:
    """Where one question stood on a day: what every figure is made of."""

    id: str
    state: str
    since: date
    first_asked: date
    first_response: date | None
    askers: set[str]

    @property
    def is_open(self) -> bool:
        return self.state not in CLOSED


class Busy(Historian):
    """Asks for several askers, of several companies."""

    async def begin(self, questions: int, changes: int) -> None:
        for number in range(questions):
            self.questions.append(
                await self.make.question(
                    on=self.day(),
                    slug=f"question-{number}",
                    company=self.chance.choice(COMPANIES),
                    asker=self.chance.choice(ASKERS),
                    topics=self.chance.sample(TOPICS, self.chance.randrange(3)),
                    dossiers=[await self.make.dossier()] if self.chance.random() < 0.4 else [],
                )
            )
        for _ in range(changes):
            await self.change()

    async def ask(self) -> None:
        question, asker = self.chance.choice(self.questions), self.chance.choice(ASKERS)
        found = await self.make.ask(question, on=self.day(), asker=asker)
        self.targets.append(found["id"])

    async def edit(self) -> None:
        if self.chance.random() < 0.5:
            await super().edit()
            return
        question = self.chance.choice(self.questions)
        dossiers = self.chance.choice([[], [await self.make.dossier()]])
        await self.make.editor.patch(f"/v1/questions/{question['id']}", {"dossiers": dossiers})

    async def merge(self) -> None:
        into = self.chance.choice(self.questions)
        company = into["company"]["slug"]
        others = [
            one for one in self.questions if one["company"]["slug"] == company and one is not into
        ]
        if others and len(self.questions) > 2 * FEWEST:
            one = self.chance.choice(others)
            await self.make.merge(one, into)
            self.questions.remove(one)

    async def state(self) -> None:
        company = self.chance.choice(self.questions)["company"]["slug"]
        all_ = [item for item in self.questions if item["company"]["slug"] == company]
        some = self.chance.sample(all_, min(len(all_), self.chance.randint(1, 3)))
        verdict = self.chance.choice(ORDER[1:])
        found = await self.make.statement(*some, verdict=verdict, on=self.day())
        self.targets += [found["id"], *(response["id"] for response in found["responses"])]


async def a_record(make: Make, seed: int, questions: int = 12, changes: int = 45) -> Busy:
    """Put a random record with every kind of change in it."""
    busy = Busy(make, random.Random(seed))
    await busy.begin(questions, changes)
    return busy


@dataclass
class Record:
    """All entries by the question that they were recorded for, and which questions were merged."""

    entries: dict[str, Timeline]
    mergers: list[tuple[str, str, datetime]]

    def known(self, known_at: datetime | None) -> dict[str, Timeline]:
        """Return the timelines as they were known."""
        return united(self.entries, self.mergers, known_at)


async def timelines(database: Database, reader: Client) -> Record:
    """Read all entries straight from their tables, asks with their asker, and all mergers."""
    found = await entries_of(database)
    asks = table_of(Ask)
    async with database.reading() as session:
        rows = await session.execute(select(asks.c.id, asks.c.asker_id))
        askers: dict[str, str] = {row.id: row.asker_id for row in rows}
    for entries in found.values():
        for entry in entries:
            entry["asker"] = askers.get(entry["id"])
    return Record(found, await mergers_of(reader))


def stood(question: str, entries: Timeline, as_of: date, known_at: datetime | None) -> Plain | None:
    """Replay a timeline; None when the question had not been asked."""
    state = brute_force(entries, as_of, known_at)
    if state is None:
        return None
    seen = sorted(
        (entry for entry in entries if _holds(entry, as_of, known_at)),
        key=lambda entry: (first_day(entry["effective_on"]), entry["recorded_at"], entry["id"]),
    )
    asks = [entry for entry in seen if entry["kind"] == "ask"]
    responses = [entry for entry in seen if entry["kind"] == "response"]
    return Plain(
        id=question,
        state=state,
        since=_since(seen),
        first_asked=first_day(asks[0]["effective_on"]),
        first_response=first_day(responses[0]["effective_on"]) if responses else None,
        askers={entry["asker"] for entry in asks},
    )


def _holds(entry: dict[str, Any], as_of: date, known_at: datetime | None) -> bool:
    if first_day(entry["effective_on"]) > as_of:
        return False
    if known_at is None:
        return entry["corrected_at"] is None
    is_corrected = entry["corrected_at"] is not None and entry["corrected_at"] <= known_at
    return entry["recorded_at"] <= known_at and not is_corrected


def _since(seen: Timeline) -> date:
    """Return when the state was last changed, entry by entry."""
    since, state = first_day(seen[0]["effective_on"]), "unanswered"
    for entry in seen:
        before = state
        if entry["kind"] == "ruling":
            state = entry["state"]
        elif entry["kind"] == "response" and state != "withdrawn":
            state = max(state, entry["state"], key=ORDER.index)
        elif entry["kind"] == "ask" and state == "withdrawn":
            state = "unanswered"
        if state != before:
            since = first_day(entry["effective_on"])
    return since


def rank(days: Iterable[int], percent: int) -> int | None:
    """Return a percentile by nearest rank: the smallest that so many per cent do not exceed."""
    ordered = sorted(days)
    return ordered[math.ceil(percent * len(ordered) / 100) - 1] if ordered else None


def figures(questions: list[Plain], found: int, today: date) -> dict[str, Any]:
    """Return the value, numerator and denominator of every figure but the overdue.

    questions: those that are old enough. found: how many there are with the younger ones.
    """
    total = len(questions)
    states = {state: [one for one in questions if one.state == state] for state in STATES}
    rated = [one for one in questions if one.state != "withdrawn"]
    waiting = [one for one in questions if one.is_open]
    responded = [(one, one.first_response) for one in rated if one.first_response is not None]
    to_response = [max(0, (on - one.first_asked).days) for one, on in responded]
    to_answer = [max(0, (one.since - one.first_asked).days) for one in states["answered"]]
    oldest = min(waiting, key=lambda one: (one.first_asked, one.id), default=None)

    def share(count: int) -> float | None:
        return round(count / len(rated), 4) if len(rated) >= 5 else None

    def days(found: list[int], percent: int) -> tuple[Any, int, int]:
        return rank(found, percent), len(found), len(rated)

    return {
        "total": (total, total, found),
        **{state: (len(some), len(some), total) for state, some in states.items()},
        "open": (len(waiting), len(waiting), total),
        "answer_rate": (share(len(to_answer)), len(to_answer), len(rated)),
        "response_rate": (share(len(responded)), len(responded), len(rated)),
        "median_days_to_first_response": days(to_response, 50),
        "p90_days_to_first_response": days(to_response, 90),
        "median_days_to_answer": days(to_answer, 50),
        "p90_days_to_answer": days(to_answer, 90),
        "longest_open": (
            (oldest.id, (today - oldest.first_asked).days) if oldest else None,
            len(waiting),
            total,
        ),
    }


def shown(figures_: dict[str, Any]) -> dict[str, Any]:
    """Return the same of an answer."""
    flat = {**figures_, **figures_["states"]}
    del flat["states"], flat["overdue"]
    found = {
        name: (figure["value"], figure["numerator"], figure["denominator"])
        for name, figure in flat.items()
    }
    longest, *counts = found["longest_open"]
    if longest is not None:
        found["longest_open"] = ((longest["id"], longest["days_open"]), *counts)
    return found
