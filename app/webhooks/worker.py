"""The worker: turns the ledger into deliveries and sends them, many at once, until it is stopped.

It works in turns. A turn writes down what came of attempts; in a second transaction, so that locks
are always taken in one order, it adds deliveries for new events and claims due ones for its free
slots; then it starts to send those, when the transaction has ended. Between turns it sleeps until
something is committed, attempts have ended, or a delivery is due, and never longer than a second.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar

import structlog
from sqlalchemy.orm import Session

from app.core import clock
from app.core.db import Database, is_passing
from app.core.errors import Unavailable
from app.core.guard import Guard
from app.core.settings import Settings
from app.questions import reminders
from app.webhooks import claims, fan_out, housekeeping, results
from app.webhooks.claims import Claimed
from app.webhooks.results import Result
from app.webhooks.sender import Sender
from app.webhooks.transport import Transport

T = TypeVar("T")
log = structlog.get_logger("answerable.worker")

BACKSTOP = 1.0
"""Seconds after which it looks again without having been woken."""

GATHERING = 0.02
"""Seconds for which it waits for more attempts to end, so that they are written together."""

DRAINING = 0.2
"""Seconds between two looks at what is still under way when it is to end."""

TOGETHER = 100
"""When so many attempts have ended, they are written together at once."""

LEASE_MARGIN = 2.0
"""Seconds that it may take to write a result down, beside once more the time of the attempt."""

CLOCK_EVERY = 60.0
HOUSEKEEPING_EVERY = 3600.0
USER_AGENT = "Answerable-Webhooks/1.0 (+{url})"


class Worker:
    """Sends webhooks and lets the clock speak, for as long as `run` runs."""

    def __init__(self, settings: Settings, database: Database, pepper: bytes) -> None:
        self._settings = settings
        self._database = database
        self._pepper = pepper
        self._lease = timedelta(seconds=2 * settings.webhook_timeout + LEASE_MARGIN)
        self._share = -(-3 * settings.webhook_slots // 4)
        self._ended: list[Result] = []
        self._sending: set[asyncio.Task[None]] = set()
        self._under_way = 0
        self._stopping = False
        self._gathering = False
        self._woken = asyncio.Event()
        self._take_over_at = clock.now()

    def stop(self) -> None:
        """Ask it to end: what is under way is finished and written down, nothing new begins."""
        self._stopping = True
        self._woken.set()

    async def run(self) -> None:
        """Work until `stop` is called. A database that is away is waited for."""
        settings = self._settings
        guard = Guard(settings.webhook_allow_networks, settings.webhook_allow_http)
        transport = Transport(
            guard,
            timeout=settings.webhook_timeout,
            user_agent=USER_AGENT.format(url=settings.public_url),
        )
        async with self._database.commits() as self._woken, transport:
            sender = Sender(transport, self._pepper, settings.public_url)
            beside = [
                asyncio.create_task(self._every(CLOCK_EVERY, self._let_the_clock_speak)),
                asyncio.create_task(self._every(HOUSEKEEPING_EVERY, self._keep_house)),
            ]
            log.info("worker started", slots=settings.webhook_slots)
            while not self._stopping:
                self._woken.clear()
                await self._rest(await self._safely(lambda: self._turn(sender)))
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)
            await self._drain()
        log.info("worker stopped")

    async def _turn(self, sender: Sender) -> float:
        """Do what can be done now; return the seconds after which there may be more to do."""
        await self._write_results()
        free = self._settings.webhook_slots - self._under_way - len(self._ended)
        work = partial(self._begin, sender=sender, now=clock.now(), free=free)
        claimed, rows, wait = await self._database.derive(work)
        sender.prepare(claimed, rows)
        self._under_way += len(claimed)
        for one in claimed:
            task = asyncio.create_task(self._send(sender, one))
            self._sending.add(task)  # the loop itself keeps tasks only weakly
            task.add_done_callback(self._sending.discard)
        return wait

    def _begin(
        self, session: Session, *, sender: Sender, now: datetime, free: int
    ) -> tuple[list[Claimed], list[Any], float]:
        """Fan out and claim; return what to send, the events of it, and how long to rest then."""
        if now >= self._take_over_at:
            claims.take_over(session, now)
            self._take_over_at = now + timedelta(seconds=BACKSTOP)
        more = fan_out.fan_out(session, now)
        claimed = claims.claim(session, now, free=free, lease=self._lease, share=self._share)
        if more:
            wait = 0.0
        elif claimed or free <= 0:
            wait = BACKSTOP  # until one of them has ended
        else:
            wait = _until(claims.next_due(session, now), now)
        return claimed, sender.load(session, claimed), wait

    async def _send(self, sender: Sender, claimed: Claimed) -> None:
        try:
            outcome = await sender.send(claimed)
        except Exception:  # whatever it is, it must not stop the others; the lease will end
            log.exception("delivery failed to be sent", delivery=claimed.id)
            return
        finally:
            self._under_way -= 1
        self._ended.append(Result(claimed, outcome))
        if not self._under_way or len(self._ended) >= TOGETHER:
            self._woken.set()
        elif not self._gathering:
            self._gathering = True
            asyncio.get_running_loop().call_later(GATHERING, self._gathered)

    def _gathered(self) -> None:
        self._gathering = False
        self._woken.set()

    async def _write_results(self) -> None:
        written, now = list(self._ended), clock.now()
        if written:
            await self._database.derive(lambda session: results.write(session, written, now))
            del self._ended[: len(written)]

    async def _rest(self, seconds: float | None) -> None:
        """Sleep until it is woken, at most for so many seconds."""
        if seconds == 0 or self._stopping:
            return
        try:
            async with asyncio.timeout(BACKSTOP if seconds is None else seconds):
                await self._woken.wait()
        except TimeoutError:
            pass

    async def _drain(self) -> None:
        """Wait for what is under way, and write down what came of it."""
        for _ in range(int((self._settings.webhook_timeout + 1) / DRAINING)):
            if not self._sending:
                break
            await asyncio.wait(self._sending, timeout=DRAINING)
            await self._safely(self._write_results)  # at once: perhaps there is little time
        await self._safely(self._write_results)

    async def _every(self, seconds: float, work: Callable[[], Awaitable[None]]) -> None:
        while True:
            await self._safely(work)
            await asyncio.sleep(seconds)

    async def _let_the_clock_speak(self) -> None:
        await reminders.tell(self._database)

    async def _keep_house(self) -> None:
        await housekeeping.tidy(
            self._database, keep=timedelta(days=self._settings.webhook_keep_days)
        )

    async def _safely(self, work: Callable[[], Awaitable[T]]) -> T | None:
        """Do some work; when it fails, say so, wait a moment and return None."""
        try:
            return await work()
        except Exception as error:
            if is_passing(error) or isinstance(error, Unavailable):
                log.warning("worker waits for the database", error=repr(error)[:300])
            else:
                log.exception("worker failed; it goes on")
            await asyncio.sleep(BACKSTOP)
            return None


def _until(due: datetime | None, now: datetime) -> float:
    if due is None:
        return BACKSTOP
    return min(BACKSTOP, max(0.001, (due - now).total_seconds()))
