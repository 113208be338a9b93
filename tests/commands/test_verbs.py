"""The verbs do over HTTP what the API does, and give back in a pipe exactly what it answered."""

import io
import json
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.commands.conftest import Served

LETTER = ("--source-url", "https://paper.example.org/letter", "--source-title", "A letter")


def read(served: Served, path: str, **params: Any) -> Any:
    return httpx.get(f"{served.url}{path}", params=params).json()


def made(served: Served, *arguments: str) -> Any:
    """Run a verb that is to succeed, and return what it printed."""
    ended = served(*arguments)
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


@pytest.mark.parametrize(
    ("verb", "path"),
    [
        (("companies", "list"), "/v1/companies?limit=50"),
        (("companies", "show", "microsoft"), "/v1/companies/microsoft"),
        (("askers", "list", "--kind", "newsroom"), "/v1/askers?kind=newsroom&limit=50"),
        (("askers", "show", "associated-press"), "/v1/askers/associated-press"),
        (("dossiers", "list", "--limit", "1"), "/v1/dossiers?limit=1"),
        (("dossiers", "show", "microsoft-imod"), "/v1/dossiers/microsoft-imod?expand=questions"),
        (("sources", "list"), "/v1/sources?limit=50"),
        (
            ("questions", "list", "--state", "partial", "--open", "--sort", "-state_since"),
            "/v1/questions?state=partial&open=true&sort=-state_since&limit=50",
        ),
        (
            ("questions", "show", "microsoft-external-firm-name", "--as-of", "2025-06"),
            "/v1/questions/microsoft-external-firm-name?as_of=2025-06",
        ),
        (
            ("questions", "timeline", "microsoft-external-firm-name"),
            "/v1/questions/microsoft-external-firm-name/timeline?limit=50",
        ),
        (("search", "external", "firm"), "/v1/questions?q=external%20firm&limit=50"),
        (("statements", "list", "--kind", "no_comment"), "/v1/statements?kind=no_comment&limit=50"),
        (("corrections", "list"), "/v1/corrections?limit=50"),
        (("events", "list", "--after", "3", "--limit", "2"), "/v1/events?after=3&limit=2"),
        (("events", "show", "3"), "/v1/events/3"),
        (("stats", "--company", "microsoft"), "/v1/stats?company=microsoft"),
    ],
)
def test_what_is_read_is_printed_as_the_api_gave_it(
    served: Served, verb: tuple[str, ...], path: str
) -> None:
    ended = served(*verb)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout == httpx.get(f"{served.url}{path}").text + "\n"


def test_all_of_a_list_is_one_object_a_line(served: Served) -> None:
    ended = served("events", "list", "--all")
    events = [json.loads(line) for line in ended.stdout.splitlines()]
    head = read(served, "/readyz")["seq"]
    assert [event["seq"] for event in events] == list(range(1, head + 1))


def test_a_case_is_recorded_answered_ruled_on_and_corrected(served: Served) -> None:
    company = made(
        served,
        "companies",
        "add",
        "--name",
        "Acme",
        "--identifier",
        "wikidata=Q1",
        "--slug",
        "acme",
    )
    assert company["identifiers"] == {"wikidata": "Q1"}
    asker = made(served, "askers", "add", "--name", "A Paper", "--kind", "newsroom")
    assert asker["slug"] == "a-paper"
    dossier = made(served, "dossiers", "add", "--title", "Acme and its firm")
    source = made(
        served, "sources", "add", "--cited", "https://paper.example.org/", "--published-on", "2025"
    )
    assert made(served, "sources", "show", source["id"]) == source
    question = made(
        served, "questions", "add", "--company", "acme", "--text", "Which firm?", "--lang", "en",
        "--asker", "a-paper", "--asked-on", "2025-05", "--source", source["id"],
        "--dossier", dossier["slug"], "--topic", "audit", "--topic", "firms", "--slug", "acme-firm",
    )  # fmt: skip
    assert question["topics"] == ["audit", "firms"]
    ask = made(
        served, "questions", "ask", "acme-firm", "--asker", "a-paper", "--asked-on", "2025-06",
        "--source-url", "https://paper.example.org/again",
    )  # fmt: skip
    assert ask["source"]["url"] == "https://paper.example.org/again"
    statement = made(
        served, "statements", "publish", "--company", "acme", "--kind", "reply", "--title", "No",
        "--published-on", "2025-06-01", "--lang", "en", *LETTER, "--response", "acme-firm=answered",
    )  # fmt: skip
    response = made(served, "statements", "show", statement["id"])["responses"][0]
    assert response["verdict"] == "answered"

    correction = made(
        served, "corrections", "add", response["id"], "--reason", "It refused.",
        "--replace", "verdict=declined",
    )  # fmt: skip
    assert made(served, "corrections", "show", correction["id"]) == correction
    assert made(served, "questions", "show", "acme-firm")["state"] == "declined"

    ruling = ("--state", "withdrawn", "--effective-on", "2025-07", "--reason", "Taken back.")
    made(served, "questions", "rule", "acme-firm", *ruling)
    assert made(served, "questions", "show", "acme-firm")["state"] == "withdrawn"


def test_an_edit_follows_an_old_slug_and_keeps_the_rest(served: Served) -> None:
    made(served, "companies", "add", "--name", "Before", "--description", "Kept.")
    made(served, "companies", "edit", "before", "--slug", "after", "--reason", "A new name.")
    edited = made(served, "companies", "edit", "before", "--name", "After")
    assert (edited["slug"], edited["name"], edited["description"]) == ("after", "After", "Kept.")


@pytest.mark.parametrize(
    "verb",
    [
        ("companies", "add", "--name", "Nobody", "--slug", "nobody"),
        ("companies", "edit", "microsoft", "--name", "Nobody"),
    ],
)
def test_a_dry_run_says_what_would_happen_and_keeps_nothing(
    served: Served, verb: tuple[str, ...]
) -> None:
    head = read(served, "/readyz")["seq"]
    ended = served(*verb, "--dry-run")
    assert json.loads(ended.stdout)["name"] == "Nobody"
    assert ended.stderr.startswith("A dry run")
    assert read(served, "/readyz")["seq"] == head


def test_a_whole_body_is_read_from_a_file_or_from_standard_input(
    served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "company.json"
    file.write_text('{"name": "Of a file", "names": ["File Ltd"], "slug": "filed"}', "utf-8")
    filed = made(served, "companies", "add", "--json", str(file), "--name", "Of an option")
    assert (filed["name"], filed["names"]) == ("Of an option", ["File Ltd"])

    monkeypatch.setattr(sys, "stdin", io.StringIO('{"name": "Of a pipe"}'))
    assert made(served, "companies", "add", "--json", "-")["name"] == "Of a pipe"


def test_webhooks_are_looked_after(served: Served) -> None:
    hook = made(
        served, "webhooks", "add", "--endpoint", "https://bot.example.org/", "--company",
        "microsoft", "--type", "question.state_changed", "--body", "slack",
    )  # fmt: skip
    assert hook["secret"].startswith("whsec_")
    assert (hook["filter"]["company"], hook["format"]) == ("microsoft", "slack")
    name = hook["id"]
    assert name in {one["id"] for one in made(served, "webhooks", "list")["data"]}
    assert made(served, "webhooks", "edit", name, "--description", "Mine")["description"] == "Mine"
    assert made(served, "webhooks", "rotate-secret", name)["secret"] != hook["secret"]
    counted = made(served, "webhooks", "replay", name, "--after", "0", "--dry-run")
    assert counted["count"] > 0
    assert made(served, "webhooks", "replay", name, "--after", "0")["count"] == counted["count"]
    delivery = made(served, "webhooks", "test", name)["id"]
    assert delivery in {one["id"] for one in made(served, "webhooks", "deliveries", name)["data"]}
    assert made(served, "webhooks", "enable", name)["status"] == "enabled"

    deleted = served("webhooks", "delete", name)
    assert (deleted.returncode, deleted.stdout) == (0, "")
    assert served("webhooks", "show", name).returncode == 1


def test_keys_of_a_running_server_are_made_rotated_reported_and_revoked(served: Served) -> None:
    there = ("--url", served.url)
    first = served("keys", "create", "remote", "--scope", "write", *there).stdout.strip()
    second = served("keys", "rotate", "remote", "--overlap-hours", "0", *there).stdout.strip()
    add = ("companies", "add", "--name", "By a key", "--dry-run")
    assert served(*add, ANSWERABLE_KEY=first).returncode == 1
    assert served(*add, ANSWERABLE_KEY=second).returncode == 0
    assert "\tremote\twrite\t" in served("keys", "list", *there).stdout

    told = served("keys", "compromised", "remote", "--since", "2020-01-01", *there)
    assert told.stdout.startswith("Revoked remote (key_"), told.stderr
    assert served(*add, ANSWERABLE_KEY=second).returncode == 1

    served("keys", "create", "other", "--scope", "write", *there)
    assert served("keys", "revoke", "other", *there).stdout == "Revoked other.\n"
    nobody = served("keys", "revoke", "nobody", *there)
    assert nobody.stderr == f"error: There is no key 'nobody' at {served.url}.\n"
