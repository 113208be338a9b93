"""How the tests read exports, and what these should say by the API's own lists."""

import csv
import io
import json
from typing import Any

from httpx import Response

from tests.support.client import Client

LISTS = {"questions": "/v1/questions", "events": "/v1/events"}


def rows(text: str) -> list[dict[str, str]]:
    """Read CSV as the strictest of readers does; every line has every column."""
    lines = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    assert all(len(line) == len(lines[0]) for line in lines)
    return [dict(zip(lines[0], line, strict=True)) for line in lines[1:]]


async def export(reader: Client, name: str, **params: Any) -> Response:
    """Ask for an export, which has to succeed."""
    answer = await reader.send("GET", f"/v1/exports/{name}", params=params)
    assert answer.status_code == 200, answer.text
    return answer


async def exported(reader: Client, kind: str, **params: Any) -> list[Any]:
    """Return the rows of CSV, after finding both JSON forms to be of one content."""
    array = json.loads((await export(reader, f"{kind}.json", **params)).content)
    lines = (await export(reader, f"{kind}.jsonl", **params)).content.splitlines()
    assert [json.loads(line) for line in lines] == array
    if kind in LISTS:
        assert array == await reader.pages(LISTS[kind], **params)
    return rows((await export(reader, f"{kind}.csv", **params)).text)


def written(value: Any) -> str:
    """Write a plain value as CSV has it."""
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


def names(values: Any) -> str:
    """Write several values as one cell, each once."""
    return "; ".join(dict.fromkeys(values))


def question(item: Any) -> dict[str, str]:
    """Return the row that a question of the list should have; it is expanded."""
    latest = item["latest_response"] or {}
    statement = latest.get("statement", {})
    askers = [ask["asker"] for ask in item["asks"]]
    same = (
        "id", "slug", "url", "text", "lang", "first_asked_on", "respond_by", "state",
        "state_since", "open", "overdue", "days_open", "response_count", "correction_count",
        "last_checked_on", "external_id", "created_at", "updated_at", "version",
    )  # fmt: skip
    return {name: written(item[name]) for name in same} | {
        "company": item["company"]["slug"],
        "company_name": item["company"]["name"],
        "dossiers": names(dossier["slug"] for dossier in item["dossiers"]),
        "topics": names(item["topics"]),
        "askers": names(asker["slug"] for asker in askers),
        "asker_names": "; ".join({asker["id"]: asker["name"] for asker in askers}.values()),
        "ask_count": str(len(item["asks"])),
        "latest_response_on": written(latest.get("effective_on")),
        "latest_verdict": written(latest.get("verdict")),
        "latest_excerpt": written(latest.get("excerpt")),
        "latest_statement_title": written(statement.get("title")),
        "latest_statement_url": written(statement.get("url")),
        "latest_source_url": written(statement.get("source", {}).get("url")),
    }


def entry(item: Any, question_id: str, slug: str) -> dict[str, str]:
    """Return the row that an entry of a timeline should have; its source is expanded."""
    source, corrected = item["source"] or {}, item["corrected"] or {}
    asker, statement = item.get("asker", {}), item.get("statement", {})
    found = {
        name: written(item.get(name))
        for name in (
            "id", "type", "effective_on", "recorded_at", "state_after", "channel", "verdict",
            "excerpt", "rationale", "state", "reason",
        )
    }  # fmt: skip
    for prefix, part, fields in (
        ("asker", asker, ("name", "kind")),
        ("statement", statement, ("kind", "title", "url")),
        (
            "source",
            source,
            ("url", "archived_url", "title", "publisher", "published_on", "sha256"),
        ),
    ):
        found |= {f"{prefix}_{name}": written(part.get(name)) for name in fields}
    return found | {
        "question": question_id,
        "question_slug": slug,
        "asker": written(asker.get("slug")),
        "statement": written(statement.get("id")),
        "attributed_to": written(statement.get("attributed_to")),
        "source": written(source.get("id")),
        "quote": written(source.get("quote")),
        "corrected": written(bool(corrected)),
        "corrected_at": written(corrected.get("recorded_at")),
        "correction": written(corrected.get("id")),
        "correction_reason": written(corrected.get("reason")),
        "replacement": written(corrected.get("replacement")),
    }


def event(item: Any) -> dict[str, str]:
    """Return the row that an event should have."""
    same = ("seq", "type", "recorded_at", "effective_on", "actor", "reason", "company",
            "question", "summary", "url", "leaf_hash")  # fmt: skip
    return {name: written(item[name]) for name in same} | {
        "subject_type": item["subject"]["type"],
        "subject": item["subject"]["id"],
        "subject_slug": written(item["subject"]["slug"]),
        "from": written(item["data"].get("from")),
        "to": written(item["data"].get("to")),
        "redacted": names(item["redacted"]),
    }


async def check_questions(reader: Client, **params: Any) -> list[str]:
    """Compare an export with the list, and return the slugs of its questions."""
    listed = await reader.pages("/v1/questions", expand="statement,source", **params)
    found = await exported(reader, "questions", **params)
    assert found == [question(item) for item in listed]
    return [item["slug"] for item in listed]


async def check_timelines(reader: Client, **params: Any) -> list[Any]:
    """Compare all forms with the timelines of the questions listed, and return the entries."""
    viewpoint = {name: params[name] for name in ("as_of", "known_at") if name in params}
    lines, items = [], []
    for one in await reader.pages("/v1/questions", **params):
        named = {"question": one["id"], "question_slug": one["slug"]}
        items += [named | item for item in await reader.timeline(one, **viewpoint)]
        expanded = await reader.timeline(one, expand="source", **viewpoint)
        lines += [entry(item, one["id"], one["slug"]) for item in expanded]
    assert await exported(reader, "timeline", **params) == lines
    answer = await export(reader, "timeline.json", **params)
    assert answer.json() == items
    return items
