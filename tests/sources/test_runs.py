"""Runs of checks: which sources they choose, how many at once, and what they write when."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web
from sqlalchemy import update

from app.core import clock
from app.core.db import Database
from app.core.errors import Conflict, NotFound
from app.core.settings import Settings
from app.sources import checking
from app.sources.checking import Checked, Due
from app.sources.fetching import Fetched
from app.sources.models import Online
from app.sources.queries import SOURCE
from tests.sources.conftest import CITED, OTHER, Checks, sha256, what
from tests.support.receiver import know_names
from tests.webhooks.test_transport import answer

WEEK = timedelta(days=7)


async def set_source(database: Database, source: Any, **values: Any) -> None:
    """Change columns of a source, as only time does."""
    async with database.engine.begin() as connection:
        await connection.execute(update(SOURCE).where(SOURCE.c.id == source["id"]).values(**values))


async def test_those_that_wait_longest_come_first_and_recent_ones_not_at_all(
    checks: Checks, database: Database
) -> None:
    sources = {name: await checks.cite(f"/{name}") for name in ("a", "b", "c", "d", "new")}
    await checks.editor.post("/v1/sources", {"title": "On paper", "sha256": sha256(CITED)})
    for name, checked, tried in (("a", 8, 8), ("b", 6, 6), ("c", 9, 9), ("d", 20, 1)):
        ago = {"checked_at": checked, "tried_at": tried}
        values = {column: clock.now() - timedelta(days=days) for column, days in ago.items()}
        await set_source(database, sources[name], **values)

    async def due(**options: Any) -> list[str]:
        found = await checking.due(database, **options)
        return [one.url.rpartition("/")[2] for one in found]

    assert await due(older_than=WEEK, limit=9) == ["new", "c", "a", "d"]
    assert await due(older_than=WEEK, limit=2) == ["new", "c"]
    assert await due(older_than=timedelta(), limit=9) == ["new", "c", "a", "b", "d"]


async def test_one_that_cannot_be_reached_stays_due_but_lets_others_go_first(
    checks: Checks, database: Database
) -> None:
    away, there = await checks.cite("/away"), await checks.cite("/there")
    checks.show(status=503, path="/away")
    checks.show(CITED, path="/there")

    seen = [(await checks.run(older_than=WEEK, limit=1))[0].source.id for _ in range(3)]

    assert seen == [away["id"], there["id"], away["id"]]
    assert len(await checking.due(database, older_than=WEEK, limit=9)) == 1


async def test_one_is_chosen_by_its_id_however_lately_it_was_looked_at(
    checks: Checks, database: Database
) -> None:
    source = await checks.cite(sha256=sha256(CITED))
    await checks.find(CITED)
    paper = await checks.editor.post("/v1/sources", {"title": "On paper", "sha256": sha256(CITED)})

    assert await checking.one(database, source["id"]) == Due(source["id"], source["url"])
    with pytest.raises(Conflict, match="has no url"):
        await checking.one(database, paper["id"])
    with pytest.raises(NotFound):
        await checking.one(database, "source_01jv8z4x9kf3t8w2m5r7c1q0ab")


async def test_several_are_looked_at_at_once_but_one_of_a_host(
    checks: Checks, monkeypatch: pytest.MonkeyPatch
) -> None:
    hosts = [f"host-{number}.example" for number in range(12)]
    know_names(monkeypatch, {host: ["127.0.0.1"] for host in hosts})
    at_once: dict[str, int] = dict.fromkeys(hosts, 0)
    most = 0

    async def give(request: web.BaseRequest) -> web.StreamResponse:
        nonlocal most
        host = request.host.partition(":")[0]
        at_once[host] += 1
        most = max(most, at_once[host])
        if len(checks.site.requests) <= checking.AT_ONCE:
            await checks.site.wait_for(checking.AT_ONCE)
        at_once[host] -= 1
        return web.Response(body=CITED)

    checks.site.answer = give
    for host in hosts:
        for path in ("a", "b"):
            url = f"http://{host}:{checks.site.port}/{path}"
            await checks.editor.post("/v1/sources", {"url": url})

    found = await checks.run()

    assert [checked.online for checked in found] == [Online.SAME] * 24
    assert checks.site.most_concurrent == checking.AT_ONCE
    assert most == 1


async def test_a_dry_run_tells_what_would_be_recorded_and_writes_nothing(
    checks: Checks, database: Database
) -> None:
    gone, away = await checks.cite("/gone"), await checks.cite("/away")
    checks.show(status=404, path="/gone")
    checks.show(status=503, path="/away")
    chosen = await checking.due(database, older_than=WEEK, limit=9)

    found = await checks.look(chosen, dry_run=True)

    assert {checked.source.id: what(checked) for checked in found} == {
        gone["id"]: (Online.GONE, True, None),
        away["id"]: (None, False, "It answered 503."),
    }
    assert await checks.told() == []
    assert [await checks.source(source) for source in (gone, away)] == [gone, away]
    assert await checking.due(database, older_than=WEEK, limit=9) == chosen


async def test_processes_that_check_at_once_tell_it_once(
    settings: Settings, checks: Checks, database: Database
) -> None:
    for number in range(4):
        await checks.cite(f"/{number}")
    checks.site.answer = answer(404)
    chosen = await checking.due(database, older_than=WEEK, limit=9)
    other = Database(settings)
    try:
        elsewhere = Checks(checks.site, settings, other, checks.editor)
        both = await asyncio.gather(checks.look(chosen), elsewhere.look(chosen))
    finally:
        await other.close()

    assert sum(checked.is_news for found in both for checked in found) == 4
    assert len(await checks.told()) == 4


async def test_what_was_found_before_the_last_check_is_no_news(
    checks: Checks, database: Database
) -> None:
    source = await checks.cite(sha256=sha256(CITED))
    earlier = Fetched(clock.now(), sha256=sha256(OTHER))
    await checks.find(CITED)

    checked = await checking.note(database, Due(source["id"], source["url"]), earlier)

    assert what(checked) == (None, False, "Another check has looked at it meanwhile.")
    assert (await checks.source(source))["online"] == "same"


async def test_what_was_at_an_address_that_is_no_longer_cited_is_not_recorded(
    checks: Checks, database: Database
) -> None:
    source = await checks.cite()
    fetched = Fetched(clock.now(), is_gone=True)

    checked = await checking.note(database, Due(source["id"], "https://example.org/"), fetched)

    assert what(checked) == (None, False, "Its address was taken off the record meanwhile.")
    assert await checks.source(source) == source


async def test_a_failure_to_write_ends_the_run_and_is_raised(
    checks: Checks, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        await checks.cite(f"/{number}")
    checks.site.answer = answer(404)

    async def fail(*_: object) -> Checked:
        raise OSError("the disk is full")

    monkeypatch.setattr(checking, "note", fail)
    with pytest.raises(OSError, match="the disk is full"):
        await checks.run()
