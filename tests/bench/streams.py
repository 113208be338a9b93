"""Measure what is not one answer: exports, readers of the stream, and reading what was written."""

import select
import socket
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from statistics import median
from threading import Event, Thread
from typing import Any

from tests.bench.figures import Figures
from tests.bench.serving import Served, load_of_machine, make_key, percentile, serving

EXPORTS, ALL = ("questions.csv", "questions.jsonl", "timeline.csv", "events.csv"), 100_000
ROWS_A_SECOND, EXPORT_MB = 20_000, 50.0
"""The rate is asked of the first; the others are of larger records too large to wait for."""

READERS, READERS_S, READERS_MB, TURNS = 1_000, 1.0, 100.0, 5
WRITES = 40
SIZE, QUIET, PATIENCE = 1 << 16, 0.3, 30.0
PLAIN = {"Accept-Encoding": "identity"}
OFTEN = 0.02
"""Seconds between looks at the server's memory."""


def measure(name: str, served: Served, figures: Figures) -> None:
    """Measure on one database of one size, and print."""
    print(f"\n{name}, {served.facts.size:,} questions; {load_of_machine()}")
    key = make_key(served.settings)
    _export(name, served, figures)
    _stream(name, served, key, figures)
    _write_and_read(name, served, key)


# Exports.


def _export(name: str, served: Served, figures: Figures) -> None:
    paths = [f"/v1/exports/{name}" for name in EXPORTS]
    for path in paths if served.facts.size <= ALL else paths[:1]:
        with _watching(served) as grown:
            began, rows, size = time.perf_counter(), 0, 0
            with served.client.stream("GET", f"{served.url}{path}", headers=PLAIN) as got:
                if got.status_code == 404:
                    print(f"  {path}: NOT measured, it is not there yet")
                    continue
                got.raise_for_status()
                for piece in got.iter_raw(1 << 20):
                    rows, size = rows + piece.count(b"\n"), size + len(piece)
            rate = rows / (time.perf_counter() - began)
        said = ""
        if path == paths[0]:
            said = figures.at_least(name, f"{path}, rows/s", rate, ROWS_A_SECOND, ",.0f")
        print(f"  {path:<34}{rate:>10,.0f} lines/s of {rows:,}, {size / 1e6:,.0f} MB   {said}")
        said = figures.at_most(name, f"{path}, MB of growth", max(grown), EXPORT_MB, ",.0f")
        print(f"  {'  the server grew by':<34}{max(grown):>10,.1f} MB   {said}", flush=True)


@contextmanager
def _watching(served: Served) -> Iterator[list[float]]:
    """Watch by how much the server's memory grows while the block runs, in MB."""
    before, grown, is_over = served.memory(), [0.0], Event()

    def watch() -> None:
        while not is_over.wait(OFTEN):
            grown.append(served.memory() - before)

    watcher = Thread(target=watch)
    watcher.start()
    try:
        yield grown
    finally:
        is_over.set()
        watcher.join()


# Readers of the stream.


class Readers:
    """Many who read the stream."""

    def __init__(self, served: Served, stack: ExitStack) -> None:
        """Connect them.

        Raises:
            RuntimeError: one of them is refused.
        """
        self._poll = stack.enter_context(select.epoll())
        self._sockets: dict[int, socket.socket] = {}
        for _ in range(READERS):
            reader = stack.enter_context(socket.create_connection(("127.0.0.1", served.port), 30))
            reader.sendall(b"GET /v1/events/stream HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            begun = reader.recv(SIZE)
            if b" 200 " not in begun[:20]:
                raise RuntimeError(f"the stream says {begun[:300]!r}")
            self._poll.register(reader, select.EPOLLIN)
            self._sockets[reader.fileno()] = reader

    def drain(self) -> None:
        """Read until nothing more comes."""
        while ready := self._poll.poll(QUIET):
            for number, _ in ready:
                self._sockets[number].recv(SIZE)

    def wait(self) -> float:
        """Return when the last of them has an event.

        Raises:
            RuntimeError: not all have it in time.
        """
        waiting, until = set(self._sockets), time.perf_counter() + PATIENCE
        while waiting:
            if time.perf_counter() > until:
                raise RuntimeError(f"{len(waiting)} readers have no event after {PATIENCE} s")
            for number, _ in self._poll.poll(QUIET):
                if b"data: " in self._sockets[number].recv(SIZE):
                    waiting.discard(number)
        return time.perf_counter()


def _stream(name: str, served: Served, key: str, figures: Figures) -> None:
    before, after = served.memory(), []
    with ExitStack() as stack:
        try:
            readers = Readers(served, stack)
        except RuntimeError as error:
            print(f"  stream: NOT measured, {error}")
            return
        for turn in range(TURNS):
            readers.drain()
            began = time.perf_counter()
            writing = Thread(target=_write, args=(served, key, f"Told to all {turn}"))
            writing.start()
            after.append(readers.wait() - began)
            writing.join()
        grown = served.memory() - before
    said = figures.at_most(name, f"{READERS:,} readers have an event, s", max(after), READERS_S)
    print(f"  {READERS:,} readers: from the writing to when the last has the event,", end="")
    print(f" {median(after):.3f} s (median of {TURNS}), at most {max(after):.3f} s   {said}")
    said = figures.at_most(name, f"{READERS:,} readers, MB", grown, READERS_MB, ",.0f")
    print(f"  {'  the server grew by':<34}{grown:>10,.1f} MB   {said}", flush=True)


# Reading what was written.


def _write(served: Served, key: str, named: str) -> Any:
    """Put a company on the record."""
    headers = {"Authorization": f"Bearer {key}"}
    new = {"slug": f"bench-{uuid.uuid4().hex[:12]}", "name": named}
    answer = served.client.post(f"{served.url}/v1/companies", json=new, headers=headers)
    return answer.raise_for_status().json()


def _write_and_read(name: str, served: Served, key: str) -> None:
    """Write through one server, and ask it and another one what is new.

    The same was asked before, so that a cache has an answer, to which it must not keep.
    """
    took: dict[str, list[float]] = {"here": [], "elsewhere, with min_seq": [], "elsewhere": []}
    saw = dict.fromkeys(took, 0)
    last = _write(served, key, "Before all")["version"]
    with serving(served.facts, served.settings) as other:
        for turn in range(WRITES):
            for case, times in took.items():
                where = served if case == "here" else other
                _events(where, last)
                version = _write(served, key, f"Read at once {turn}")["version"]
                more = {"min_seq": version} if case.endswith("min_seq") else {}
                began = time.perf_counter()
                saw[case] += version in _events(where, last, more)
                times.append(time.perf_counter() - began)
                last = version
    for case, times in took.items():
        print(f"  read after a write, {case:<26}{percentile(times, 50):>8.1f} ms p50", end="")
        print(
            f"{percentile(times, 95):>8.1f} ms p95; {saw[case]} of {len(times)} saw it", flush=True
        )


def _events(served: Served, after: int, more: dict[str, int] | None = None) -> list[int]:
    """Ask what came after an event."""
    found = served.get("/v1/events", {"after": after, **(more or {})}).json()["data"]
    return [event["seq"] for event in found]
