"""Subscriptions: made, read, changed and ended, each key for itself."""

import base64
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import AsyncClient
from sqlalchemy import select
from sqlmodel import SQLModel

from app.auth.schemas import Scope
from app.core.db import Database
from app.core.settings import Settings
from app.webhooks.worker import Worker
from tests.conftest import new_key
from tests.support.client import Client
from tests.support.make import Make
from tests.support.receiver import Receiver
from tests.webhooks.conftest import Bot

HOOKS = "/v1/webhooks"
URL = "http://127.0.0.1:9999/hook"
NOBODY = "webhook_01jv8z4x9kf3t8w2m5r7c1q0ab"
OPERATIONS: tuple[tuple[str, str, Any], ...] = (
    ("GET", "", None),
    ("PATCH", "", {}),
    ("DELETE", "", None),
    ("POST", "/rotate-secret", None),
    ("POST", "/enable", None),
    ("POST", "/test", None),
    ("POST", "/replay", {"after_seq": 0}),
    ("GET", "/deliveries", None),
    ("GET", "/deliveries/{delivery}", None),
    ("POST", "/deliveries/{delivery}/replay", None),
)
"""Everything that can be done with one webhook: method, path below it, body."""


@pytest.fixture
async def stranger(http: AsyncClient, settings: Settings, database: Database) -> Bot:
    """Another newsroom's bot."""
    return Bot(http, await new_key(settings, database, "other-bot", Scope.WEBHOOKS))


@pytest.fixture
async def closed(web: FastAPI, settings: Settings) -> AsyncIterator[None]:
    """Nothing is opened to webhooks, as by default."""
    shut = {"webhook_allow_networks": (), "webhook_allow_http": False}
    web.state.settings = settings.model_copy(update=shut)
    yield
    web.state.settings = settings


async def everything_stored(database: Database) -> str:
    async with database.reading() as session:
        tables = SQLModel.metadata.sorted_tables
        return repr([(await session.execute(select(table))).all() for table in tables])


def faults(problem: Any) -> list[tuple[str, str]]:
    return [(fault["pointer"], fault["code"]) for fault in problem["errors"]]


async def wrongly_taken(client: Client, method: str, url: str, cases: list[Any]) -> list[Any]:
    """Send bodies that are each wrong in one place; return those not refused for that place."""
    wrong = []
    for pointer, body in cases:
        answer = await client.send(method, url, json=body, headers={"If-Match": "*"})
        found = answer.json()
        if answer.status_code != 422 or [fault[0] for fault in faults(found)] != [pointer]:
            wrong.append((pointer, body, answer.status_code, found.get("errors")))
    return wrong


async def test_a_subscription_is_made_and_its_secret_shown_this_once(bot: Bot) -> None:
    answer = await bot.send("POST", HOOKS, json={"url": URL})

    made = answer.json()
    assert answer.status_code == 201
    assert answer.headers["Location"] == f"{HOOKS}/{made['id']}"
    assert answer.headers["Cache-Control"] == "no-store"
    secret = made.pop("secret")
    assert secret.startswith("whsec_")
    assert len(base64.b64decode(secret.removeprefix("whsec_"), validate=True)) == 32
    counts = {"pending_count": 0, "held_count": 0}
    assert await bot.get(f"{HOOKS}/{made['id']}") == made | counts
    assert await bot.pages(HOOKS) == [made]


async def test_what_is_not_given_is_wide_and_careful(bot: Bot, make: Make) -> None:
    await make.company()
    made = await bot.subscribe(URL)

    assert (made["event_types"], made["filter"], made["format"]) == (None, None, "standard")
    assert (made["ordered"], made["max_in_flight"], made["description"]) == (False, 8, None)
    assert (made["status"], made["failures"], made["number"]) == ("enabled", 0, 0)
    assert made["after_seq"] == (await bot.events())[-1]["seq"]
    assert made["former_secret_expires_at"] is None


async def test_what_is_given_is_kept_as_it_was_sent(bot: Bot, make: Make) -> None:
    await make.company()
    given: dict[str, Any] = {
        "event_types": ["correction.recorded", "question.state_changed"],
        "filter": {"company": "microsoft", "topic": "audit", "state": "answered,partial"},
        "format": "slack",
        "ordered": True,
        "max_in_flight": 64,
        "description": "Posts answers to the desk.",
    }
    made = await bot.subscribe(URL, **given)

    shown = await bot.get(f"{HOOKS}/{made['id']}")

    assert given.items() <= {**shown, "filter": _given(shown["filter"])}.items()


def _given(filter_: Any) -> Any:
    return {name: value for name, value in filter_.items() if value is not None}


async def test_the_plain_secret_is_nowhere_in_the_database(bot: Bot, database: Database) -> None:
    made = await bot.post(HOOKS, {"url": URL}, headers={"Idempotency-Key": "once"})
    rotated = await bot.post(f"{HOOKS}/{made['id']}/rotate-secret", expect=200)

    stored = await everything_stored(database)

    assert made["id"] in stored
    for secret in (made["secret"], rotated["secret"]):
        text = secret.removeprefix("whsec_")
        assert text not in stored
        assert repr(base64.b64decode(text))[2:-1] not in stored


async def test_subscriptions_are_listed_oldest_first_in_pages(bot: Bot) -> None:
    made = [(await bot.subscribe(URL))["id"] for _ in range(3)]

    first = await bot.get(HOOKS, limit=2)

    assert [item["id"] for item in first["data"]] == made[:2]
    assert [item["id"] for item in await bot.pages(HOOKS, limit=1)] == made
    assert not any("secret" in item for item in first["data"])


async def test_an_edit_needs_the_etag_of_what_was_read_last(bot: Bot) -> None:
    url = f"{HOOKS}/{(await bot.subscribe(URL))['id']}"
    old = (await bot.send("GET", url)).headers["ETag"]
    assert (await bot.send("PATCH", url, json={"ordered": True})).status_code == 428

    await bot.patch(url, {"description": "First"}, match=old)
    problem = await bot.patch(url, {"description": "Second"}, expect=412, match=old)

    assert "changed since" in problem["detail"]
    assert (await bot.get(url))["description"] == "First"
    fresh = (await bot.send("GET", url)).headers["ETag"]
    assert (await bot.send("GET", url, headers={"If-None-Match": fresh})).status_code == 304


async def test_the_etag_of_the_answer_to_a_post_is_good_for_an_edit(bot: Bot) -> None:
    answer = await bot.send("POST", HOOKS, json={"url": URL})
    url, tag = answer.headers["Location"], answer.headers["ETag"]

    await bot.patch(url, {"ordered": True}, match=tag)

    rotated = await bot.send("POST", f"{url}/rotate-secret")
    await bot.patch(url, {"ordered": False}, match=rotated.headers["ETag"])


async def test_only_what_is_sent_changes(bot: Bot, make: Make) -> None:
    await make.company()
    fields: dict[str, Any] = {"filter": {"company": "microsoft"}, "event_types": ["ask.recorded"]}
    made = await bot.subscribe(URL, description="Before", **fields)
    url = f"{HOOKS}/{made['id']}"

    for change in (
        {"url": "http://127.0.0.1:9998/other"},
        {"format": "discord"},
        {"ordered": True},
        {"max_in_flight": 1},
        {"description": None},
        {"event_types": None},
        {"filter": None},
        {},
    ):
        before = await bot.get(url)
        await bot.patch(url, change)
        after = await bot.get(url)
        assert after == {**before, **change, "updated_at": after["updated_at"]}


async def test_a_filter_is_replaced_as_a_whole(bot: Bot, make: Make) -> None:
    await make.company()
    url = f"{HOOKS}/{(await bot.subscribe(URL, filter={'company': 'microsoft'}))['id']}"

    changed = await bot.patch(url, {"filter": {"topic": "audit"}})

    assert _given(changed["filter"]) == {"topic": "audit"}
    assert (await bot.patch(url, {"filter": {}}))["filter"] is None


async def test_an_edited_filter_and_list_of_types_hold_for_what_comes_next(
    bot: Bot, make: Make, worker: Worker
) -> None:
    url = f"{HOOKS}/{(made := await bot.subscribe(URL, filter={'topic': 'audit'}))['id']}"
    await bot.patch(url, {"filter": None, "event_types": ["company.created"]})

    await make.question()

    found = await bot.settled(made, lambda found: len(found) == 1)
    assert [one["event_type"] for one in found] == ["company.created"]


async def test_a_deleted_subscription_is_gone_and_gets_nothing_more(
    bot: Bot, make: Make, receiver: Receiver, worker: Worker
) -> None:
    gone = await bot.subscribe(receiver.url("/gone"))
    stays = await bot.subscribe(receiver.url("/stays"))

    assert (await bot.send("DELETE", f"{HOOKS}/{gone['id']}")).status_code == 204

    for method, path, body in OPERATIONS:
        url = f"{HOOKS}/{gone['id']}{path.format(delivery='delivery_01jv8z4x9kf3t8w2m5r7c1q0ab')}"
        answer = await bot.send(method, url, json=body, headers={"If-Match": "*"})
        assert answer.status_code == 404, (method, path)
    assert [item["id"] for item in await bot.pages(HOOKS)] == [stays["id"]]
    await make.company()
    await bot.settled(stays, lambda found: found != [] and found[0]["status"] == "delivered")
    assert {request.path for request in receiver.requests} == {"/stays"}


async def test_a_rotated_secret_is_new_and_the_former_one_signs_for_a_day(
    bot: Bot, receiver: Receiver, worker: Worker
) -> None:
    made = await bot.subscribe(receiver.url())
    url = f"{HOOKS}/{made['id']}"

    answer = await bot.send("POST", f"{url}/rotate-secret")

    rotated = answer.json()
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert rotated["secret"].startswith("whsec_")
    assert rotated["secret"] != made["secret"]
    until = datetime.fromisoformat(rotated["former_secret_expires_at"])
    assert timedelta(hours=23) < until - datetime.now(UTC) <= timedelta(hours=24)
    await bot.post(f"{url}/test", expect=202)
    (request,) = await receiver.wait_for(1)
    kinds = [part.partition(",")[0] for part in request.headers["webhook-signature"].split()]
    assert kinds == ["v1", "v1", "v1a"]


async def test_enabling_what_is_enabled_changes_nothing_that_is_sent(bot: Bot) -> None:
    url = f"{HOOKS}/{(await bot.subscribe(URL))['id']}"
    before = await bot.get(url)

    for body in (None, {}, {"replay_held": True}):
        await bot.post(f"{url}/enable", body, expect=200)

    after = await bot.get(url)
    assert after == {**before, "updated_at": after["updated_at"]}
    await bot.post(f"{url}/enable", {"replay_held": "yes"}, expect=422)


async def test_another_keys_webhook_is_not_there_whatever_is_tried(
    bot: Bot, stranger: Bot, admin: Client
) -> None:
    made = await bot.subscribe(URL)
    delivery = await bot.post(f"{HOOKS}/{made['id']}/test", expect=202)
    before = await bot.get(f"{HOOKS}/{made['id']}"), await bot.deliveries(made)

    for client in (stranger, admin):
        assert await client.pages(HOOKS) == []
        for method, path, body in OPERATIONS:
            url = f"{HOOKS}/{made['id']}{path.format(delivery=delivery['id'])}"
            answer = await client.send(method, url, json=body, headers={"If-Match": "*"})
            unknown = await client.send(
                method, url.replace(made["id"], NOBODY), json=body, headers={"If-Match": "*"}
            )
            assert answer.status_code == unknown.status_code == 404, (method, path)
            assert answer.json()["detail"] == unknown.json()["detail"]

    assert (await bot.get(f"{HOOKS}/{made['id']}"), await bot.deliveries(made)) == before


async def test_a_delivery_is_found_below_its_own_webhook_only(bot: Bot) -> None:
    one, other = await bot.subscribe(URL), await bot.subscribe(URL)
    delivery = await bot.post(f"{HOOKS}/{one['id']}/test", expect=202)

    url = f"{HOOKS}/{other['id']}/deliveries/{delivery['id']}"

    await bot.get(url, expect=404)
    await bot.post(f"{url}/replay", expect=404)


async def test_an_admin_key_has_webhooks_of_its_own(bot: Bot, admin: Client) -> None:
    mine = await admin.post(HOOKS, {"url": URL})

    assert [item["id"] for item in await admin.pages(HOOKS)] == [mine["id"]]
    await bot.get(f"{HOOKS}/{mine['id']}", expect=404)


async def test_without_the_scope_and_without_a_key_nothing_is_possible(
    bot: Bot, editor: Client, reader: Client
) -> None:
    made = await bot.subscribe(URL)
    delivery = await bot.post(f"{HOOKS}/{made['id']}/test", expect=202)
    tried = [
        (method, f"{HOOKS}/{made['id']}{path.format(delivery=delivery['id'])}", body)
        for method, path, body in OPERATIONS
    ]
    tried += [("GET", HOOKS, None), ("POST", HOOKS, {"url": URL}), ("POST", f"{HOOKS}/preview", {})]

    for method, url, body in tried:
        forbidden = await editor.send(method, url, json=body, headers={"If-Match": "*"})
        unknown = await reader.send(method, url, json=body, headers={"If-Match": "*"})
        assert (forbidden.status_code, unknown.status_code) == (403, 401), (method, url)
        assert "scope webhooks" in forbidden.json()["detail"]


async def test_without_the_scope_nobody_learns_what_may_be_reached(
    editor: Client, reader: Client, closed: None
) -> None:
    for client, status in ((editor, 403), (reader, 401)):
        answer = await client.send("POST", HOOKS, json={"url": "https://10.0.0.1/"})
        assert answer.status_code == status


async def test_a_dry_run_of_any_write_keeps_nothing(bot: Bot, database: Database) -> None:
    made = await bot.subscribe(URL)
    delivery = await bot.post(f"{HOOKS}/{made['id']}/test", expect=202)
    before = await everything_stored(database)

    tried = [("POST", HOOKS, {"url": URL})]
    tried += [
        (method, f"{HOOKS}/{made['id']}{path.format(delivery=delivery['id'])}", body)
        for method, path, body in OPERATIONS
        if method != "GET"
    ]
    for method, url, body in tried:
        sent = {"description": "Another"} if method == "PATCH" else body
        options = {"json": sent, "params": {"dry_run": "true"}, "headers": {"If-Match": "*"}}
        answer = await bot.send(method, url, **options)
        assert answer.is_success, (method, url, answer.text)
        assert answer.headers["Dry-Run"] == "true"
        assert "Location" not in answer.headers

    assert await everything_stored(database) == before


async def test_a_repeated_post_gets_the_same_secret_and_makes_one_webhook(bot: Bot) -> None:
    key = {"Idempotency-Key": "b7e2"}
    first = await bot.send("POST", HOOKS, json={"url": URL}, headers=key)
    again = await bot.send("POST", HOOKS, json={"url": URL}, headers=key)

    assert again.status_code == 201
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.headers["Cache-Control"] == "no-store"
    assert again.json() == first.json()
    assert len(await bot.pages(HOOKS)) == 1
    await bot.post(HOOKS, {"url": URL, "ordered": True}, expect=422, headers=key)


async def test_a_repeated_rotation_rotates_once(bot: Bot) -> None:
    url = f"{HOOKS}/{(await bot.subscribe(URL))['id']}/rotate-secret"
    key = {"Idempotency-Key": "b7e2"}

    first = await bot.post(url, expect=200, headers=key)

    assert await bot.post(url, expect=200, headers=key) == first
    assert (await bot.post(url, expect=200))["secret"] != first["secret"]


async def test_a_key_has_100_webhooks_at_most(bot: Bot, stranger: Bot) -> None:
    made = [await bot.subscribe(URL) for _ in range(100)]

    problem = await bot.subscribe(URL, expect=409)

    assert "100" in problem["detail"]
    await stranger.subscribe(URL)
    await bot.send("DELETE", f"{HOOKS}/{made[0]['id']}")
    await bot.subscribe(URL)


PRIVATE_HOSTS = (
    *("10.0.0.1", "127.0.0.1", "127.1", "0x7f.1", "0177.0.0.1", "2130706433", "0", "172.16.5.5"),
    *("192.168.1.1", "169.254.169.254", "100.64.0.1", "224.0.0.1", "255.255.255.255"),
    *("[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:10.0.0.1]", "[64:ff9b::7f00:1]"),
    *("[2002:7f00:1::]", "[fe80::1]", "[fec0::1]", "[fc00::1]", "[ff02::1]"),
    *("localhost", "localhost.", "LOCALHOST", "hook.localhost", "127.0.0.1."),
)
BAD_URLS = (
    "http://93.184.215.14/hook",
    "https://93.184.215.14:22/hook",
    "https://93.184.215.14:0/hook",
    "https://93.184.215.14:1023/hook",
    "https://93.184.215.14:65536/hook",
    "https://93.184.215.14:port/hook",
    "https://me:secret@93.184.215.14/hook",
    "https://me@93.184.215.14/hook",
    "https://93.184.215.14/hook#part",
    "https://93.184.215.14/a b",
    "https://93.184.215.14/a\nb",
    "https://999.999.999.999/",
    "https://[::1/",
    "https://host..name.example/",
    "https:///hook",
    "https://",
    "ftp://93.184.215.14/hook",
    "javascript:alert(1)",
    "//93.184.215.14/hook",
    "93.184.215.14",
    "",
    None,
    7,
    ["https://93.184.215.14/hook"],
    "https://93.184.215.14/" + "a" * 2000,
)


async def test_where_nothing_may_be_sent_no_webhook_goes(bot: Bot, closed: None) -> None:
    urls = [f"https://{host}/hook" for host in PRIVATE_HOSTS] + list(BAD_URLS)
    cases = [("/url", {"url": url}) for url in urls]

    assert await wrongly_taken(bot, "POST", HOOKS, cases) == []
    assert await bot.pages(HOOKS) == []

    made = await bot.subscribe("https://93.184.215.14:8443/hook?token=1")
    assert await wrongly_taken(bot, "PATCH", f"{HOOKS}/{made['id']}", cases) == []


async def test_a_refused_address_is_told_apart_and_explained(bot: Bot, closed: None) -> None:
    problem = await bot.subscribe("https://10.0.0.1/hook", expect=422)

    assert faults(problem) == [("/url", "unreachable")]
    assert "public" in problem["errors"][0]["detail"]


async def test_an_opened_network_lets_nothing_else_through(bot: Bot) -> None:
    cases = [("/url", {"url": f"http://{host}/"}) for host in ("10.0.0.1", "[::1]", "0x7f.1")]
    assert await wrongly_taken(bot, "POST", HOOKS, cases) == []


UNKNOWN = "question_01jv8z4x9kf3t8w2m5r7c1q0ab"
WRONG_FILTERS = [
    *((f"/filter/{name}", {name: "nobody"}) for name in ("company", "dossier", "asker")),
    *((f"/filter/{name}", {name: UNKNOWN}) for name in ("company", "dossier", "asker", "question")),
    *((f"/filter/{name}", {name: ""}) for name in ("company", "topic", "state")),
    *((f"/filter/{name}", {name: 7}) for name in ("company", "topic", "state", "question")),
    *((f"/filter/{name}", {name: ["a"]}) for name in ("asker", "topic", "state", "dossier")),
    ("/filter/company", {"company": "a" * 121}),
    ("/filter/topic", {"topic": "Human Rights"}),
    ("/filter/topic", {"topic": "a|b"}),
    ("/filter/topic", {"topic": "a" * 61}),
    *(
        ("/filter/state", {"state": state})
        for state in ("lost", "answered,lost", "answered,", ",", "ANSWERED", "answered|partial")
    ),
    ("/filter/compnay", {"compnay": "microsoft"}),
    ("/filter", "microsoft"),
    ("/filter", ["microsoft"]),
]
WRONG_TYPES: list[tuple[str, Any]] = [
    ("/event_types/0", ["question.exploded"]),
    ("/event_types/1", ["ask.recorded", "webhook.test"]),
    ("/event_types/0", [7]),
    ("/event_types", []),
    ("/event_types", ["ask.recorded", "ask.recorded"]),
    ("/event_types", "ask.recorded"),
]
WRONG_MEMBERS: list[tuple[str, Any]] = [
    *(("/max_in_flight", {"max_in_flight": value}) for value in (0, 65, -1, "8", True, 8.5, None)),
    *(("/ordered", {"ordered": value}) for value in ("yes", "true", 1, None)),
    *(("/format", {"format": value}) for value in ("xml", "SLACK", 1, None)),
    *(
        ("/description", {"description": value})
        for value in ("a\nb", "a\tb", "", "  ", "a" * 301, 7, "a\u202eb")
    ),
    ("/secret", {"secret": "whsec_AAAA"}),
    ("/status", {"status": "enabled"}),
    ("/disabled_at", {"disabled_at": None}),
]


async def test_what_is_wrong_in_a_body_is_pointed_at(bot: Bot, make: Make) -> None:
    await make.company()
    cases = [(pointer, {"filter": value}) for pointer, value in WRONG_FILTERS]
    cases += [(pointer, {"event_types": value}) for pointer, value in WRONG_TYPES]
    everywhere = [(pointer, {"url": URL, **body}) for pointer, body in [*cases, *WRONG_MEMBERS]]
    url = f"{HOOKS}/{(await bot.subscribe(URL))['id']}"
    before = await bot.get(url)

    assert await wrongly_taken(bot, "POST", HOOKS, everywhere) == []
    assert await wrongly_taken(bot, "PATCH", url, everywhere) == []
    assert await wrongly_taken(bot, "POST", f"{HOOKS}/preview", cases) == []
    assert await bot.pages(HOOKS) == [_without_counts(before)]


def _without_counts(detail: Any) -> Any:
    return {name: value for name, value in detail.items() if not name.endswith("_count")}


@pytest.mark.parametrize("body", [None, [], "", {}, {"url": None}])
async def test_a_body_without_an_address_is_refused(bot: Bot, body: Any) -> None:
    assert (await bot.send("POST", HOOKS, json=body)).status_code == 422


@pytest.mark.parametrize("text", [r'"a\u0000b"', r'"a\u001bb"', r'"a\ud800b"'])
async def test_a_description_holds_no_control_characters(bot: Bot, text: str) -> None:
    body = f'{{"url": {json.dumps(URL)}, "description": {text}}}'
    answer = await bot.send(
        "POST", HOOKS, content=body, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 422
    assert faults(answer.json())[0][0] == "/description"


@pytest.mark.parametrize("webhook", ["nobody", NOBODY, "company_01jv8z4x9kf3t8w2m5r7c1q0ab", "%25"])
async def test_an_id_of_no_webhook_finds_none(bot: Bot, webhook: str) -> None:
    problem = await bot.get(f"{HOOKS}/{webhook}", expect=404)
    assert "GET /v1/webhooks" in problem["detail"]
