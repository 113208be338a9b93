"""Examples of what is sent and answered, recorded from a run of the service: `make examples`."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from app.core.errors import BY_STATUS, MEDIA_TYPE

FILE = Path(__file__).parent / "examples.json"
REQUEST_ID = "5f2b0c6d1c5e4c0f9a4d8b7e6f3a2910"


def add(document: dict[str, Any]) -> None:
    """Put the recorded examples into a document, where it has none of its own."""
    recorded: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    for operation in operations(document):
        found = recorded["operations"].get(operation["operationId"], {})
        for kind, content in operation.get("requestBody", {}).get("content", {}).items():
            _set(content, found.get("request", {}).get(kind))
        for status, answer in operation["responses"].items():
            for kind, content in answer.get("content", {}).items():
                _set(content, found.get("responses", {}).get(status, {}).get(kind))
    for name, answer in document["components"]["responses"].items():
        content = answer.get("content", {}).get(MEDIA_TYPE)
        if content is not None:
            _set(content, recorded["problems"].get(name) or _problem(name))


def operations(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Return every operation of a document's paths."""
    for item in document["paths"].values():
        yield from item.values()


def _set(content: dict[str, Any], example: Any) -> None:
    if example is not None and "example" not in content and "examples" not in content:
        content["example"] = example


def _problem(name: str) -> dict[str, Any]:
    """Make the example of a problem that no run brings about at will."""
    kind = next(kind for kind in BY_STATUS.values() if kind.__name__ == name)
    return kind(kind.advice).body(REQUEST_ID)
