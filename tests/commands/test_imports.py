"""`answerable import` against a real server."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import Any

from app.core.settings import Settings
from tests.conftest import ROOT
from tests.imports.conftest import row, written
from tests.support.client import Client
from tests.support.make import Make
from tests.support.server import Server, serving


def ran(server: Server, key: str | None, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "app.cli", *arguments, "--url", server.url],
        env={**os.environ, "ANSWERABLE_KEY": key or ""},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


async def test_a_file_is_imported_and_taken_back_with_json_in_a_pipe(
    settings: Settings, make: Make, editor: Client, tmp_path: Path
) -> None:
    await make.company()
    await make.asker()
    file = tmp_path / "questions.csv"
    file.write_bytes(written([row(1), row(2)]))
    with serving(settings) as server:
        dry = ran(server, editor.key, "import", str(file), "--dry-run")
        assert dry.returncode == 0, dry.stderr
        assert json.loads(dry.stdout)["report"]["created"] == 2
        assert await editor.events(type="question.created") == []
        real = ran(server, editor.key, "import", str(file))
        done = json.loads(real.stdout)
        assert (real.returncode, done["status"], done["report"]["created"]) == (0, "done", 2)
        again = json.loads(ran(server, editor.key, "import", str(file)).stdout)
        assert again["report"]["unchanged"] == 2
        undone = ran(server, editor.key, "undo-import", done["id"], "--reason", "An old list.")
        assert json.loads(undone.stdout)["withdrawn"] == 2
        twice = ran(server, editor.key, "undo-import", done["id"], "--reason", "An old list.")
        assert twice.returncode == 1
        assert "undone before" in twice.stderr


async def test_a_refused_file_ends_with_1_and_says_why(
    settings: Settings, make: Make, editor: Client, tmp_path: Path
) -> None:
    await make.company()
    await make.asker()
    rows, file = tmp_path / "rows.csv", tmp_path / "file.csv"
    rows.write_bytes(written([row(1, asked_on="15/05/2025")]))
    file.write_bytes(b"a,b\r\n1,2\r\n")
    with serving(settings) as server:
        by_row = ran(server, editor.key, "import", str(rows))
        by_file = ran(server, editor.key, "import", str(file))
        without_key = ran(server, None, "import", str(rows))
        nowhere = ran(server, editor.key, "import", str(tmp_path / "none.csv"))
        seen = in_a_terminal(server, editor.key, "import", str(rows))
    assert by_row.returncode == by_file.returncode == without_key.returncode == 1
    assert codes(by_row) == ["ambiguous_date"]
    assert codes(by_file) == ["unknown_columns"]
    assert "A valid key is needed" in without_key.stderr
    assert (nowhere.returncode, "cannot be read" in nowhere.stderr) == (1, True)
    assert "15/05/2025" in seen
    assert "1 refused. Nothing was kept." in " ".join(seen.split())


def codes(answer: subprocess.CompletedProcess[str]) -> list[Any]:
    rows = json.loads(answer.stdout)["report"]["rows"]
    return [one["code"] for each in rows for one in each["notes"]]


def in_a_terminal(server: Server, key: str | None, *arguments: str) -> str:
    """Run a command in a terminal, and return what is seen there."""
    parent, child = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "app.cli", *arguments, "--url", server.url],
        env={
            **os.environ,
            "ANSWERABLE_KEY": key or "",
            "COLUMNS": "160",
            "TERM": "xterm",
            "NO_COLOR": "1",
        },
        cwd=ROOT,
        stdout=child,
        stderr=child,
    )
    os.close(child)
    seen = b""
    while True:
        try:
            part = os.read(parent, 65536)
        except OSError:  # the other end is closed
            break
        if not part:
            break
        seen += part
    os.close(parent)
    process.wait(timeout=60)
    return seen.decode(errors="replace")
