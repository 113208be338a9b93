"""Drafts are kept, looked at, changed, published and deleted from the shell."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.commands.conftest import Served
from tests.commands.test_verbs import made


def test_a_draft_is_kept_changed_and_published(served: Served, tmp_path: Path) -> None:
    body = tmp_path / "company.json"
    body.write_text(json.dumps({"name": "Not yet known", "slug": "not-yet-known"}), "utf-8")
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    draft = made(
        served, "drafts", "add", "--kind", "company", "--title", "For Thursday",
        "--publish-at", tomorrow, "--json", str(body),
    )  # fmt: skip
    assert draft["status"] == "waiting"
    assert served("companies", "show", "not-yet-known").returncode == 1
    name = draft["id"]
    assert name in {one["id"] for one in made(served, "drafts", "list")["data"]}
    assert made(served, "drafts", "edit", name, "--title", "For Friday")["title"] == "For Friday"

    published = made(served, "drafts", "publish", name)

    assert published["status"] == "published"
    assert made(served, "companies", "show", "not-yet-known")["name"] == "Not yet known"
    assert made(served, "drafts", "show", name)["result"]["type"] == "company"
    assert served("drafts", "delete", name).returncode == 0
    assert served("drafts", "show", name).returncode == 1


def test_a_whole_draft_is_read_from_a_file(served: Served, tmp_path: Path) -> None:
    file = tmp_path / "draft.json"
    file.write_text(json.dumps({"write": {"kind": "asker", "body": {"name": "x"}}}), "utf-8")
    ended = served("drafts", "add", "--json", str(file))
    assert ended.returncode == 1
    assert "/write/" in ended.stderr
