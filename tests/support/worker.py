"""Workers for tests: one in the test's own event loop, and others in processes of their own."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from app.auth.secrets import load_pepper
from app.core.db import Database
from app.core.settings import Settings
from app.webhooks.worker import Worker
from tests.support.server import environment

ROOT = Path(__file__).parent.parent.parent


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


class WorkerProcess:
    """One `answerable worker`, to be killed."""

    def __init__(self, settings: Settings, **more: str) -> None:
        self._environment = {
            **environment(settings),
            "ANSWERABLE_PUBLIC_URL": settings.public_url,
            **more,
        }
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; it is ready when it sends."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "app.cli", "worker"], env=self._environment, cwd=ROOT
        )

    def kill(self) -> None:
        """Kill it (SIGKILL) and wait until it is gone."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def stop(self) -> int:
        """Ask it to end (SIGTERM) and return its status."""
        assert self._process is not None
        self._process.terminate()
        status = self._process.wait(timeout=60)
        self._process = None
        return status
