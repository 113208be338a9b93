"""Two clocks: what was true in the world then, and what this record said then."""

import random
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import select

from app.core.clock import FOREVER
from app.core.dates import format_instant
from app.core.db import Database
from app.core.tables import table_of
from app.questions.models import Ask, Response, Ruling
from tests.support.client import Client
from tests.support.make import Make
from tests.support.oracle import ORDER, brute_force

VERDICTS = ORDER[1:]
QUESTIONS = 40
CHANGES = 160
PROBES = 10_000
FEWEST = 4
"""Questions that are left to be changed, however many were merged."""
SINGLE_READS = 100


async def mergers_of(reader: Client) -> list[tuple[str, str, datetime]]:
    """Read from events which question was merged into which, and when; in order."""
    return [
        (
            event["subject"]["id"],
            event["data"]["object"]["merged_into"],
            datetime.fromisoformat(event["recorded_at"]),
        )
        for event in await reader.events(type="question.merged")
    ]


def united(
    entries: dict[str, list[dict[str, Any]]],
    mergers: list[tuple[str, str, datetime]],
    known_at: datetime | None,
) -> dict[str, list[dict[str, Any]]]:
    """Return the entries by the question on whose timeline they stood, as known at an instant."""
    found = {question_id: list(some) for question_id, some in entries.items()}
    for merged, into, instant in mergers:
        if known_at is None or instant <= known_at:
            found[into] += found[merged]
            found[merged] = []
    return found


async def entries_of(database: Database) -> dict[str, list[dict[str, Any]]]:
    """Read all entries straight from their tables, for the oracle."""
    found: dict[str, list[dict[str, Any]]] = {}
    async with database.reading() as session:
        for model, date_column, state_column in (
            (Ask, "asked_on", None),
            (Response, "effective_on", "verdict"),
            (Ruling, "effective_on", "state"),
        ):
            for row in (await session.execute(select(table_of(model)))).mappings():
                corrected = row["corrected_at"]
                found.setdefault(row["question_id"], []).append(
                    {
                        "kind": row["id"].partition("_")[0],
                        "id": row["id"],
                        "effective_on": row[date_column],
                        "recorded_at": row["created_at"],
                        "state": row[state_column] if state_column else None,
                        "corrected_at": None if corrected == FOREVER else corrected,
                    }
                )
    return found


class Historian:
    """Does to questions, at random, everything that can be done to them."""

    def __init__(self, make: Make, chance: random.Random) -> None:
        self.make = make
        self.chance = chance
        self.questions: list[Any] = []
        self.targets: list[str] = []

    def day(self) -> str:
        """Pick a date of 2025 in any precision."""
        day = date(2025, 1, 1) + timedelta(days=self.chance.randrange(300))
        return day.isoformat()[: self.chance.choice([4, 7, 10, 10, 10])]

    async def change(self) -> None:
        """Do one thing."""
        does: list[Callable[[], Awaitable[None]]] = [
            self.ask, self.state, self.state, self.rule, self.correct, self.edit, self.merge,
        ]  # fmt: skip
        await self.chance.choice(does)()

    async def merge(self) -> None:
        if len(self.questions) < FEWEST:
            return
        one, into = self.chance.sample(self.questions, 2)
        await self.make.merge(one, into)
        self.questions.remove(one)

    async def ask(self) -> None:
        found = await self.make.ask(self.chance.choice(self.questions), on=self.day())
        self.targets.append(found["id"])

    async def state(self) -> None:
        some = self.chance.sample(self.questions, self.chance.randint(1, 3))
        verdict = self.chance.choice(VERDICTS)
        found = await self.make.statement(*some, verdict=verdict, on=self.day())
        self.targets += [found["id"], *(response["id"] for response in found["responses"])]

    async def rule(self) -> None:
        question = self.chance.choice(self.questions)
        state = self.chance.choice([*ORDER, "withdrawn", "withdrawn"])
        self.targets.append((await self.make.ruling(question, state=state, on=self.day()))["id"])

    async def correct(self) -> None:
        if not self.targets:
            return
        target = self.targets.pop(self.chance.randrange(len(self.targets)))
        fields: dict[str, Any] = {
            "ask": {"asked_on": self.day()},
            "response": {"verdict": self.chance.choice(VERDICTS)},
            "ruling": {"state": self.chance.choice(ORDER), "effective_on": self.day()},
            "statement": {"published_on": self.day()},
        }[target.partition("_")[0]]
        replacement = {"replacement": fields} if self.chance.random() < 0.7 else {}
        body = {"target": target, "reason": "It was wrong.", **replacement}
        await self.make.editor.send("POST", "/v1/corrections", json=body)  # 409 when it went along

    async def edit(self) -> None:
        question = self.chance.choice(self.questions)
        topics = self.chance.sample(["audit", "cloud", "ai"], 2)
        fields = self.chance.choice(
            [
                {"topics": topics},
                {"text": f"What {self.chance.random()}?"},
                {"respond_by": self.day()},
            ]
        )
        await self.make.editor.patch(f"/v1/questions/{question['id']}", fields)


async def test_ten_thousand_probes_of_both_clocks_match_a_replay(
    reader: Client, make: Make, database: Database
) -> None:
    chance = random.Random(20250515)
    historian = Historian(make, chance)
    for number in range(QUESTIONS):
        question = await make.question(on=historian.day(), slug=f"question-{number}")
        historian.questions.append(question)
    for _ in range(CHANGES):
        await historian.change()
    entries = await entries_of(database)
    mergers = await mergers_of(reader)
    assert len(mergers) > 10
    instants = [event["recorded_at"] for event in await reader.events()]

    probes = 0
    while probes < PROBES:
        as_of = date(2024, 12, 1) + timedelta(days=chance.randrange(400))
        known_at = chance.choice([None, *(chance.choice(instants) for _ in range(4))])
        moment: dict[str, Any] = {
            "as_of": as_of.isoformat(),
            **({"known_at": known_at} if known_at else {}),
        }
        page = await reader.get("/v1/questions", limit=200, **moment)
        shown = {question["id"]: question["state"] for question in page["data"]}
        instant = datetime.fromisoformat(known_at) if known_at else None
        for question_id, timeline in united(entries, mergers, instant).items():
            assert shown.get(question_id) == brute_force(timeline, as_of, instant), moment
            probes += 1
    for _ in range(SINGLE_READS):
        question_id = chance.choice(list(entries))
        as_of = date(2024, 12, 1) + timedelta(days=chance.randrange(400))
        then: str = chance.choice(instants)
        instant = datetime.fromisoformat(then)
        known = united(entries, mergers, instant)
        answer = await reader.send(
            "GET", f"/v1/questions/{question_id}", params={"as_of": str(as_of), "known_at": then}
        )
        if not known[question_id]:
            while not known[question_id]:
                question_id = next(into for one, into, _ in mergers if one == question_id)
            assert answer.status_code == 308
            assert f"/{question_id}?" in answer.headers["location"]
            continue
        expected = brute_force(known[question_id], as_of, instant)
        assert answer.json().get("state") == expected
        assert answer.status_code == (200 if expected else 404)


async def test_filters_by_state_agree_with_what_is_shown_at_any_moment(
    reader: Client, make: Make
) -> None:
    chance = random.Random(7)
    historian = Historian(make, chance)
    for number in range(6):
        historian.questions.append(await make.question(on="2025-01-02", slug=f"question-{number}"))
    for _ in range(40):
        await historian.change()
    instants = [event["recorded_at"] for event in await reader.events()]
    for known_at in chance.sample(instants, 15):
        moment: dict[str, Any] = {"as_of": historian.day(), "known_at": known_at, "limit": 200}
        everything = (await reader.get("/v1/questions", **moment))["data"]
        for state in {question["state"] for question in everything}:
            page = await reader.get("/v1/questions", state=state, **moment)
            assert page["data"] == [item for item in everything if item["state"] == state]
        for flag in ("open", "overdue"):
            page = await reader.get("/v1/questions", **{flag: "true", **moment})
            assert page["data"] == [item for item in everything if item[flag]]
            page = await reader.get("/v1/questions", **{flag: "false", **moment})
            assert page["data"] == [item for item in everything if not item[flag]]
        page = await reader.get("/v1/questions", topic="audit", **moment)
        assert page["data"] == [item for item in everything if "audit" in item["topics"]]


async def test_an_answer_about_the_past_never_changes_by_a_byte(
    reader: Client, make: Make, editor: Client
) -> None:
    question = await make.question(state="declined", on="2025-05-15", topics=["audit"])
    path = f"/v1/questions/{question['slug']}"
    known_at = format_instant(datetime.now(UTC))
    urls = [
        f"{where}known_at={known_at}"
        for where in (
            f"{path}?expand=responses,company,source,statement&",
            f"{path}?as_of=2025-05-15&",
            f"{path}/timeline?expand=source&",
            "/v1/questions?topic=audit&",
            "/v1/questions?sort=-updated_at&company=microsoft&",
            "/v1/questions?sort=days_open&state=declined&",
        )
    ]
    before = [(await reader.send("GET", url)).content for url in urls]

    await make.statement(question, verdict="answered", on="2025-05-16")
    await make.ruling(question, state="nonresponsive", on="2025-01-01")
    await make.ask(question, on="2024", asker="someone-else")
    response = question["latest_response"]
    await editor.correct(response["id"], replacement={"verdict": "partial"})
    await editor.correct(question["asks"][0]["id"], replacement={"asked_on": "2025-04"})
    await editor.patch(
        "/v1/companies/microsoft",
        {"name": "Other", "slug": "other", "identifiers": {"wikidata": "Q2283"}},
    )
    await editor.patch("/v1/askers/associated-press", {"name": "AP"})
    await editor.patch(f"/v1/sources/{question['asks'][0]['source']['id']}", {"title": "Other"})
    await editor.patch(path, {"slug": "other", "text": "Why?", "topics": [], "respond_by": "2025"})

    assert [(await reader.send("GET", url)).content for url in urls] == before


async def test_the_past_as_of_now_is_the_present(reader: Client, make: Make) -> None:
    chance = random.Random(3)
    historian = Historian(make, chance)
    for number in range(5):
        historian.questions.append(await make.question(on="2025-02", slug=f"question-{number}"))
    for _ in range(30):
        await historian.change()

    everything: dict[str, Any] = {"expand": "responses,company,source,statement", "limit": 200}
    present = await reader.get("/v1/questions", **everything)
    past = await reader.get(
        "/v1/questions", known_at=format_instant(datetime.now(UTC)), **everything
    )

    assert past == present


async def test_a_question_is_not_there_before_it_was_asked_or_recorded(
    reader: Client, make: Make
) -> None:
    before = format_instant(datetime.now(UTC))
    question = await make.question(on="2025-05-15")
    path = f"/v1/questions/{question['id']}"

    assert (await reader.get("/v1/questions", as_of="2025-05-14"))["data"] == []
    assert (await reader.get("/v1/questions", known_at=before))["data"] == []
    problem = await reader.get(path, expect=404, as_of="2025-05-14")
    assert "had not been asked on that day" in problem["detail"]
    await reader.get(path, expect=404, known_at=before)
    await reader.get(f"{path}/timeline", expect=404, known_at=before)


async def test_an_as_of_that_is_a_month_means_its_last_day(reader: Client, make: Make) -> None:
    question = await make.question(on="2025-05-15", state="answered")

    assert (await reader.question(question, as_of="2025-05"))["state"] == "answered"
    assert (await reader.question(question, as_of="2025"))["state"] == "answered"


async def test_known_at_in_the_future_is_refused_with_a_right_one(reader: Client) -> None:
    problem = await reader.get("/v1/questions", expect=422, known_at="2999-01-01T00:00:00Z")
    assert problem["errors"][0]["pointer"] == "/known_at"
    assert "2025-06-01T00:00:00Z" in problem["detail"]


async def test_all_that_one_write_records_becomes_known_at_one_instant(
    reader: Client, make: Make
) -> None:
    question = await make.question()
    events = await reader.events(question=question["id"])

    assert len(events) == 2
    assert len({event["recorded_at"] for event in events}) == 1


async def test_a_name_given_later_changes_no_answer_about_the_past(
    reader: Client, make: Make, editor: Client
) -> None:
    question = await make.question(slug="old-name")
    known_at = format_instant(datetime.now(UTC))
    urls = [
        f"/v1/questions/new-name?known_at={known_at}",
        f"/v1/questions?company=new-company&known_at={known_at}",
    ]

    def bare(answer: Any) -> Any:
        return {key: value for key, value in answer.json().items() if key != "request_id"}

    before = [bare(await reader.send("GET", url)) for url in urls]
    await editor.patch(f"/v1/questions/{question['id']}", {"slug": "new-name"})
    await editor.patch("/v1/companies/microsoft", {"slug": "new-company"})

    assert [bare(await reader.send("GET", url)) for url in urls] == before


async def test_a_day_in_the_future_is_refused_and_a_month_reaches_to_today(
    reader: Client, make: Make
) -> None:
    question = await make.question(on="2025-05-01")
    tomorrow = datetime.now(UTC).date() + timedelta(days=1)

    problem = await reader.get("/v1/questions", expect=422, as_of=tomorrow.isoformat())
    assert problem["errors"][0]["pointer"] == "/as_of"
    shown = await reader.question(question, as_of=f"{datetime.now(UTC).year}")
    assert shown["days_open"] == question["days_open"]
