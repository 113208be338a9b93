"""The OpenAPI document: committed, valid, and made for generators."""

import json
import re
from pathlib import Path
from typing import Any

from openapi_spec_validator import validate

from app.core.settings import Settings
from app.main import build
from tests.support.client import Client

FILE = Path(__file__).parent.parent / "openapi.json"
DOCUMENT: dict[str, Any] = build(Settings()).openapi()
OPERATIONS = [
    (path, method, operation)
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
]


def test_the_committed_document_is_the_one_that_is_served() -> None:
    assert json.loads(FILE.read_text(encoding="utf-8")) == DOCUMENT, "run `make openapi`"


async def test_the_service_serves_it(reader: Client) -> None:
    assert await reader.get("/openapi.json") == DOCUMENT


def test_it_is_valid_and_of_3_1() -> None:
    validate(DOCUMENT)
    assert DOCUMENT["openapi"].startswith("3.1")
    assert DOCUMENT["servers"]
    assert set(DOCUMENT["components"]["securitySchemes"]) == {"bearer", "basic"}


def test_no_keyword_that_generators_of_3_1_do_not_know() -> None:
    assert "itemSchema" not in json.dumps(DOCUMENT)


def test_operation_ids_are_unique_and_readable() -> None:
    names = [operation["operationId"] for _, _, operation in OPERATIONS]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z]+([A-Z][a-z]+)+", name) for name in names)


def test_every_operation_is_described_and_says_whether_it_needs_a_key() -> None:
    for path, method, operation in OPERATIONS:
        assert operation["summary"], path
        assert operation["description"], path
        needs_key = method != "get" or path.startswith("/v1/keys")
        assert bool(operation["security"]) is needs_key, path


def test_errors_are_problems_and_nothing_else() -> None:
    for path, _, operation in OPERATIONS:
        for status, response in operation["responses"].items():
            if status >= "400":
                assert list(response["content"]) == ["application/problem+json"], (path, status)
    assert "HTTPValidationError" not in DOCUMENT["components"]["schemas"]


def test_enums_and_pages_have_names() -> None:
    schemas = DOCUMENT["components"]["schemas"]
    for name in (
        "State",
        "Verdict",
        "AskerKind",
        "StatementKind",
        "EventType",
        "Scope",
        "QuestionSort",
    ):
        assert schemas[name]["enum"]
    for name in ("QuestionPage", "CompanyPage", "EventPage", "TimelinePage", "KeyPage"):
        assert schemas[name]["required"]
    assert not [name for name in schemas if "_" in name]


def test_what_clients_send_has_examples() -> None:
    for path, method, operation in OPERATIONS:
        body = operation.get("requestBody")
        if body and method == "post" and not path.endswith("/rotate"):
            schema = body["content"]["application/json"]["schema"]
            names = re.findall(r"schemas/(\w+)", json.dumps(schema))
            schemas = DOCUMENT["components"]["schemas"]
            assert any(schemas[name].get("examples") for name in names), path
