"""The feeds of events, as feed readers see them."""

import json
from pathlib import Path
from typing import Any

import feedparser
import jsonschema
import pytest
from fastapi import FastAPI

from app.auth.schemas import Scope
from app.core.db import Database
from app.core.settings import Settings
from app.feeds import queries
from tests.conftest import new_key
from tests.support.client import Client
from tests.support.make import Make

ATOM, JSON = "/v1/feeds/events.atom", "/v1/feeds/events.json"
SCHEMA = json.loads((Path(__file__).parent / "jsonfeed-1.1.schema.json").read_text())
HOSTILE = "<script>alert(1)</script> & ]]> \"quoted\" 'text' <b>é 🧾</b>"


async def atom(reader: Client, **params: Any) -> Any:
    """Read the Atom feed as a feed reader does, which finds nothing wrong with it."""
    answer = await reader.send("GET", ATOM, params=params)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/atom+xml"
    found = feedparser.parse(answer.content, sanitize_html=False)
    assert not found.bozo, found.bozo_exception
    assert found.version == "atom10"
    return found


async def json_feed(reader: Client, **params: Any) -> Any:
    """Read the JSON Feed, which is as its specification says."""
    answer = await reader.send("GET", JSON, params=params)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/feed+json"
    found = answer.json()
    jsonschema.validate(found, SCHEMA)
    return found


async def seqs(reader: Client, **params: Any) -> list[int]:
    """Return the events of both feeds, which are the same."""
    entries = [
        int(entry.link.rpartition("/")[2]) for entry in (await atom(reader, **params)).entries
    ]
    items = [
        int(item["url"].rpartition("/")[2]) for item in (await json_feed(reader, **params))["items"]
    ]
    assert entries == items
    return entries


async def test_each_event_is_one_entry_newest_first(reader: Client, make: Make) -> None:
    question = await make.question(slug="asked", state="declined")
    events = (await reader.events())[::-1]

    feed, found = await atom(reader), await json_feed(reader)

    assert [entry.title for entry in feed.entries] == [event["summary"] for event in events]
    assert [item["title"] for item in found["items"]] == [event["summary"] for event in events]
    for entry, item, event in zip(feed.entries, found["items"], events, strict=True):
        assert entry.id == item["id"]
        assert entry.id.startswith("urn:uuid:")
        assert entry.published == entry.updated == event["recorded_at"]
        assert item["date_published"] == item["date_modified"] == event["recorded_at"]
        assert entry.author == item["authors"][0]["name"] == "editor-paris"
        assert item["tags"] == [tag.term for tag in entry.tags]
        assert item["tags"] == [event["type"], *filter(None, [event["company"]])]
        assert entry.link == item["url"] == f"https://answerable.test/v1/events/{event['seq']}"
        assert (await reader.get(item["url"]))["summary"] == entry.title
        assert item["external_url"] == event["url"]
        assert {"rel": "related", "href": event["url"]}.items() <= entry.links[1].items()
        assert item["content_html"] == entry.content[0].value
        assert event["url"] in item["content_html"]
    assert len({entry.id for entry in feed.entries}) == len(events)
    changed = next(item for item in found["items"] if "question.state_changed" in item["tags"])
    assert "From “unanswered” to “declined”." in changed["content_html"]
    assert f'<a href="https://answerable.test/q/{question["id"]}">' in changed["content_html"]


async def test_a_feed_says_what_it_is_and_where(reader: Client, make: Make) -> None:
    await make.question(slug="asked")
    chosen = {"company": "microsoft", "type": "question.created,ask.recorded"}

    feed, found = (await atom(reader, **chosen)).feed, await json_feed(reader, **chosen)

    query = "company=microsoft&type=question.created,ask.recorded"
    assert feed.title == found["title"]
    assert feed.title == "Answerable · type question.created,ask.recorded · company microsoft"
    assert feed.id == f"https://answerable.test{ATOM}?{query}"
    links = {link.rel: link for link in feed.links}
    assert links["self"].href == feed.id
    assert links["self"].type == "application/atom+xml"
    assert links["alternate"].href == "https://answerable.test/v1/companies/microsoft"
    assert found["feed_url"] == f"https://answerable.test{JSON}?{query}"
    assert found["home_page_url"] == links["alternate"].href
    assert feed.updated == (await reader.events(**chosen))[-1]["recorded_at"]


async def test_an_empty_feed_is_valid_and_stays_the_same(reader: Client) -> None:
    feed = await atom(reader)
    assert feed.entries == []
    assert feed.feed.updated == "1970-01-01T00:00:00.000000Z"
    assert (await json_feed(reader))["items"] == []


async def test_pages_lead_through_all_events_and_are_one_feed(reader: Client, make: Make) -> None:
    for number in range(4):
        await make.question(slug=f"question-{number}", company=["microsoft", "google"][number % 2])
    expected = [event["seq"] for event in await reader.events(company="google")][::-1]
    assert len(expected) > 4

    page, seen, ids = await atom(reader, limit=2, company="google"), [], set()
    while True:
        seen += [int(entry.link.rpartition("/")[2]) for entry in page.entries]
        ids.add(page.feed.id)
        links = {link.rel: link.href for link in page.feed.links}
        assert links["first"] == f"https://answerable.test{ATOM}?company=google&limit=2"
        if "next" not in links:
            break
        page = feedparser.parse((await reader.send("GET", links["next"])).content)
    assert seen == expected
    assert len(ids) == 1

    found, items = await json_feed(reader, limit=2, company="google"), []
    while True:
        items += [int(item["url"].rpartition("/")[2]) for item in found["items"]]
        if "next_url" not in found:
            break
        found = (await reader.send("GET", found["next_url"])).json()
    assert items == expected


async def test_a_page_of_older_events_never_changes(reader: Client, make: Make) -> None:
    await make.question(slug="one")
    head = len(await reader.events())
    before = await reader.send("GET", ATOM, params={"before": head, "limit": 2})

    await make.question(slug="two")

    after = await reader.send("GET", ATOM, params={"before": head, "limit": 2})
    assert after.content == before.content


@pytest.mark.parametrize("few", [queries.FEW, 0])
async def test_filters_choose_events_as_the_record_was_then(
    reader: Client, editor: Client, make: Make, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(queries, "FEW", few)  # both ways of looking find the same
    dossier = await make.dossier()
    mine = await make.question(slug="mine", dossiers=[dossier], topics=["audit"])
    await make.question(slug="other", company="google", topics=["cloud"])
    leaving = await editor.patch("/v1/questions/mine", {"dossiers": [], "topics": []})
    await make.statement(leaving, verdict="declined")
    events = (await reader.events())[::-1]

    def of(*types: str, question: str | None = mine["id"]) -> list[int]:
        return [e["seq"] for e in events if e["type"] in types and e["question"] == question]

    was_in = of("question.created", "ask.recorded")
    assert await seqs(reader, topic="audit") == was_in
    assert await seqs(reader, dossier=dossier) == sorted(
        [*was_in, *of("dossier.created", question=None)], reverse=True
    )
    assert await seqs(reader, dossier=dossier, topic="audit") == was_in
    assert await seqs(reader, dossier=dossier, type="ask.recorded") == of("ask.recorded")
    assert await seqs(reader, dossier=dossier, topic="cloud") == []
    assert await seqs(reader, topic="audit", limit=1) == was_in[:1]
    assert await seqs(reader, topic="audit", before=was_in[0]) == was_in[1:]
    assert await seqs(reader, topic="none") == []
    assert await seqs(reader, question="mine") == [
        event["seq"] for event in events if event["question"] == mine["id"]
    ]


@pytest.mark.parametrize(
    ("params", "pointer"),
    [
        ({"company": "nobody"}, "/company"),
        ({"question": "none"}, "/question"),
        ({"dossier": "none"}, "/dossier"),
        ({"type": "question.exploded"}, "/type"),
        ({"topic": "Not A Tag"}, "/topic"),
        ({"limit": "0"}, "/limit"),
        ({"limit": "201"}, "/limit"),
        ({"before": "0"}, "/before"),
        ({"before": "9" * 400}, "/before"),
        ({"after": "1"}, "/after"),
        ({"flagged": "true"}, "/flagged"),
    ],
)
async def test_a_wrong_filter_is_a_problem_that_names_it(
    reader: Client, params: dict[str, str], pointer: str
) -> None:
    for path in (ATOM, JSON):
        problem = await reader.get(path, expect=422, **params)
        assert problem["errors"][0]["pointer"] == pointer


async def test_what_people_wrote_is_text_and_never_markup(reader: Client, make: Make) -> None:
    question = await make.question(text=f"Why {HOSTILE}?")
    await make.ruling(question, state="withdrawn", on="2025-06", reason=f"{HOSTILE}\nand more")

    feed, found = await atom(reader), await json_feed(reader)

    titles = [entry.title for entry in feed.entries]
    assert any(HOSTILE in title for title in titles)
    for entry, item in zip(feed.entries, found["items"], strict=True):
        html = entry.content[0].value
        assert html == item["content_html"]
        assert "<script" not in html
        assert "<b>" not in html
    ruled = next(item for item in found["items"] if "ruling.recorded" in item["tags"])
    reason = "Reason: &lt;script&gt;alert(1)&lt;/script&gt; &amp; ]]&gt; &quot;quoted&quot;"
    assert reason in ruled["content_html"]
    assert "&lt;b&gt;é 🧾&lt;/b&gt; and more</p>" in ruled["content_html"]


async def test_a_redacted_event_keeps_its_id_and_shows_nothing_of_it(
    reader: Client, make: Make, settings: Settings, database: Database
) -> None:
    secret = "Jean-Baptiste Zirconium signed it."
    await make.question(text=f"Is it true that {secret}")
    created = (await reader.events(type="question.created"))[0]
    ids = {entry.link: entry.id for entry in (await atom(reader)).entries}
    key = await new_key(settings, database, "data-protection", Scope.REDACT)
    body = {"seq": created["seq"], "pointers": ["/data/object/text"]}
    why = {"legal_basis": "GDPR, article 17", "reason": "It named somebody."}

    await Client(reader.http, key).post("/v1/redactions", {**body, **why})

    for path in (ATOM, JSON):
        assert "Zirconium" not in (await reader.send("GET", path)).text
    feed = await atom(reader)
    entry = next(one for one in feed.entries if one.link.endswith(f"/{created['seq']}"))
    assert entry.title == "[redacted]"
    assert "A part of this entry was redacted." in entry.content[0].value
    assert {one.link: one.id for one in feed.entries}.items() >= ids.items()


async def test_an_id_stays_when_the_service_moves(
    reader: Client, make: Make, web: FastAPI, settings: Settings
) -> None:
    await make.question()
    before = [item["id"] for item in (await json_feed(reader))["items"]]

    web.state.settings = settings.model_copy(update={"public_url": "https://moved.example"})
    moved = await json_feed(reader, limit=100)

    assert [item["id"] for item in moved["items"]] == before
    assert moved["items"][0]["url"].startswith("https://moved.example/v1/events/")


async def test_a_poll_that_finds_nothing_new_is_304(reader: Client, make: Make) -> None:
    await make.question()
    for path in (ATOM, JSON):
        first = await reader.send("GET", path)
        condition = {"If-None-Match": first.headers["etag"]}
        assert (await reader.send("GET", path, headers=condition)).status_code == 304
        await make.company(path.rpartition(".")[2])
        assert (await reader.send("GET", path, headers=condition)).status_code == 200


async def test_the_list_of_events_leads_to_its_feeds(reader: Client, make: Make) -> None:
    await make.question()
    answer = await reader.send("GET", "/v1/events?limit=1&company=microsoft")

    links = answer.headers["link"].split(", ")
    assert len(links) == 3
    assert links[0].endswith('; rel="next"')
    for link, path, kind in zip(
        links[1:], (ATOM, JSON), ("application/atom+xml", "application/feed+json"), strict=True
    ):
        assert link == (
            f'<https://answerable.test{path}?company=microsoft>; rel="alternate"; type="{kind}"'
        )
        assert (await reader.send("GET", link[1:].partition(">")[0])).status_code == 200
