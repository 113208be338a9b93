"""Checks: only news becomes an event, and what was cited stays as it was."""

from typing import Any

import pytest

from app.core import clock
from app.core.dates import format_instant
from app.sources.checking import Due
from app.sources.models import Online
from tests.sources.conftest import CITED, OTHER, Checks, sha256, what
from tests.support.make import Make
from tests.support.receiver import know_names


async def test_a_source_without_a_hash_gets_one_by_its_first_check(checks: Checks) -> None:
    source = await checks.cite(title="A letter")

    assert what(await checks.find(CITED)) == (Online.SAME, True, None)

    (event,) = await checks.told()
    found_at = event["data"]["object"]["found_at"]
    assert event["type"] == "source.updated"
    assert event["actor"] == "source-check"
    assert event["reason"] is None
    assert event["effective_on"] == found_at[:10] == clock.today().isoformat()
    assert event["summary"] == (
        "The source “A letter” was read: its bytes are on the record by their hash."
    )
    assert event["data"]["previous"] == dict.fromkeys(
        ("read_sha256", "read_at", "online", "found_sha256", "found_at")
    )
    assert not {"checked_at", "tried_at"} & set(event["data"]["object"])
    assert await checks.source(source) == source | {
        "read_sha256": sha256(CITED),
        "read_at": found_at,
        "online": "same",
        "found_sha256": sha256(CITED),
        "found_at": found_at,
        "checked_at": found_at,
        "updated_at": event["recorded_at"],
        "version": event["seq"],
    }


async def test_a_source_with_its_hash_is_confirmed_once(checks: Checks) -> None:
    source = await checks.cite(
        title="A letter", sha256=sha256(CITED), seen_at="2025-05-16T10:00:00Z"
    )

    assert [what(await checks.find(CITED)) for _ in range(3)] == [
        (Online.SAME, True, None),
        (Online.SAME, False, None),
        (Online.SAME, False, None),
    ]

    (event,) = await checks.told()
    assert event["type"] == "source.updated"
    assert event["summary"] == "The source “A letter” was found at its address as it was cited."
    shown = await checks.source(source)
    assert (shown["sha256"], shown["seen_at"]) == (source["sha256"], source["seen_at"])
    assert (shown["read_sha256"], shown["read_at"]) == (None, None)
    assert shown["checked_at"] > shown["found_at"] == event["data"]["object"]["found_at"]


async def test_other_bytes_are_told_once_and_what_was_cited_stays(checks: Checks) -> None:
    cited = {"sha256": sha256(CITED), "seen_at": "2025-05-16T10:00:00.000000Z"}
    source = await checks.cite(title="A letter", **cited)
    await checks.find(CITED)

    found = [what(await checks.find(body)) for body in (OTHER, OTHER, b"yet others")]

    assert found == [(Online.CHANGED, True, None), *[(Online.CHANGED, False, None)] * 2]
    event = (await checks.told())[-1]
    assert event["type"] == "source.changed"
    assert event["summary"] == (
        "The source “A letter” has changed: what is at its address is no longer what was cited."
    )
    assert event["data"]["previous"]["online"] == "same"
    assert event["data"]["previous"]["found_sha256"] == sha256(CITED)
    assert event["url"].endswith(f"/v1/sources/{source['id']}")
    assert len(await checks.told()) == 2
    shown = await checks.source(source)
    assert shown.items() >= cited.items()
    assert (shown["online"], shown["found_sha256"]) == ("changed", sha256(OTHER))
    (same,) = (await checks.editor.get("/v1/sources", sha256=sha256(CITED)))["data"]
    assert same == shown


async def test_bytes_other_than_those_that_were_read_first_are_told_with_their_day(
    checks: Checks,
) -> None:
    source = await checks.cite(title="A letter")
    await checks.find(CITED)
    read = await checks.source(source)

    assert what(await checks.find(OTHER)) == (Online.CHANGED, True, None)
    assert what(await checks.find(CITED)) == (Online.SAME, True, None)

    first, changed, back = await checks.told()
    day = first["effective_on"]
    assert changed["summary"].endswith(f" is no longer what was read there on {day}.")
    assert back["type"] == "source.updated"
    assert back["summary"] == (
        f"The source “A letter” is at its address again as it was read there on {day}."
    )
    shown = await checks.source(source)
    kept = ("sha256", "seen_at", "read_sha256", "read_at", "found_sha256", "online")
    assert {name: shown[name] for name in kept} == {name: read[name] for name in kept}


@pytest.mark.parametrize("status", [404, 410])
async def test_what_is_gone_is_told_once(checks: Checks, status: int) -> None:
    source = await checks.cite(title="A letter", sha256=sha256(CITED))

    found = [what(await checks.find(OTHER, status)) for _ in range(2)]

    assert found == [(Online.GONE, True, None), (Online.GONE, False, None)]
    (event,) = await checks.told()
    assert event["type"] == "source.gone"
    assert event["summary"] == (
        "The source “A letter” is gone: there is nothing at its address any more."
    )
    shown = await checks.source(source)
    assert (shown["online"], shown["found_sha256"]) == ("gone", None)
    assert shown["sha256"] == sha256(CITED)


async def test_every_turn_is_told(checks: Checks) -> None:
    await checks.cite(title="A letter", sha256=sha256(CITED))

    for body, status in ((CITED, 200), (b"", 404), (OTHER, 200), (b"", 410), (CITED, 200)):
        assert (await checks.find(body, status)).is_news

    kinds = [event["type"] for event in await checks.told()]
    assert kinds == [
        "source.updated", "source.gone", "source.changed", "source.gone", "source.updated",
    ]  # fmt: skip
    last = (await checks.told())[-1]["summary"]
    assert last == "The source “A letter” is at its address again as it was cited."


async def test_a_source_that_was_gone_at_first_is_read_when_it_comes(checks: Checks) -> None:
    source = await checks.cite(title="A letter")
    await checks.find(status=404)

    assert (await checks.find(CITED)).is_news

    assert (await checks.told())[-1]["summary"].startswith("The source “A letter” was read: ")
    assert (await checks.source(source))["read_sha256"] == sha256(CITED)


async def test_a_long_title_leaves_the_finding_in_a_summary_that_can_be_posted(
    checks: Checks,
) -> None:
    await checks.cite(title="A very " + "long " * 50 + "title")
    for body, status in ((CITED, 200), (OTHER, 200), (b"", 404), (CITED, 200)):
        await checks.find(body, status)

    summaries = [event["summary"] for event in await checks.told()]
    assert len(summaries) == 4
    assert all(len(summary) <= 280 and summary.endswith(".") for summary in summaries)


@pytest.mark.parametrize("status", [403, 429, 500, 503])
async def test_where_nobody_can_tell_nothing_is_recorded(checks: Checks, status: int) -> None:
    source = await checks.cite(sha256=sha256(CITED))

    assert what(await checks.find(OTHER, status)) == (None, False, f"It answered {status}.")

    assert await checks.told() == []
    assert await checks.source(source) == source


async def test_a_name_that_leads_into_a_private_network_tells_nothing(
    checks: Checks, monkeypatch: pytest.MonkeyPatch
) -> None:
    know_names(monkeypatch, {"inner.example": ["10.0.0.5"]})
    source = await checks.editor.post("/v1/sources", {"url": "http://inner.example/"})

    (checked,) = await checks.look([Due(source["id"], source["url"])])

    assert checked.why == (
        "inner.example leads to what is not a public address; nothing is sent there."
    )
    assert await checks.source(source) == source


async def test_a_check_without_news_changes_neither_version_nor_what_the_ledger_holds(
    checks: Checks, make: Make
) -> None:
    source = await checks.cite(sha256=sha256(CITED))
    await checks.find(CITED)
    before = await checks.source(source)
    path = f"/v1/sources/{source['id']}"
    etag = (await checks.editor.send("GET", path)).headers["ETag"]

    await checks.find(CITED)

    after = await checks.source(source)
    assert after == before | {"checked_at": after["checked_at"]}
    assert after["checked_at"] > before["checked_at"]
    assert (await checks.editor.send("GET", path)).headers["ETag"] != etag
    await checks.editor.patch(path, {"author": "A reporter"}, match=etag)


async def test_the_etag_of_before_is_stale_after_news(checks: Checks) -> None:
    source = await checks.cite(sha256=sha256(CITED))
    path = f"/v1/sources/{source['id']}"
    etag = (await checks.editor.send("GET", path)).headers["ETag"]
    await checks.find(OTHER)

    await checks.editor.patch(path, {"author": "A reporter"}, expect=412, match=etag)
    edited = await checks.editor.patch(path, {"author": "A reporter"})

    assert edited["online"] == "changed"
    event = (await checks.told())[-1]
    assert event["type"] == "source.updated"
    assert event["summary"].endswith(" was edited.")


async def test_the_past_stays_as_it_was_and_the_present_is_what_is_known_now(
    checks: Checks, make: Make
) -> None:
    source = await checks.cite(sha256=sha256(CITED))
    asks = [{"asker": await make.asker(), "asked_on": "2025", "source": source["id"]}]
    question = await make.question(asks=asks)
    path = f"/v1/questions/{question['id']}/timeline?expand=source"

    async def known(at: str) -> Any:
        return (await checks.editor.get(f"{path}&known_at={at}"))["data"]

    then = format_instant(clock.now())
    before = await known(then)
    await checks.find(OTHER)
    await checks.find(OTHER)

    assert await known(then) == before
    assert before[0]["source"]["online"] is None
    now = await known(format_instant(clock.now()))
    assert now == (await checks.editor.get(path))["data"]
    assert now[0]["source"]["online"] == "changed"
