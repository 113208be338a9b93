"""Measure how fast public reads are, beside a bare ASGI app that sends the same bytes.

One `answerable serve` for each size of the record, 32 connections. In each round the bare app and
the service take turns, and a ratio is the median of the rounds', so that a busy moment of the
machine hits both. On a machine that is busy throughout, look at the ratio of the CPU time that the
two processes took for an answer. What is to be answered from a cache is asked for again and again;
what is not has another address each time.
"""

import time
from collections.abc import Sequence
from concurrent.futures import Executor
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import permutations
from statistics import median
from typing import Any
from urllib.parse import urlencode

from app.core.settings import Settings
from tests.bench import answers, depths, streams, traffic
from tests.bench.facts import Facts
from tests.bench.figures import Figures
from tests.bench.serving import (
    Bare,
    Served,
    bare,
    cpu,
    fresh,
    load_of_machine,
    percentile,
    serving,
)
from tests.bench.traffic import Load

CONNECTIONS, ROUNDS, SECONDS, MANY = 32, 5, 1.5, 1_000_000
LISTS = "/v1/questions"
SAME = "limit=50&open=true&sort=-first_asked_on&state=unanswered,declined"
NOT_MODIFIED, WHOLE = "/not-modified", "/whole"
STEPS, STEP, PAUSE = 125, 8, 0.3
UNSENT = ("date", "server", "transfer-encoding", "connection")


@dataclass
class Case:
    """What is asked for, and how much of the bare app's rate is to be reached."""

    name: str
    bound: float
    paths: list[str]
    against: str = WHOLE
    headers: tuple[str, ...] = ()
    is_varied: bool = False
    ratios: list[float] = field(default_factory=list)
    of_cpu: list[float] = field(default_factory=list)
    took: list[float] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class Sent:
    """What became of requests: how many a second, the server's CPU time for one, and times."""

    rate: float
    cpu: float
    took: list[float]


def measure(
    name: str, built: Sequence[tuple[Facts, Settings]], loader: Executor, figures: Figures
) -> None:
    """Measure all of it on one database, and print."""
    with ExitStack() as stack:
        sizes = [stack.enter_context(serving(facts, settings)) for facts, settings in built]
        for served in sizes:
            served.bare = stack.enter_context(bare(_answers(served)))
        _print_rates(name, sizes, loader, figures)
        depths.measure(name, sizes, loader, figures)
        for served in sizes:
            answers.measure(name, served, figures)
        streams.measure(name, sizes[-1], figures)


# Rates, beside the bare app.


def _answers(served: Served) -> traffic.Answers:
    """Return what the bare app is to send: what the service sends."""
    whole = served.get(f"{LISTS}?{SAME}")
    same = served.get(f"{LISTS}?{SAME}", headers={"If-None-Match": whole.headers["ETag"]})
    return {
        WHOLE: (200, _headers(whole), whole.content),
        NOT_MODIFIED: (304, _headers(same), b""),
    }


def _headers(answer: Any) -> traffic.Headers:
    return [pair for pair in answer.headers.raw if pair[0].decode().lower() not in UNSENT]


def _cases(served: Served) -> list[Case]:
    whole = served.get(f"{LISTS}?{SAME}")
    known = (f"If-None-Match: {whole.headers['ETag']}",)
    orders = ["&".join(order) for order in permutations(SAME.split("&"))]
    return [
        Case("304", 0.75, [f"{LISTS}?{SAME}"], NOT_MODIFIED, known),
        Case("same list again", 0.55, [f"{LISTS}?{SAME}"]),
        Case("  its parameters in another order", 0.55, [f"{LISTS}?{order}" for order in orders]),
        Case("varied lists, fragments warm", 0.08, _varied(served), is_varied=True),
    ]


def _varied(served: Served) -> list[str]:
    """Return pages of 50 of many lists, each from another question on: 1,000 questions of each."""
    facts = served.facts
    lists: list[dict[str, str]] = [
        {},
        {"state": "unanswered"},
        {"open": "true"},
        {"sort": "-updated_at"},
        {"company": facts.companies[0]},
        {"company": facts.companies[1], "state": "declined,unanswered"},
        {"topic": facts.topics[0]},
        {"asker": facts.askers[0]},
    ]
    return [path for filters in lists for path in _pages(served, filters)]


def _pages(served: Served, filters: dict[str, str]) -> list[str]:
    """Go through the beginning of a list in small steps, and return a page of 50 from each."""
    found, place = [], dict(filters)
    for _ in range(STEPS):
        found.append(f"{LISTS}?{urlencode({**place, 'limit': 50})}")
        cursor = served.get(LISTS, {**place, "limit": STEP}).json()["next_cursor"]
        if cursor is None:
            break
        place["cursor"] = cursor
    return found


def _print_rates(name: str, sizes: Sequence[Served], loader: Executor, figures: Figures) -> None:
    size = len(sizes[0].get(f"{LISTS}?{SAME}").content)
    print(f"\n{name}, {CONNECTIONS} connections; a list has {size:,} bytes; {load_of_machine()}")
    print(f"{'case':<36}{'questions':>10}{'req/s':>9}{'p50 ms':>9}{'p99 ms':>9}", end="")
    print(f"{'of bare':>9}{'rounds':>12}{'by CPU':>8}")
    for of_sizes in zip(*map(_cases, sizes), strict=True):
        _run(of_sizes, sizes, loader)
        for served, case in zip(sizes, of_sizes, strict=True):
            ratio = median(case.ratios)
            said = figures.at_least(
                name, f"{case.name.strip()}, {served.facts.size:,}, of bare", ratio, case.bound
            )
            spread = f"{min(case.ratios):.2f}–{max(case.ratios):.2f}"
            by_cpu = f"{median(case.of_cpu):.3f}"
            print(
                f"{case.name if served is sizes[0] else '':<36}{served.facts.size:>10,}"
                f"{median(case.rates):>9,.0f}{percentile(case.took, 50):>9.1f}"
                f"{percentile(case.took, 99):>9.1f}{ratio:>9.3f}{spread:>12}{by_cpu:>8}   {said}",
                flush=True,
            )


def _run(cases: Sequence[Case], sizes: Sequence[Served], loader: Executor) -> None:
    """Measure a case: the sizes in turn, and on each the bare app and the service in turn."""
    for turn in range(ROUNDS + 1):  # of which the first is to warm up
        for served, case in zip(sizes, cases, strict=True):
            paths = [fresh(path) for path in case.paths] if case.is_varied else case.paths
            status = 304 if case.headers else 200
            most = len(paths) if case.is_varied else MANY
            seconds = 60.0 if case.is_varied and not turn else SECONDS
            load = Load(most, seconds, CONNECTIONS, case.headers, status)
            plain = Load(MANY, SECONDS, CONNECTIONS, case.headers, status)
            by_bare = _sent(loader, served.bare, [case.against], plain)
            sent = _sent(loader, served, paths, load)
            if turn:
                case.ratios.append(sent.rate / by_bare.rate)
                case.of_cpu.append(by_bare.cpu / sent.cpu if sent.cpu else 1.0)
                case.rates.append(sent.rate)
                case.took.extend(sent.took)


def _sent(loader: Executor, to: Served | Bare, paths: Sequence[str], load: Load) -> Sent:
    """Send requests, and return what became of them."""
    time.sleep(PAUSE)  # so that what the last one left behind is done
    before = cpu(to.pid)
    took = loader.submit(traffic.fire, to.port, paths, load).result()
    return Sent(load.connections * len(took) / sum(took), (cpu(to.pid) - before) / len(took), took)
