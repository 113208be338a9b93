"""Measure how fast the service answers, and how that changes with the size of the record.

For each database a record of each size is built and served by a process of its own; the sizes
take turns, so that a busy moment of the machine hits them alike. `SIZES=1000,10000` changes the
sizes, `SIZE=1000000` adds one, and `BUILT=FOLDER` measures what `tests.bench.build` left there
instead. Beside each case stands a bare ASGI app that returns the bytes of the filtered list.

First how fast public reads are, with the figures that are to be reached; `ONLY_READING=1` leaves
out the rest. Then lists of all kinds, each time under another address, so that no cache answers.
Then webhooks, beside bare loops over the same client; `ONLY_WEBHOOKS=1` leaves out the rest. Then
the transparency log; `ONLY_LOG=1` leaves out the rest, and `EVENTS=20000` makes the large log
smaller. Then imports; `ONLY_IMPORTS=1` leaves out the rest, and `ROWS=100000` sets how many rows a
file has. Then what rate limits cost, which are off before; `ONLY_LIMITS=1` leaves out the rest.
Everything stays on 127.0.0.1 and ends by itself.
"""

import os
import random
import signal
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import app.api  # noqa: F401  registers every table
from app.core import clock
from app.core.dates import format_instant
from app.core.settings import Settings
from tests.bench import (
    build,
    databases,
    importing,
    limits,
    log,
    reading,
    traffic,
    webhooks,
)
from tests.bench.facts import Facts
from tests.bench.figures import Figures
from tests.bench.record import Record
from tests.bench.serving import SPAWN, Served, bare, fresh, serving

PEPPER = "a pepper for measuring, 32 characters or more"
SIZES = [int(size) for size in os.environ.get("SIZES", "10000,100000").split(",")]
SIZES += [int(size) for size in os.environ.get("SIZE", "").split(",") if size]
BUILT = [Path(folder) for folder in os.environ.get("BUILT", "").split(",") if folder]
ROUNDS, REQUESTS, SECONDS = 3, 200, 1.5
"""A case is so many rounds of so many requests, or of so many seconds if that is less."""

WARM_UP = 16
SAMPLE = 50
DEEP = 100
GROWTH = 1.5
SMALL = 100
"""So many questions the record has whose events go out as webhooks."""

PARTS = ("READING", "WEBHOOKS", "LOG", "IMPORTS", "LIMITS")
ONLY = {name for name in PARTS if f"ONLY_{name}" in os.environ}
FILTERED = "list by company and state"

Built = dict[str, list[tuple[Facts, Settings]]]
"""By database, what is known of each record and how it is served; the smallest first."""


def main() -> int:
    """Build, verify, measure, print; return the exit status."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that all that follows is undone
    figures = Figures()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="answerable-bench-")))
        loader = stack.enter_context(ProcessPoolExecutor(1, mp_context=SPAWN))
        places = databases.Places(stack, folder)
        growths = {}
        if not ONLY or "READING" in ONLY:
            built = _find(BUILT) if BUILT else _build(places, SIZES)
            for name, records in built.items():
                reading.measure(name, records, loader, figures)
            if not ONLY:
                growths = {name: _measure(name, built[name], loader) for name in built}
        _measure_more(places, folder, loader)
    if places.missing:
        print(f"\nPostgreSQL was NOT measured: {places.missing}")
    figures.print()
    if growths:
        print(f"\n{_verdict(growths)}")
    return 1 if places.missing else 0


def _measure_more(places: databases.Places, folder: Path, loader: ProcessPoolExecutor) -> None:
    """Measure what needs no large record."""
    if not ONLY or "WEBHOOKS" in ONLY:
        for name, [(_, settings)] in _build(places, [SMALL]).items():
            webhooks.measure(name, settings.database_url, loader)
    if not ONLY or "LOG" in ONLY:
        log.measure(places, folder, loader)
    if not ONLY or "IMPORTS" in ONLY:
        importing.measure(places)
    if not ONLY or "LIMITS" in ONLY:
        [(_, settings)] = _build(places, [SMALL])["SQLite"]
        limits.measure(settings)


def _build(places: databases.Places, sizes: Sequence[int]) -> Built:
    """Build every record in every database."""
    built: Built = {}
    for size in sizes:
        record, urls = Record(size), places.make(str(size))
        databases.fill(record, list(urls.values()))
        for name, url in urls.items():
            built.setdefault(name, []).append((record.facts(), places.settings(url, PEPPER)))
    return built


def _find(folders: Sequence[Path]) -> Built:
    """Find what was built before."""
    built: Built = {}
    for folder in folders:
        facts, settings = build.find(folder, PEPPER)
        for name, each in settings.items():
            built.setdefault(name, []).append((facts, each))
    return built


def _measure(name: str, built: Sequence[tuple[Facts, Settings]], loader: Executor) -> float:
    """Serve the records, measure every case, print the table; return the filtered list's growth."""
    with ExitStack() as stack:
        sizes = []
        for facts, settings in built:
            served = stack.enter_context(serving(facts, settings))
            _verify(served)
            served.cases = _cases(served)
            body = served.get(served.cases[FILTERED][0]).content
            headers = [
                (b"content-type", b"application/json"),
                (b"content-length", str(len(body)).encode()),
            ]
            served.bare = stack.enter_context(bare({"/": (200, headers, body)}))
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
            port = served.port if case in served.cases else served.bare.port
            paths = served.cases.get(case, ["/"])
            requests = REQUESTS if turn else WARM_UP
            if case in served.cases:
                paths = [fresh(paths[n % len(paths)]) for n in range(requests)]
            load = traffic.Load(requests, SECONDS)
            took = loader.submit(traffic.fire, port, paths, load).result()
            served.took.setdefault(case, []).extend(took if turn else [])


def _print(case: str, sizes: Sequence[Served]) -> None:
    for served in sizes:
        is_last = served is sizes[-1] and len(sizes) > 1
        print(
            f"{case if served is sizes[0] else '':<34}{served.facts.size:>10,}"
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
    facts, lists = served.facts, "/v1/questions?"
    company = facts.companies[0]
    then = format_instant(facts.middle)
    some = random.Random(2).sample(facts.questions, SAMPLE)
    questions = [f"/v1/questions/{slug}" for _, slug in some]
    return {
        FILTERED: [f"{lists}company={company}&state=unanswered"],
        "  of two states": [f"{lists}company={company}&state=unanswered,declined"],
        "list": ["/v1/questions"],
        "  page deep inside": [_deep(served)],
        "  of the overdue": [f"{lists}overdue=true"],
        "  longest open first": [f"{lists}sort=-days_open"],
        "list by topic": [f"{lists}topic={facts.topics[0]}"],
        "  that few have": [f"{lists}topic={facts.topics[-1]}"],
        "list by asker": [f"{lists}asker={facts.askers[0]}"],
        "  who asked few": [f"{lists}asker={facts.askers[-1]}"],
        "list by dossier": [f"{lists}dossier={facts.dossiers[0]}"],
        "  that holds few": [f"{lists}dossier={facts.dossiers[-1]}"],
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
        "page of events": [f"/v1/events?after={facts.seq // 2}"],
    }


def _deep(served: Served) -> str:
    """Follow the cursors of long pages, and return the path of a page of 50 behind them."""
    cursor = None
    for _ in range(min(DEEP, served.facts.size // 400)):
        parameters = {"limit": 200, "cursor": cursor} if cursor else {"limit": 200}
        cursor = served.get("/v1/questions", parameters).json()["next_cursor"]
    return f"/v1/questions?limit=50&cursor={cursor}" if cursor else "/v1/questions"


def _verify(served: Served) -> None:
    """Read some questions as the tables have them and as the ledger has them; both must agree."""
    facts = served.facts
    known_at = format_instant(clock.now())
    expand = "responses,company,source,statement"
    for name, _ in random.Random(1).sample(facts.questions, min(SAMPLE, facts.size)):
        path = f"/v1/questions/{name}"
        for tail, expanded in (("", expand), ("/timeline", "source")):
            now = served.get(path + tail, {"expand": expanded}).json()
            then = served.get(path + tail, {"expand": expanded, "known_at": known_at}).json()
            if now != then:
                raise RuntimeError(f"{path}{tail} differs from what the ledger says")
    events = served.get("/v1/events", {"after": facts.seq - 1}).json()["data"]
    if [event["seq"] for event in events[:1]] != [facts.seq]:
        raise RuntimeError("the ledger does not reach as far as it should")


if __name__ == "__main__":
    sys.exit(main())
