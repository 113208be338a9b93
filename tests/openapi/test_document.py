"""The OpenAPI document: committed, valid, and made for generators."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from app.auth import service as keys
from app.auth.schemas import KeyCreate, Scope
from app.core import clock
from app.core.db import Database
from app.core.ratelimit import FREE
from app.core.settings import Settings
from app.ledger import recorder
from app.ledger.schemas import EventRead, EventType
from app.main import build
from app.questions import reminders
from app.redactions import service as redactions
from app.redactions.schemas import RedactionCreate
from app.sources import checking
from app.sources.checking import Due
from app.sources.fetching import Fetched
from app.webhooks.formats import WebhookFormat, render
from app.webhooks.sender import test_event as event_of_a_test
from tests.imports.conftest import Importer, row, written
from tests.support.client import Client
from tests.support.make import Make

FILE = Path(__file__).parents[2] / "openapi.json"
DOCUMENT: dict[str, Any] = build(Settings()).openapi()
OPERATIONS = [
    (path, method, operation)
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
]
HOOKS: dict[str, Any] = {kind: item["post"] for kind, item in DOCUMENT["webhooks"].items()}
PRIVATE = ("/v1/keys", "/v1/webhooks", "/v1/drafts", "/v1/imports")
SCHEMAS: dict[str, Any] = DOCUMENT["components"]["schemas"]
SHARED: dict[str | None, Any] = {
    f"#/components/responses/{name}": answer
    for name, answer in DOCUMENT["components"]["responses"].items()
}


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
    operations = [*(operation for _, _, operation in OPERATIONS), *HOOKS.values()]
    names = [operation["operationId"] for operation in operations]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z]+([A-Z][a-z]+)+", name) for name in names)


def test_every_operation_is_described_and_says_whether_it_needs_a_key() -> None:
    for path, method, operation in OPERATIONS:
        assert operation["summary"], path
        assert operation["description"], path
        assert len(operation["tags"]) == 1, "generators make a class of each tag"
        assert operation["tags"][0] in {tag["name"] for tag in DOCUMENT["tags"]}, path
        needs_key = method != "get" or (path.startswith(PRIVATE) and "template" not in path)
        assert bool(operation["security"]) is needs_key, path


def test_files_are_uploaded_as_bytes() -> None:
    kind = "multipart/form-data"
    bodies = [one["requestBody"]["content"] for _, _, one in OPERATIONS if "requestBody" in one]
    forms = [body[kind]["schema"]["$ref"].rpartition("/")[2] for body in bodies if kind in body]
    assert forms == ["ImportForm"]
    for form in forms:
        file = SCHEMAS[form]["properties"]["file"]
        assert (file["type"], file["format"]) == ("string", "binary")


def test_errors_are_problems_and_nothing_else() -> None:
    for path, _, operation in OPERATIONS:
        for status, answer in operation["responses"].items():
            if status >= "400":
                response = SHARED.get(answer.get("$ref"), answer)
                assert list(response["content"]) == ["application/problem+json"], (path, status)
        assert ("429" in operation["responses"]) == (path not in FREE), path
    assert "HTTPValidationError" not in DOCUMENT["components"]["schemas"]


def test_every_operation_declares_the_problems_that_any_may_answer() -> None:
    for path, method, operation in OPERATIONS:
        expected = {"400", "422"}
        if operation["security"]:
            expected |= {"401", "403", "503"}
        if "requestBody" in operation:
            expected |= {"413", "415"}
        if method == "patch":
            expected |= {"404", "412", "428"}
        assert expected <= set(operation["responses"]), (path, method)


def test_every_operation_but_the_permalink_may_succeed() -> None:
    for path, _, operation in OPERATIONS:
        assert path == "/q/{question}" or min(operation["responses"]) < "300", path


def test_every_component_is_used_but_the_union_for_receivers() -> None:
    text = json.dumps(DOCUMENT)
    unused = {name for name in SCHEMAS if f'"#/components/schemas/{name}"' not in text}
    assert unused == {"WebhookEvent"}


def test_enums_and_pages_have_names() -> None:
    for name in (
        "State",
        "Verdict",
        "AskerKind",
        "StatementKind",
        "EventType",
        "Scope",
        "QuestionSort",
        "WebhookFormat",
        "WebhookStatus",
        "DeliveryStatus",
    ):
        assert SCHEMAS[name]["enum"]
    for name in ("QuestionPage", "EventPage", "TimelinePage", "KeyPage", "DeliveryPage"):
        assert SCHEMAS[name]["required"]
    assert not [name for name in SCHEMAS if "_" in name]


def test_what_clients_send_has_examples() -> None:
    for path, method, operation in OPERATIONS:
        body = operation.get("requestBody")
        if body and method == "post" and not path.endswith("/rotate"):
            ((_, content),) = body["content"].items()
            schema = content["schema"]
            names = re.findall(r"schemas/(\w+)", json.dumps(schema))
            assert any(SCHEMAS[name].get("examples") for name in names), path


def component(kind: str) -> str:
    """Name the component that a webhook's body is said to have."""
    reference: str = HOOKS[kind]["requestBody"]["content"]["application/json"]["schema"]["$ref"]
    return reference.removeprefix("#/components/schemas/")


def check(name: str, body: Any) -> None:
    """Validate a body against a component."""
    schema = {"$ref": f"#/components/schemas/{name}", "components": DOCUMENT["components"]}
    Draft202012Validator(schema).validate(body)


def test_every_type_of_event_is_a_webhook_of_its_own() -> None:
    assert set(HOOKS) == {*EventType, "webhook.test"}
    assert HOOKS["question.state_changed"]["operationId"] == "onQuestionStateChanged"
    assert component("question.state_changed") == "QuestionStateChangedEvent"
    assert len({component(kind) for kind in HOOKS}) == len(HOOKS)
    for kind, operation in HOOKS.items():
        assert operation["tags"] == ["webhooks"]
        assert operation["summary"], kind
        assert operation["description"], kind
        assert operation["security"] == []
        assert set(operation["responses"]) == {"2XX", "410", "429", "503", "default"}


def test_the_headers_of_a_delivery_are_described() -> None:
    parameters = DOCUMENT["components"]["parameters"]
    for operation in HOOKS.values():
        names = [item["$ref"].rpartition("/")[2] for item in operation["parameters"]]
        assert [parameters[name]["name"] for name in names] == [
            "webhook-id",
            "webhook-timestamp",
            "webhook-signature",
            "webhook-number",
            "webhook-attempt",
        ]


def test_bodies_are_typed_by_the_type_of_event() -> None:
    for kind in HOOKS:
        schema = SCHEMAS[component(kind)]
        assert schema["properties"]["type"]["const"] == kind
        assert set(schema["required"]) == set(EventRead.model_fields)
        data = SCHEMAS[schema["properties"]["data"]["$ref"].rpartition("/")[2]]
        assert '"default"' not in json.dumps([schema["properties"], data])
    union = SCHEMAS["WebhookEvent"]
    refs = {kind: f"#/components/schemas/{component(kind)}" for kind in HOOKS}
    assert union["discriminator"] == {"propertyName": "type", "mapping": refs}
    assert union["oneOf"] == [{"$ref": reference} for reference in refs.values()]


def test_every_body_has_an_example_that_fits() -> None:
    for kind in HOOKS:
        (example,) = SCHEMAS[component(kind)]["examples"]
        assert example["type"] == kind
        check(component(kind), example)
        check("WebhookEvent", example)


async def test_what_is_posted_is_what_the_document_says(
    editor: Client, make: Make, database: Database
) -> None:
    await put_every_type_on_the_record(editor, make, database)
    events = [EventRead.model_validate(event) for event in await editor.events()]
    test = event_of_a_test("webhook_01jv8z4x9kf3t8w2m5r7c1q0ab", clock.now(), "https://a.test")
    objects: dict[str, set[str]] = {}
    for event in (*events, test):
        body = json.loads(render(WebhookFormat.STANDARD, event, source="https://a.test").body)
        check(component(event.type), body)
        check("WebhookEvent", body)  # which is one of them only
        objects[event.type] = set(body["data"].get("object", ()))
    assert set(objects) == set(HOOKS)
    for kind, members in objects.items():
        (example,) = SCHEMAS[component(kind)]["examples"]
        assert set(example["data"].get("object", ())) == members


async def test_a_body_that_was_too_large_is_what_the_document_says(
    editor: Client, make: Make
) -> None:
    question = await make.question(context="é" * 9_900)
    await editor.patch(f"/v1/questions/{question['id']}", {"context": "è" * 9_900})
    (event,) = await editor.events(type="question.updated")
    read = EventRead.model_validate(event)
    body = json.loads(render(WebhookFormat.STANDARD, read, source="https://a.test").body)
    assert body["data"] == {"omitted": ["object", "previous"]}
    check("QuestionUpdatedEvent", body)


async def put_every_type_on_the_record(editor: Client, make: Make, database: Database) -> None:
    question = await make.question(on="2025-01", respond_by="2025-02", dossiers=[])
    statement = await make.statement(question, verdict="partial", on="2025-03")
    await make.ruling(question, state="answered", on="2025-04")
    await editor.correct(statement["responses"][0]["id"])
    await make.dossier()
    source = statement["source"]["id"]
    for path, change in (
        ("companies/microsoft", {"name": "Microsoft Corporation"}),
        ("askers/associated-press", {"website": "https://apnews.com"}),
        ("dossiers/microsoft-imod", {"title": "Microsoft and the army"}),
        (f"sources/{source}", {"author": "A reporter"}),
        (f"questions/{question['id']}", {"topics": ["audit"]}),
    ):
        await editor.patch(f"/v1/{path}", change)
    for found in ({"sha256": "a" * 64}, {"sha256": "b" * 64}, {"is_gone": True}):
        fetched = Fetched(clock.now(), **found)
        await checking.note(database, Due(source, statement["source"]["url"]), fetched)
    twin = await make.question(on="2025-01", respond_by="2025-02", asker="ap", company="msft")
    await reminders.tell(database)
    importer = Importer(editor)
    await importer.undo(await importer.bring(written([row(1)])))
    for path, into in (
        ("companies/msft", "microsoft"),
        ("askers/ap", "associated-press"),
        (f"questions/{twin['id']}", question["id"]),
    ):
        body = {"into": into, "reason": "It was recorded twice."}
        await editor.post(f"/v1/{path}/merge", body, 200)
    await report_a_stolen_key(database)
    async with recorder.recording(database, actor="tests") as session:
        why = {"legal_basis": "A court's order.", "reason": "It named somebody."}
        new = RedactionCreate(seq=1, pointers=["/summary"], **why)
        await redactions.redact(session, new, b"of the tests")


async def report_a_stolen_key(database: Database) -> None:
    async with recorder.recording(database, actor=keys.CLI) as session:
        new = KeyCreate(name="stolen", scopes=[Scope.WRITE])
        key, _ = await keys.create(session, new, created_by="tests", pepper=b"of the tests")
        since = datetime(2020, 1, 1, tzinfo=UTC)
        await keys.compromised(session, key, since=since, reason="It was lost.")


def test_whole_numbers_have_their_bounds_under_the_names_of_json_schema() -> None:
    parameters = DOCUMENT["paths"]["/v1/questions"]["get"]["parameters"]
    [limit] = [one["schema"] for one in parameters if one["name"] == "limit"]
    assert (limit["minimum"], limit["maximum"]) == (1, 200)
    assert '"ge"' not in json.dumps(DOCUMENT)
