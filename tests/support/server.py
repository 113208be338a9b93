"""A real server in a process of its own, to be talked to over TCP and to be killed."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from app.core.settings import Settings

ROOT = Path(__file__).parent.parent.parent


def environment(settings: Settings) -> dict[str, str]:
    """Return the environment of a process that is to have a test's settings."""
    return {
        **os.environ,
        "ANSWERABLE_DATABASE_URL": settings.database_url,
        "ANSWERABLE_PEPPER": settings.pepper.get_secret_value() if settings.pepper else "",
        "ANSWERABLE_RATE_LIMITS": "off",
        "ANSWERABLE_LOG_LEVEL": "error",
        "ANSWERABLE_LOG_DIR": settings.log_dir,
        **({"ANSWERABLE_LOG_KEY": settings.log_key.get_secret_value()} if settings.log_key else {}),
        "ANSWERABLE_LOG_WITNESSES": ",".join(settings.log_witnesses),
        "ANSWERABLE_WEBHOOK_ALLOW_NETWORKS": ",".join(map(str, settings.webhook_allow_networks)),
        "ANSWERABLE_WEBHOOK_ALLOW_HTTP": str(settings.webhook_allow_http).lower(),
        "ANSWERABLE_WEBHOOK_TIMEOUT": str(settings.webhook_timeout),
        "ANSWERABLE_WEBHOOK_SLOTS": str(settings.webhook_slots),
    }


class Process:
    """One command in a process of its own, to be killed."""

    def __init__(self, command: str, variables: dict[str, str]) -> None:
        self._command = command
        self._environment = variables
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "app.cli", self._command], env=self._environment, cwd=ROOT
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


class Server(Process):
    """One `answerable serve`."""

    def __init__(self, settings: Settings) -> None:
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        own = {
            "ANSWERABLE_PORT": str(self.port),
            "ANSWERABLE_SERVE_WORKER": str(settings.runs_worker).lower(),
        }
        super().__init__("serve", {**environment(settings), **own})

    def start(self) -> None:
        """Start it and wait until it is ready.

        Raises:
            RuntimeError: it ended, or is not ready within 60 seconds.
        """
        super().start()
        assert self._process is not None
        for _ in range(600):
            if self._process.poll() is not None:
                raise RuntimeError(f"the server ended with {self._process.returncode}")
            try:
                if httpx.get(f"{self.url}/readyz", timeout=5).is_success:
                    return
            except httpx.TransportError:
                time.sleep(0.1)
        raise RuntimeError("the server is not ready")


@contextmanager
def serving(settings: Settings) -> Iterator[Server]:
    """Run a server while the block runs."""
    server = Server(settings)
    server.start()
    try:
        yield server
    finally:
        server.kill()
