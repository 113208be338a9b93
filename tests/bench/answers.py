"""Measure what an answer that no cache has takes: search, statistics. One request at a time.

So one core works for it, the server's, and on PostgreSQL that of the backend while it waits. A
search is asked for by words whose share is known, see `words`.
"""

import json
import socket
import time
from collections.abc import Iterator
from urllib.parse import urlencode

from app.core.dates import format_instant
from tests.bench.figures import Figures
from tests.bench.serving import Served, fresh, load_of_machine, percentile
from tests.bench.words import COMMON, FEW, SOME, THREE

SEARCHES, SEARCH_MS, SEARCHED = 40, 50.0, 1_000_000
"""So many requests of each search; the bound of their 95th percentile, at a size."""

COLD, COMPANY_MS, ALL_MS, COUNTED = 15, 20.0, 250.0, 100_000
"""The same for statistics; their bounds are of the median."""

SHARES = {COMMON: "60 %", SOME: "5 %", FEW: "0.1 %", THREE: "three"}
TWO = f"{COMMON} {SOME}"
QUIET = 1.0
"""Seconds before the first, so that a server that has just started is done with it."""


def measure(name: str, served: Served, figures: Figures) -> None:
    """Measure on one database of one size, and print."""
    time.sleep(QUIET)
    head = f"\n{name}, {served.facts.size:,} questions, one request at a time, ms"
    print(f"{head}; {load_of_machine()}\n{'':<52}{'p50':>9}{'p95':>9}{'most':>9}")
    with Asker(served) as asker:
        _search(name, asker, served, figures)
        _count(name, asker, served, figures)


class Asker:
    """One connection over which one request is sent after the other."""

    def __init__(self, served: Served) -> None:
        self._port = served.port

    def __enter__(self) -> "Asker":
        """Connect."""
        self._socket = socket.create_connection(("127.0.0.1", self._port), timeout=120)
        self._file = self._socket.makefile("rb")
        return self

    def __exit__(self, *_: object) -> None:
        """Hang up."""
        self._file.close()
        self._socket.close()

    def get(self, path: str) -> tuple[float, bytes]:
        """Ask; return how many seconds the answer took, and its body.

        Raises:
            RuntimeError: it was no 200.
        """
        request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{self._port}\r\n\r\n".encode()
        began = time.perf_counter()
        self._socket.sendall(request)
        status, length = self._file.readline(), 0
        for line in iter(self._file.readline, b"\r\n"):
            label, _, value = line.partition(b":")
            length = int(value) if label.lower() == b"content-length" else length
        body = self._file.read(length)
        took = time.perf_counter() - began
        if b" 200 " not in status:
            raise RuntimeError(f"{path}: {status!r} {body[:500]!r}")
        return took, body


def _search(name: str, asker: Asker, served: Served, figures: Figures) -> None:
    if not _knows(asker, "/v1/questions?q=report"):
        print("  search: NOT measured, there is no q= yet")
        return
    for case, path in _searches(served):
        times, found = _times(asker, path, SEARCHES), len(json.loads(asker.get(path)[1])["data"])
        said = ""
        if served.facts.size == SEARCHED:
            said = figures.at_most(name, f"{case}, p95 ms", percentile(times, 95), SEARCH_MS)
        _print(f"{case}: {found} shown", times, said)


def _searches(served: Served) -> Iterator[tuple[str, str]]:
    """Yield what to search for: words of every share, each alone and with filters."""
    facts = served.facts
    then = format_instant(facts.middle)[:10]
    filters = {
        "": {},
        "of a company": {"company": facts.companies[0]},
        "of a state": {"state": "unanswered"},
        "as_of": {"as_of": then},
        "of an asker, as_of": {"asker": facts.askers[0], "as_of": then},
    }
    for word, share in SHARES.items():
        for words, chosen in filters.items():
            yield f"search: {share} {words}".rstrip(), _path(q=word, **chosen)
    yield "search: two words", _path(q=TWO)
    yield "search: a phrase", _path(q='"What did Company 0"')
    yield "search: 60 % without 5 %", _path(q=f"{COMMON} -{SOME}")
    yield "search: Chinese, 0.5 %", _path(q="石棉")
    yield "search: no question has it", _path(q="nowhere-to-be-found")


def _path(**parameters: str) -> str:
    return f"/v1/questions?{urlencode(parameters)}"


def _count(name: str, asker: Asker, served: Served, figures: Figures) -> None:
    company = f"/v1/stats?company={served.facts.companies[0]}"
    if not _knows(asker, company):
        print("  statistics: NOT measured, there are none yet")
        return
    paths = {
        "stats of the largest company": (company, COMPANY_MS),
        "stats of a middling company": (f"/v1/stats?company={served.facts.companies[20]}", None),
        "stats of everything": ("/v1/stats", ALL_MS),
        "stats by company": ("/v1/stats?group_by=company", None),
        "stats by topic": ("/v1/stats?group_by=topic", None),
        "stats of everything, as_of": (
            f"/v1/stats?as_of={format_instant(served.facts.middle)[:10]}",
            None,
        ),
        "series by month, of a company": (
            f"/v1/stats/timeseries?company={served.facts.companies[0]}",
            None,
        ),
        "series by month": ("/v1/stats/timeseries", None),
    }
    for case, (path, bound) in paths.items():
        times, said = _times(asker, path, COLD), ""
        if bound is not None and served.facts.size == COUNTED:
            said = figures.at_most(name, f"{case}, cold, p50 ms", percentile(times, 50), bound)
        _print(f"{case}, cold", times, said)
    asker.get("/v1/stats")
    _print("stats of everything, cached", [asker.get("/v1/stats")[0] for _ in range(200)], "")


def _times(asker: Asker, path: str, count: int) -> list[float]:
    """Ask so often, each time under another address; the first two times are to warm up."""
    return [asker.get(fresh(path))[0] for _ in range(count + 2)][2:]


def _knows(asker: Asker, path: str) -> bool:
    try:
        asker.get(path)
    except RuntimeError as error:
        if " 404 " in str(error) or " 422 " in str(error) or "unknown_parameter" in str(error):
            return False
        raise
    return True


def _print(case: str, times: list[float], said: str) -> None:
    figures = f"{percentile(times, 50):>9.2f}{percentile(times, 95):>9.2f}{max(times) * 1000:>9.2f}"
    print(f"  {case:<50}{figures}   {said}", flush=True)
