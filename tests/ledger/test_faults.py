"""Many at once, and killed at the worst moment: nothing that was answered is lost."""

import asyncio
import threading
from typing import Any

import httpx
from sqlalchemy import func, select

from app.askers.models import Asker
from app.core.db import Database
from app.core.settings import Settings
from app.core.tables import table_of
from tests.support.client import Client
from tests.support.make import Make
from tests.support.server import Server, serving

KILLS = 3
WRITERS = 6


async def test_of_twenty_edits_with_one_etag_one_wins(editor: Client, make: Make) -> None:
    question = await make.question()
    path = f"/v1/questions/{question['id']}"
    etag = (await editor.send("GET", path)).headers["ETag"]

    answers = await asyncio.gather(
        *(
            editor.send("PATCH", path, json={"text": f"Edit {number}?"}, headers={"If-Match": etag})
            for number in range(20)
        )
    )

    assert sorted(answer.status_code for answer in answers) == [200] + [412] * 19
    winner = next(answer for answer in answers if answer.status_code == 200)
    assert (await editor.question(question))["text"] == winner.json()["text"]
    assert len(await editor.events(type="question.updated")) == 1


async def test_twenty_identical_posts_with_one_idempotency_key_have_one_effect(
    editor: Client,
) -> None:
    async def post() -> httpx.Response:
        headers = {"Idempotency-Key": "one"}
        return await editor.send("POST", "/v1/companies", json={"name": "Acme"}, headers=headers)

    answers = await asyncio.gather(*(post() for _ in range(20)))

    assert {answer.status_code for answer in answers} <= {201, 409}
    created = [answer for answer in answers if answer.status_code == 201]
    assert len({answer.content for answer in created}) == 1
    assert (await post()).content == created[0].content
    assert len(await editor.events()) == 1


async def test_two_processes_share_one_idempotency_key_and_one_ledger(
    settings: Settings, editor: Client
) -> None:
    with serving(settings) as one, serving(settings) as two:
        headers = {"Authorization": f"Bearer {editor.key}"}
        async with httpx.AsyncClient(headers=headers, timeout=60) as client:

            async def post(server: Server, name: str, key: str) -> httpx.Response:
                url = f"{server.url}/v1/companies"
                return await client.post(url, json={"name": name}, headers={"Idempotency-Key": key})

            answers = await asyncio.gather(
                *(post(server, "Same", "same") for server in (one, two) for _ in range(5)),
                *(post(server, f"{server.port}-{n}", f"{server.port}-{n}")
                  for server in (one, two) for n in range(10)),
            )  # fmt: skip

    assert {answer.status_code for answer in answers} <= {201, 409}
    names = [event["data"]["object"]["name"] for event in await editor.events()]
    assert names.count("Same") == 1
    assert len(names) == 21
    assert [event["seq"] for event in await editor.events()] == list(range(1, 22))


async def test_after_kill_9_every_answered_write_is_there_and_seq_has_no_gap(
    settings: Settings, editor: Client, database: Database
) -> None:
    server = Server(settings)
    answered: list[str] = []
    for _ in range(KILLS):
        server.start()
        await _write_until_killed(server, editor.key, answered)

    events = await editor.events()
    recorded = [event["subject"]["id"] for event in events]
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    assert len(answered) > KILLS
    assert set(answered) <= set(recorded)
    async with database.reading() as session:
        rows = await session.execute(select(func.count()).select_from(table_of(Asker)))
    assert rows.scalar_one() == len(events)


async def _write_until_killed(server: Server, key: str | None, answered: list[str]) -> None:
    """Write from several clients at once, and kill the server while they do."""
    enough = threading.Event()
    headers = {"Authorization": f"Bearer {key}"}
    already = len(answered)

    async def write(client: httpx.AsyncClient) -> None:
        try:
            while True:
                body: dict[str, Any] = {"name": "Somebody", "kind": "individual"}
                answer = await client.post(f"{server.url}/v1/askers", json=body)
                if answer.status_code == 201:
                    answered.append(answer.json()["id"])
                if len(answered) >= already + 15:
                    enough.set()
        except httpx.TransportError:
            return

    async with httpx.AsyncClient(headers=headers, timeout=30) as client:
        writers = [asyncio.create_task(write(client)) for _ in range(WRITERS)]
        await asyncio.to_thread(enough.wait, 60)
        await asyncio.to_thread(server.kill)
        await asyncio.gather(*writers)
