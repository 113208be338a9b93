"""How exports are answered: types, names, conditions, compression; the same for all of them."""

import asyncio
import gzip
from typing import Any

import pytest

from app.core.clock import today
from app.core.db import Database
from app.exports import streaming
from tests.exports.reading import export, rows
from tests.record.test_lists import counted
from tests.support.client import Client
from tests.support.make import Make

KINDS = ["questions", "timeline", "events"]
TYPES = {
    "csv": "text/csv; charset=utf-8; header=present",
    "jsonl": "application/jsonl",
    "json": "application/json",
}
FILES = [f"{kind}.{suffix}" for kind in KINDS for suffix in TYPES]


async def test_an_export_needs_no_key_and_says_what_it_is(reader: Client, make: Make) -> None:
    await make.question()
    for file in FILES:
        kind, suffix = file.split(".")
        answer = await export(reader, file)
        assert answer.headers["content-type"] == TYPES[suffix]
        name = f'attachment; filename="{kind}-{today()}.{suffix}"'
        assert answer.headers["content-disposition"] == name
        assert "Accept-Encoding" in answer.headers["vary"]
        assert (await export(make.editor, file)).content == answer.content


async def test_a_file_is_named_after_what_is_in_it(reader: Client, make: Make) -> None:
    await make.question()
    states = "unanswered,declined"
    for file, params, name in (
        ("questions.csv", {"company": "microsoft"}, f"questions-microsoft-{today()}.csv"),
        (
            "questions.csv",
            {"company": "microsoft", "state": states, "as_of": "2025-05"},
            "questions-microsoft-unanswered-declined-2025-05.csv",
        ),
        ("timeline.json", {"topic": "états-unis"}, f"timeline-etats-unis-{today()}.json"),
        ("timeline.json", {"topic": "審計"}, f"timeline-shen-ji-{today()}.json"),
        ("events.jsonl", {"company": "microsoft"}, f"events-microsoft-{today()}.jsonl"),
    ):
        given = (await export(reader, file, **params)).headers["content-disposition"]
        assert given == f'attachment; filename="{name}"'


async def test_a_known_at_names_the_file(reader: Client, make: Make) -> None:
    await make.question(slug="one")
    await make.question(slug="two")
    known_at = (await reader.question("two"))["created_at"]
    await make.question(slug="three")
    answer = await export(reader, "questions.csv", known_at=known_at)
    assert f"questions-{known_at[:10]}.csv" in answer.headers["content-disposition"]
    assert len(rows(answer.text)) == 2


async def test_a_byte_order_mark_comes_first_where_it_is_asked_for(
    reader: Client, make: Make
) -> None:
    await make.question(text="Où ?")
    for kind in KINDS:
        plain = (await export(reader, f"{kind}.csv")).content
        assert plain == (await export(reader, f"{kind}.csv", bom=0)).content
        assert (await export(reader, f"{kind}.csv", bom=1)).content == b"\xef\xbb\xbf" + plain
        for suffix in ("json", "jsonl"):
            problem = await reader.get(f"/v1/exports/{kind}.{suffix}", expect=422, bom=1)
            assert problem["errors"][0]["pointer"] == "/bom"


async def test_what_has_not_changed_is_not_exported_again(
    reader: Client, make: Make, database: Database
) -> None:
    await make.question()
    tags = {file: (await export(reader, file)).headers["etag"] for file in FILES}

    with counted(database) as statements:
        for file, tag in tags.items():
            url, known = f"/v1/exports/{file}", {"If-None-Match": tag}
            assert (await reader.send("GET", url, headers=known)).status_code == 304
            assert (await reader.send("GET", url)).headers["etag"] == tag
    assert not [text for text in statements if "FROM question" in text or "FROM event" in text]

    await make.question(slug="another")
    for file, tag in tags.items():
        known = {"If-None-Match": tag}
        changed = await reader.send("GET", f"/v1/exports/{file}", headers=known)
        assert changed.status_code == 200
        assert changed.headers["etag"] != tag


async def test_a_long_export_is_streamed_and_compressed_where_that_is_understood(
    reader: Client, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streaming, "WHOLE", 0)
    await make.question(state="declined", text="What? " * 200)
    for file in FILES:
        url = f"/v1/exports/{file}"
        plain = await reader.send("GET", url, headers={"Accept-Encoding": "identity"})
        never = await reader.send("GET", url, headers={"Accept-Encoding": "br, gzip;q=0"})
        async with reader.http.stream("GET", url, headers={"Accept-Encoding": "gzip"}) as packed:
            raw = b"".join([part async for part in packed.aiter_raw()])

        assert "content-length" not in plain.headers
        assert plain.content == never.content
        assert "content-encoding" not in never.headers
        assert packed.headers["content-encoding"] == "gzip"
        assert gzip.decompress(raw) == plain.content
        assert packed.headers["etag"] == plain.headers["etag"][:-1] + '-gzip"'
        for answer in (plain, packed):
            known = {"If-None-Match": answer.headers["etag"]}
            assert (await reader.send("GET", url, headers=known)).status_code == 304


async def test_a_streamed_export_is_the_whole_one(
    reader: Client, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    await make.question(text="Où ?")
    await make.question(slug="another", state="answered")
    files = [*FILES, "questions.csv?bom=1", "questions.json?company=microsoft&state=declined"]
    whole = [(await reader.send("GET", f"/v1/exports/{file}")).content for file in files]
    monkeypatch.setattr(streaming, "WHOLE", 0)
    keyed = [(await make.editor.send("GET", f"/v1/exports/{file}")).content for file in files]
    assert keyed == whole


async def test_an_export_that_counts_days_until_today_is_of_today(
    reader: Client, make: Make
) -> None:
    await make.question()
    await make.question(slug="another")
    known_at = (await reader.events())[-2]["recorded_at"]

    async def is_dated(file: str, **params: str) -> bool:
        """Tell whether the ETag is of a day (`ledger.public.DATED`)."""
        return (await export(reader, file, **params)).headers["etag"][1] == "1"

    assert await is_dated("questions.csv")
    assert await is_dated("questions.csv", as_of=str(today()))
    assert not await is_dated("questions.csv", as_of="2025-06")
    assert await is_dated("timeline.csv", as_of=str(today()))
    assert await is_dated("timeline.csv", overdue="true")
    assert not await is_dated("timeline.csv")
    assert not await is_dated("timeline.csv", known_at=known_at, as_of="2025-06")
    assert not await is_dated("events.csv")


async def test_a_client_that_takes_nothing_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    sent = []

    async def pieces() -> Any:
        for _ in range(3):
            yield b"piece"

    async def send(message: Any) -> None:
        sent.append(message)
        if len(sent) == 3:
            await asyncio.sleep(60)

    monkeypatch.setattr(streaming, "STALLED", 0.01)
    await streaming.Export(pieces()).stream_response(send)
    assert [message.get("body") for message in sent] == [None, b"piece", b"piece"]
    assert all(message.get("more_body", True) for message in sent)


async def test_what_ends_in_a_problem_or_a_304_gives_its_turn_back(
    make: Make, editor: Client, reader: Client
) -> None:
    await make.question()
    known = {"If-None-Match": (await export(editor, "questions.csv")).headers["etag"]}
    for _ in range(5):  # more than there are turns
        await reader.get("/v1/exports/questions.csv", expect=422, company="nobody")
        again = await editor.send("GET", "/v1/exports/questions.csv", headers=known)
        assert again.status_code == 304
