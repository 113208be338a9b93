"""A stolen key: revoked at once, and what it wrote is flagged for review; nothing is taken back."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.companies import service as companies
from app.companies.schemas import CompanyCreate
from app.core.dates import format_instant
from app.core.db import Database
from app.ledger import recorder
from tests.support.client import Client

LONG_AGO = "2020-01-01T00:00:00Z"
REVIEW = "https://answerable.test/v1/events?flagged=true"


class Thief(Client):
    """A client whose key, as it turns out, was stolen."""

    def __init__(self, client: Client, made: Any) -> None:
        super().__init__(client.http, made["key"])
        self.id: str = made["id"]

    async def write(self, name: str = "Acme") -> Any:
        """Record something, and return its event."""
        await self.post("/v1/companies", {"name": name})
        return (await self.events())[-1]


@pytest.fixture
async def thief(admin: Client) -> Thief:
    body = {"name": "newsroom", "scopes": ["write"]}
    return Thief(admin, await admin.post("/v1/keys", body))


async def report(
    admin: Client, thief: Thief, since: str = LONG_AGO, expect: int = 201, **fields: Any
) -> Any:
    body = {"since": since, **fields}
    return await admin.post(f"/v1/keys/{thief.id}/compromised", body, expect)


def numbers(events: list[Any]) -> list[int]:
    return [event["seq"] for event in events]


async def flagged(client: Client, **params: Any) -> list[int]:
    return numbers(await client.events(flagged="true", **params))


async def test_a_stolen_key_is_revoked_at_once(admin: Client, thief: Thief) -> None:
    await thief.write()

    await report(admin, thief)

    problem = await thief.post("/v1/companies", {"name": "Another"}, 401)
    assert "revoked" in problem["detail"]
    assert (await admin.get(f"/v1/keys/{thief.id}"))["revoked_at"] is not None


async def test_the_report_is_an_event_that_anybody_can_read(
    admin: Client, thief: Thief, reader: Client
) -> None:
    written = await thief.write()
    reason = "The laptop that held it was stolen."

    answer = await report(admin, thief, written["recorded_at"], reason=reason)
    event = (await reader.events())[-1]

    assert event["type"] == "key.compromised"
    assert event["actor"] == "root"
    assert event["subject"] == {"type": "compromise", "id": answer["id"], "slug": None}
    assert event["reason"] == reason
    assert event["url"] == REVIEW
    assert event["data"]["object"] == {
        "id": answer["id"],
        "actor": "newsroom",
        "since": written["recorded_at"],
        "until": event["recorded_at"],
        "after_seq": written["seq"] - 1,
        "reason": reason,
    }
    since, until = written["recorded_at"][:19], event["recorded_at"][:19]
    assert event["summary"] == (
        "The key “newsroom” was reported stolen and is revoked: what it wrote from"
        f" {since}Z to {until}Z is flagged for review."
    )
    assert await reader.events(type="key.compromised") == [event]


async def test_the_answer_says_what_is_to_be_reviewed(admin: Client, thief: Thief) -> None:
    for name in ("One", "Two"):
        await thief.write(name)
    body = {"since": LONG_AGO, "reason": "It was found in a public repository."}

    answer = await admin.send("POST", f"/v1/keys/{thief.id}/compromised", json=body)

    said = answer.json()
    event = (await admin.events())[-1]
    assert answer.status_code == 201
    assert answer.headers["Location"] == f"/v1/events/{event['seq']}"
    assert said == {
        "id": event["subject"]["id"],
        "key": thief.id,
        "actor": "newsroom",
        "since": "2020-01-01T00:00:00.000000Z",
        "until": event["recorded_at"],
        "reason": body["reason"],
        "seq": event["seq"],
        "flagged_count": 2,
        "review_url": REVIEW,
        "keys_made": [],
    }


async def test_flagged_are_the_events_of_the_window_of_that_key_and_no_others(
    admin: Client, editor: Client, thief: Thief
) -> None:
    await thief.write("Before")
    first = await thief.write("First")
    await editor.post("/v1/companies", {"name": "By an honest editor"})
    last = await thief.write("Last")

    answer = await report(admin, thief, first["recorded_at"])
    await editor.post("/v1/companies", {"name": "By an honest editor, later"})

    everything = numbers(await admin.events())
    assert await flagged(admin) == [first["seq"], last["seq"]]
    assert answer["flagged_count"] == 2
    others = numbers(await admin.events(flagged="false"))
    assert others == [seq for seq in everything if seq not in (first["seq"], last["seq"])]


async def test_the_window_begins_with_the_instant_that_was_given(
    admin: Client, thief: Thief
) -> None:
    event = await thief.write()
    later = datetime.fromisoformat(event["recorded_at"]) + timedelta(microseconds=1)

    await report(admin, thief, format_instant(later))
    assert await flagged(admin) == []

    await report(admin, thief, event["recorded_at"])
    assert await flagged(admin) == [event["seq"]]


async def test_what_was_under_way_while_the_key_was_revoked_is_flagged_too(
    admin: Client, thief: Thief, database: Database
) -> None:
    await report(admin, thief)

    async with recorder.recording(database, actor="newsroom") as session:
        await companies.add(session, CompanyCreate(name="Late"))

    assert await flagged(admin) == [numbers(await admin.events())[-1]]


async def test_nothing_is_flagged_while_no_key_was_reported(admin: Client, thief: Thief) -> None:
    event = await thief.write()

    assert await flagged(admin) == []
    assert numbers(await admin.events(flagged="false")) == [event["seq"]]


async def test_the_other_filters_hold_among_flagged_events(admin: Client, thief: Thief) -> None:
    first, second = await thief.write("One"), await thief.write("Two")
    await thief.patch("/v1/companies/one", {"name": "Eins"})
    await report(admin, thief)

    assert await flagged(admin, type="company.created") == [first["seq"], second["seq"]]
    assert await flagged(admin, company="two") == [second["seq"]]
    assert await flagged(admin, after=second["seq"]) == [second["seq"] + 1]


async def test_pages_of_flagged_events_show_each_once_in_order(admin: Client, thief: Thief) -> None:
    made = await admin.post("/v1/keys", {"name": "second", "scopes": ["write"]})
    other = Thief(admin, made)
    written = [(await who.write())["seq"] for who in (thief, other) * 4]
    await report(admin, thief)
    await report(admin, other)

    for limit in (1, 3, 200):
        assert await flagged(admin, limit=limit) == written
    rest = numbers(await admin.events(flagged="false", limit=1))
    assert rest == [written[-1] + 1, written[-1] + 2]


async def test_poll_url_and_the_next_page_keep_the_filter(admin: Client, thief: Thief) -> None:
    written = [(await thief.write())["seq"] for _ in range(3)]
    await report(admin, thief)

    first = await admin.get("/v1/events", flagged="true", limit=2)
    query = f"after={written[1]}&flagged=true&limit=2"
    assert first["poll_url"] == f"https://answerable.test/v1/events?{query}"
    second = await admin.get(first["poll_url"])
    assert numbers(second["data"]) == [written[2]]
    assert "flagged=true" in second["poll_url"]
    assert (await admin.get(second["poll_url"]))["data"] == []
    cursor = first["next_cursor"]
    await admin.get("/v1/events", expect=400, limit=2, flagged="false", cursor=cursor)


async def test_nothing_is_deleted_or_changed_by_a_report(
    admin: Client, thief: Thief, reader: Client
) -> None:
    await thief.write()
    before = await reader.events()
    company = await reader.get("/v1/companies/acme")

    await report(admin, thief)

    assert (await reader.events())[:-1] == before
    assert await reader.get("/v1/companies/acme") == company


async def test_a_further_report_widens_the_window(admin: Client, thief: Thief) -> None:
    first, second = await thief.write("One"), await thief.write("Two")
    await report(admin, thief, second["recorded_at"])
    revoked_at = (await admin.get(f"/v1/keys/{thief.id}"))["revoked_at"]

    answer = await report(admin, thief, first["recorded_at"])

    assert answer["flagged_count"] == 2
    assert await flagged(admin) == [first["seq"], second["seq"]]
    assert (await admin.get(f"/v1/keys/{thief.id}"))["revoked_at"] == revoked_at
    assert len(await admin.events(type="key.compromised")) == 2


async def test_a_further_report_that_would_flag_nothing_more_is_refused(
    admin: Client, thief: Thief
) -> None:
    event = await thief.write()
    await report(admin, thief, event["recorded_at"])
    later = datetime.fromisoformat(event["recorded_at"]) + timedelta(microseconds=1)

    for since in (event["recorded_at"], format_instant(later)):
        problem = await report(admin, thief, since, expect=409)
        assert event["recorded_at"] in problem["detail"]
    assert len(await admin.events(type="key.compromised")) == 1


async def test_a_key_that_was_revoked_before_can_be_reported(admin: Client, thief: Thief) -> None:
    event = await thief.write()
    await admin.send("DELETE", f"/v1/keys/{thief.id}")

    answer = await report(admin, thief)

    assert answer["flagged_count"] == 1
    assert answer["until"] > (await admin.get(f"/v1/keys/{thief.id}"))["revoked_at"]
    assert await flagged(admin) == [event["seq"]]


async def test_the_earliest_instant_there_is_covers_all_that_a_key_wrote(
    admin: Client, thief: Thief
) -> None:
    event = await thief.write()

    answer = await report(admin, thief, "0001-01-01T00:00:00Z")

    assert answer["since"] == "0001-01-01T00:00:00.000000Z"
    assert await flagged(admin) == [event["seq"]]


async def test_an_instant_in_the_future_is_refused_and_revokes_nothing(
    admin: Client, thief: Thief
) -> None:
    since = format_instant(datetime.now(UTC) + timedelta(hours=1))

    problem = await report(admin, thief, since, expect=422)

    assert problem["errors"][0]["pointer"] == "/since"
    assert problem["errors"][0]["code"] == "future"
    await thief.write()


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/since"),
        ({"since": "2026-11-01"}, "/since"),
        ({"since": LONG_AGO, "reason": " "}, "/reason"),
        ({"since": LONG_AGO, "until": LONG_AGO}, "/until"),
    ],
)
async def test_a_report_that_is_not_valid_says_where(
    admin: Client, thief: Thief, body: dict[str, str], pointer: str
) -> None:
    problem = await admin.post(f"/v1/keys/{thief.id}/compromised", body, 422)
    assert [fault["pointer"] for fault in problem["errors"]] == [pointer]
    await thief.write()


async def test_only_an_administrator_reports_a_key_and_only_one_that_is_there(
    admin: Client, editor: Client, thief: Thief, reader: Client
) -> None:
    await report(editor, thief, expect=403)
    await report(reader, thief, expect=401)
    unknown = "/v1/keys/key_01jv8z4x9kf3t8w2m5r7c1q0ab/compromised"
    await admin.post(unknown, {"since": LONG_AGO}, 404)
    assert await admin.events() == []


async def test_flagged_is_true_or_false(reader: Client) -> None:
    problem = await reader.get("/v1/events", expect=422, flagged="1")
    assert problem["errors"][0]["pointer"] == "/flagged"


async def test_a_dry_run_tells_what_would_be_flagged_and_revokes_nothing(
    admin: Client, thief: Thief
) -> None:
    await thief.write()

    path = f"/v1/keys/{thief.id}/compromised?dry_run=true"
    answer = await admin.send("POST", path, json={"since": LONG_AGO})

    assert answer.headers["Dry-Run"] == "true"
    assert answer.json()["flagged_count"] == 1
    assert await flagged(admin) == []
    await thief.write("It is good still")


async def test_a_report_that_is_sent_again_acts_once(admin: Client, thief: Thief) -> None:
    path, headers = f"/v1/keys/{thief.id}/compromised", {"Idempotency-Key": "stolen"}

    sent = [await admin.send("POST", path, json={"since": LONG_AGO}, headers=headers) for _ in "12"]

    assert [answer.status_code for answer in sent] == [201, 201]
    assert sent[0].json() == sent[1].json()
    assert len(await admin.events(type="key.compromised")) == 1


async def test_a_stolen_administrators_key_reports_itself_and_the_keys_it_has_made_are_named(
    admin: Client,
) -> None:
    made = await admin.post("/v1/keys", {"name": "chief", "scopes": ["admin"]})
    chief = Thief(admin, made)
    early = await chief.post("/v1/keys", {"name": "early", "scopes": ["write"]})
    late = await chief.post("/v1/keys", {"name": "late", "scopes": ["write"]})
    await admin.post("/v1/keys", {"name": "of another", "scopes": ["write"]})

    answer = await report(chief, chief, late["created_at"])

    assert answer["keys_made"] == [{"id": late["id"], "name": "late"}]
    assert await flagged(admin) == [answer["seq"]]  # it was written with that key, too
    await Client(admin.http, late["key"]).post("/v1/companies", {"name": "Acme"})  # still good
    wider = await report(admin, chief, early["created_at"])
    assert [key["name"] for key in wider["keys_made"]] == ["early", "late"]


async def test_nobody_gets_a_key_with_the_name_of_the_command_line(admin: Client) -> None:
    problem = await admin.post("/v1/keys", {"name": "CLI", "scopes": ["write"]}, 409)
    assert "reserved" in problem["detail"]
