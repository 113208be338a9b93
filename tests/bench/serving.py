"""Servers to be measured: `answerable serve` as users run it, and a bare one beside it."""

import asyncio
import multiprocessing
import os
import re
import socket
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles
from typing import Any

import httpx

from app.auth.schemas import KeyCreate, Scope
from app.auth.secrets import load_pepper
from app.auth.service import create as create_key
from app.core.db import Database
from app.core.settings import Settings
from tests.bench import traffic
from tests.bench.facts import Facts
from tests.support.server import ROOT, environment

SPAWN = multiprocessing.get_context("spawn")
MEMORY = re.compile(r"RssAnon:\s+(\d+) kB")
_asked: Counter[str] = Counter()


@dataclass(frozen=True)
class Bare:
    """A bare server."""

    port: int
    pid: int


@dataclass
class Served:
    """A record of one size in one database, and the servers that answer for it.

    took: what answers took, in seconds, by case.
    """

    facts: Facts
    settings: Settings
    port: int
    pid: int
    bare: "Bare" = field(default_factory=lambda: Bare(0, 0))
    cases: dict[str, list[str]] = field(default_factory=dict)
    took: dict[str, list[float]] = field(default_factory=dict)
    client: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=300))

    @property
    def url(self) -> str:
        """Where the service is."""
        return f"http://127.0.0.1:{self.port}"

    def get(
        self,
        path: str,
        parameters: Mapping[str, str | int] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """Ask the service for one answer."""
        sent = {"Accept-Encoding": "identity", **(headers or {})}  # as the loader, which asks none
        answer = self.client.get(f"{self.url}{path}", params=parameters, headers=sent)
        return answer if answer.status_code == 304 else answer.raise_for_status()

    def rate(self, case: str) -> float:
        """Return how many requests a second were answered."""
        took = self.took[case]
        return traffic.CONNECTIONS * len(took) / sum(took)

    def percentile(self, case: str, rank: int) -> float:
        """Return a percentile of the time that an answer took, in milliseconds."""
        return percentile(self.took[case], rank)

    def memory(self) -> float:
        """Return what the server holds for itself, in MB; a file mapped into memory is not that."""
        found = MEMORY.search(Path(f"/proc/{self.pid}/status").read_text())
        return int(found[1]) / 1000 if found else 0.0


def percentile(took: list[float], rank: int) -> float:
    """Return a percentile of some times, in milliseconds."""
    return quantiles(took, n=100, method="inclusive")[rank - 1] * 1000


def fresh(path: str) -> str:
    """Return the address of the same answer under which no cache can know it.

    Every read takes a `min_seq`; one that was passed long ago asks for nothing.
    """
    _asked[path] += 1
    return f"{path}{'&' if '?' in path else '?'}min_seq={_asked[path]}"


@contextmanager
def serving(facts: Facts, settings: Settings) -> Iterator[Served]:
    """Run a server, with its access log, while the block runs."""
    port = _free_port()
    variables = {
        **environment(settings),
        "ANSWERABLE_LOG_LEVEL": "info",
        "ANSWERABLE_PORT": str(port),
        "ANSWERABLE_SERVE_WORKER": str(settings.runs_worker).lower(),
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "app.cli", "serve"],
        env=variables,
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait(lambda: _is_up(f"http://127.0.0.1:{port}/readyz"))
        yield Served(facts, settings, port, process.pid)
    finally:
        process.kill()
        process.wait()


@contextmanager
def bare(answers: traffic.Answers) -> Iterator[Bare]:
    """Run a bare server while the block runs."""
    port = _free_port()
    process = SPAWN.Process(target=traffic.serve_bare, args=(port, answers), daemon=True)
    process.start()
    try:
        _wait(lambda: _is_up(f"http://127.0.0.1:{port}{next(iter(answers))}"))
        yield Bare(port, process.pid or 0)
    finally:
        process.kill()
        process.join()


def cpu(pid: int) -> float:
    """Return the CPU time that a process has taken, in seconds."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def make_key(settings: Settings) -> str:
    """Make a key that may write."""
    return asyncio.run(_make_key(settings))


async def _make_key(settings: Settings) -> str:
    database = Database(settings)
    try:
        async with database.writing() as session:
            new = KeyCreate(name=f"bench-{uuid.uuid4().hex[:8]}", scopes=[Scope.WRITE])
            pepper = load_pepper(settings)
            return (await create_key(session, new, created_by="bench", pepper=pepper))[1]
    finally:
        await database.close()


def load_of_machine() -> str:
    """Say how busy the machine is."""
    return f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    return port


def _is_up(url: str) -> bool:
    with suppress(httpx.TransportError):
        return not httpx.get(url, timeout=5).is_server_error
    return False


def _wait(is_up: Callable[[], bool]) -> None:
    for _ in range(600):
        if is_up():
            return
        time.sleep(0.1)
    raise RuntimeError("a server is not ready")
