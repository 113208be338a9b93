"""Statistics: against a plain count, against the lists, and what they say of themselves."""

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from app.core.dates import format_instant
from app.core.db import Database
from tests.record.test_lists import counted
from tests.stats.plain import (
    ASKERS,
    COMPANIES,
    STATES,
    TOPICS,
    Record,
    a_record,
    figures,
    shown,
    stood,
    timelines,
)
from tests.support.client import Client
from tests.support.make import Make

GROUPS = ["company", "dossier", "topic", "asker", "year"]
FILTERS: list[dict[str, Any]] = [
    {}, {"company": "microsoft"}, {"asker": "afp"}, {"topic": "audit"},
    {"dossier": "microsoft-imod"}, {"company": "google", "asker": "reuters", "topic": "cloud"},
    {"asked_after": "2025-04"}, {"asked_before": "2025-06-10", "topic": "ai"},
]  # fmt: skip


def moments(chance: random.Random, instants: list[str], count: int) -> Iterator[dict[str, Any]]:
    """Choose days and instants: the present, a past day, a past knowledge, and both."""
    yield {}
    for _ in range(count):
        moment: dict[str, Any] = {}
        if chance.random() < 0.7:
            as_of = date(2025, 1, 1) + timedelta(days=chance.randrange(330))
            moment["as_of"] = as_of.isoformat()
        if chance.random() < 0.7:
            moment["known_at"] = chance.choice(instants)
        yield moment


def seen_from(moment: dict[str, Any]) -> tuple[date, datetime | None]:
    """Return the day and the instant that a moment means."""
    known_at = datetime.fromisoformat(moment["known_at"]) if "known_at" in moment else None
    day = known_at.date() if known_at else datetime.now(UTC).date()
    return (date.fromisoformat(moment["as_of"]) if "as_of" in moment else day), known_at


def expected(record: Record, ids: set[str], moment: dict[str, Any], min_age: int) -> dict[str, Any]:
    """Count by replaying every timeline."""
    day, known_at = seen_from(moment)
    known = record.known(known_at)
    stands = [stood(question, known[question], day, known_at) for question in sorted(ids)]
    found = [one for one in stands if one is not None]
    old = [one for one in found if (day - one.first_asked).days >= min_age]
    return figures(old, len(found), day)


async def test_every_figure_is_what_a_replay_of_all_timelines_counts(
    reader: Client, make: Make, database: Database
) -> None:
    chance = random.Random(20250515)
    await a_record(make, seed=1)
    record = await timelines(database, reader)
    instants = [event["recorded_at"] for event in await reader.events()]

    for moment in moments(chance, instants, 25):
        min_age = chance.choice([0, 0, 1, 30, 200])
        answer = await reader.get("/v1/stats", min_age_days=min_age, **moment)
        assert shown(answer["figures"]) == expected(record, set(record.entries), moment, min_age), (
            moment
        )


async def test_counts_are_those_of_the_lists_with_the_same_filters(
    reader: Client, make: Make, database: Database
) -> None:
    chance = random.Random(7)
    await a_record(make, seed=2)
    record = await timelines(database, reader)
    instants = [event["recorded_at"] for event in await reader.events()]

    async def listed(**filters: Any) -> set[str]:
        return {item["id"] for item in await reader.pages("/v1/questions", limit=200, **filters)}

    for moment in moments(chance, instants, 8):
        filters = {**chance.choice(FILTERS), **moment}
        told = (await reader.get("/v1/stats", **filters))["figures"]
        everything = await listed(**filters)
        assert told["total"]["value"] == len(everything), filters
        for state in STATES:
            assert told["states"][state]["value"] == len(await listed(state=state, **filters))
        assert told["open"]["value"] == len(await listed(open="true", **filters))
        assert told["overdue"]["value"] == len(await listed(overdue="true", **filters))
        assert told["overdue"]["denominator"] == told["open"]["value"]
        assert shown(told) == expected(record, everything, moment, 0), filters


async def test_a_group_has_the_figures_of_its_own_filter(reader: Client, make: Make) -> None:
    await a_record(make, seed=3)
    instants = [event["recorded_at"] for event in await reader.events()]

    for moment in moments(random.Random(5), instants, 3):
        for group_by in GROUPS:
            filters: dict[str, Any] = {"min_age_days": 20, **moment}
            answer = await reader.get("/v1/stats", group_by=group_by, **filters)
            assert answer["figures"] == (await reader.get("/v1/stats", **filters))["figures"]
            for group in answer["data"]:
                own = await _own(reader, group_by, group["slug"], filters)
                assert group["figures"] == own["figures"], (group_by, group["slug"], moment)


async def _own(reader: Client, group_by: str, slug: str, filters: dict[str, Any]) -> Any:
    if group_by == "year":
        years: dict[str, Any] = {"asked_after": slug, "asked_before": f"{int(slug) + 1}"}
        return await reader.get("/v1/stats", **years, **filters)
    return await reader.get("/v1/stats", **{group_by: slug, **filters})


async def test_groups_are_complete_and_the_largest_comes_first(reader: Client, make: Make) -> None:
    await a_record(make, seed=4, changes=20)
    names = {"company": COMPANIES, "asker": ASKERS, "topic": TOPICS}
    for group_by in GROUPS:
        answer = await reader.get("/v1/stats", group_by=group_by)
        sizes = [group["figures"]["total"]["value"] for group in answer["data"]]
        assert sizes == sorted(sizes, reverse=True)
        assert not answer["has_more"]
        assert answer["grouping"].startswith("A group holds")
        if group_by in names:
            assert {group["slug"] for group in answer["data"]} == set(names[group_by])
        if group_by in ("company", "year"):
            assert sum(sizes) == answer["figures"]["total"]["value"]
        for limit in (1, 2):
            pages = await reader.pages("/v1/stats", group_by=group_by, limit=limit)
            assert pages == answer["data"]


async def test_a_question_in_several_groups_counts_in_each(reader: Client, make: Make) -> None:
    await make.question(topics=["audit", "cloud"])
    await make.question(topics=["audit"])
    await make.question(topics=[])

    answer = await reader.get("/v1/stats", group_by="topic")
    assert answer["figures"]["total"]["value"] == 3
    assert [(group["name"], group["id"]) for group in answer["data"]] == [
        ("audit", None), ("cloud", None)
    ]  # fmt: skip
    assert [group["figures"]["total"]["value"] for group in answer["data"]] == [2, 1]
    assert "counts in each" in answer["grouping"]


async def test_an_asker_who_asks_twice_put_one_question(reader: Client, make: Make) -> None:
    question = await make.question(on="2025-05-01", asker="afp")
    await make.ask(question, on="2025-06-01", asker="afp")
    again = await make.ask(question, on="2025-07-01", asker="reuters")

    async def sizes(**filters: Any) -> dict[str, int]:
        answer = await reader.get("/v1/stats", group_by="asker", **filters)
        return {group["slug"]: group["figures"]["total"]["value"] for group in answer["data"]}

    assert await sizes() == {"afp": 1, "reuters": 1}
    assert await sizes(as_of="2025-06") == {"afp": 1}
    assert await sizes(asker="reuters") == {"afp": 1, "reuters": 1}
    await make.editor.correct(again["id"])
    assert await sizes() == {"afp": 1}
    assert (await reader.get("/v1/stats", asker="reuters"))["figures"]["total"]["value"] == 0


async def test_young_questions_are_left_out_and_the_answer_says_which(
    reader: Client, make: Make
) -> None:
    await make.question(on="2025-05-01", company="google", state="answered")
    await make.question(on="2025-05-02", company="google")
    await make.question(on="2025-05-15")
    filters: dict[str, Any] = {"as_of": "2025-05-15", "min_age_days": 14}

    answer = await reader.get("/v1/stats", group_by="company", **filters)
    total = answer["figures"]["total"]
    assert (total["value"], total["denominator"]) == (1, 3)
    assert total["cutoff"] == (
        "Leaves out questions first asked after 2025-05-01, which is less than 14 days before"
        " 2025-05-15."
    )
    assert answer["first_asked_until"] == "2025-05-01"
    assert (answer["as_of"], answer["min_age_days"]) == ("2025-05-15", 14)
    assert [
        (group["slug"], *(group["figures"]["total"][name] for name in ("value", "denominator")))
        for group in answer["data"]
    ] == [("google", 1, 2), ("microsoft", 0, 1)]
    assert answer["data"][1]["figures"]["longest_open"]["value"] is None


async def test_days_are_counted_from_the_first_day_of_what_is_known(
    reader: Client, make: Make
) -> None:
    question = await make.question(on="2025-05")
    await make.statement(question, verdict="acknowledged", on="2025-05-11")
    await make.statement(question, verdict="answered", on="2025-07")
    early = await make.question(on="2025-05-20")
    await make.statement(early, verdict="partial", on="2025")

    told = (await reader.get("/v1/stats"))["figures"]
    assert [told[f"{rank}_days_to_first_response"]["value"] for rank in ("median", "p90")] == [
        0,
        10,
    ]
    assert told["median_days_to_answer"]["value"] == 61
    assert told["median_days_to_answer"]["numerator"] == 1
    assert "nearest rank" in told["median_days_to_answer"]["definition"]


async def test_a_record_with_nothing_in_it_has_figures(reader: Client) -> None:
    answer = await reader.get("/v1/stats", group_by="company")
    assert (answer["data"], answer["has_more"]) == ([], False)
    assert answer["figures"]["total"]["value"] == 0
    assert answer["figures"]["longest_open"]["value"] is None


async def test_an_answer_about_the_past_never_changes_by_a_byte(
    reader: Client, make: Make, editor: Client
) -> None:
    question = await make.question(
        state="declined", on="2025-05-15", topics=["audit"], dossiers=[await make.dossier()]
    )
    await make.question(on="2025-04", slug="waiting")
    known_at = format_instant(datetime.now(UTC))
    urls = [f"/v1/stats?group_by={group}&known_at={known_at}" for group in GROUPS]
    urls += [
        f"/v1/stats?min_age_days=30&as_of=2025-06&known_at={known_at}",
        f"/v1/stats?company=microsoft&topic=audit&known_at={known_at}",
        f"/v1/stats/timeseries?known_at={known_at}",
        f"/v1/stats/timeseries?interval=week&asker=associated-press&known_at={known_at}",
    ]
    before = [(await reader.send("GET", url)).content for url in urls]

    await make.statement(question, verdict="answered", on="2025-05-16")
    await make.ask(question, on="2024", asker="someone-else")
    await make.question(on="2025-01-01", topics=["audit"])
    await editor.correct(question["asks"][0]["id"], replacement={"asked_on": "2025-04"})
    await editor.patch("/v1/companies/microsoft", {"name": "Other", "slug": "other"})
    await editor.patch("/v1/askers/associated-press", {"name": "AP", "slug": "ap"})
    await editor.patch("/v1/dossiers/microsoft-imod", {"title": "Other", "slug": "other"})
    await editor.patch("/v1/questions/waiting", {"slug": "elsewhere", "topics": ["cloud"]})
    await editor.patch(f"/v1/questions/{question['id']}", {"topics": [], "dossiers": []})

    assert [(await reader.send("GET", url)).content for url in urls] == before


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("company", "nobody"), ("asker", "nobody"), ("dossier", "nothing"), ("topic", "Not a tag"),
        ("group_by", "state"), ("min_age_days", "-1"), ("min_age_days", "36501"),
        ("min_age_days", "1.5"), ("as_of", "2999-01-01"), ("known_at", "2999-01-01T00:00:00Z"),
        ("as_of", "yesterday"), ("limit", "0"), ("limit", "201"), ("state", "answered"),
    ],
)  # fmt: skip
async def test_a_wrong_parameter_is_named(reader: Client, name: str, value: str) -> None:
    problem = await reader.get("/v1/stats", expect=422, **{name: value})
    assert problem["errors"][0]["pointer"] == f"/{name}"
    assert problem["errors"][0]["in"] == "query"


async def test_the_first_day_of_the_calendar_is_a_day_like_any_other(
    reader: Client, make: Make
) -> None:
    await make.question(on="0001-01-01")
    answer = await reader.get("/v1/stats", as_of="0001-01-01", min_age_days=36500)
    assert answer["figures"]["total"]["denominator"] == 1
    assert answer["first_asked_until"] == "0001-01-01"


async def test_a_cursor_of_other_groups_is_refused(reader: Client, make: Make) -> None:
    await make.question(topics=["audit", "cloud"])
    page = await reader.get("/v1/stats", group_by="topic", limit=1)
    assert page["has_more"]
    for other in ({"group_by": "company"}, {"group_by": "topic", "as_of": "2025-06"}, {}):
        await reader.get("/v1/stats", expect=400, cursor=page["next_cursor"], **other)


async def test_how_many_statements_it_takes_does_not_depend_on_how_many_there_are(
    reader: Client, make: Make, database: Database
) -> None:
    taken = []
    for _ in range(2):
        await make.question(company="google", topics=["audit"])
        await make.question(topics=["audit", "cloud"], asker="afp")
        with counted(database) as statements:
            await reader.get("/v1/stats", group_by="company", topic="audit")
        taken.append(len(statements))
    assert taken[0] == taken[1] <= 7
