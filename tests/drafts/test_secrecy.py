"""Nothing of a draft can be seen: not in any public answer, table, log, stream or delivery."""

import asyncio
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import inspect, text
from starlette.types import ASGIApp

from app.auth.secrets import load_pepper
from app.core import clock
from app.core.db import Database
from app.core.logging import configure
from app.core.settings import Settings
from app.drafts.models import DraftStatus
from app.ledger.heads import Heads
from app.webhooks import fan_out
from app.webhooks import service as webhooks
from app.webhooks.schemas import WebhookCreate
from tests.drafts.conftest import Drafting, hour, question, statement
from tests.ledger.streams import Within
from tests.redactions.conftest import stored
from tests.support.client import Client
from tests.support.make import SOURCE, Make
from tests.webhooks.conftest import counts

SECRET = "Zirconium"
OWN = ("draft", "api_key", "idempotency")
"""Tables that may change: the drafts, when a key was used last, sealed answers to repeat."""


def drafts_of(put: Any) -> list[dict[str, Any]]:
    """Return writes that change whatever a write can change, all of them about what is secret."""
    source = {"url": "https://example.org/zirconium", "title": SECRET}
    asks = [{"asker": "associated-press", "asked_on": "2025-05", "source": source}]
    quoted = [{"question": put["id"], "verdict": "answered", "excerpt": SECRET}]
    return [
        question(text=f"Who is {SECRET}?", slug="zirconium", asks=asks, topics=["zirconium"]),
        question(text=f"Who is {SECRET}?", dossiers=["microsoft-imod"], respond_by="2025-06"),
        statement(put, title=SECRET, source=source, responses=quoted),
        {"kind": "company", "body": {"name": SECRET, "identifiers": {"wikidata": "Q1"}}},
        {
            "kind": "question_edit",
            "question": put["id"],
            "version": put["version"],
            "body": {"text": SECRET, "slug": "zirconium-2", "topics": ["zirconium"]},
        },
        {
            "kind": "company_edit",
            "company": "microsoft",
            "version": None,
            "body": {"name": SECRET, "slug": "zirconium", "reason": SECRET},
        },
        {"kind": "dossier", "body": {"title": SECRET, "slug": "zirconium"}},
        {"kind": "correction", "body": {"target": put["asks"][0]["id"], "reason": SECRET,
                                        "replacement": {"asked_on": "2025-04"}}},
    ]  # fmt: skip


async def use(drafting: Drafting, put: Any) -> None:
    """Do with drafts whatever can be done without publishing one, and leave two."""
    kept = []
    for number, write in enumerate(drafts_of(put)):
        when = hour(days=2) if number % 2 else None
        headers = {"Idempotency-Key": f"draft-{number}"}
        body = {"write": write, "publish_at": when, "title": SECRET}
        kept.append(await drafting.editor.post("/v1/drafts", body, headers=headers))
    await drafting.save(question(text=SECRET, company="zirconium"), expect=422)
    await drafting.save(question(text=SECRET, slug="taken"), expect=409)
    for draft in kept:
        await drafting.patch(draft, title="Other")
        await drafting.editor.post(f"/v1/drafts/{draft['id']}/publish?dry_run=true", expect=200)
    for draft in kept[2:]:
        await drafting.delete(draft)


@pytest.fixture
async def put(drafting: Drafting, make: Make) -> Any:
    """A question with a history, which the drafts are about."""
    await make.question(slug="taken")
    await make.dossier()
    return await make.question(slug="asked", state="declined", dossiers=["microsoft-imod"])


@pytest.fixture
async def addresses(web: FastAPI, put: Any, reader: Client) -> list[str]:
    """Every address that needs no key, and some where a draft would show."""
    names = {
        "question": "asked",
        "statement": put["latest_response"]["statement"]["id"],
        "company": "microsoft",
        "asker": "associated-press",
        "dossier": "microsoft-imod",
        "source": put["asks"][0]["source"]["id"],
        "seq": "1",
        "slug": "asked",
        "correction": "correction_01jv8z4x9kf3t8w2m5r7c1q0ab",
        "redaction": "redaction_01jv8z4x9kf3t8w2m5r7c1q0ab",
        "tile": "0/000.p/1",
    }
    paths = [
        path.replace(":path", "").format(**names)
        for path, item in web.openapi()["paths"].items()
        if "get" in item and not item["get"]["security"] and path != "/v1/events/stream"
    ]
    assert len(paths) > 40
    return [
        *paths,
        *("/v1/questions?q=zirconium", "/v1/questions?q=hired", "/v1/questions?topic=zirconium"),
        *("/v1/companies?identifier=wikidata:Q1", "/v1/events?after=0&limit=200", "/metrics"),
        *(f"/v1/{kind}/zirconium" for kind in ("questions", "companies", "dossiers")),
        *("/q/zirconium", "/oembed?url=https://answerable.test/q/asked", "/openapi.json"),
        *("/v1/drafts", "/v1/drafts/draft_01jv8z4x9kf3t8w2m5r7c1q0ab", "/nothing"),
    ]


async def answers(heads: Heads, reader: Client, addresses: list[str]) -> dict[str, Any]:
    """Return what each address answers, but for the id of the request."""
    found = {}
    for address in addresses:
        await heads.fresh()  # without it, on a busy machine, an answer may go past the cache
        headers = {"X-Request-Id": "the-same"}
        answer = await reader.send("GET", address, headers=headers)
        found[address] = (answer.status_code, sorted(answer.headers.items()), answer.content)
    return found


async def test_every_public_answer_is_the_same_to_the_byte(
    web: FastAPI, drafting: Drafting, put: Any, addresses: list[str], reader: Client
) -> None:
    heads: Heads = web.state.heads
    before = await answers(heads, reader, addresses)
    tags = {at: dict(headers).get("etag") for at, (_, headers, _) in before.items()}

    await use(drafting, put)

    assert len(await drafting.editor.pages("/v1/drafts")) == 2
    for address, answer in (await answers(heads, reader, addresses)).items():
        assert answer == before[address], address
    for address, tag in tags.items():
        if tag is not None:
            await heads.fresh()
            again = await reader.send("GET", address, headers={"If-None-Match": tag})
            assert again.status_code == 304, address


async def test_what_was_asked_for_by_hand_is_the_same_for_others_who_write(
    drafting: Drafting, put: Any, admin: Client
) -> None:
    """A slug, an external id and an identifier belong to whoever publishes first."""
    for write in drafts_of(put):
        await drafting.save(write)
    await drafting.save(question(external_id="Z-1"))

    made = await admin.post("/v1/companies", {"name": SECRET, "identifiers": {"wikidata": "Q1"}})
    asks = [{"asker": "associated-press", "asked_on": "2025-05", "source": SOURCE}]
    body = {"company": made["id"], "text": f"Who is {SECRET}?", "lang": "en", "asks": asks}
    one = await admin.post("/v1/questions", {**body, "slug": "zirconium", "external_id": "Z-1"})
    other = await admin.post("/v1/questions", body)

    assert (made["slug"], one["slug"], other["slug"]) == ("zirconium",) * 2 + ("who-is-zirconium",)


async def rows(database: Database) -> dict[str, list[str]]:
    """Return every row of every table but a draft's own."""
    found = {}
    async with database.reading() as session:
        names = await session.run_sync(lambda sync: inspect(sync.connection()).get_table_names())
        for name in sorted(set(names) - set(OWN)):
            said = await session.execute(text(f'SELECT * FROM "{name}"'))
            found[name] = sorted(repr(tuple(row)) for row in said)
    return found


async def test_every_other_table_is_as_if_there_were_no_draft(
    drafting: Drafting, put: Any, database: Database
) -> None:
    before = await rows(database)

    await use(drafting, put)

    after = await rows(database)
    assert len(before) > 20
    for name, said in before.items():
        assert after[name] == said, name


async def test_what_a_draft_says_is_stored_nowhere_in_plain(
    drafting: Drafting, put: Any, database: Database, settings: Settings
) -> None:
    await use(drafting, put)

    kept = await stored(settings, database)
    assert any(DraftStatus.WAITING.encode() in part for part in kept)
    for part in kept:
        assert SECRET.encode() not in part
        assert SECRET.lower().encode() not in part


async def test_no_line_of_a_log_says_what_a_draft_says(
    capsys: pytest.CaptureFixture[str],
    drafting: Drafting,
    put: Any,
    database: Database,
    settings: Settings,
) -> None:
    capsys.readouterr()
    configure(settings.model_copy(update={"log_level": "debug"}))
    try:
        await use(drafting, put)
        async with database.writing() as session:
            await session.execute(text("ALTER TABLE dossier RENAME TO dossier_away"))
        opened = {"kind": "dossier", "body": {"title": SECRET, "slug": "zirconium"}}
        await drafting.save(opened, title=SECRET, expect=500)
        await asyncio.sleep(0.3)  # until lines that are gathered are written
    finally:
        configure(settings.model_copy(update={"log_level": "error"}))
    said = capsys.readouterr()

    assert '"path": "/v1/drafts"' in said.err
    assert "Traceback" in said.err
    assert "INSERT INTO dossier" in said.err
    assert SECRET.lower() not in (said.err + said.out).lower()


async def test_no_reader_of_the_stream_and_no_webhook_is_told(
    app: ASGIApp,
    drafting: Drafting,
    put: Any,
    settings: Settings,
    database: Database,
    admin: Client,
) -> None:
    (key,) = [one for one in await admin.pages("/v1/keys") if one["name"] == "root"]
    async with database.writing() as session:
        hook = WebhookCreate(url="https://93.184.215.14/")
        await webhooks.subscribe(session, key["id"], hook, load_pepper(settings))
    stream = Within(app)
    await stream.until(1)
    preview = await admin.post("/v1/webhooks/preview", {}, expect=200)

    await use(drafting, put)

    assert await queued(database) == {}
    assert await admin.post("/v1/webhooks/preview", {}, expect=200) == preview
    assert len(stream.pieces) == 1
    company = await drafting.editor.post("/v1/companies", {"name": "Example"})
    assert await queued(database) == {"pending": 1}
    await stream.until(2)
    await stream.leave()
    (event,) = stream.events()
    assert (event["seq"], event["subject"]["id"]) == (company["version"], company["id"])


async def queued(database: Database) -> dict[str, int]:
    """Turn new events into deliveries, and count those."""
    await database.derive(lambda session: fan_out.fan_out(session, clock.now()))
    return await counts(database)
