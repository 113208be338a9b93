"""What tests of drafts may use: bodies of every kind, an hour that comes, a worker."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from app.auth.secrets import load_pepper
from app.core import clock
from app.core.db import Database
from app.core.settings import Settings
from app.drafts.publishing import Embargoes
from app.drafts.queries import DRAFT
from tests.support.client import Client
from tests.support.make import SOURCE, Make


def hour(**ahead: float) -> str:
    """Return an instant ahead of now, as clients write it."""
    return (clock.now() + timedelta(**ahead)).isoformat()


def day(**ahead: float) -> str:
    """Return a day ahead of today."""
    return (clock.now() + timedelta(**ahead)).date().isoformat()


def statement(question: Any, **fields: Any) -> dict[str, Any]:
    """Return the write of a statement that answers a question."""
    body = {
        "company": "microsoft",
        "kind": "reply",
        "title": "What the company said",
        "published_on": "2025-06",
        "lang": "en",
        "source": SOURCE,
        "responses": [{"question": question["id"], "verdict": "answered"}],
        **fields,
    }
    return {"kind": "statement", "body": body}


def question(**fields: Any) -> dict[str, Any]:
    """Return the write of a question."""
    asks = [{"asker": "associated-press", "asked_on": "2025-05", "source": SOURCE}]
    text = "Which external firm did Microsoft hire?"
    body = {"company": "microsoft", "text": text, "lang": "en", "asks": asks, **fields}
    return {"kind": "question", "body": body}


class Drafting:
    """Saves drafts with one editor's key."""

    def __init__(self, editor: Client, database: Database) -> None:
        self.editor = editor
        self.database = database

    async def save(self, write: Any, expect: int = 201, **fields: Any) -> Any:
        return await self.editor.post("/v1/drafts", {"write": write, **fields}, expect)

    async def get(self, draft: Any) -> Any:
        return await self.editor.get(f"/v1/drafts/{draft['id']}")

    async def patch(self, draft: Any, expect: int = 200, **changes: Any) -> Any:
        return await self.editor.patch(f"/v1/drafts/{draft['id']}", changes, expect)

    async def publish(self, draft: Any, expect: int = 200) -> Any:
        return await self.editor.post(f"/v1/drafts/{draft['id']}/publish", expect=expect)

    async def delete(self, draft: Any) -> None:
        answer = await self.editor.send("DELETE", f"/v1/drafts/{draft['id']}")
        assert answer.status_code == 204

    async def come(self, *drafts: Any) -> None:
        """Let the hour of drafts come."""
        past = clock.now() - timedelta(seconds=1)
        async with self.database.writing() as session:
            chosen = update(DRAFT).where(DRAFT.c.id.in_([draft["id"] for draft in drafts]))
            await session.execute(chosen.values(publish_at=past))
        self.database.wake()

    async def settled(self, *drafts: Any, status: str = "published") -> list[Any]:
        """Wait until drafts are as they should become, and return them."""
        found: list[Any] = await until(
            self._read(drafts), lambda all_: {one["status"] for one in all_} == {status}
        )
        return found

    def _read(self, drafts: Any) -> Any:
        async def read() -> list[Any]:
            return [await self.get(draft) for draft in drafts]

        return read


async def until(read: Any, done: Callable[[Any], bool]) -> Any:
    """Read until it is as it should become."""
    found = None
    for _ in range(600):
        found = await read()
        if done(found):
            return found
        await asyncio.sleep(0.05)
    raise AssertionError(f"never came about: {found}")


@pytest.fixture
async def drafting(editor: Client, make: Make, database: Database) -> Drafting:
    """Drafts of an editor, about a company and an asker that are on the record."""
    await make.company()
    await make.asker()
    return Drafting(editor, database)


@asynccontextmanager
async def working(settings: Settings, database: Database) -> AsyncIterator[Embargoes]:
    """Publish what is due while the block runs."""
    job = Embargoes(database, load_pepper(settings))
    running = asyncio.create_task(job.run())
    try:
        yield job
    finally:
        job.stop()
        await running


@pytest.fixture
def embargoes(settings: Settings, database: Database) -> Embargoes:
    """What publishes drafts, to be asked for a single round."""
    return Embargoes(database, load_pepper(settings))


@pytest.fixture
async def worker(settings: Settings, database: Database) -> AsyncIterator[Embargoes]:
    """A worker in this process."""
    async with working(settings, database) as job:
        yield job
