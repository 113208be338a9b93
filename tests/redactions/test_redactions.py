"""Personal data can be taken out of the record, in public, and every proof still holds."""

import base64
import hashlib
import json

import pytest
from sqlalchemy import Connection, select

from app.core.db import Database
from app.core.settings import Settings
from app.ledger import tree
from app.redactions.traces import quotes
from app.search import filling, finding
from app.search.models import FORM
from app.search.query import Query
from app.search.tokens import Tokens
from tests.redactions.conftest import SECRET, WHY, event_of, redact, respond, stored
from tests.support.client import Client
from tests.support.make import Make


async def test_a_redacted_field_is_gone_from_events_questions_and_the_past(
    redactor: Client, reader: Client, make: Make
) -> None:
    question = await make.question()
    await respond(make, question, SECRET)
    before = await event_of(reader, "response.recorded")
    shown_before = await reader.question(question, known_at=before["recorded_at"])
    assert shown_before["latest_response"]["excerpt"] == SECRET

    made = await redact(redactor, before["seq"], "/data/object/excerpt")

    after = await event_of(reader, "response.recorded")
    assert after["data"]["object"]["excerpt"] == "[redacted]"
    assert after["redacted"] == ["/data/object/excerpt"]
    assert after["leaf_hash"] == before["leaf_hash"]
    assert {**after, "data": 0, "redacted": 0} == {**before, "data": 0, "redacted": 0}
    shown = await reader.question(question)
    assert shown["latest_response"]["excerpt"] == "[redacted]"
    past = await reader.question(question, known_at=before["recorded_at"])
    assert past["latest_response"]["excerpt"] == "[redacted]"
    assert made["places"] == [{"seq": before["seq"], "pointers": ["/data/object/excerpt"]}]
    assert made["remaining"] == []
    assert await reader.get(f"/v1/redactions/{made['id']}") == {
        key: value for key, value in made.items() if key not in ("remaining", "records")
    }
    assert [row["id"] for row in await reader.pages("/v1/redactions")] == [made["id"]]


async def test_a_redaction_is_an_event_that_says_all_but_the_text(
    redactor: Client, reader: Client, make: Make
) -> None:
    question = await make.question()
    await respond(make, question, SECRET)
    seq = (await event_of(reader, "response.recorded"))["seq"]

    await redact(redactor, seq, "/data/object/excerpt")

    told = await event_of(reader, "record.redacted", question=question["id"])
    assert told["actor"] == "data-protection"
    assert told["reason"] == WHY["reason"]
    assert told["company"] == "microsoft"
    assert WHY["legal_basis"] in told["summary"]
    assert told["data"]["object"]["places"] == [{"seq": seq, "pointers": ["/data/object/excerpt"]}]
    assert (await reader.question(question))["version"] == told["seq"]


async def test_what_quotes_the_text_about_the_same_thing_goes_with_it(
    redactor: Client, reader: Client, make: Make
) -> None:
    long = f"Is it true that {SECRET} And if so, {'who else knew of it, and since when, ' * 9}?"
    question = await make.question(text=long, topics=["audit"])
    await make.statement(question, verdict="declined")
    await make.editor.patch(f"/v1/questions/{question['id']}", {"topics": ["cloud"]})
    seq = (await event_of(reader, "question.created"))["seq"]

    await redact(redactor, seq, "/data/object/text")

    for event in await reader.events():
        assert "Zirconium" not in json.dumps(event)
    assert (await reader.question(question))["text"] == "[redacted]"
    changed = await event_of(reader, "question.state_changed")
    assert changed["redacted"] == ["/summary", "/data/object/text"]
    assert changed["data"]["from"] == "unanswered"


async def test_what_is_told_of_others_stays_and_is_listed(
    redactor: Client, reader: Client, make: Make
) -> None:
    one = await make.question(context=SECRET)
    other = await make.question(company="google", text=f"Why? {SECRET}")
    seq = (await event_of(reader, "question.created", question=one["id"]))["seq"]

    made = await redact(redactor, seq, "/data/object/context")

    assert (await reader.question(one))["context"] == "[redacted]"
    assert (await reader.question(other))["text"].endswith(SECRET)
    named = {place["seq"]: place["pointers"] for place in made["remaining"]}
    created = (await event_of(reader, "question.created", question=other["id"]))["seq"]
    assert set(named[created]) == {"/summary", "/data/object/text"}


async def test_a_value_that_was_replaced_before_goes_from_the_past_only(
    redactor: Client, reader: Client, make: Make
) -> None:
    question = await make.question(context=SECRET)
    await make.editor.patch(f"/v1/questions/{question['id']}", {"context": "Somebody signed it."})
    seq = (await event_of(reader, "question.created"))["seq"]

    made = await redact(redactor, seq, "/data/object/context")

    assert (await reader.question(question))["context"] == "Somebody signed it."
    edited = await event_of(reader, "question.updated")
    assert edited["data"]["previous"]["context"] == "[redacted]"
    assert edited["data"]["object"]["context"] == "Somebody signed it."
    assert len(made["places"]) == 2


async def test_a_dry_run_shows_what_would_go_and_keeps_nothing(
    redactor: Client, reader: Client, make: Make
) -> None:
    question = await make.question(context=SECRET)
    events = await reader.events()
    seq = (await event_of(reader, "question.created"))["seq"]

    made = await redact(redactor, seq, "/data/object/context", params={"dry_run": "true"})

    assert made["places"][0]["pointers"] == ["/data/object/context"]
    assert await reader.events() == events
    assert (await reader.question(question))["context"] == SECRET


async def test_the_proof_still_verifies_and_does_not_open_what_is_gone(
    redactor: Client, reader: Client, make: Make
) -> None:
    await make.question(context=SECRET)
    seq = (await event_of(reader, "question.created"))["seq"]
    before = await reader.get(f"/v1/events/{seq}/proof")

    await redact(redactor, seq, "/data/object/context")

    after = await reader.get(f"/v1/events/{seq}/proof")
    assert after["leaf"] == before["leaf"]
    gone = set(before["disclosures"]) - set(after["disclosures"])
    assert len(gone) == 1
    (disclosure,) = gone
    assert json.loads(base64.urlsafe_b64decode(disclosure + "=="))[1:] == ["context", SECRET]
    digest = base64.urlsafe_b64encode(hashlib.sha256(disclosure.encode()).digest())
    assert digest.rstrip(b"=").decode() in json.loads(after["leaf"])["data"]["object"]["_sd"]
    tree.verify_inclusion(
        after["index"],
        after["size"],
        tree.leaf_hash(after["leaf"].encode()),
        [bytes.fromhex(value) for value in after["hashes"]],
        bytes.fromhex(after["root_hash"]),
    )


async def test_not_one_byte_of_it_is_left_in_files_exports_or_answers(
    redactor: Client, reader: Client, make: Make, settings: Settings, database: Database
) -> None:
    question = await make.question(context=SECRET, text=f"Who is it? {SECRET}", slug="who-is-it")
    for number in range(30):  # rows grow, move and pages split meanwhile
        await respond(make, question, f"{SECRET} {'x' * 40 * number}")
    body = {"company": "microsoft", "lang": "en", "text": f"Why? {SECRET}", "slug": "why"}
    once = {"Idempotency-Key": "one"}
    asked = {"asker": "associated-press", "asked_on": "2025-05", "source": {"url": "https://x.org"}}
    await make.editor.post("/v1/questions", {**body, "asks": [asked]}, headers=once)

    for event in await reader.events():
        fields = [
            f"/data/{part}/{name}"
            for part in ("object", "previous")
            for name, value in event["data"].get(part, {}).items()
            if "Zirconium" in json.dumps(value)
        ]
        shown = await reader.get(f"/v1/events/{event['seq']}")
        fields = [one for one in fields if one not in shown["redacted"]]
        if fields:
            await redact(redactor, event["seq"], *fields)

    answers = [
        (await reader.http.get(path)).content
        for path in (
            "/v1/events?limit=200",
            "/v1/exports/ledger.jsonl",
            "/v1/exports/questions.csv",
            "/v1/exports/timeline.jsonl",
            "/v1/exports/events.jsonl",
            "/v1/feeds/events.atom",
            "/v1/questions?expand=responses,statement,source",
            "/log/tile/entries/000.p/100",
        )
    ]
    repeated = await make.editor.post(
        "/v1/questions", {**body, "asks": [asked]}, expect=422, headers=once
    )
    assert "no longer be read" in repeated["detail"]
    kept = await stored(settings, database)
    in_an_index = b"rconium"  # which leaves out how a word begins as the one before it does
    for needle in (in_an_index, base64.b64encode(b"Jean-Baptiste Zirconium")[1:-4].lower()):
        assert not any(needle in found.lower() for found in (*answers, *kept))
    assert any(b"It named somebody." in found for found in kept)  # the search can find something


async def test_what_is_redacted_is_not_found_any_more(
    redactor: Client, reader: Client, make: Make, settings: Settings, database: Database
) -> None:
    await make.company("zirconium", name="Zirconium Brothers", names=["Who is Zirconium"])
    of_itself = await make.question(context=SECRET)
    answered = await make.question(slug="answered")
    titled = await make.question(slug="titled")
    addressed = await make.question(slug="addressed", company="zirconium")
    await respond(make, answered, SECRET)
    await make.statement(titled, title=SECRET)
    path = f"/v1/questions/{titled['id']}"
    await make.editor.patch(path, {"context": f"Once {SECRET}", "reason": "It was left out."})
    await make.editor.patch(path, {"context": None})
    await make.editor.patch("/v1/companies/zirconium", {"slug": "brothers"})

    async def found() -> set[str]:
        def look(connection: Connection) -> set[str]:
            hits = finding.candidates(connection, Query.parse("zirconium"), Tokens()).hits
            return {hit.question_id for hit in hits}

        return await database.look(look)

    assert await found() == {each["id"] for each in (of_itself, answered, titled, addressed)}
    for seq, name in (
        ((await event_of(reader, "question.created", question=of_itself["id"]))["seq"], "context"),
        ((await event_of(reader, "response.recorded", question=answered["id"]))["seq"], "excerpt"),
        ((await event_of(reader, "statement.recorded"))["seq"], "title"),
        ((await event_of(reader, "question.updated"))["seq"] - 1, "context"),
        ((await event_of(reader, "company.updated"))["seq"], "name"),
        ((await event_of(reader, "company.updated"))["seq"], "names"),
    ):
        await redact(redactor, seq, f"/data/object/{name}")

    assert await found() == set()
    async with database.reading() as session:
        kept = (await session.execute(select(FORM.c.word))).scalars().all()
    assert "zirconium" not in kept
    assert "firm" in kept
    assert await filling.fill(database) == 0


async def test_errors_say_what_can_be_redacted(
    redactor: Client, reader: Client, make: Make
) -> None:
    await make.question(context=SECRET)
    seq = (await event_of(reader, "question.created"))["seq"]

    wrong = await redact(redactor, seq, "/data/object/state", expect=422)
    assert wrong["errors"][0]["pointer"] == "/pointers/0"
    assert "/data/object/context" in wrong["detail"]
    missing = await redact(redactor, 999, "/summary", expect=404)
    assert "The newest is" in missing["detail"]
    await redact(redactor, seq, "/data/object/context")
    twice = await redact(redactor, seq, "/data/object/context", expect=409)
    assert "redacted before" in twice["detail"]


async def test_a_slug_goes_only_when_it_is_no_longer_in_use(
    redactor: Client, reader: Client, make: Make
) -> None:
    question = await make.question(slug="who-is-jean-zirconium")
    seq = (await event_of(reader, "question.created"))["seq"]
    refused = await redact(redactor, seq, "/data/object/slug", expect=409)
    assert "PATCH" in refused["detail"]
    await make.editor.patch(f"/v1/questions/{question['id']}", {"slug": "who-is-it"})

    await redact(redactor, seq, "/data/object/slug")

    assert (await reader.question("who-is-it"))["id"] == question["id"]
    await reader.get("/v1/questions/who-is-jean-zirconium", expect=404)
    for event in await reader.events():
        assert "zirconium" not in json.dumps(event)


async def test_redacting_needs_its_scope(editor: Client, make: Make) -> None:
    await make.question()
    refused = await redact(editor, 1, "/summary", expect=403)
    assert "redact" in refused["detail"]


@pytest.mark.parametrize(
    ("told", "original", "found"),
    [
        ("Acme answered: Who is it?", "Who is it?", True),
        ("Acme answered: Who is Jean and why did…", "Who is Jean and why did he go?", True),
        ("Acme answered: one … Who is Jean…", "Who is Jean and why did he go?", True),
        ("A text over lines", "A text\nover   lines", True),
        ("Acme answered: Why…", "Who is Jean and why did he go?", False),
        ("Acme answered…", "Who is it?", False),
    ],
)
def test_a_sentence_quotes_a_text_whole_or_cut_short(told: str, original: str, found: bool) -> None:
    assert quotes(told, original) is found
