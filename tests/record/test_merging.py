"""What was recorded twice becomes one: from then on, and never in an answer about the past."""

from datetime import UTC, datetime
from typing import Any

import pytest

from app.core.dates import format_instant
from app.core.db import Database
from app.transparency import audit
from tests.support.client import Client
from tests.support.make import Make

LISTS = (
    "/v1/questions?limit=200&expand=responses,company,source,statement",
    "/v1/questions?limit=200&company={company}&sort=-updated_at",
    "/v1/questions?limit=200&asker={asker}",
    "/v1/questions?limit=200&topic=audit",
    "/v1/questions?limit=200&dossier=microsoft-imod&sort=days_open",
    "/v1/stats?group_by=company",
    "/v1/stats?group_by=asker",
    "/v1/stats?group_by=topic&company={company}",
    "/v1/stats?group_by=dossier&asker={asker}",
    "/v1/stats/timeseries?interval=month&asker={asker}",
    "/v1/stats/timeseries?interval=month&company={company}",
    "/v1/exports/questions.csv?company={company}",
    "/v1/exports/questions.jsonl?asker={asker}",
    "/v1/exports/timeline.csv?x=",
    "/v1/exports/timeline.jsonl?company={company}",
    "/v1/companies/{company}/badge.json?x=",
    "/v1/dossiers/microsoft-imod/badge.json?x=",
)
OF_QUESTION = (
    "/v1/questions/{question}?expand=responses,company,source,statement",
    "/v1/questions/{question}/timeline?expand=source",
    "/v1/questions/{question}/badge.json?x=",
)


def now() -> str:
    return format_instant(datetime.now(UTC))


def addresses(known_at: str, **names: Any) -> list[str]:
    """Every kind of answer about a moment, for each of the things that are named."""
    found = []
    for company in names["companies"]:
        for asker in names["askers"]:
            found += [url.format(company=company, asker=asker) for url in LISTS]
    for question in names["questions"]:
        found += [url.format(question=question) for url in OF_QUESTION]
    return [f"{url.removesuffix('?x=')}{'?' if url.endswith('?x=') else '&'}known_at={known_at}"
            for url in dict.fromkeys(found)]  # fmt: skip


async def answers(reader: Client, urls: list[str]) -> dict[str, Any]:
    found = {}
    for url in urls:
        answer = await reader.send("GET", url)
        assert answer.status_code == 200, (url, answer.text)
        found[url] = answer.content
    return found


@pytest.fixture
async def pair(make: Make) -> tuple[Any, Any]:
    """One question that was recorded twice: once declined, once answered in part."""
    dossier = await make.dossier()
    one = await make.question(slug="one", on="2024-03", state="partial", topics=["audit"])
    other = await make.question(
        slug="other", on="2025-05", state="declined", topics=["cloud"], dossiers=[dossier],
        asker="guardian",
    )  # fmt: skip
    return one, other


async def test_the_timeline_is_united_and_the_state_follows_from_all_of_it(
    make: Make, reader: Client, pair: tuple[Any, Any]
) -> None:
    one, other = pair

    found = await make.merge(one, other)

    assert found["id"] == other["id"]
    assert (found["state"], found["state_since"]) == ("partial", "2024-03")
    assert found["first_asked_on"] == "2024-03"
    assert found["response_count"] == 2
    assert [ask["asker"]["slug"] for ask in found["asks"]] == ["associated-press", "guardian"]
    assert found["topics"] == ["audit", "cloud"]
    assert await reader.question(other) == found
    entries = await reader.timeline(other)
    assert [(entry["type"], entry["state_after"]) for entry in entries] == [
        ("ask", "unanswered"), ("response", "partial"), ("ask", "partial"),
        ("response", "partial"),
    ]  # fmt: skip
    expanded = await reader.question(other, expand="responses")
    assert {response["question"]["id"] for response in expanded["responses"]} == {other["id"]}
    assert [item["id"] for item in (await reader.get("/v1/questions"))["data"]] == [other["id"]]


async def test_the_event_says_so(make: Make, reader: Client, pair: tuple[Any, Any]) -> None:
    one, other = pair
    merged = await make.merge(one, other)

    events = await reader.events(question=one["id"])
    event = next(event for event in events if event["type"] == "question.merged")

    assert event["subject"] == {"type": "question", "id": one["id"], "slug": "one"}
    assert event["question"] == event["data"]["into"] == other["id"]
    assert event["data"]["object"]["merged_into"] == other["id"]
    assert event["data"]["previous"] == {"merged_into": None}
    assert event["reason"] == "It was recorded twice."
    assert "was merged into" in event["summary"]
    moved = next(one for one in events if one["type"] == "question.state_changed"
                 and one["recorded_at"] == event["recorded_at"])  # fmt: skip
    assert (moved["data"]["from"], moved["data"]["to"]) == ("declined", "partial")
    assert moved["data"]["cause"] == one["id"]
    assert await reader.events(question=other["id"]) == events
    assert merged["version"] == events[-1]["seq"]


async def test_the_old_id_and_slug_lead_to_the_other(
    make: Make, reader: Client, editor: Client, pair: tuple[Any, Any]
) -> None:
    one, other = pair
    await make.merge(one, other)

    for name in (one["id"], "one"):
        for rest in ("", "/timeline", "/badge.svg", "/badge.json"):
            answer = await reader.send("GET", f"/v1/questions/{name}{rest}?as_of=2025-06")
            assert answer.status_code == 308
            target = f"/v1/questions/{other['id']}{rest}?as_of=2025-06"
            assert answer.headers["location"] == target
    body = {"state": "withdrawn", "effective_on": "2025-06", "reason": "x"}
    ruling = await editor.send("POST", f"/v1/questions/{one['id']}/rulings", json=body)
    assert ruling.headers["location"] == f"/v1/questions/{other['id']}/rulings"
    patch = await editor.send(
        "PATCH", "/v1/questions/one", json={"text": "x"}, headers={"If-Match": "*"}
    )
    assert patch.status_code == 308
    embedded = await reader.get("/oembed", url=f"{one['url']}")
    assert "answered in part" in embedded["html"] or "partial" in embedded["html"].lower()


async def test_answers_about_the_past_never_change_by_a_byte(
    make: Make, reader: Client, editor: Client, pair: tuple[Any, Any]
) -> None:
    one, other = pair
    foreign = await make.question(
        slug="foreign", company="msft", asker="ap", on="2024-07", state="answered"
    )
    known_at = now()
    urls = addresses(
        known_at,
        companies=["microsoft", "msft"],
        askers=["associated-press", "ap", "guardian"],
        questions=[one["id"], "one", other["id"], foreign["id"], "foreign"],
    )
    before = await answers(reader, urls)

    reason = {"reason": "It was recorded twice."}
    await editor.post("/v1/askers/ap/merge", {"into": "associated-press", **reason}, 200)
    await editor.post("/v1/companies/msft/merge", {"into": "microsoft", **reason}, 200)
    middle = now()
    between = await answers(reader, [url.replace(known_at, middle) for url in urls if
                                     "msft" not in url and "=ap&" not in url])  # fmt: skip
    await make.merge(one, other)
    await make.merge(other, foreign)
    await editor.correct(one["asks"][0]["id"], replacement={"asked_on": "2023"})
    await editor.post("/v1/companies/microsoft/merge",
                      {"into": (await editor.post("/v1/companies", {"name": "New"}))["id"],
                       **reason}, 200)  # fmt: skip

    assert await answers(reader, urls) == before
    assert await answers(reader, list(between)) == between


async def test_the_past_as_of_now_is_the_present_after_mergers(
    make: Make, reader: Client, editor: Client, pair: tuple[Any, Any]
) -> None:
    one, other = pair
    await make.question(slug="foreign", company="msft", asker="ap", on="2024-07", state="answered")
    reason = {"reason": "It was recorded twice."}
    await editor.post("/v1/askers/ap/merge", {"into": "associated-press", **reason}, 200)
    await editor.post("/v1/companies/msft/merge", {"into": "microsoft", **reason}, 200)
    await make.merge(one, other)

    urls = addresses(
        now(), companies=["microsoft", "msft"], askers=["associated-press", "ap"],
        questions=[other["id"], "foreign"],
    )  # fmt: skip
    urls = [url for url in urls if "/companies/msft/" not in url]
    for url, past in (await answers(reader, urls)).items():
        present = (await reader.send("GET", url.partition("known_at=")[0])).content
        if "/stats" in url or "badge" in url:
            continue  # they say of which moment they are
        assert past == present, url


async def test_a_question_is_merged_only_into_another_one_to_the_same_company(
    make: Make, pair: tuple[Any, Any]
) -> None:
    one, other = pair
    foreign = await make.question(company="google")
    third = await make.question(slug="third")

    await make.merge(one, one, expect=409)
    problem = await make.merge(one, foreign, expect=409)
    assert "merge the companies first" in problem["detail"]
    problem = await make.merge(one, {"id": "nobody-asked"}, expect=422)
    assert problem["errors"][0]["pointer"] == "/into"
    await make.merge(one, other, expect=422, reason="")
    await make.merge(one, other)
    problem = await make.merge(one, third, expect=409)
    assert other["id"] in problem["detail"]
    await make.merge(other, one, expect=409)  # one stands for other now
    assert (await make.merge(third, one))["id"] == other["id"]


async def test_a_dry_run_merges_nothing(
    make: Make, reader: Client, editor: Client, pair: tuple[Any, Any]
) -> None:
    one, _ = pair
    before = await reader.get("/v1/questions")
    body = {"into": "other", "reason": "It was recorded twice."}

    found = await editor.post("/v1/questions/one/merge?dry_run=true", body, 200)

    assert found["state"] == "partial"
    assert await reader.get("/v1/questions") == before
    assert (await reader.question(one))["id"] == one["id"]
    assert await reader.get("/v1/questions", q="firm", asker="associated-press")


async def test_a_chain_of_mergers_leads_to_the_last(make: Make, reader: Client) -> None:
    one, two, three = [
        await make.question(slug=name, on=on, asker=name)
        for name, on in (("one", "2023"), ("two", "2024"), ("three", "2025"))
    ]
    await make.merge(one, two)
    between = now()
    await make.merge(two, three)

    found = await reader.question(three)
    assert [ask["asked_on"] for ask in found["asks"]] == ["2023", "2024", "2025"]
    answer = await reader.send("GET", f"/v1/questions/{one['id']}")
    assert answer.headers["location"] == f"/v1/questions/{three['id']}"
    then = await reader.send("GET", f"/v1/questions/{one['id']}?known_at={between}")
    assert then.headers["location"] == f"/v1/questions/{two['id']}?known_at={between}"
    for asker in ("one", "two", "three"):
        assert [item["id"] for item in (await reader.get("/v1/questions", asker=asker))["data"]] \
            == [three["id"]]  # fmt: skip
    groups = (await reader.get("/v1/stats", group_by="asker"))["data"]
    assert sorted(group["slug"] for group in groups) == ["one", "three", "two"]


async def test_what_was_recorded_for_the_merged_one_is_still_corrected(
    make: Make, reader: Client, editor: Client, pair: tuple[Any, Any]
) -> None:
    one, other = pair
    response = one["latest_response"]
    await make.merge(one, other)

    correction = await editor.correct(response["id"], replacement={"verdict": "answered"})
    assert correction["question"] == other["id"]
    found = await reader.question(other)
    assert (found["state"], found["correction_count"]) == ("answered", 1)
    await editor.correct(correction["replacement"])
    assert (await reader.question(other))["state"] == "declined"
    await editor.correct(one["asks"][0]["id"], replacement={"asked_on": "2023"})
    assert (await reader.question(other))["first_asked_on"] == "2023"
    corrections = await reader.get("/v1/corrections", question="one")
    assert len(corrections["data"]) == 3


async def test_a_statement_that_bore_on_both_is_corrected_as_a_whole(
    make: Make, reader: Client, editor: Client
) -> None:
    one, other = await make.question(slug="one"), await make.question(slug="other")
    statement = await make.statement(one, other, verdict="partial", on="2025-06")
    await make.merge(one, other)
    shown = await reader.get(f"/v1/statements/{statement['id']}", expand="responses")
    assert {response["question"]["slug"] for response in shown["responses"]} == {"other"}
    for name in ("one", "other"):
        assert len((await reader.get("/v1/statements", question=name))["data"]) == 1

    await editor.correct(statement["id"], replacement={"published_on": "2025-07"})

    found = await reader.question(other)
    assert (found["state"], found["state_since"], found["response_count"]) == \
        ("partial", "2025-07", 2)  # fmt: skip
    await make.statement(other, verdict="answered", on="2025-08",
                         responses=[{"question": "one", "verdict": "answered"}])  # fmt: skip
    assert (await reader.question(other))["state"] == "answered"


async def test_dossiers_and_search_know_only_the_one_that_stayed(
    make: Make, reader: Client, pair: tuple[Any, Any]
) -> None:
    one, other = pair
    await make.merge(other, one)

    dossier = await reader.get("/v1/dossiers/microsoft-imod", expand="questions")
    assert dossier["question_count"] == 1
    assert [question["id"] for question in dossier["questions"]] == [one["id"]]
    filtered: list[dict[str, Any]] = [
        {}, {"asker": "guardian"}, {"dossier": "microsoft-imod"}, {"topic": "cloud"},
    ]  # fmt: skip
    for filters in filtered:
        page = await reader.get("/v1/questions", q="firm", **filters)
        assert [question["id"] for question in page["data"]] == [one["id"]], filters
    assert page["search"]["matches"] == 1


async def test_questions_of_a_merged_company_are_put_to_the_other(
    make: Make, reader: Client, editor: Client
) -> None:
    question = await make.question(slug="one", company="msft", state="declined")
    await make.question(slug="two", company="microsoft")
    statement = question["latest_response"]["statement"]
    await editor.patch("/v1/companies/msft", {"identifiers": {"wikidata": "Q2283"}})
    body = {"into": "microsoft", "reason": "It was recorded twice."}

    found = await editor.post("/v1/companies/msft/merge", body, 200)

    assert found["slug"] == "microsoft"
    assert found["names"] == ["Msft"]
    assert found["identifiers"] == {"wikidata": "Q2283"}
    looked_up = await reader.get("/v1/companies", identifier="wikidata:Q2283")
    assert [company["id"] for company in looked_up["data"]] == [found["id"]]
    assert len((await reader.get("/v1/companies"))["data"]) == 1
    moved = await reader.send("GET", "/v1/companies/msft")
    assert (moved.status_code, moved.headers["location"]) == (308, f"/v1/companies/{found['id']}")
    for name in ("msft", "microsoft"):
        assert len((await reader.get("/v1/questions", company=name))["data"]) == 2
        assert len((await reader.get("/v1/statements", company=name))["data"]) == 1
        assert len((await reader.get("/v1/questions", company=name, as_of="2025-12"))["data"]) == 2
    assert (await reader.question(question))["company"]["slug"] == "microsoft"
    shown = await reader.get(f"/v1/statements/{statement['id']}")
    assert shown["company"]["slug"] == "microsoft"
    more = {"question": "two", "verdict": "partial"}
    await editor.post(f"/v1/statements/{statement['id']}/responses", more)
    events = await reader.events(company="msft")
    assert events == await reader.events(company="microsoft")
    merged = next(event for event in events if event["type"] == "company.merged")
    assert (merged["company"], merged["data"]["into"]) == ("microsoft", found["id"])
    update = next(event for event in events if event["type"] == "question.updated")
    assert set(update["data"]["previous"]) == {"company"}
    page = await reader.get("/v1/questions", q="msft")
    assert {item["slug"] for item in page["data"]} == {"one", "two"}


async def test_questions_can_be_merged_once_their_companies_are(
    make: Make, reader: Client, editor: Client
) -> None:
    one = await make.question(slug="one", company="msft", on="2024")
    two = await make.question(slug="two", company="microsoft", on="2025")
    body = {"into": "microsoft", "reason": "It was recorded twice."}
    await editor.post("/v1/companies/msft/merge", body, 200)

    await make.merge(one, two)

    page = await reader.get("/v1/questions", company="msft")
    assert [item["first_asked_on"] for item in page["data"]] == ["2024"]


async def test_asks_of_a_merged_asker_are_the_other_ones(
    make: Make, reader: Client, editor: Client
) -> None:
    question = await make.question(slug="one", asker="ap")
    other = await make.question(slug="two", asker="associated-press")
    body = {"into": "associated-press", "reason": "It was recorded twice."}

    found = await editor.post("/v1/askers/ap/merge", body, 200)

    assert (await reader.question(question))["asks"][0]["asker"]["id"] == found["id"]
    for name in ("ap", "associated-press"):
        filtered: list[dict[str, Any]] = [{}, {"as_of": "2025-12"}, {"q": "firm"}]
        for filters in filtered:
            page = await reader.get("/v1/questions", asker=name, **filters)
            assert {item["id"] for item in page["data"]} == {question["id"], other["id"]}
    assert [item["id"] for item in (await reader.get("/v1/askers"))["data"]] == [found["id"]]
    assert (await reader.send("GET", "/v1/askers/ap")).status_code == 308
    groups = (await reader.get("/v1/stats", group_by="asker"))["data"]
    assert [(group["slug"], group["figures"]["total"]["value"]) for group in groups] == \
        [("associated-press", 2)]  # fmt: skip
    await make.ask(question, on="2025-06", asker="ap")
    event = (await reader.events(type="asker.merged"))[0]
    assert event["summary"].endswith("was merged into Associated-Press.")
    await editor.post("/v1/askers/ap/merge", body, 409)
    await editor.post("/v1/askers/associated-press/merge", {**body, "into": "ap"}, 409)


async def test_the_record_verifies_after_mergers(
    make: Make, reader: Client, editor: Client, database: Database, pair: tuple[Any, Any]
) -> None:
    one, other = pair
    third = await make.question(slug="third", company="msft", asker="ap")
    body = {"into": "microsoft", "reason": "It was recorded twice."}
    await make.merge(one, other)
    await editor.post("/v1/companies/msft/merge", body, 200)
    await make.merge(other, third)
    await editor.post("/v1/askers/ap/merge", {**body, "into": "guardian"}, 200)
    await editor.correct(one["latest_response"]["id"], replacement={"verdict": "answered"})

    async with database.reading() as session:
        checker = await audit.check(session, set())

    assert checker.states == {third["id"]: "answered"}
