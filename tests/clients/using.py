"""Runs a program that uses a generated client, and compares what it says with the record."""

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

from tests.clients.conftest import Live

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
ENVIRONMENTS = Path(os.environ.get("CLIENTS_ENVIRONMENTS", ROOT / ".venv"))
"""Where `make clients` puts what the generators need, each in a folder of its own."""


def run(*command: str | Path, folder: Path, **more: str) -> str:
    """Run a command and return what it printed.

    Raises:
        AssertionError: it failed; with all that it said.
    """
    done = subprocess.run(
        [str(part) for part in command],
        cwd=folder,
        env={**os.environ, **more},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def shown_in_readme(language: str, live: Live) -> str:
    """Return the program that the README shows, talking to a live server."""
    text = (ROOT / "README.md").read_text("utf-8").partition("## Generate a client")[2]
    shown = re.search(rf"```{language}\n(.*?)```", text, re.DOTALL)
    assert shown is not None
    return shown[1].replace("http://127.0.0.1:8000", live.url)


async def compare(said: str, live: Live) -> None:
    """Check that a client did and saw what it was to do and see.

    said: one JSON object, the last line that its program printed.
    """
    told: dict[str, Any] = json.loads(said.splitlines()[-1])
    listed = await live.api.pages("/v1/questions", state="declined", company="microsoft")
    assert len(listed) == 4
    assert told["listed"] == [question["slug"] for question in listed]
    assert told["pages"] == 2
    assert told["read"] == (await live.api.question(listed[0]["id"]))["text"]
    made = await live.api.question(told["made"])
    assert (made["text"], made["state"]) == ("Who audited it?", "unanswered")
    assert told["not_found"] == [404, "/problems/not-found"]
    assert told["invalid"] == [422, "/company", "unknown_reference"]
    event = json.loads(json.loads(live.delivery.read_text("utf-8"))["body"])
    assert event["type"] == "question.state_changed"
    assert told["event"] == [event["seq"], event["data"]["from"], event["data"]["to"]]
    assert told["forged"] == "refused"
