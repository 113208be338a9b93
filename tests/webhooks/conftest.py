"""What tests of webhooks may use: receivers on this machine, a bot that subscribes, a worker."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from ipaddress import IPv4Network
from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy import func, select, update

from app.auth.schemas import Scope
from app.companies.schemas import CompanyCreate
from app.companies.service import add as add_company
from app.core import clock
from app.core.db import Database
from app.core.settings import Settings
from app.core.tables import table_of
from app.ledger import queries as ledger
from app.ledger import recorder
from app.ledger.queries import HEAD
from app.webhooks.models import Delivery, FanOut, Webhook
from app.webhooks.worker import Worker
from tests.conftest import new_key
from tests.support.client import Client
from tests.support.receiver import Receiver, receiving
from tests.support.worker import working

DELIVERY, WEBHOOK, REACHED = table_of(Delivery), table_of(Webhook), table_of(FanOut)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Settings under which receivers on this machine are reached."""
    opened = {
        "webhook_allow_networks": (IPv4Network("127.0.0.0/8"),),
        "webhook_allow_http": True,
        "webhook_timeout": 5.0,
    }
    return settings.model_copy(update=opened)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as receiver:
        yield receiver


@pytest.fixture
async def worker(settings: Settings, database: Database) -> AsyncIterator[Worker]:
    """A worker in this process, woken by what this process commits."""
    async with working(settings, database) as worker:
        yield worker


class Bot(Client):
    """A client whose key may have webhooks."""

    async def subscribe(self, url: str, expect: int = 201, **fields: Any) -> Any:
        return await self.post("/v1/webhooks", {"url": url, **fields}, expect)

    async def deliveries(self, webhook: Any, **params: Any) -> list[Any]:
        """Return deliveries, oldest first."""
        found = await self.pages(f"/v1/webhooks/{webhook['id']}/deliveries", **params)
        return found[::-1]

    async def delivery(self, webhook: Any, delivery: Any) -> Any:
        return await self.get(f"/v1/webhooks/{webhook['id']}/deliveries/{delivery['id']}")

    async def settled(self, webhook: Any, done: Callable[[list[Any]], bool]) -> list[Any]:
        """Wait until a webhook's deliveries are as they should become, and return them."""
        found: list[Any] = []
        for _ in range(600):
            found = await self.deliveries(webhook)
            if done(found):
                return found
            await asyncio.sleep(0.05)
        raise AssertionError(f"never came about: {found}")


def all_are(status: str, count: int = 1) -> Callable[[list[Any]], bool]:
    """Return the test that there are so many deliveries, all of one status."""
    return lambda found: len(found) >= count and all(one["status"] == status for one in found)


@pytest.fixture
async def bot(http: AsyncClient, settings: Settings, database: Database) -> Bot:
    return Bot(http, await new_key(settings, database, "newsroom-bot", Scope.WEBHOOKS))


async def record(database: Database, count: int) -> None:
    """Record so many events, each of a company, in few transactions."""
    async with database.reading() as session:
        first = await ledger.head(session)
    for start in range(first, first + count, 100):
        async with recorder.recording(database, actor="tests") as session:
            for number in range(start, min(start + 100, first + count)):
                await add_company(session, CompanyCreate(name="Acme", slug=f"acme-{number}"))


async def set_webhook(database: Database, webhook: Any, **values: Any) -> None:
    """Change columns of a webhook, as nobody can through the API."""
    async with database.writing() as session:
        chosen = update(WEBHOOK).where(WEBHOOK.c.id == webhook["id"])
        await session.execute(chosen.values(**values))


async def set_deliveries(database: Database, *where: Any, **values: Any) -> None:
    """Change columns of deliveries, as only time or a worker does."""
    async with database.writing() as session:
        await session.execute(update(DELIVERY).where(*where).values(**values))


async def make_due(database: Database, *where: Any) -> None:
    """Let the time come for deliveries that wait."""
    past = clock.now() - timedelta(seconds=1)
    await set_deliveries(database, DELIVERY.c.status == "pending", *where, due_at=past)
    database.wake()


async def end_leases(database: Database) -> None:
    """Let the time pass in which a worker may say what came of its attempts."""
    past = clock.now() - timedelta(seconds=1)
    await set_deliveries(database, DELIVERY.c.status == "sending", leased_until=past)
    database.wake()


async def counts(database: Database, *where: Any) -> dict[str, int]:
    """Count deliveries by their status."""
    query = select(DELIVERY.c.status, func.count()).where(*where).group_by(DELIVERY.c.status)
    async with database.reading() as session:
        return {row[0]: row[1] for row in await session.execute(query)}


async def reached(database: Database, expected: dict[str, int], seconds: float = 60) -> None:
    """Wait until all events are fanned out and there are so many deliveries of each status."""
    query = select(select(HEAD.c.seq).scalar_subquery() - REACHED.c.seq)
    found: dict[str, int] = {}
    for _ in range(int(seconds * 20)):
        found = await counts(database)
        async with database.reading() as session:
            left = (await session.execute(query)).scalar_one()
        if found == expected and not left:
            return
        await asyncio.sleep(0.05)
    raise AssertionError(f"never came about: {found}")
