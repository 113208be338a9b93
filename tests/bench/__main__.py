"""Measure how fast the service answers, and how that changes with the size of the record.

For each database a record of each size is built and served by a process of its own; the sizes
take turns, so that a busy moment of the machine hits them alike. Beside each case stands a bare
ASGI app that returns the bytes of the filtered list. `SIZES=1000,10000` changes the sizes. Then
webhooks, beside bare loops over the same client; `ONLY_WEBHOOKS=1` leaves out the rest.
Everything stays on 127.0.0.1 and ends by itself.
"""

import asyncio
import multiprocessing
import os
import random
import signal
import socket
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles
from typing import Any

import httpx

import app.api  # noqa: F401  registers every table
from app.core import clock
from app.core.dates import format_instant
from app.core.settings import Settings
from tests.bench import databases, traffic, webhooks
from tests.bench.record import Record
from tests.support import postgres
from tests.support.server import serving

PEPPER = "a pepper for measuring, 32 characters or more"
SIZES = [int(size) for size in os.environ.get("SIZES", "10000,100000").split(",")]
ROUNDS, REQUESTS, SECONDS = 3, 200, 1.5
"""A case is so many rounds of so many requests, or of so many seconds if that is less."""

WARM_UP = 16
SAMPLE = 50
DEEP = 100
GROWTH = 1.5
SMALL = 100
"""So many questions the record has whose events go out as webhooks."""

ONLY_WEBHOOKS = "ONLY_WEBHOOKS" in os.environ
FILTERED = "list by company and state"
SPAWN = multiprocessing.get_context("spawn")


@dataclass
class Served:
    """A record of one size in one database, and the servers that answer for it."""

    record: Record
    port: int
    bare_port: int = 0
    cases: dict[str, list[str]] = field(default_factory=dict)
    took: dict[str, list[float]] = field(default_factory=dict)

    def get(self, path: str, **parameters: Any) -> httpx.Response:
        """Ask the service for one answer."""
        url = f"http://127.0.0.1:{self.port}{path}"
        return httpx.get(url, params=parameters, timeout=120).raise_for_status()

    def rate(self, case: str) -> float:
        """Return how many requests a second were answered."""
        took = self.took[case]
        return traffic.CONNECTIONS * len(took) / sum(took)

    def percentile(self, case: str, rank: int) -> float:
        """Return a percentile of the time that an answer took, in milliseconds."""
        return quantiles(self.took[case], n=100, method="inclusive")[rank - 1] * 1000


def main() -> int:
    """Build, verify, measure, print; return the exit status."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that all that follows is undone
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="answerable-bench-")))
        loader = stack.enter_context(ProcessPoolExecutor(1, mp_context=SPAWN))
        built, missing = _build(stack, folder, [] if ONLY_WEBHOOKS else SIZES)
        growths = {name: _measure(name, urls, loader) for name, urls in built.items() if urls}
        small, _ = _build(stack, folder, [SMALL])
        for name, [(_, url)] in small.items():
            webhooks.measure(name, url, loader)
    if missing:
        print(f"\nPostgreSQL was NOT measured: {missing}")
    if len(SIZES) > 1 and not ONLY_WEBHOOKS:
        print(f"\n{_verdict(growths)}")
    return 1 if missing else 0


def _build(
    stack: ExitStack, folder: Path, sizes: Sequence[int]
) -> tuple[dict[str, list[tuple[Record, str]]], str | None]:
    """Build every record in every database; where there is no PostgreSQL, say why."""
    built: dict[str, list[tuple[Record, str]]] = {"SQLite": []}
    missing = None
    try:
        server = postgres.start()
    except RuntimeError as error:
        missing = str(error)
    else:
        built["PostgreSQL"] = []
    for size in sizes:
        record = Record(size)
        built["SQLite"].append((record, f"sqlite:///{folder}/{size}.db"))
        if not missing:
            name = f"bench_{size}_{uuid.uuid4().hex[:8]}"
            asyncio.run(server.run(f"CREATE DATABASE {name}"))
            stack.callback(_drop, server, name)
            built["PostgreSQL"].append((record, server.database(name)))
        urls = [records[-1][1] for records in built.values()]
        for url in urls:
            databases.migrate(url)
        asyncio.run(databases.fill(record, urls))
    return built, missing


def _drop(server: postgres.Postgres, name: str) -> None:
    asyncio.run(server.run(f"DROP DATABASE {name} WITH (FORCE)"))


def _measure(name: str, built: list[tuple[Record, str]], loader: Executor) -> float:
    """Serve the records, measure every case, print the table; return the filtered list's growth."""
    with ExitStack() as stack:
        sizes = []
        for record, url in built:
            settings = Settings(database_url=url, pepper=PEPPER, serve_worker=False)
            served = Served(record, stack.enter_context(serving(settings)).port)
            _verify(served)
            served.cases = _cases(served)
            body = served.get(served.cases[FILTERED][0]).content
            served.bare_port = stack.enter_context(_bare(body))
            sizes.append(served)
        print(
            f"\n{name}: read {SAMPLE} questions back from both clocks; {len(body):,} bytes a list"
        )
        print(f"{'case':<34}{'questions':>10}{'req/s':>9}{'p50 ms':>9}{'p99 ms':>9}", end="")
        print(f"{'of bare':>9}{'growth':>8}")
        for case in ["bare ASGI app", *sizes[0].cases]:
            _run(case, sizes, loader)
            _print(case, sizes)
    return _growth(FILTERED, sizes)


def _run(case: str, sizes: Sequence[Served], loader: Executor) -> None:
    """Measure a case: the sizes in turn, a few times over."""
    for turn in range(ROUNDS + 1):
        for served in sizes:
            port = served.port if case in served.cases else served.bare_port
            paths = served.cases.get(case, ["/"])
            requests = REQUESTS if turn else WARM_UP
            took = loader.submit(traffic.fire, port, paths, requests, SECONDS).result()
            served.took.setdefault(case, []).extend(took if turn else [])


def _print(case: str, sizes: Sequence[Served]) -> None:
    for served in sizes:
        is_last = served is sizes[-1] and len(sizes) > 1
        print(
            f"{case if served is sizes[0] else '':<34}{served.record.size:>10,}"
            f"{served.rate(case):>9,.0f}{served.percentile(case, 50):>9.1f}"
            f"{served.percentile(case, 99):>9.1f}"
            f"{served.rate(case) / served.rate('bare ASGI app'):>9.3f}"
            + (f"{_growth(case, sizes):>8.2f}" if is_last else ""),
            flush=True,
        )


def _growth(case: str, sizes: Sequence[Served]) -> float:
    """Return how many times as long an answer takes at the largest size (the medians)."""
    return sizes[-1].percentile(case, 50) / sizes[0].percentile(case, 50)


def _verdict(growths: dict[str, float]) -> str:
    said = ", ".join(f"{growth:.2f} on {name}" for name, growth in growths.items())
    kept = "at most" if all(growth <= GROWTH for growth in growths.values()) else "NOT at most"
    sizes = f"{SIZES[0]:,} to {SIZES[-1]:,} questions"
    return f"Growth of the {FILTERED} from {sizes}: {said}; {kept} {GROWTH}."


def _cases(served: Served) -> dict[str, list[str]]:
    """Return the paths to ask for, by case."""
    record, lists = served.record, "/v1/questions?"
    company = record.companies[0].slug
    then = format_instant(record.start + (record.end - record.start) / 2)
    some = random.Random(2).sample(sorted(record.questions), SAMPLE)
    questions = [f"/v1/questions/{record.questions[number].row.slug}" for number in some]
    return {
        FILTERED: [f"{lists}company={company}&state=unanswered"],
        "  of two states": [f"{lists}company={company}&state=unanswered,declined"],
        "list": ["/v1/questions"],
        "  page deep inside": [_deep(served)],
        "  of the overdue": [f"{lists}overdue=true"],
        "  longest open first": [f"{lists}sort=-days_open"],
        "list by topic": [f"{lists}topic={record.topics[0]}"],
        "  that few have": [f"{lists}topic={record.topics[-1]}"],
        "list by asker": [f"{lists}asker={record.askers[0].slug}"],
        "  who asked few": [f"{lists}asker={record.askers[-1].slug}"],
        "list by dossier": [f"{lists}dossier={record.dossiers[0].slug}"],
        "  that holds few": [f"{lists}dossier={record.dossiers[-1].slug}"],
        "list as_of a day": [f"{lists}as_of={then[:10]}"],
        "  by company and state, as_of": [
            f"{lists}as_of={then[:10]}&company={company}&state=unanswered"
        ],
        "list known_at an instant": [f"{lists}known_at={then}"],
        "  by company and state, known_at": [
            f"{lists}known_at={then}&company={company}&state=unanswered"
        ],
        "one question": questions,
        "timeline": [f"{question}/timeline" for question in questions],
        "page of events": [f"/v1/events?after={record.ledger.seq // 2}"],
    }


def _deep(served: Served) -> str:
    """Follow the cursors of long pages, and return the path of a page of 50 behind them."""
    cursor = None
    for _ in range(min(DEEP, served.record.size // 400)):
        parameters = {"limit": 200, "cursor": cursor} if cursor else {"limit": 200}
        cursor = served.get("/v1/questions", **parameters).json()["next_cursor"]
    return f"/v1/questions?limit=50&cursor={cursor}" if cursor else "/v1/questions"


def _verify(served: Served) -> None:
    """Read some questions as the tables have them and as the ledger has them; both must agree."""
    record = served.record
    known_at = format_instant(clock.now())
    expand = "responses,company,source,statement"
    for number in random.Random(1).sample(sorted(record.questions), min(SAMPLE, record.size)):
        path = f"/v1/questions/{record.questions[number].row.id}"
        for tail, expanded in (("", expand), ("/timeline", "source")):
            now = served.get(path + tail, expand=expanded).json()
            then = served.get(path + tail, expand=expanded, known_at=known_at).json()
            if now != then:
                raise RuntimeError(f"{path}{tail} differs from what the ledger says")
    events = served.get("/v1/events", after=record.ledger.seq - 1).json()
    if len(events["data"]) != 1 or events["has_more"]:
        raise RuntimeError("the ledger does not end where it should")


@contextmanager
def _bare(body: bytes) -> Iterator[int]:
    """Run a bare server while the block runs."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    process = SPAWN.Process(target=traffic.serve_bare, args=(port, body), daemon=True)
    process.start()
    try:
        _wait(lambda: httpx.get(f"http://127.0.0.1:{port}/").is_success)
        yield port
    finally:
        process.kill()
        process.join()


def _wait(answers: Callable[[], bool]) -> None:
    for _ in range(300):
        try:
            if answers():
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise RuntimeError("the bare server is not ready")


if __name__ == "__main__":
    sys.exit(main())
