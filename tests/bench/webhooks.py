"""Measure how fast webhooks go out, beside bare loops over the same client.

On each database a worker turns the events of a small record into deliveries to many webhooks, and
sends them to a receiver in a process of its own. Two bare aiohttp loops take turns with it: one
posts the same bodies signed beforehand, the other signs each as it goes, as every sender must,
because a signature holds the time. Then one event at a time, on an idle worker: from its commit to
its arrival, alone and beside an endpoint that hangs. Then what a claim takes when few and when very
many deliveries wait.
"""

import asyncio
import time
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from ipaddress import IPv4Network
from statistics import median, quantiles

import aiohttp
import uvloop
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.auth.schemas import KeyCreate, Scope
from app.auth.service import create as create_key
from app.companies.schemas import CompanyCreate
from app.companies.service import add as add_company
from app.core import clock, ids, memory
from app.core.db import Database
from app.core.logging import configure
from app.core.settings import Settings
from app.ledger import queries as ledger
from app.ledger import recorder
from app.ledger.queries import EVENT, WHOLE
from app.ledger.schemas import EventRead
from app.webhooks import claims, service, signing
from app.webhooks.formats import WebhookFormat, render
from app.webhooks.models import DeliveryStatus, Priority, Webhook
from app.webhooks.schemas import WebhookCreate
from app.webhooks.tables import ATTEMPT, DELIVERY, REACHED, WEBHOOK
from app.webhooks.worker import Worker
from tests.bench.receivers import Arrived, counting, telling

PEPPER = b"a pepper for measuring, 32 characters or more"
HERE = "http://127.0.0.1:8000"
WEBHOOKS, OF_ONE_KEY, CONNECTIONS = 32, 8, 64
ROUNDS = 3
IDLE_EVENTS = 100
HANGING = 1000
WAITING = (1_000, 1_000_000)
CLAIMED, CLAIMS = 64, 12
CHUNK = 20_000

Post = tuple[str, bytes, str]
"""An address, a body, and an id."""


@dataclass
class Speed:
    """What was measured. Rates are deliveries a second, times milliseconds."""

    posting: list[float] = field(default_factory=list)
    signing: list[float] = field(default_factory=list)
    worker: list[float] = field(default_factory=list)
    idle: list[float] = field(default_factory=list)
    beside: list[float] = field(default_factory=list)
    claim: dict[int, float] = field(default_factory=dict)


def measure(name: str, url: str, executor: Executor, waiting: Sequence[int] = WAITING) -> None:
    """Measure on a database that holds a small record, and print."""
    with counting() as (port, arrived):
        speed = executor.submit(_run, url, port, arrived, list(waiting)).result()
    of_posting, of_signing = (
        median(worker / bare for worker, bare in zip(speed.worker, rates, strict=True))
        for rates in (speed.posting, speed.signing)
    )
    alone, beside = (quantiles(took, n=20)[-1] for took in (speed.idle, speed.beside))
    print(f"\n{name}: webhooks, deliveries a second")
    print(f"  a loop that posts what was signed before {median(speed.posting):>8,.0f}")
    print(f"  a loop that signs and posts              {median(speed.signing):>8,.0f}")
    print(
        f"  one worker                               {median(speed.worker):>8,.0f}"
        f"   {of_posting:.2f} and {of_signing:.2f} of the loops"
    )
    print(
        f"  from commit to arrival, idle, in ms      p50 {median(speed.idle):.1f}, p95 {alone:.1f}"
    )
    print(
        f"  beside an endpoint that hangs            p50 {median(speed.beside):.1f},"
        f" p95 {beside:.1f}: {beside / alone:.2f} times"
    )
    for count, took in speed.claim.items():
        print(f"  a claim of {CLAIMED} while {count:>9,} wait, in ms  p50 {took:.1f}", flush=True)


def _run(url: str, port: int, name: str, waiting: list[int]) -> Speed:
    return uvloop.run(_measure(url, port, name, waiting))


async def _measure(url: str, port: int, name: str, waiting: list[int]) -> Speed:
    configure(Settings(log_level="error"))
    settings = Settings(
        database_url=url,
        pepper=PEPPER.decode(),
        webhook_allow_networks=(IPv4Network("127.0.0.0/8"),),
        webhook_allow_http=True,
    )
    database, arrived, speed = Database(settings), Arrived(name), Speed()
    try:
        await _subscribe(database, port)
        posts = await _posts(database, port)
        memory.settle()
        for _ in range(ROUNDS):
            speed.posting.append(await _bare(posts, arrived, sign=False))
            speed.signing.append(await _bare(posts, arrived, sign=True))
            speed.worker.append(await _work(settings, database, arrived))
        speed.idle = await _idle(settings, database, hanging=0)
        speed.beside = await _idle(settings, database, hanging=HANGING)
        for count in waiting:
            speed.claim[count] = await _claim(database, count)
    finally:
        arrived.close()
        await database.close()
    return speed


async def _subscribe(database: Database, port: int) -> None:
    async with recorder.recording(database, actor="bench") as session:
        for number in range(WEBHOOKS):
            if number % OF_ONE_KEY == 0:
                new = KeyCreate(name=ids.new("key"), scopes=[Scope.WEBHOOKS])
                key, _ = await create_key(session, new, created_by="bench", pepper=PEPPER)
            wanted = WebhookCreate(url=f"http://127.0.0.1:{port}/{number}")
            webhook, _ = await service.subscribe(session, key.id, wanted, PEPPER)
            webhook.after_seq = 0


async def _posts(database: Database, port: int) -> list[Post]:
    """Return what a worker posts."""
    async with database.reading() as session:
        rows = (await session.execute(WHOLE.order_by(EVENT.c.seq))).all()
    bodies = [
        render(WebhookFormat.STANDARD, EventRead.of(row, HERE), source=HERE).body for row in rows
    ]
    return [
        (f"http://127.0.0.1:{port}/{number}", body, ids.new("delivery"))
        for body in bodies
        for number in range(WEBHOOKS)
    ]


async def _bare(posts: Sequence[Post], arrived: Arrived, *, sign: bool) -> float:
    """Return the requests a second of a loop that does nothing but post, or sign and post."""
    key, secrets = signing.service_key(PEPPER), [b"s" * 32]
    before = signing.sign(key, secrets, ids.new("delivery"), 0, b"")
    pending = iter(posts)

    async def post(client: aiohttp.ClientSession) -> None:
        for url, body, name in pending:
            now = int(time.time())
            signature = signing.sign(key, secrets, name, now, body) if sign else before
            headers = {
                "content-type": "application/json", "webhook-id": name,
                "webhook-timestamp": str(now), "webhook-signature": signature,
                "webhook-number": "1", "webhook-attempt": "1",
            }  # fmt: skip
            async with client.post(url, data=body, headers=headers) as answer:
                await answer.read()

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as client:
        began = time.perf_counter()
        async with asyncio.TaskGroup() as group:
            for _ in range(CONNECTIONS):
                group.create_task(post(client))
        await arrived.wait_for(len(posts))
        return len(posts) / (time.perf_counter() - began)


async def _work(settings: Settings, database: Database, arrived: Arrived) -> float:
    """Return the deliveries a second of a worker that begins where nothing was fanned out."""
    async with database.writing() as session:
        await session.execute(delete(ATTEMPT))
        await session.execute(delete(DELIVERY))
        await session.execute(update(REACHED).values(seq=0))
        count = await ledger.head(session) * WEBHOOKS
    worker = Worker(settings, database, PEPPER)
    began = time.perf_counter()
    running = asyncio.create_task(worker.run())
    await arrived.wait_for(count)
    took = time.perf_counter() - began
    worker.stop()
    await running
    return count / took


async def _idle(settings: Settings, database: Database, *, hanging: int) -> list[float]:
    """Return the milliseconds from an event's commit to its arrival, one event at a time."""
    took: list[float] = []
    came = asyncio.Event()
    async with telling(came.set) as port, telling(None) as deaf_port:
        await _keep_two(database, port, deaf_port, hanging)
        worker = Worker(settings, database, PEPPER)
        running = asyncio.create_task(worker.run())
        await asyncio.sleep(1)  # until all that may hang does
        for _ in range(IDLE_EVENTS):
            await asyncio.sleep(0.03)
            came.clear()
            async with recorder.recording(database, actor="bench") as session:
                await add_company(session, CompanyCreate(name=f"Idle {ids.new('company')}"))
            began = time.perf_counter()
            await came.wait()
            took.append((time.perf_counter() - began) * 1000)
        running.cancel()  # what hangs would be waited for
        await asyncio.gather(running, return_exceptions=True)
    return took


async def _keep_two(database: Database, port: int, deaf_port: int, hanging: int) -> None:
    """Leave one webhook that gets what is new, and one that hangs with so many waiting."""
    async with database.writing() as session:
        head = await ledger.head(session)
        await session.execute(update(REACHED).values(seq=head))
        await session.execute(update(WEBHOOK).values(disabled_at=clock.now()))
        one, deaf = (await session.scalars(select(Webhook).order_by(WEBHOOK.c.id).limit(2))).all()
        one.disabled_at, one.url = None, f"http://127.0.0.1:{port}/"
        deaf.disabled_at, deaf.url = None, f"http://127.0.0.1:{deaf_port}/"
        deaf.types = "|asker.created|"
        await _queue(session, [deaf.id], hanging)


async def _queue(session: AsyncSession, webhooks: Sequence[str], count: int) -> None:
    """Add deliveries that are due, in turn for each webhook."""
    now = clock.now()
    newest = (await session.execute(select(func.max(DELIVERY.c.number)))).scalar() or 0
    for start in range(0, count, CHUNK):
        rows = [
            {
                "id": ids.new("delivery"), "webhook_id": webhooks[number % len(webhooks)],
                "number": newest + number + 1, "seq": 0, "event_type": "webhook.test",
                "status": DeliveryStatus.PENDING.value, "priority": Priority.LIVE, "attempts": 0,
                "due_at": now - timedelta(microseconds=count - number), "tries": 0,
                "created_at": now,
            }
            for number in range(start, min(start + CHUNK, count))
        ]  # fmt: skip
        await session.execute(insert(DELIVERY), rows)


async def _claim(database: Database, count: int) -> float:
    """Return the milliseconds that a claim takes while so many deliveries wait."""
    async with database.writing() as session:
        await session.execute(update(WEBHOOK).values(disabled_at=None, failures=0))
        webhooks = list((await session.execute(select(WEBHOOK.c.id))).scalars())
        await session.execute(delete(ATTEMPT))
        await session.execute(delete(DELIVERY))
        await _queue(session, webhooks, count)
    engine = database.engine.execution_options(isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.exec_driver_sql("ANALYZE")
    took = []
    for _ in range(CLAIMS):
        began = time.perf_counter()
        lease = timedelta(seconds=60)
        claim = partial(claims.claim, now=clock.now(), free=CLAIMED, lease=lease, share=CLAIMED)
        claimed = await database.derive(claim)
        took.append((time.perf_counter() - began) * 1000)
        if len(claimed) != CLAIMED:
            raise RuntimeError(f"{len(claimed)} were claimed")
        async with database.writing() as session:
            done = DELIVERY.c.id.in_([one.id for one in claimed])
            await session.execute(update(DELIVERY).where(done).values(status="delivered"))
    return median(took)
