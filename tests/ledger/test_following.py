"""The stream of events, piece by piece: what waits for readers, and when it is let go."""

import pytest
from starlette.types import ASGIApp

from app.auth.schemas import Scope
from app.core.db import Database
from app.core.settings import Settings
from app.ledger import following, stream
from app.ledger.following import CUT_OFF, MERGED, QUEUED, QUEUED_BYTES, Reader, Wanted
from tests.conftest import new_key
from tests.ledger.streams import URL, Within, record
from tests.support.client import Client
from tests.support.make import Make


async def test_a_silent_stream_has_heartbeats_that_are_no_messages(
    app: ASGIApp, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "HEARTBEAT", 0.01)
    one = Within(app)

    pieces = await one.until(4)
    await record(database, 1)
    while not one.events():
        await one.until(len(one.pieces) + 1)
    await one.leave()

    assert pieces == [b"retry: 3000\nid: 0\n\n", *[b": heartbeat\n"] * 3]
    assert [event["seq"] for event in one.events()] == [1]


async def test_an_event_is_written_once_for_all_its_readers(
    app: ASGIApp, database: Database
) -> None:
    streams = [Within(app) for _ in range(5)]
    for one in streams:
        await one.until(1)

    await record(database, 1)

    sent = [(await one.until(2))[1] for one in streams]
    assert all(piece is sent[0] for piece in sent)
    for one in streams:
        await one.leave()


async def test_who_waits_holds_no_connection(
    app: ASGIApp, database: Database, reader: Client, settings: Settings
) -> None:
    streams = [Within(app) for _ in range(3 * settings.database_pool_size)]
    for one in streams:
        await one.until(1)

    await record(database, 1)

    assert len(await reader.events()) == 1
    for one in streams:
        await one.until(2)
        await one.leave()


async def test_there_is_room_for_so_many_readers_and_again_when_one_has_left(
    app: ASGIApp, database: Database, reader: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "READERS", 2)
    first, second = Within(app), Within(app)
    for one in (first, second):
        await one.until(1)

    answer = await reader.send("GET", URL)
    await first.leave()
    third = Within(app)
    await third.until(1)
    await record(database, 1)

    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "30"
    assert "/v1/events" in answer.json()["detail"]
    for one in (second, third):
        await one.until(2)
        await one.leave()
    last = Within(app, "after=0")  # when all have left, the next one begins anew
    await last.until(2)
    await record(database, 1)
    await last.until(3)
    await last.leave()
    assert [event["seq"] for event in last.events()] == [1, 2]


async def test_what_is_redacted_is_not_sent_any_more_though_it_was_waiting(
    app: ASGIApp, database: Database, settings: Settings, reader: Client, make: Make
) -> None:
    secret = "Jean-Baptiste Zirconium signed it."
    key = await new_key(settings, database, "data-protection", Scope.REDACT)
    await make.company()
    live, quick = Within(app, "after=0", room=2), Within(app)
    await live.until(2)
    await quick.until(1)
    await make.question(text=f"Is it true that {secret}")
    late = Within(app, "after=0", room=2)
    await late.until(2)
    head = len(await reader.events())
    await quick.until(head)  # by now the others have it waiting
    seq = (await reader.events(type="question.created"))[0]["seq"]
    why = {"legal_basis": "GDPR, article 17", "reason": "It named somebody."}

    body = {"seq": seq, "pointers": ["/data/object/text"], **why}
    await Client(reader.http, key).post("/v1/redactions", body)
    await quick.until(head + 1)

    everything = await reader.events()
    assert secret in str(quick.events())
    for one in (live, late):
        one.may_send.set()
        await one.until(len(everything) + 1)
        assert one.events() == everything
    for one in (live, late, quick):
        await one.leave()


async def test_who_follows_what_is_merged_comes_back_and_misses_nothing(
    app: ASGIApp, editor: Client, make: Make
) -> None:
    one, stayed = await make.question(slug="one"), await make.question(slug="stayed")
    streams = [Within(app, "question=one"), Within(app, "question=stayed")]
    for stream_ in streams:
        await stream_.until(1)

    await make.merge(one, stayed)
    await streams[0].until(2)
    await make.ask(stayed, on="2025-06")
    await streams[1].until(3)

    assert MERGED.encode() in streams[0].pieces[1]
    assert streams[0].events() == []
    last_id = streams[0].pieces[0].partition(b"id: ")[2].strip().decode()
    again = Within(app, f"question=one&after={last_id}")
    await again.until(3)
    types = [event["type"] for event in again.events()]
    assert types == ["question.merged", "ask.recorded"]
    assert types == [event["type"] for event in streams[1].events()]
    for stream_ in (*streams, again):
        await stream_.leave()


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("after=-1", "/after"),
        ("after=", "/after"),
        ("after=1", "/after"),
        ("after=9007199254740993", "/after"),
        ("type=question.exploded", "/type"),
        ("company=nobody", "/company"),
        ("question=none", "/question"),
        ("flagged=true", "/flagged"),
        ("limit=1", "/limit"),
    ],
)
async def test_a_wrong_parameter_is_a_problem_that_names_it(
    reader: Client, query: str, pointer: str
) -> None:
    problem = await reader.get(f"{URL}?{query}", expect=422)
    assert problem["errors"][0]["pointer"] == pointer


@pytest.mark.parametrize("last_id", ["", "x", "-1", "1", "1.0", "9" * 400])
async def test_a_wrong_last_event_id_is_a_problem_that_names_it(
    reader: Client, last_id: str
) -> None:
    answer = await reader.send("GET", URL, headers={"Last-Event-ID": last_id})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["in"] == "header"
    assert answer.json()["errors"][0]["pointer"] == "/last-event-id"


async def test_a_stream_has_no_etag_and_is_never_304(app: ASGIApp) -> None:
    one = Within(app, headers=[(b"if-none-match", b"*")])
    await one.until(1)
    await one.leave()
    assert one.status == 200


@pytest.mark.parametrize("size", [1, QUEUED_BYTES // 10])
def test_what_waits_for_a_reader_is_bounded(size: int) -> None:
    reader = Reader(Wanted([]), seq=5)
    reader.is_live = True
    offered = 0
    while reader.ending is None:
        offered += 1
        reader.offer(5 + offered, b"x" * size)

    assert offered == min(QUEUED, QUEUED_BYTES // size) + 1
    assert reader.ending == CUT_OFF
    assert reader.take() is None
    assert reader.seq == 5  # from where it is to go on


def test_a_reader_is_past_what_it_does_not_want() -> None:
    reader = Reader(Wanted([]), seq=5)
    reader.is_live = True
    reader.offer(6, None)
    assert reader.seq == 6
    reader.offer(7, b"seven")
    reader.offer(8, None)
    assert reader.seq == 6
    reader.offer(7, b"seven")  # a second time, as after a fetch: it has it
    assert reader.take() == b"seven"
    assert reader.take() is None
    assert reader.seq == 8
