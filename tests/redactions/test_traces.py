"""What is to go is found wherever it can be read, whatever its form, and nobody waits for it."""

import asyncio
import json
from ipaddress import IPv4Network
from typing import Any

import pytest
from aiohttp import web
from sqlalchemy import text

from app.auth.schemas import Scope
from app.core.db import Database
from app.core.settings import Settings
from app.redactions import service
from app.redactions.traces import quotes
from tests.conftest import new_key
from tests.redactions.conftest import SECRET, event_of, redact, respond, stored
from tests.support.client import Client
from tests.support.make import Make
from tests.support.receiver import receiving
from tests.support.worker import working


async def test_a_short_value_goes_from_every_event_of_the_same_thing(
    redactor: Client, reader: Client, make: Make
) -> None:
    new = {"url": "https://example.org/x", "title": "A title", "author": "王伟"}
    source = await make.editor.post("/v1/sources", new)
    await make.editor.patch(f"/v1/sources/{source['id']}", {"publisher": "A paper"})
    seq = (await event_of(reader, "source.created"))["seq"]

    made = await redact(redactor, seq, "/data/object/author")

    assert len(made["places"]) == 2
    assert "王伟" not in json.dumps(await reader.events(), ensure_ascii=False)


async def test_a_short_name_goes_from_summaries_in_which_it_stands_by_itself(
    redactor: Client, reader: Client, make: Make
) -> None:
    await make.asker("bp-staff", name="Al")
    question = await make.question(asker="bp-staff", text="Is also all right?", slug="q")
    seq = (await event_of(reader, "asker.created"))["seq"]

    await redact(redactor, seq, "/data/object/name")

    summaries = [event["summary"] for event in await reader.events()]
    assert not any("Al asked" in told or "Al was" in told for told in summaries)
    assert any("Is also all right?" in told for told in summaries)
    told = await event_of(reader, "record.redacted", question=question["id"])
    assert told["company"] == "microsoft"  # so that who follows the question is told


async def test_translations_go_as_a_whole_and_where_their_texts_stand_is_told(
    redactor: Client, reader: Client, make: Make
) -> None:
    french = {"fr": {"text": f"Est-ce vrai ? {SECRET}", "machine": False}}
    question = await make.question(slug="q", translations=french)
    other = await make.question(slug="r", context=french["fr"]["text"])
    seq = (await event_of(reader, "question.created", question=question["id"]))["seq"]

    made = await redact(redactor, seq, "/data/object/translations")

    assert (await reader.question(question))["translations"] == {}
    event = await reader.get(f"/v1/events/{seq}")
    assert event["data"]["object"]["translations"] == {}
    assert event["redacted"] == ["/data/object/translations"]
    elsewhere = (await event_of(reader, "question.created", question=other["id"]))["seq"]
    assert {"seq": elsewhere, "pointers": ["/data/object/context"]} in made["remaining"]


async def test_white_space_hides_nothing(redactor: Client, reader: Client, make: Make) -> None:
    question = await make.question(text="Did  Jean Zirconium\nsign it?", slug="neutral")
    await make.statement(question, verdict="answered")
    seq = (await event_of(reader, "question.created"))["seq"]

    made = await redact(redactor, seq, "/data/object/text")

    assert "Zirconium" not in json.dumps(await reader.events())
    assert made["remaining"] == []


async def test_a_slug_that_was_made_of_the_text_is_named(
    redactor: Client, reader: Client, make: Make
) -> None:
    question = await make.question(text="Did Jean Zirconium sign it?")
    seq = (await event_of(reader, "question.created"))["seq"]

    made = await redact(redactor, seq, "/data/object/text")

    assert {"seq": seq, "pointers": ["/data/object/slug"]} in made["remaining"]
    await make.editor.patch(f"/v1/questions/{question['id']}", {"slug": "neutral"})
    await redact(redactor, seq, "/data/object/slug")
    assert "zirconium" not in json.dumps(await reader.events()).lower()


async def test_a_reason_goes_from_the_ruling_and_from_what_followed(
    redactor: Client, reader: Client, make: Make, settings: Settings, database: Database
) -> None:
    question = await make.question()
    await make.ruling(question, state="withdrawn", on="2025-07", reason=SECRET)
    seq = (await event_of(reader, "ruling.recorded"))["seq"]

    await redact(redactor, seq, "/reason")

    assert "Zirconium" not in json.dumps(await reader.events())
    assert not any(b"Zirconium" in found for found in await stored(settings, database))


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Settings under which a receiver on this machine is reached."""
    opened = {"webhook_allow_networks": (IPv4Network("127.0.0.0/8"),), "webhook_allow_http": True}
    return settings.model_copy(update=opened)


async def echo(request: web.BaseRequest) -> web.StreamResponse:
    """Answer with what was sent, written otherwise, and cut off."""
    return web.Response(text=json.dumps((await request.text())[-900:]))


async def test_what_receivers_answered_and_filters_that_name_it_are_forgotten(
    redactor: Client, reader: Client, make: Make, settings: Settings, database: Database
) -> None:
    question = await make.question(slug="who-is-jean-zirconium")
    bot = Client(reader.http, await new_key(settings, database, "bot", Scope.WEBHOOKS))
    async with receiving() as receiver, working(settings, database):
        receiver.answer = echo
        wanted = {"filter": {"question": "who-is-jean-zirconium"}}
        hook = await bot.post("/v1/webhooks", {"url": receiver.url(), **wanted})
        await respond(make, question, SECRET)
        await receiver.wait_for(2)
    path = f"/v1/webhooks/{hook['id']}"
    await make.editor.patch(f"/v1/questions/{question['id']}", {"slug": "who-is-it"})
    created = (await event_of(reader, "question.created"))["seq"]
    response = (await event_of(reader, "response.recorded"))["seq"]
    assert any(b"zirconium" in found.lower() for found in await stored(settings, database))

    await redact(redactor, response, "/data/object/excerpt")
    await redact(redactor, created, "/data/object/slug")

    assert (await bot.get(path))["filter"]["question"] == question["id"]
    kept = await stored(settings, database)
    assert not any(b"zirconium" in found.lower() for found in kept)


async def test_all_that_goes_is_shown_though_it_takes_several_records(
    redactor: Client, reader: Client, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "PLACES", 1)
    question = await make.question(context=SECRET)
    await make.editor.patch(f"/v1/questions/{question['id']}", {"topics": ["audit"]})
    seq = (await event_of(reader, "question.created"))["seq"]

    made = await redact(redactor, seq, "/data/object/context")

    assert len(made["places"]) == len(made["records"]) == 2
    told = [await reader.get(f"/v1/redactions/{record}") for record in made["records"]]
    assert [place for record in told for place in record["places"]] == made["places"]


async def test_a_reader_of_an_older_state_holds_up_nobody_and_the_text_goes_when_it_ends(
    redactor: Client, reader: Client, make: Make, settings: Settings, database: Database
) -> None:
    await make.question(context=SECRET, slug="q")
    seq = (await event_of(reader, "question.created"))["seq"]
    async with database.reading() as session:
        await session.execute(text("SELECT seq FROM log_head"))

        await redact(redactor, seq, "/data/object/context")
        await make.company("google")

    async def is_gone() -> bool:
        return not any(b"Zirconium" in found for found in await stored(settings, database))

    for _ in range(100):
        if await is_gone():
            return
        await asyncio.sleep(0.1)
    pytest.fail("the text is still there")


@pytest.mark.parametrize(
    ("told", "original", "found"),
    [
        ("Acme… Inc… answered: Who is Jean…", "Who is Jean and why did he go?", True),
        ("BP declined to answer", "BP", True),
        ("also", "Al", False),
        ("王伟先生", "王伟", True),
        ("x" * 9000 + "… Who is Jean…", "Who is Jean and why?", False),  # no summary is so long
    ],
)
def test_words_quote_short_texts_and_cut_ones(told: str, original: str, found: Any) -> None:
    assert quotes(told, original) is found
