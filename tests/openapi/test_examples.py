"""Every operation has examples of what is sent and answered: recorded, fitting, and still true."""

import json
import os
from collections.abc import AsyncIterator
from ipaddress import IPv4Network
from typing import Any

import pytest
from httpx import AsyncClient
from jsonschema import Draft202012Validator

from app.auth.schemas import Scope
from app.core.db import Database
from app.core.errors import MEDIA_TYPE
from app.core.settings import Settings
from app.main import build
from app.openapi import examples
from tests.conftest import new_key
from tests.openapi import scenario
from tests.openapi.recording import Recorder, is_binary
from tests.support.receiver import Receiver, receiving
from tests.support.worker import working

DOCUMENT: dict[str, Any] = build(Settings()).openapi()
OPERATIONS = {operation["operationId"]: operation for operation in examples.operations(DOCUMENT)}
VARY = {"headers", "identifiers", "highlight", "previous", "object", "by_state", "translations"}
"""Objects whose members are data."""


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Settings of the service that the document tells of; it reaches receivers on this machine."""
    opened: dict[str, Any] = {
        "public_url": "https://answerable.example.org",
        "webhook_allow_networks": (IPv4Network("127.0.0.0/8"),),
        "webhook_allow_http": True,
        "security_contact": "mailto:security@example.org",
    }
    return settings.model_copy(update=opened)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as receiver:
        yield receiver


async def test_a_run_answers_as_the_document_says(
    http: AsyncClient, settings: Settings, database: Database, receiver: Receiver
) -> None:
    """Plays the scenario. With RECORD_EXAMPLES it keeps what was said as the new examples."""
    key = await new_key(settings, database, "admin-paris", Scope.ADMIN)
    recorder = Recorder(DOCUMENT, http, key)
    async with working(settings, database):
        await scenario.play(recorder, receiver)
    found = recorder.result()
    recorded = kept(found)
    assert set(found["operations"]) == set(recorded["operations"]), "run `make examples`"
    for name, said in found["operations"].items():
        assert shape(said) == shape(recorded["operations"][name]), f"{name}: run `make examples`"
    assert shape(found["problems"]) == shape(recorded["problems"]), "run `make examples`"


def kept(found: dict[str, Any]) -> dict[str, Any]:
    """Read the examples that were recorded; with RECORD_EXAMPLES, record these."""
    if "RECORD_EXAMPLES" in os.environ:
        text = json.dumps(found, indent=1, ensure_ascii=False, sort_keys=True)
        examples.FILE.write_text(f"{text}\n", encoding="utf-8")
    recorded: dict[str, Any] = json.loads(examples.FILE.read_text(encoding="utf-8"))
    return recorded


def shape(value: Any) -> Any:
    """Return what is the same in every run: the names of members, and what is empty."""
    if isinstance(value, dict):
        return {name: None if name in VARY else shape(value[name]) for name in value}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return None


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_has_examples_that_fit(name: str) -> None:
    operation = OPERATIONS[name]
    bodies = [operation["requestBody"]] if "requestBody" in operation else []
    answers = [
        answer
        for status, answer in operation["responses"].items()
        if status < "300" and answer.get("content")
    ]
    for body in (*bodies, *answers):
        for kind, content in body["content"].items():
            if not is_binary(content):
                assert "example" in content, f"{name} has no example of {kind}: see scenario.py"
                check(content["schema"], content["example"])


def test_a_problem_has_an_example_that_fits() -> None:
    shared = DOCUMENT["components"]["responses"].items()
    found = [answer["content"][MEDIA_TYPE] for _, answer in shared if "content" in answer]
    assert len(found) > 10
    for content in found:
        check(content["schema"], content["example"])


def check(schema: dict[str, Any], example: Any) -> None:
    whole = {**schema, "components": DOCUMENT["components"]}
    Draft202012Validator(whole).validate(example)
