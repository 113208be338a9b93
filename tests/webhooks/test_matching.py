"""Which events a subscription gets: those that fit all of its filter, as the record was then."""

from typing import Any

import pytest
from httpx import AsyncClient

from app.auth.schemas import Scope
from app.core.db import Database
from app.core.settings import Settings
from app.webhooks.formats import WebhookFormat
from app.webhooks.worker import Worker
from tests.conftest import new_key
from tests.support.client import Client
from tests.support.make import Make
from tests.support.receiver import Receiver
from tests.webhooks.conftest import Bot


class Desk:
    """Subscribes for a newsroom, and tells which events each subscription got.

    The newsroom has a subscription to everything, so that it is known when the worker has seen all.
    """

    def __init__(self, bot: Bot, url: str, everything: Any) -> None:
        self.bot = bot
        self.url = url
        self.everything = everything

    async def subscribe(self, event_types: list[str] | None = None, **filter_: str) -> Any:
        fields: dict[str, Any] = {"event_types": event_types, "filter": filter_ or None}
        return await self.bot.subscribe(self.url, **fields)

    async def got(self, webhook: Any) -> list[Any]:
        """Return the events of a subscription's deliveries, in order."""
        events = {event["seq"]: event for event in await self.bot.events()}
        await self.bot.settled(
            self.everything, lambda found: found != [] and found[-1]["seq"] == max(events)
        )
        return [events[one["seq"]] for one in await self.bot.deliveries(webhook)]

    async def got_again(self, webhook: Any) -> list[Any]:
        """Replay everything there ever was, and return the events of the deliveries by seq."""
        replay = await self.replay(webhook)
        events = {event["seq"]: event for event in await self.bot.events()}
        wanted = replay["count"]
        found = await self.bot.settled(webhook, lambda found: len(found) == wanted)
        return [events[seq] for seq in sorted(one["seq"] for one in found)]

    async def replay(self, webhook: Any, **options: Any) -> Any:
        body = {"after_seq": 0, **options}
        return await self.bot.post(f"/v1/webhooks/{webhook['id']}/replay", body, expect=202)

    async def preview(self, webhook: Any, **fields: Any) -> Any:
        given = {name: webhook[name] for name in ("event_types", "filter", "format")}
        return await self.bot.post("/v1/webhooks/preview", given | fields, expect=200)


@pytest.fixture
async def desk(bot: Bot, receiver: Receiver, worker: Worker) -> Desk:
    return Desk(bot, receiver.url(), await bot.subscribe(receiver.url("/all")))


def types(events: list[Any]) -> list[str]:
    return [event["type"] for event in events]


async def test_a_company_is_followed_in_all_that_concerns_it(
    desk: Desk, editor: Client, make: Make
) -> None:
    await make.company("google")
    webhook = await desk.subscribe(company="google")

    await make.question(slug="theirs", company="google", state="declined")
    await make.question(slug="another", company="microsoft", state="declined")
    await editor.patch("/v1/companies/google", {"name": "Alphabet"})

    got = await desk.got(webhook)
    assert got == [event for event in await editor.events() if event["company"] == "google"][1:]
    assert "company.updated" in types(got)
    assert "question.state_changed" in types(got)


async def test_a_question_is_followed_alone(desk: Desk, editor: Client, make: Make) -> None:
    question = await make.question(slug="mine")
    webhook = await desk.subscribe(question="mine")

    await make.question(slug="other", state="declined")
    await make.statement(question, verdict="answered")

    got = await desk.got(webhook)
    assert {event["question"] for event in got} == {question["id"]}
    assert "question.state_changed" in types(got)


async def test_a_dossier_is_followed_with_its_questions_while_they_are_in_it(
    desk: Desk, editor: Client, make: Make
) -> None:
    question = await make.question(slug="mine")
    other = await make.question(slug="other")
    webhook = await desk.subscribe(dossier=await make.dossier())

    await make.statement(question, other, verdict="acknowledged")
    joined = await editor.patch("/v1/questions/mine", {"dossiers": ["microsoft-imod"]})
    await make.statement(question, other, verdict="partial")
    await editor.patch("/v1/dossiers/microsoft-imod", {"title": "A better title"})
    await editor.patch("/v1/questions/mine", {"dossiers": []})
    await make.statement(question, other, verdict="answered")

    got = await desk.got(webhook)
    assert types(got) == [
        "question.updated",
        "response.recorded",
        "question.state_changed",
        "dossier.updated",
    ]
    assert {event["question"] for event in got} == {joined["id"], None}
    assert got[2]["data"]["object"]["state"] == "partial"


async def test_a_topic_is_followed_from_when_a_question_has_it(
    desk: Desk, editor: Client, make: Make
) -> None:
    question = await make.question(topics=["audits"])
    webhook = await desk.subscribe(topic="audit")

    await make.statement(question, verdict="acknowledged")
    await editor.patch(f"/v1/questions/{question['id']}", {"topics": ["audit", "audits"]})
    await make.statement(question, verdict="partial")

    expected = ["question.updated", "response.recorded", "question.state_changed"]
    assert types(await desk.got(webhook)) == expected
    assert types(await desk.got_again(webhook)) == expected


async def test_an_asker_is_followed_with_the_questions_it_asked(
    desk: Desk, editor: Client, make: Make
) -> None:
    await make.asker("reuters")
    webhook = await desk.subscribe(asker="reuters")

    question = await make.question(slug="theirs")
    await make.statement(question, verdict="acknowledged")
    asked = await make.ask(question, on="2025-06", asker="reuters")
    await editor.patch("/v1/askers/reuters", {"name": "Reuters News"})
    await make.question(slug="of-others", state="declined")

    got = await desk.got(webhook)
    assert types(got)[0] == "ask.recorded"
    assert got[0]["subject"]["id"] == asked["id"]
    assert "asker.updated" in types(got)
    assert {event["question"] for event in got} == {question["id"], None}


async def test_who_follows_what_was_merged_gets_what_concerns_the_one_that_stayed(
    desk: Desk, editor: Client, make: Make
) -> None:
    one = await make.question(slug="one", company="msft", asker="ap")
    await make.asker("reuters")
    stayed = await make.question(slug="stayed", company="microsoft", asker="guardian")
    following = [
        await desk.subscribe(question="one"),
        await desk.subscribe(company="msft"),
        await desk.subscribe(asker="ap"),
        await desk.subscribe(question="stayed"),
        await desk.subscribe(asker="reuters"),
    ]
    reason = {"reason": "It was recorded twice."}
    await editor.post("/v1/companies/msft/merge", {"into": "microsoft", **reason}, 200)
    await make.merge(one, stayed)
    await editor.post("/v1/askers/ap/merge", {"into": "reuters", **reason}, 200)
    head = (await editor.events())[-1]["seq"]

    await make.statement(stayed, verdict="partial", on="2025-06")
    await editor.patch("/v1/askers/reuters", {"name": "Reuters News"})

    expected = ["response.recorded", "question.state_changed"]
    for webhook, merger, more in zip(
        following,
        ["question", "company", "asker", "question", "asker"],
        [[], ["statement.recorded"], ["asker.updated"], [], ["asker.updated"]],
        strict=True,
    ):
        got = await desk.got(webhook)
        assert f"{merger}.merged" in types(got), merger
        later = types([event for event in got if event["seq"] > head])
        assert sorted(later) == sorted([*expected, *more])
        kept = await desk.got_again(webhook)
        assert {event["seq"] for event in got} <= {event["seq"] for event in kept}
    before = await desk.got_again(following[3])
    assert {event["question"] for event in before} == {stayed["id"]}


async def test_a_retracted_ask_concerns_its_asker_once_more(
    desk: Desk, editor: Client, make: Make
) -> None:
    question = await make.question(slug="mine")
    asked = await make.ask(question, on="2025-06", asker="reuters")
    webhook = await desk.subscribe(asker="reuters")

    await editor.correct(asked["id"])
    seen = [event["seq"] for event in await desk.got(webhook)]
    await make.statement(question, verdict="answered")

    got = await desk.got(webhook)
    assert "correction.recorded" in types(got)
    assert [event["seq"] for event in got] == seen


async def test_a_state_is_that_after_the_event(desk: Desk, make: Make) -> None:
    webhook = await desk.subscribe(state="partial, answered")

    question = await make.question(state="declined")
    assert await desk.got(webhook) == []
    await make.statement(question, verdict="answered", on="2025-06")
    await make.ruling(question, state="withdrawn", on="2025-07")

    got = await desk.got(webhook)
    assert types(got) == ["response.recorded", "question.state_changed"]
    assert got[-1]["data"]["previous"]["state"] == "declined"


async def test_event_types_are_taken_as_they_are_called(desk: Desk, make: Make) -> None:
    webhook = await desk.subscribe(["question.created", "response.recorded"])

    await make.question(state="declined")

    assert types(await desk.got(webhook)) == ["question.created", "response.recorded"]


async def test_an_event_has_to_fit_every_part_of_the_filter(
    desk: Desk, editor: Client, make: Make
) -> None:
    await make.dossier()
    fits: dict[str, Any] = {"topics": ["audit"], "dossiers": ["microsoft-imod"]}
    question = await make.question(slug="fits", **fits)
    await make.company("google")
    await make.asker("reuters")
    wanted: dict[str, Any] = {
        "company": "microsoft",
        "dossier": "microsoft-imod",
        "topic": "audit",
        "question": "fits",
        "asker": "associated-press",
        "state": "declined",
    }
    webhook = await desk.subscribe(["question.state_changed"], **wanted)
    misses = [
        await desk.subscribe(["question.state_changed"], **{**wanted, name: other})
        for name, other in (
            ("company", "google"),
            ("dossier", await make.dossier("another")),
            ("topic", "audits"),
            ("question", (await make.question(slug="misses", **fits))["slug"]),
            ("asker", "reuters"),
            ("state", "answered"),
        )
    ]
    misses.append(await desk.subscribe(["question.updated"], **wanted))

    await make.statement(question, verdict="declined")

    assert types(await desk.got(webhook)) == ["question.state_changed"]
    assert [await desk.got(miss) for miss in misses] == [[]] * len(misses)


async def test_a_renamed_thing_is_still_the_one_that_was_meant(
    desk: Desk, editor: Client, make: Make
) -> None:
    await make.question(slug="mine", dossiers=[await make.dossier("case")])
    named = {"company": "microsoft", "asker": "associated-press", "dossier": "case"}
    webhooks = [await desk.subscribe(None, **{name: slug}) for name, slug in named.items()]
    webhooks.append(await desk.subscribe(question="mine"))

    await editor.patch("/v1/companies/microsoft", {"slug": "microsoft-2"})
    await editor.patch("/v1/askers/associated-press", {"slug": "ap"})
    await editor.patch("/v1/dossiers/case", {"slug": "case-2"})
    question = await editor.patch("/v1/questions/mine", {"slug": "mine-2"})
    await make.ruling(question, state="withdrawn", on="2025-06")

    for webhook in webhooks:
        got = await desk.got(webhook)
        assert "ruling.recorded" in types(got)
        assert (await desk.got_again(webhook))[-len(got) :] == got


async def test_only_what_comes_after_the_subscription_is_sent(desk: Desk, make: Make) -> None:
    await make.question(state="declined")

    webhook = await desk.subscribe()
    await make.company("google")

    got = await desk.got(webhook)
    assert types(got) == ["company.created"]
    assert got[0]["seq"] == webhook["after_seq"] + 1


async def test_of_a_dry_run_nothing_is_sent(desk: Desk, editor: Client, make: Make) -> None:
    webhook = await desk.subscribe()
    body = {"name": "Acme"}

    await editor.post("/v1/companies", body, params={"dry_run": "true"})
    await make.company("google")

    assert [event["company"] for event in await desk.got(webhook)] == ["google"]


async def test_the_webhooks_of_a_revoked_key_get_nothing(
    desk: Desk, admin: Client, make: Make, receiver: Receiver
) -> None:
    key = await admin.post("/v1/keys", {"name": "leaver", "scopes": ["webhooks"]})
    await Bot(admin.http, key["key"]).subscribe(receiver.url("/leaver"))
    await make.company("microsoft")
    await receiver.wait_for(2)
    await admin.send("DELETE", f"/v1/keys/{key['id']}")

    await make.company("google")

    await desk.bot.settled(desk.everything, lambda found: len(found) == 2)
    await receiver.wait_for(3)
    assert sorted(request.path for request in receiver.requests) == ["/all", "/all", "/leaver"]


FILTERS: tuple[tuple[list[str] | None, dict[str, str]], ...] = (
    (None, {}),
    (["question.state_changed"], {}),
    (["company.created", "correction.recorded", "ask.recorded"], {}),
    (None, {"company": "microsoft"}),
    (None, {"company": "google"}),
    (None, {"question": "one"}),
    (None, {"topic": "audit"}),
    (None, {"topic": "contracts"}),
    (None, {"dossier": "microsoft-imod"}),
    (None, {"asker": "reuters"}),
    (None, {"asker": "associated-press", "topic": "audit"}),
    (None, {"state": "answered"}),
    (None, {"state": "unanswered,declined"}),
    (["question.state_changed"], {"company": "microsoft", "state": "answered"}),
    (["question.updated"], {"dossier": "microsoft-imod", "topic": "contracts"}),
    (["question.created"], {"state": "withdrawn"}),
)


async def begin_a_small_record(make: Make) -> Any:
    for slug in ("microsoft", "google"):
        await make.company(slug)
    for slug in ("associated-press", "reuters"):
        await make.asker(slug)
    dossier = await make.dossier()
    return await make.question(slug="one", topics=["audit"], dossiers=[dossier])


async def go_on_with_it(one: Any, editor: Client, make: Make) -> None:
    two = await make.question(slug="two", company="google", asker="reuters", state="declined")
    three = await make.question(slug="three", topics=["contracts"])
    await editor.patch("/v1/questions/three", {"dossiers": ["microsoft-imod"]})
    asked = await make.ask(one, on="2025-06", asker="reuters")
    said = await make.statement(one, three, verdict="answered", on="2025-06")
    await editor.patch("/v1/questions/one", {"topics": ["contracts"]})
    await editor.correct(said["responses"][0]["id"])
    await editor.correct(asked["id"])
    await make.ruling(two, state="withdrawn", on="2025-07")
    await editor.patch("/v1/dossiers/microsoft-imod", {"title": "The audit"})


async def test_live_replayed_counted_and_previewed_are_the_same_events(
    desk: Desk, editor: Client, make: Make
) -> None:
    one = await begin_a_small_record(make)
    webhooks = [await desk.subscribe(kinds, **wanted) for kinds, wanted in FILTERS]
    await go_on_with_it(one, editor, make)

    for webhook, (kinds, wanted) in zip(webhooks, FILTERS, strict=True):
        live = await desk.got(webhook)
        counted = (await desk.replay(webhook, dry_run=True))["count"]
        preview = await desk.preview(webhook)
        again = await desk.got_again(webhook)

        assert live == [event for event in again if event["seq"] > webhook["after_seq"]], wanted
        assert len(again) == counted == preview["matched"], wanted
        newest = [sample["event"] for sample in preview["samples"]]
        assert newest == again[::-1][:3], wanted
        assert kinds is None or set(types(again)) <= set(kinds)


async def test_a_preview_shows_what_would_be_posted(bot: Bot, make: Make) -> None:
    await make.question(state="declined")
    await make.company("google")
    body = {"filter": {"company": "microsoft"}, "event_types": ["question.state_changed"]}

    bodies = []
    for format_ in WebhookFormat:
        url = "/v1/webhooks/preview"
        preview = await bot.post(url, {**body, "format": format_.value}, expect=200)
        assert (preview["days"], preview["matched"]) == (30, 1)
        (sample,) = preview["samples"]
        assert sample["event"]["type"] == "question.state_changed"
        assert "Microsoft declined to answer" in str(sample["body"])
        assert (sample["body"] == sample["event"]) is (format_ is WebhookFormat.STANDARD)
        bodies.append(str(sample["body"]))
    assert len(set(bodies)) == len(WebhookFormat)


async def test_a_preview_of_an_empty_record_matches_nothing(bot: Bot) -> None:
    found = await bot.post("/v1/webhooks/preview", {}, expect=200)
    assert found == {"days": 30, "matched": 0, "samples": []}


async def test_a_preview_counts_all_and_shows_the_three_newest(bot: Bot, make: Make) -> None:
    for slug in "abcde":
        await make.company(slug)

    found = await bot.post("/v1/webhooks/preview", {}, expect=200)

    assert found["matched"] == 5
    assert [sample["event"]["company"] for sample in found["samples"]] == ["e", "d", "c"]


async def test_every_newsroom_gets_its_own_delivery_of_an_event(
    desk: Desk, http: AsyncClient, settings: Settings, database: Database, make: Make
) -> None:
    other = Bot(http, await new_key(settings, database, "other-bot", Scope.WEBHOOKS))
    theirs = await other.subscribe(desk.url)

    await make.company()

    (mine,) = await desk.bot.settled(desk.everything, lambda found: found != [])
    (same,) = await other.settled(theirs, lambda found: found != [])
    assert mine["seq"] == same["seq"]
    assert mine["id"] != same["id"]
