"""Every error is a problem that says what to do, where, and hardly anything of the input."""

import json
from typing import Any

from fastapi import FastAPI

from app.core import problems
from app.core.boundary import Boundary
from app.core.settings import Settings
from tests.core.asgi import call
from tests.core.hostile import ASK, COMPANIES, JSON, QUESTION, STATEMENT
from tests.support.client import Client
from tests.support.make import Make

ECHOED = "ж"  # stands nowhere in an answer but where input is repeated
LONG = ECHOED * 1000


async def refused(editor: Client, url: str, body: Any, expect: int = 422) -> Any:
    problem = await editor.post(url, body, expect)
    assert all(fault["in"] == "body" for fault in problem["errors"])
    return problem


def pointers(problem: Any) -> list[str]:
    return [fault["pointer"] for fault in problem["errors"]]


LONG_INPUT: list[tuple[str, Any]] = [
    ("/v1/companies", {"name": "a"} | {f"{LONG}{n}": 1 for n in range(100)}),
    ("/v1/companies", {f"{n}{LONG}": 1 for n in range(100)}),
    ("/v1/companies", {"name": LONG, "slug": LONG, "names": [LONG] * 50}),
    ("/v1/companies", {"name": "a", "identifiers": {LONG: LONG, "lei": LONG}}),
    ("/v1/questions", QUESTION | {"translations": {LONG: {"text": LONG, LONG: LONG}}}),
    (
        "/v1/questions",
        QUESTION | {"translations": {"fr": {LONG + str(n): 1 for n in range(9)}}},
    ),
    ("/v1/questions", QUESTION | {"company": LONG, "lang": LONG, "asks": [{LONG: LONG}] * 9}),
    ("/v1/questions", QUESTION | {"respond_by": LONG, "topics": [LONG] * 20}),
    ("/v1/statements", STATEMENT | {"kind": LONG, "published_on": LONG, "source": LONG}),
    ("/v1/statements", STATEMENT | {"source": {"url": "https://" + LONG, "lang": LONG}}),
    ("/v1/corrections", {"target": LONG, "reason": LONG, LONG: LONG}),
    ("/v1/corrections", {"target": "response_" + LONG, "reason": "a"}),
    ("/v1/companies", {LONG: {LONG: {LONG: {LONG: {LONG: {LONG: "\u0000"}}}}}}),
    ("/v1/companies", {LONG: {LONG: {LONG: {LONG: {LONG: {LONG: 2**60}}}}}}),
]


async def test_invalid_input_is_repeated_by_at_most_200_characters(editor: Client) -> None:
    for url, body in LONG_INPUT:
        problem = await refused(editor, url, body)
        assert json.dumps(problem, ensure_ascii=False).count(ECHOED) <= 200, problem
        assert problem["errors"]


async def test_a_thousand_unknown_fields_are_counted_and_few_are_listed(
    web: FastAPI, settings: Settings, editor: Client
) -> None:
    roomy = Boundary(web, settings.model_copy(update={"max_body_bytes": 10_000_000}))
    fields = {"name": "a"} | {f"{n}{LONG}": LONG for n in range(1000)}
    body = json.dumps(fields, ensure_ascii=False).encode()
    headers = [JSON, (b"authorization", f"Bearer {editor.key}".encode())]

    answer = await call(roomy, "POST", COMPANIES, headers=headers, chunks=[body])

    assert answer.status == 422
    assert answer.body.decode().count(ECHOED) <= 200
    assert "1000 faults in all" in answer.json()["detail"]


async def test_a_query_is_repeated_by_at_most_200_characters(reader: Client) -> None:
    for query in (
        *(f"{name}={LONG}" for name in ("company", "sort", "as_of", "state", "expand")),
        f"{LONG}=1",
        f"{LONG}=1&{LONG}=1",
        "&".join(f"{n}{LONG[:200]}=1" for n in range(40)),
    ):
        answer = await reader.send("GET", f"/v1/questions?{query}")
        assert answer.status_code == 422
        assert answer.text.count(ECHOED) <= 200, answer.text


async def test_a_long_key_given_twice_is_repeated_by_at_most_200_characters(
    editor: Client,
) -> None:
    content = f'{{"{LONG}": 1, "{LONG}": 2}}'.encode()
    headers = {"content-type": "application/json"}
    answer = await editor.send("POST", "/v1/companies", content=content, headers=headers)

    assert answer.status_code == 400
    assert 0 < answer.text.count(ECHOED) <= 200


POINTED: list[tuple[str, Any, str]] = [
    ("statements", STATEMENT | {"responses": [{"question": "a", "verdict": "no"}]},
     "/responses/0/verdict"),
    ("statements", STATEMENT | {"responses": [{"verdict": "declined"}]},
     "/responses/0/question"),
    ("statements", STATEMENT | {"source": {"url": "ftp://example.org"}}, "/source/url"),
    ("statements", STATEMENT | {"source": {"url": 5}}, "/source/url"),
    ("statements", STATEMENT | {"source": 5}, "/source"),
    ("statements", STATEMENT | {"source": ""}, "/source"),
    ("statements", STATEMENT | {"source": {"title": "Neither url nor hash"}}, "/source"),
    ("statements", STATEMENT | {"source": {"url": "https://a.org/", "inline": 1}},
     "/source/inline"),
    ("statements", STATEMENT | {"source": {"url": "https://a.org/", "lang": "English"}},
     "/source/lang"),
    ("questions", QUESTION | {"asks": [ASK | {"source": {"url": "nowhere"}}]},
     "/asks/0/source/url"),
    ("questions", QUESTION | {"asks": [ASK, {"asker": "a", "asked_on": "2025"}]},
     "/asks/1/source"),
    ("questions", QUESTION | {"asks": [ASK | {"asked_on": "2025-13"}]}, "/asks/0/asked_on"),
    ("questions", QUESTION | {"asks": []}, "/asks"),
    ("questions", QUESTION | {"company": "nobody"}, "/company"),
    ("questions", QUESTION | {"company": 5}, "/company"),
    ("questions", QUESTION | {"asks": [ASK | {"asker": "nobody"}]}, "/asks/0/asker"),
    ("questions", QUESTION | {"dossiers": ["nothing"]}, "/dossiers/0"),
    ("questions", QUESTION | {"topics": ["a", "B"]}, "/topics/1"),
    ("questions", QUESTION | {"translations": {"fr": {"text": 5}}}, "/translations/fr/text"),
    ("questions", QUESTION | {"translations": {"French": {"text": "a"}}},
     "/translations/French"),
    ("questions", QUESTION | {"a/b~c": 1}, "/a~1b~0c"),
    ("companies", {"name": "a", "identifiers": {"lei": "A" * 20}}, "/identifiers/lei"),
    ("companies", {}, "/name"),
    ("companies", [], ""),
    ("companies", {"name": {"body": 5}}, "/name"),
    ("corrections", {"reason": "a"}, ""),
    ("corrections", {"target": "nothing", "reason": "a"}, ""),
    ("corrections",
     {"target": "response_01jv8z4x9kf3t8w2m5r7c1q0ab", "reason": "a",
      "replacement": {"verdict": "no"}}, "/replacement/verdict"),
    ("corrections",
     {"target": "statement_01jv8z4x9kf3t8w2m5r7c1q0ab", "reason": "a",
      "replacement": {"source": {"url": 5}}}, "/replacement/source/url"),
    ("corrections",
     {"target": "ask_01jv8z4x9kf3t8w2m5r7c1q0ab", "reason": "a",
      "replacement": {"ask": 5}}, "/replacement/ask"),
]  # fmt: skip


async def test_a_fault_points_to_its_place(editor: Client, make: Make) -> None:
    await make.company()
    await make.asker()

    for url, body, pointer in POINTED:
        problem = await refused(editor, f"/v1/{url}", body)
        assert pointers(problem) == [pointer], body
        assert problem["errors"][0]["detail"].endswith((".", "?", "…"))


async def test_every_fault_is_listed_with_its_place(editor: Client) -> None:
    body = STATEMENT | {"kind": "x", "lang": 5, "responses": [{"question": 5, "verdict": 5}]}

    problem = await refused(editor, "/v1/statements", body)

    expected = ["/kind", "/lang", "/responses/0/question", "/responses/0/verdict"]
    assert sorted(pointers(problem)) == expected
    assert "4 faults" in problem["detail"]


async def test_a_malformed_clock_comes_with_an_example_of_a_right_one(reader: Client) -> None:
    examples = {"as_of": "2025-05-15", "known_at": "2025-05-15T09:00:00Z"}
    for url in ("/v1/questions", "/v1/questions/a", "/v1/questions/a/timeline"):
        for name, example in examples.items():
            problem = await reader.get(url, expect=422, **{name: "yesterday"})
            assert example in problem["detail"]
            places = [(fault["in"], fault["pointer"]) for fault in problem["errors"]]
            assert places == [("query", f"/{name}")]


NOT_TAKEN = [
    ("PUT", "/v1/companies", "GET, HEAD, POST"),
    ("DELETE", "/v1/companies/microsoft", "GET, HEAD, PATCH"),
    ("POST", "/v1/companies/microsoft", "GET, HEAD, PATCH"),
    ("PATCH", "/v1/keys/any", "GET, HEAD, DELETE"),
    ("GET", "/v1/questions/any/asks", "POST"),
    ("HEAD", "/v1/questions/any/asks", "POST"),
    ("POST", "/v1/events/1", "GET, HEAD"),
    ("OPTIONS", "/v1/questions/any", "GET, HEAD, PATCH"),
    ("DELETE", "/static/icon.svg", "GET, HEAD"),
    ("POST", "/openapi.json", "GET, HEAD"),
    ("POST", "/docs", "GET, HEAD"),
]


async def test_a_method_not_taken_names_all_that_are(reader: Client) -> None:
    for method, url, allow in NOT_TAKEN:
        answer = await reader.send(method, url)
        assert answer.status_code == 405, url
        assert answer.headers["allow"] == allow, url
        assert answer.headers["content-type"] == "application/problem+json"
        if method != "HEAD":
            assert answer.json()["type"] == "/problems/method-not-allowed"
            assert allow in answer.json()["detail"]


async def test_an_address_where_nothing_is_answers_a_problem(reader: Client) -> None:
    for url in ("/v1", "/v1/nothing", "/static/none", "/static/", "/q"):
        problem = await reader.get(url, expect=404)
        assert problem["type"] == "/problems/not-found"


def test_a_fault_of_a_deep_input_keeps_its_pointer_short() -> None:
    found = [{"type": "extra_forbidden", "loc": ("body", *["a" * 99] * 20), "msg": ""}]
    body: Any = 1
    for _ in range(20):
        body = {"a" * 99: body}

    problem = problems.invalid(found, body)

    assert len(problem.errors[0].pointer) <= 160
    assert len(problem.detail) < 200


async def test_a_method_that_an_address_does_not_take_is_answered_with_those_it_takes(
    reader: Client,
) -> None:
    answer = await reader.send("OPTIONS", "/v1/webhooks/preview")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    answer = await reader.send("OPTIONS", "/v1/questions/any")
    assert answer.headers["allow"] == "GET, HEAD, PATCH"


async def test_an_idempotency_key_that_is_none_is_refused_in_a_dry_run_too(editor: Client) -> None:
    headers = {"Idempotency-Key": "with a space"}
    company = {"name": "Acme"}
    problem = await editor.post("/v1/companies?dry_run=true", company, 422, headers=headers)
    assert problem["errors"][0]["in"] == "header"


async def test_an_idempotency_key_used_twice_says_where_the_fault_is(editor: Client) -> None:
    headers = {"Idempotency-Key": "once"}
    await editor.post("/v1/companies", {"name": "Acme"}, headers=headers)
    problem = await editor.post("/v1/companies", {"name": "Other"}, 422, headers=headers)
    [fault] = problem["errors"]
    assert (fault["in"], fault["pointer"], fault["code"]) == (
        "header",
        "/idempotency-key",
        "reused",
    )
