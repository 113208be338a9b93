"""Answers kept by the ledger's head: right at once after a write, the same bytes until then."""

import asyncio
import gzip
import json
import logging
from typing import Any

import pytest
import zstandard
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from sqlalchemy import event

from app.core import clock
from app.core.db import Database
from app.core.settings import Settings
from app.main import build, surround
from tests.support.client import Client
from tests.support.make import Make
from tests.support.server import Server, serving

LIST = "/v1/questions"


class Statements:
    """Counts the statements that run on a database."""

    def __init__(self, database: Database) -> None:
        self.count = 0
        looking = [database.looking] if database.looking is not None else []
        for engine in (database.engine.sync_engine, *looking):
            event.listen(engine, "before_cursor_execute", self._note)

    def _note(self, *args: Any) -> None:
        self.count += not args[2].startswith("SELECT log_head.seq")  # so the head is followed


async def test_what_was_written_is_read_at_once(reader: Client, make: Make) -> None:
    for number in range(5):
        await make.question(slug=f"question-{number}")
        assert len((await reader.get(LIST))["data"]) == number + 1
        assert len((await reader.get(LIST))["data"]) == number + 1


async def test_the_same_answer_asks_the_database_nothing(
    reader: Client, make: Make, database: Database
) -> None:
    question = await make.question()
    for url in (LIST, f"{LIST}/{question['id']}/timeline", "/v1/companies/microsoft"):
        first = await reader.send("GET", url)
        statements = Statements(database)

        again = await reader.send("GET", url)
        unchanged = await reader.send("GET", url, headers={"If-None-Match": first.headers["etag"]})

        assert (again.content, unchanged.status_code) == (first.content, 304)
        assert statements.count == 0, url


async def test_a_304_after_a_restart_needs_no_answer_to_have_been_kept(
    settings: Settings, reader: Client, make: Make
) -> None:
    await make.question()
    tag = (await reader.send("GET", LIST)).headers["etag"]
    app = build(settings)
    async with app.router.lifespan_context(app):
        statements = Statements(app.state.database)
        transport = ASGITransport(surround(app, settings))
        async with AsyncClient(transport=transport, base_url="https://answerable.test") as http:
            answer = await http.get(LIST, headers={"If-None-Match": tag})

        assert answer.status_code == 304
        assert statements.count == 0


async def test_an_etag_is_of_one_address_and_one_head(reader: Client, make: Make) -> None:
    await make.question()
    tag = (await reader.send("GET", LIST)).headers["etag"]

    for url in (f"{LIST}?limit=50", "/v1/events", "/v1/nothing"):
        other = await reader.send("GET", url, headers={"If-None-Match": tag})
        assert other.status_code == (404 if "nothing" in url else 200), url
    await make.question(slug="news")
    changed = await reader.send("GET", LIST, headers={"If-None-Match": tag})

    assert changed.status_code == 200
    assert changed.headers["etag"] != tag


@pytest.mark.parametrize("condition", ['"0"', '"0' + "0" * 24 + '"', "nonsense", '"', "W/", ","])
async def test_an_etag_that_was_never_given_matches_nothing(
    reader: Client, make: Make, condition: str
) -> None:
    await make.question()
    answer = await reader.send("GET", LIST, headers={"If-None-Match": condition})
    assert answer.status_code == 200


async def test_at_midnight_only_what_counts_days_changes(
    reader: Client, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    await make.question()
    before = {url: await reader.send("GET", url) for url in (LIST, "/v1/companies")}
    today, day = clock.today(), clock.day()
    monkeypatch.setattr(clock, "today", lambda: today.fromordinal(day + 1))
    monkeypatch.setattr(clock, "day", lambda: day + 1)

    after = {
        url: await reader.send("GET", url, headers={"If-None-Match": answer.headers["etag"]})
        for url, answer in before.items()
    }

    counted = [
        json.loads(answer.content)["data"][0]["days_open"] for answer in (before[LIST], after[LIST])
    ]
    assert counted[1] == counted[0] + 1
    assert after["/v1/companies"].status_code == 304


async def test_an_answer_is_compressed_as_its_reader_takes_it(reader: Client, make: Make) -> None:
    for number in range(3):
        await make.question(slug=f"question-{number}")
    plain = await reader.send("GET", LIST, headers={"Accept-Encoding": "identity"})
    unpack: dict[str, Any] = {"gzip": gzip.decompress, "zstd": zstandard.decompress}

    for accepted, coding in (
        ("gzip", "gzip"),
        ("gzip, deflate, br, zstd", "zstd"),
        ("zstd;q=0.5, gzip", "gzip"),
        ("zstd;q=0, gzip;q=0", None),
        ("*", "zstd"),
        ("br", None),
    ):
        headers = {"Accept-Encoding": accepted}
        async with reader.http.stream("GET", LIST, headers=headers) as answer:
            raw = b"".join([chunk async for chunk in answer.aiter_raw()])
        assert answer.headers.get("content-encoding") == coding, accepted
        assert (unpack[coding](raw) if coding else raw) == plain.content
        assert int(answer.headers["content-length"]) == len(raw)
        assert "Accept-Encoding" in answer.headers["vary"]
        same = answer.headers["etag"] == plain.headers["etag"]
        assert same == (coding is None)  # a strong ETag is of these bytes
        headers["If-None-Match"] = answer.headers["etag"]
        assert (await reader.send("GET", LIST, headers=headers)).status_code == 304


async def test_an_answer_to_a_key_is_neither_kept_nor_taken_from_what_is_kept(
    reader: Client, make: Make, database: Database
) -> None:
    await make.question()
    kept = await reader.send("GET", LIST)
    statements = Statements(database)

    own = await make.editor.send("GET", LIST)

    assert statements.count > 0
    assert own.headers["cache-control"].startswith("private")
    assert kept.headers["cache-control"].startswith("public")
    assert "Authorization" in kept.headers["vary"]
    assert own.json() == kept.json()


async def test_an_error_is_not_kept(reader: Client, make: Make) -> None:
    url = f"{LIST}?company=somebody"
    await reader.get(url, expect=422)
    await make.company("somebody")
    assert (await reader.get(url))["data"] == []


async def test_a_head_asks_for_the_same_headers(reader: Client, make: Make) -> None:
    await make.question()
    for _ in range(2):  # before it is kept, and after
        headers = {"Accept-Encoding": "identity"}
        head = await reader.send("HEAD", LIST, headers=headers)
        whole = await reader.send("GET", LIST, headers=headers)
        assert head.content == b""
        for name in ("etag", "content-type", "cache-control", "vary"):
            assert head.headers[name] == whole.headers[name]
    assert head.headers["content-length"] == whole.headers["content-length"]


async def test_many_who_ask_at_once_have_it_made_once(
    reader: Client, make: Make, database: Database
) -> None:
    await make.question()
    await reader.get("/v1/companies")
    statements = Statements(database)
    await reader.send("GET", "/v1/companies?limit=7")
    once, statements.count = statements.count, 0

    answers = await asyncio.gather(
        *(reader.send("GET", "/v1/companies?limit=8") for _ in range(20))
    )

    assert len({answer.content for answer in answers}) == 1
    assert statements.count == once


async def test_each_answer_has_a_request_id_of_its_own(reader: Client, make: Make) -> None:
    await make.question()
    answers = [await reader.send("GET", LIST) for _ in range(3)]
    assert len({answer.headers["x-request-id"] for answer in answers}) == 3
    own = await reader.send("GET", LIST, headers={"X-Request-Id": "mine-1"})
    assert own.headers["x-request-id"] == "mine-1"
    foul = await reader.send("GET", LIST, headers={"X-Request-Id": "a b"})
    assert foul.headers["x-request-id"] != "a b"


async def test_kept_answers_stand_in_the_access_log(
    reader: Client, make: Make, capsys: pytest.CaptureFixture[str], web: FastAPI
) -> None:
    await make.question()
    level = logging.root.level
    logging.root.setLevel(logging.INFO)
    try:
        for _ in range(2):
            await reader.send("GET", "/v1/askers", headers={"X-Request-Id": "seen"})
        await asyncio.sleep(0.5)
    finally:
        logging.root.setLevel(level)
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines() if "seen" in line]
    assert [(line["path"], line["status"]) for line in lines] == [("/v1/askers", 200)]


async def test_a_redaction_empties_what_was_kept(reader: Client, make: Make, admin: Client) -> None:
    question = await make.question(text="What did Jane Doe of the firm know?")
    assert "Jane Doe" in (await reader.send("GET", LIST)).text
    [event_] = [found for found in await reader.events() if found["type"] == "question.created"]
    why = {"legal_basis": "A court's order.", "reason": "She is private."}
    pointers = ["/data/object/text"]
    await admin.post("/v1/redactions", {"seq": event_["seq"], "pointers": pointers, **why})

    assert "Jane Doe" not in (await reader.send("GET", LIST)).text
    assert "Jane Doe" not in (await reader.send("GET", f"{LIST}/{question['id']}")).text


@pytest.mark.parametrize("as_header", [True, False])
async def test_a_reader_may_ask_for_a_head_that_it_has_seen(
    reader: Client, make: Make, as_header: bool
) -> None:
    question = await make.question()

    async def read(seq: int) -> Any:
        options: dict[str, Any] = (
            {"headers": {"X-Min-Seq": str(seq)}} if as_header else {"params": {"min_seq": seq}}
        )
        return await reader.send("GET", f"{LIST}/{question['id']}", **options)

    assert (await read(question["version"])).json()["id"] == question["id"]
    early = await read(question["version"] + 100)
    assert early.status_code == 503
    assert early.headers["retry-after"]
    assert "min_seq" in early.json()["detail"]


@pytest.mark.parametrize("given", ["-1", "x", "1.5", "", "9" * 30])
async def test_a_head_that_is_no_number_is_refused(reader: Client, given: str) -> None:
    await reader.get(LIST, expect=422, min_seq=given)
    answer = await reader.send("GET", LIST, headers={"X-Min-Seq": given})
    assert answer.status_code == 422


async def test_what_one_process_wrote_another_reads_with_min_seq(
    settings: Settings, make: Make, reader: Client
) -> None:
    with serving(settings) as server:
        other = await _get(server, LIST)
        for number in range(5):
            question = await make.question(slug=f"question-{number}")
            other = await _get(server, f"{LIST}?min_seq={question['version']}")
            assert len(other["data"]) == number + 1
        for _ in range(100):  # and soon without it
            if len((await _get(server, LIST))["data"]) == 5:
                break
            await asyncio.sleep(0.05)
        assert len((await _get(server, LIST))["data"]) == 5


async def _get(server: Server, path: str) -> Any:
    async with AsyncClient(timeout=60) as client:
        return (await client.get(f"{server.url}{path}")).raise_for_status().json()


async def test_readers_during_writes_never_see_the_past_again(reader: Client, make: Make) -> None:
    seen: list[int] = []
    done = asyncio.Event()

    async def read() -> None:
        while not done.is_set():
            seen.append(len((await reader.get(LIST))["data"]))
            await asyncio.sleep(0)

    async def write() -> None:
        for number in range(15):
            await make.question(slug=f"question-{number}")
        done.set()

    await asyncio.gather(read(), write())
    assert seen == sorted(seen)
    assert len((await reader.get(LIST))["data"]) == 15
