"""Workers for tests: one in the test's own event loop, and others in processes of their own."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from app.auth.secrets import load_pepper
from app.core.db import Database
from app.core.settings import Settings
from app.webhooks.worker import Worker
from tests.support.server import Process, environment


@asynccontextmanager
async def working(settings: Settings, database: Database) -> AsyncIterator[Worker]:
    """Run a worker while the block runs."""
    worker = Worker(settings, database, load_pepper(settings))
    running = asyncio.create_task(worker.run())
    try:
        yield worker
    finally:
        worker.stop()
        await running


class WorkerProcess(Process):
    """One `answerable worker`; it is ready when it sends."""

    def __init__(self, settings: Settings, **more: str) -> None:
        own = {"ANSWERABLE_PUBLIC_URL": settings.public_url, **more}
        super().__init__("worker", {**environment(settings), **own})
