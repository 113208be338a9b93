"""Whatever comes in, the answer is a problem of the 4xx kind, and the service goes on."""

import pytest
from starlette.types import ASGIApp

from tests.core.asgi import Answer, call
from tests.core.hostile import BODIES, Case
from tests.core.hostile_reads import LISTS, READS
from tests.core.hostile_writes import UPLOADS, WRITES
from tests.support.client import Client
from tests.support.make import Make

MEMBERS = {"type", "title", "status", "detail", "request_id"}


async def send(app: ASGIApp, case: Case, client: Client) -> Answer:
    headers = list(case.headers)
    if all(name != b"authorization" for name, _ in headers):
        headers.append((b"authorization", f"Bearer {client.key}".encode()))
    return await call(app, case.method, case.target, headers=headers, chunks=case.chunks)


def faults(case: Case, answer: Answer) -> list[str]:
    """Say what is wrong with the answer to a hostile request."""
    if answer.status != case.expect:
        return [f"{case.name}: {answer.status} instead of {case.expect}: {answer.body[:300]!r}"]
    body = answer.json()
    checks = {
        "media type": answer.headers["content-type"] == "application/problem+json",
        "status": body["status"] == answer.status,
        "request id": body["request_id"] == answer.headers["x-request-id"],
        "members": body.keys() - {"errors"} == MEMBERS,
        "errors": (body["type"] == "/problems/invalid") == ("errors" in body),
        "type": body["type"].startswith("/problems/"),
        "detail": 10 < len(body["detail"]) < 700,
    }
    return [f"{case.name}: {name}: {body}" for name, good in checks.items() if not good]


@pytest.mark.parametrize("cases", [BODIES, WRITES, READS], ids=["bodies", "writes", "reads"])
async def test_every_hostile_request_is_a_problem_and_every_list_works_afterwards(
    cases: list[Case], app: ASGIApp, admin: Client, reader: Client, make: Make
) -> None:
    await make.question(slug="asked", state="declined")
    before = await reader.events()

    wrong, types = [], set()
    for case in cases:
        answer = await send(app, case, admin)
        wrong += faults(case, answer)
        types.add(answer.json()["type"])

    assert wrong == [], "\n".join(wrong)
    for target in LISTS:
        assert (await call(app, "GET", target)).status == 200, target
    for kind in types:
        assert (await reader.get(kind))["type"] == kind
    assert await reader.events() == before


def test_the_table_is_long() -> None:
    assert len(BODIES) >= 80
    assert len(READS) >= 80
    every = BODIES + WRITES + READS
    assert len({case.name for case in every}) == len(every)


async def test_a_hostile_file_is_refused_with_a_report_and_nothing_of_it_stays(
    app: ASGIApp, admin: Client, reader: Client, make: Make
) -> None:
    await make.question()
    before = await reader.events()
    for case in UPLOADS:
        answer = await send(app, case, admin)
        assert answer.status == 422, (case.name, answer.body)
        assert answer.json()["report"]["refused"] >= 1, case.name
    assert await reader.events() == before
    assert (await reader.get("/v1/questions"))["data"]


async def test_a_hostile_host_changes_no_link(app: ASGIApp, editor: Client, make: Make) -> None:
    for slug in "abc":
        await make.company(slug)
    for host in (b"[", b"evil.example/x?y#", b"\xff", b"a b", b"evil.example:99999999"):
        answer = await call(app, "GET", b"/v1/companies?limit=1", headers=[(b"host", host)])
        assert answer.status == 200
        assert answer.headers["link"].startswith("<https://answerable.test/v1/companies?cursor=")


async def test_a_cursor_works_for_its_own_list_and_filters_only(
    app: ASGIApp, reader: Client, make: Make
) -> None:
    for slug in ("alpha", "beta"):
        await make.question(slug=slug, state="declined")
    page = await reader.get("/v1/questions", limit=1, state="declined")
    cursor = page["next_cursor"].encode()
    own = b"/v1/questions?limit=1&state=declined"

    assert (await call(app, "GET", own + b"&cursor=" + cursor)).status == 200
    wider = own.replace(b"limit=1", b"limit=9")
    assert (await call(app, "GET", wider + b"&cursor=" + cursor)).status == 200
    others = (
        b"/v1/questions?limit=1",
        b"/v1/questions?limit=1&state=answered",
        b"/v1/questions?limit=1&state=declined&sort=first_asked_on",
        b"/v1/companies?limit=1",
        b"/v1/events?limit=1",
    )
    asked = [other + b"&cursor=" + cursor for other in others]
    other_first = (b"B" if cursor.startswith(b"A") else b"A") + cursor[1:]
    asked += [own + b"&cursor=" + bad for bad in (cursor[:-2], other_first, cursor * 2)]
    for target in asked:
        answer = await call(app, "GET", target)
        assert answer.status == 400, target
        assert "next_cursor" in answer.json()["detail"]
