"""What was merged can be redacted like anything else: its texts, and even its slug."""

from typing import Any

import pytest

from app.auth.schemas import Scope
from app.core.db import Database
from app.core.settings import Settings
from app.transparency import audit
from tests.conftest import new_key
from tests.support.client import Client
from tests.support.make import Make

SECRET = "Jean-Baptiste Zirconium signed it."
WHY = {"legal_basis": "GDPR, article 17", "reason": "It named somebody."}


@pytest.fixture
async def redactor(reader: Client, settings: Settings, database: Database) -> Client:
    key = await new_key(settings, database, "data-protection", Scope.REDACT)
    return Client(reader.http, key)


async def created(reader: Client, subject: Any) -> int:
    kinds = "question.created,asker.created"
    events = await reader.events(type=kinds)
    return int(next(one["seq"] for one in events if one["subject"]["id"] == subject["id"]))


async def verify(database: Database) -> None:
    async with database.reading() as session:
        await audit.check(session, set())


async def test_the_text_of_a_merged_question_goes_from_all_that_quotes_it(
    redactor: Client, reader: Client, make: Make, database: Database
) -> None:
    one = await make.question(slug="one", text=SECRET)
    other = await make.question(slug="other")
    await make.merge(one, other)
    assert SECRET in str(await reader.events())

    pointers = {"seq": await created(reader, one), "pointers": ["/data/object/text"]}
    made = await redactor.post("/v1/redactions", {**pointers, **WHY})

    assert "Zirconium" not in str(await reader.events())
    assert made["remaining"] == []
    last = (await reader.events(question=other["id"]))[-1]
    assert (last["type"], last["question"]) == ("record.redacted", other["id"])
    assert (await reader.question(other))["version"] == last["seq"]
    await verify(database)


async def test_the_text_of_the_one_that_stayed_goes_from_the_merger_too(
    redactor: Client, reader: Client, make: Make, database: Database
) -> None:
    one, other = await make.question(slug="one"), await make.question(slug="other", text=SECRET)
    await make.merge(one, other)

    pointers = {"seq": await created(reader, other), "pointers": ["/data/object/text"]}
    await redactor.post("/v1/redactions", {**pointers, **WHY})

    assert "Zirconium" not in str(await reader.events())
    await verify(database)


async def test_the_slugs_of_merged_things_can_be_redacted(
    redactor: Client, reader: Client, make: Make, editor: Client, database: Database
) -> None:
    ones = [await make.question(slug=f"jean-zirconium-{number}") for number in range(2)]
    other = await make.question(slug="other", asker="jean-zirconium")
    for one in ones:
        await make.merge(one, other)
    asker = await reader.get("/v1/askers/jean-zirconium")
    body = {"into": "associated-press", "reason": "It was recorded twice."}
    await editor.post("/v1/askers/jean-zirconium/merge", body, 200)

    for subject in (*ones, asker):
        pointers = {"seq": await created(reader, subject), "pointers": ["/data/object/slug"]}
        await redactor.post("/v1/redactions", {**pointers, **WHY})

    assert "jean-zirconium" not in str(await reader.events())
    await reader.get("/v1/questions/jean-zirconium-0", expect=404)
    moved = await reader.send("GET", f"/v1/questions/{ones[0]['id']}")
    assert moved.headers["location"] == f"/v1/questions/{other['id']}"
    await verify(database)
