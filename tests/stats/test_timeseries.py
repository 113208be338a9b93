"""Time series: the same numbers as statistics and lists give for the last day of each period."""

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from app.core.db import Database
from tests.stats.plain import CLOSED, STATES, Plain, Record, a_record, stood, timelines
from tests.support.client import Client
from tests.support.make import Make

URL = "/v1/stats/timeseries"
CHOSEN: list[dict[str, Any]] = [{}, {"asker": "reuters"}, {"min_age_days": 40}]


async def test_every_period_tells_what_a_replay_counts_on_its_last_day(
    reader: Client, make: Make, database: Database
) -> None:
    chance = random.Random(3)
    await a_record(make, seed=11)
    record = await timelines(database, reader)
    instants = [event["recorded_at"] for event in await reader.events()]

    for interval in ("week", "month", "month", "year"):
        min_age = chance.choice([0, 10, 60])
        moment: dict[str, Any] = {"known_at": chance.choice(instants)}
        if chance.random() < 0.5:
            moment = {"as_of": "2025-10-08"}
        answer = await reader.get(URL, interval=interval, min_age_days=min_age, **moment)
        for period in answer["data"]:
            known_at = moment.get("known_at")
            stands = _stands(record, date.fromisoformat(period["ends_on"]), known_at, min_age)
            assert {state: period[state] for state in STATES} == {
                state: sum(one.state == state for one in stands) for state in STATES
            }, (moment, period)


def _stands(record: Record, day: date, known_at: str | None, min_age: int) -> list[Plain]:
    instant = datetime.fromisoformat(known_at) if known_at else None
    stands = [
        stood(question, entries, day, instant)
        for question, entries in record.known(instant).items()
    ]
    return [one for one in stands if one and (day - one.first_asked).days >= min_age]


async def test_every_period_tells_what_statistics_do_with_the_same_filters(
    reader: Client, make: Make
) -> None:
    chance = random.Random(4)
    await a_record(make, seed=12)
    instants = [event["recorded_at"] for event in await reader.events()]

    for filters in (
        {"company": "google"}, {"asker": "afp"}, {"asker": "afp", "min_age_days": 25},
        {"topic": "audit"}, {"dossier": "microsoft-imod", "asked_after": "2025-03"},
    ):  # fmt: skip
        moment: dict[str, Any] = {"known_at": chance.choice(instants)} if len(filters) < 2 else {}
        answer = await reader.get(URL, **{**filters, **moment})
        for period in chance.sample(answer["data"], 3):
            when = {**moment, "as_of": period["ends_on"]}
            told = (await reader.get("/v1/stats", **{**filters, **when}))["figures"]
            assert period["total"] == told["total"]["value"], (filters, period)
            assert period["open"] == told["open"]["value"]
            for state in STATES:
                assert period[state] == told["states"][state]["value"], (filters, period)


async def test_the_states_add_up_to_the_total_and_new_ones_to_its_growth(
    reader: Client, make: Make
) -> None:
    await a_record(make, seed=13, changes=50)
    for interval in ("week", "month", "year"):
        for filters in CHOSEN:
            answer = await reader.get(URL, interval=interval, **filters)
            before = 0
            for period in answer["data"]:
                assert period["total"] == sum(period[state] for state in STATES)
                assert period["open"] == sum(period[x] for x in STATES if x not in CLOSED)
                assert period["newly_asked"] == period["total"] - before
                before = period["total"]
            now = (await reader.get("/v1/stats", **filters))["figures"]
            assert before == now["total"]["value"]
            assert answer["has_earlier"] is False


async def test_what_became_answered_is_told_when_it_did(reader: Client, make: Make) -> None:
    question = await make.question(on="2025-01-10")
    await make.statement(question, verdict="answered", on="2025-02-03")
    await make.statement(question, verdict="answered", on="2025-02-20")
    await make.ruling(question, state="nonresponsive", on="2025-03-05")
    await make.statement(question, verdict="answered", on="2025-05-05")
    early = await make.question(on="2025-03-10")
    await make.statement(early, verdict="answered", on="2025-01")

    async def newly(**filters: Any) -> dict[str, int]:
        answer = await reader.get(URL, **{"as_of": "2025-06", **filters})
        return {item["period"]: item["newly_answered"] for item in answer["data"]}

    told = await newly()
    assert told == {
        "2025-01": 0, "2025-02": 1, "2025-03": 1, "2025-04": 0, "2025-05": 1, "2025-06": 0
    }  # fmt: skip
    await make.ask(question, on="2025-06-01", asker="afp")
    assert await newly(asker="afp") == {"2025-06": 1}
    assert await newly(company="microsoft", min_age_days=40) == {
        "2025-02": 1, "2025-03": 0, "2025-04": 1, "2025-05": 1, "2025-06": 0
    }  # fmt: skip


async def test_what_changed_on_the_last_day_has_changed(reader: Client, make: Make) -> None:
    question = await make.question(on="2025-01-10")
    await make.statement(question, verdict="answered", on="2025-02-03")
    for as_of, answered in (("2025-02-02", 0), ("2025-02-03", 1)):
        last = (await reader.get(URL, as_of=as_of))["data"][-1]
        assert (last["answered"], last["unanswered"]) == (answered, 1 - answered)
        assert last["total"] == 1


async def test_a_question_counts_for_an_asker_from_the_day_on_which_that_asker_put_it(
    reader: Client, make: Make
) -> None:
    question = await make.question(on="2025-01-10")
    await make.ask(question, on="2025-02-10", asker="afp")
    wrong = await make.ask(question, on="2025-01-20", asker="afp")

    async def totals() -> dict[str, int]:
        answer = await reader.get(URL, asker="afp", since="2025-01", as_of="2025-02")
        return {period["period"]: period["total"] for period in answer["data"]}

    assert await totals() == {"2025-01": 1, "2025-02": 1}
    await make.editor.correct(wrong["id"])
    assert await totals() == {"2025-01": 0, "2025-02": 1}


async def test_the_running_period_ends_today_and_says_so(reader: Client, make: Make) -> None:
    await make.question(on="2025-05-15")
    today = datetime.now(UTC).date()
    for interval in ("week", "month", "year"):
        *ended, last = (await reader.get(URL, interval=interval))["data"]
        assert last["ends_on"] == str(today)
        assert last["starts_on"] <= str(today)
        assert not any(period["is_running"] for period in ended)
    year = (await reader.get(URL, interval="year", as_of="2025-12-30"))["data"]
    assert [(item["ends_on"], item["is_running"]) for item in year] == [("2025-12-30", True)]
    year = (await reader.get(URL, interval="year", as_of="2025-12-31"))["data"]
    assert [(item["ends_on"], item["is_running"]) for item in year] == [("2025-12-31", False)]


async def test_since_and_until_choose_the_periods(reader: Client, make: Make) -> None:
    await make.question(on="2025-03-31", state="declined")
    await make.question(on="2025-05-15")

    async def told(**filters: Any) -> list[tuple[str, int, int]]:
        answer = await reader.get(URL, **filters)
        return [(item["period"], item["total"], item["newly_asked"]) for item in answer["data"]]

    assert await told(until="2025-05") == [("2025-03", 1, 1), ("2025-04", 1, 0), ("2025-05", 2, 1)]
    assert await told(since="2025-02-10", until="2025-03-01") == [
        ("2025-02", 0, 0),
        ("2025-03", 1, 1),
    ]
    assert await told(since="2025-04", until="2025-04") == [("2025-04", 1, 0)]
    assert await told(until="2025-01") == [("2025-01", 0, 0)]
    assert await told(interval="week", since="2025-05-15", until="2025-05-19") == [
        ("2025-W20", 2, 1), ("2025-W21", 2, 0)
    ]  # fmt: skip
    assert (await reader.get(URL, since="2025-04"))["has_earlier"] is True
    assert (await reader.get(URL, since="2025-03"))["has_earlier"] is False


async def test_at_most_six_hundred_periods_are_told_and_the_answer_says_so(
    reader: Client, make: Make
) -> None:
    await make.question(on="1900-06-01")
    answer = await reader.get(URL, interval="week")
    assert len(answer["data"]) == 600
    assert answer["has_earlier"] is True
    assert (answer["data"][0]["total"], answer["data"][0]["newly_asked"]) == (1, 0)
    problem = await reader.get(URL, expect=422, interval="week", since="1900-06")
    assert problem["errors"][0]["pointer"] == "/since"
    assert "600" in problem["detail"]
    assert len((await reader.get(URL, interval="year", since="1900"))["data"]) > 120


async def test_a_record_with_nothing_in_it_has_the_running_period(reader: Client) -> None:
    answer = await reader.get(URL)
    assert [item["total"] for item in answer["data"]] == [0]
    assert answer["data"][0]["period"] == datetime.now(UTC).date().isoformat()[:7]


@pytest.mark.parametrize("interval", ["week", "month", "year"])
async def test_the_first_day_of_the_calendar_has_a_period(
    reader: Client, make: Make, interval: str
) -> None:
    await make.question(on="0001-01-01")
    answer = await reader.get(URL, interval=interval, as_of="0001-01-01", since="0001")
    [period] = answer["data"]
    assert (period["starts_on"], period["ends_on"]) == ("0001-01-01", "0001-01-01")
    assert (period["total"], period["is_running"]) == (1, True)
    assert len((await reader.get(URL, interval=interval))["data"]) == 600


async def test_what_a_series_counts_is_said_once(reader: Client, make: Make) -> None:
    await make.question()
    answer = await reader.get(URL, min_age_days=14)
    numbers = {name for name, value in answer["data"][0].items() if type(value) is int}
    assert numbers == set(answer["definitions"])
    assert all(said.endswith(".") for said in answer["definitions"].values())
    assert "14 days" in answer["cutoff"]


SOON = str(datetime.now(UTC).date() + timedelta(days=2))


@pytest.mark.parametrize(
    ("name", "filters"),
    [
        ("interval", {"interval": "day"}), ("until", {"until": SOON}),
        ("until", {"until": "2025-06", "as_of": "2025-05"}), ("since", {"since": "9999"}),
        ("since", {"since": "2025-06", "until": "2025-05"}), ("since", {"since": "0001"}),
        ("since", {"since": "2025-06", "as_of": "2025-05"}), ("since", {"since": "May"}),
        ("company", {"company": "nobody"}), ("asker", {"asker": "nobody"}),
        ("min_age_days", {"min_age_days": "x"}), ("known_at", {"known_at": "2999-01-01T00:00:00Z"}),
        ("group_by", {"group_by": "company"}),
    ],
)  # fmt: skip
async def test_a_wrong_parameter_is_named(
    reader: Client, name: str, filters: dict[str, Any]
) -> None:
    problem = await reader.get(URL, expect=422, **filters)
    assert problem["errors"][0]["pointer"] == f"/{name}"
