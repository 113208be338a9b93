"""Measure what the transparency log costs, and how fast it proves.

What it adds to a write: two applications in one process, each with a database of its own, take
turns with the same writes; one of them has no log: its events are plain JSON, without salts,
digests and tree. Then how fast a large log answers, one request at a time. Requests are calls of
the ASGI application, its boundary included, so that no client is measured; the CPU time is this
process's, without PostgreSQL's own. At last how fast `verify.py` reads an export: by the CPU time
of its whole process, from start to end.
"""

import json
import os
import random
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor
from contextlib import AsyncExitStack, ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median, quantiles
from typing import Any
from unittest.mock import patch

import uvloop
from sqlalchemy import insert
from sqlalchemy.orm import Session

from app.core import memory
from app.core.logging import configure
from app.core.settings import Settings
from app.core.tables import canonical_json
from app.ledger import leaves, recorder, tree
from app.ledger.models import Headline, LogHead
from app.transparency import exports, tiles, verify
from app.transparency.notes import Checkpoint, parse
from tests.bench.asgi import Took, Web, running
from tests.bench.databases import Places, fill
from tests.bench.ledger import EVENT, Ledger, Row, Rows
from tests.bench.record import Record

PEPPER = "a pepper for measuring, 32 characters or more"
COST, ROUNDS, TURNS = 1.15, 12, 12
"""The bound of what a write costs with the log; and so many rounds of so many turns."""

EVENTS = int(os.environ.get("EVENTS", "1000000"))
PROOF_MS, PROOFS, OTHERS = 2.0, 3000, 500
QUESTIONS, EVENTS_A_SECOND, READINGS = 37_500, 50_000, 5
CHUNK = 20_000
SPOKEN = "The company has been asked about the contract, the audit and the data centre before."
SIDES = ("with", "without")

Rounds = dict[tuple[str, str], list[list[Took]]]
"""What writes took, by side and kind of write, and by round."""


def measure(places: Places, folder: Path, executor: Executor) -> None:
    """Measure all of it, and print."""
    sides = {side: places.make(f"{side}_log") for side in SIDES}
    for name in sides["with"]:
        settings = {side: places.settings(urls[name], PEPPER) for side, urls in sides.items()}
        _print_writes(name, executor.submit(_run, _write, settings).result())
    many, urls = Many(EVENTS), places.make("large_log")
    fill(many, list(urls.values()))
    for name, url in urls.items():
        _print_proofs(name, executor.submit(_run, _prove, places.settings(url, PEPPER)).result())
    record, url = Record(QUESTIONS), places.make("export")["SQLite"]
    fill(record, [url])
    path = folder / "ledger.jsonl"
    executor.submit(_run, _export, (places.settings(url, PEPPER), path)).result()
    _print_reading(path)


def _run(work: Callable[[Any], Any], given: Any) -> Any:
    configure(Settings(log_level="error"))
    return uvloop.run(work(given))


# What the log costs a write.


def _seal_plain(event: Mapping[str, Any], personal: Any) -> tuple[bytes, str]:
    return canonical_json(event).encode(), ""


def _append_plain(session: Session, head: LogHead, told: list[tuple[Any, Any]]) -> None:
    session.connection().execute(insert(EVENT), [event for event, _ in told])


@contextmanager
def _as(side: str) -> Iterator[None]:
    """Have the recorder work with the log, or without."""
    with ExitStack() as stack:
        if side == "without":
            stack.enter_context(patch.object(leaves, "seal", _seal_plain))
            stack.enter_context(patch.object(recorder, "_append", _append_plain))
        yield


async def _write(settings: dict[str, Settings]) -> Rounds:
    """Return what the writes took. The sides take turns; so does which of them is first."""
    took: Rounds = {(side, kind): [] for side in SIDES for kind in ("question", "statement")}
    async with AsyncExitStack() as stack:
        webs = {side: await stack.enter_async_context(running(settings[side])) for side in SIDES}
        webs["without"].app.state.database.gate = None
        for side, web in webs.items():
            with _as(side):
                await web.post("/v1/companies", {"slug": "northwind", "name": "Northwind"})
                asker = {"slug": "the-daily", "name": "The Daily", "kind": "newsroom"}
                await web.post("/v1/askers", asker)
        memory.settle()
        for turn in range((ROUNDS + 1) * TURNS):  # of which the first round is to warm up
            for kind in took:
                took[kind] += [[]] if turn % TURNS == 0 else []
            for side in SIDES if turn % 2 else SIDES[::-1]:
                with _as(side):
                    await _take_turn(webs[side], side, turn, took)
    return {kind: rounds[1:] for kind, rounds in took.items()}


async def _take_turn(web: Web, side: str, turn: int, took: Rounds) -> None:
    """Put two questions, and publish a statement that bears on both."""
    names = []
    for number in (2 * turn, 2 * turn + 1):
        question, spent = await web.post("/v1/questions", _question(number))
        names.append(question["id"])
        took[side, "question"][-1].append(spent)
    _, spent = await web.post("/v1/statements", _statement(turn, names))
    took[side, "statement"][-1].append(spent)


def _question(number: int) -> dict[str, Any]:
    source = {"url": f"https://news.example/{number}", "title": f"Article {number}", "lang": "en"}
    ask = {"asker": "the-daily", "asked_on": "2025-05", "channel": "written", "source": source}
    text = f"What did Northwind know of contract no. {number}, and what did it do about it?"
    return {
        "company": "northwind", "text": text, "lang": "en", "context": SPOKEN,
        "topics": ["audit", "contracts"], "asks": [ask],
    }  # fmt: skip


def _statement(number: int, questions: list[str]) -> dict[str, Any]:
    source = {"url": f"https://northwind.example/{number}", "title": "A reply", "lang": "en"}
    responses = [
        {"question": name, "verdict": "declined", "excerpt": "We take this seriously.",
         "rationale": "It says that it will not say."}
        for name in questions
    ]  # fmt: skip
    return {
        "company": "northwind", "kind": "reply", "title": f"Reply no. {number}", "lang": "en",
        "published_on": "2025-06-01", "source": source, "attributed_to": "A spokesperson",
        "responses": responses,
    }  # fmt: skip


def _print_writes(name: str, took: Rounds) -> None:
    print(f"\n{name}: what the log costs a write, in ms (p50 of {ROUNDS} rounds in turn)")
    print(f"{'':<34}{'with':>8}{'without':>9}{'ratio':>8}{'rounds':>14}")
    for kind, told in (("question", "a question"), ("statement", "a statement, 2 responses")):
        for clock in ("wall", "cpu"):
            with_log, without = (
                [median(getattr(one, clock) for one in part) for part in took[side, kind]]
                for side in SIDES
            )
            ratios = sorted(map(float.__truediv__, with_log, without))
            ratio = median(ratios)
            print(
                f"  {told + (', CPU' if clock == 'cpu' else ''):<32}"
                f"{median(with_log):>8.2f}{median(without):>9.2f}{ratio:>8.3f}"
                f"  {ratios[0]:>5.2f}–{ratios[-1]:.2f}   {_kept(ratio <= COST)} {COST}",
                flush=True,
            )


# How fast a large log answers.


class Many:
    """A ledger of so many small events."""

    def __init__(self, count: int) -> None:
        self.name, self.ledger = "a large log", Ledger()
        self._count = count

    def rows(self) -> Iterator[Rows]:
        """Yield the rows of all tables, some at a time."""
        began = datetime.now(UTC) - timedelta(days=1)
        for seq in range(1, self._count + 1):
            self.ledger.begin(began)
            self.ledger.seq = seq
            self.ledger.append(*self._event(seq))
            yield from self.ledger.take(CHUNK)
        yield from self.ledger.take()

    def _event(self, seq: int) -> tuple[Row, str]:
        name, instant = f"company_{seq % 1000:026}", self.ledger.instant
        said = Headline(type="company.updated", summary=f"Company {seq} was edited on the record.")
        data = {leaves.OBJECT: {"id": name}}
        event = leaves.compose(
            said, data, seq=seq, recorded_at=instant, actor="bench", subject_id=name
        )
        leaf, content = leaves.seal(event, ())
        found_by = Row(
            seq=seq,
            type=said.type,
            recorded_at=instant,
            actor="bench",
            subject_id=name,
            company_id=name,
            question_id=None,
            leaf=leaf,
        )
        return found_by, content


async def _prove(settings: Settings) -> dict[str, list[Took]]:
    """Return what answers took, by what was asked for."""
    chance, whole = random.Random(3), EVENTS // 256
    some = [f"/v1/events/{chance.randint(1, EVENTS)}/proof" for _ in range(PROOFS)]
    indices = [chance.randrange(whole) for _ in range(OTHERS)]
    asked = {
        "inclusion proof": some,
        "  as a tlog-proof": [f"{path}?format=tlog-proof" for path in some[:OTHERS]],
        "tile of level 0": [f"/log/tile/{tiles.Tile(0, one, 256).path}" for one in indices],
        "entry bundle": [f"/log/tile/{tiles.Tile(None, one, 256).path}" for one in indices],
        "checkpoint": ["/log/checkpoint"] * OTHERS,
    }
    async with running(settings) as web:
        memory.settle()
        for path in some[:20]:
            _check((await web.get(path))[0])
        took = {case: [(await web.get(path))[1] for path in paths] for case, paths in asked.items()}
        took["  signed anew"] = []
        for _ in range(OTHERS):
            web.app.state.log._signed = None
            took["  signed anew"].append((await web.get("/log/checkpoint"))[1])
    return took


def _check(body: bytes) -> None:
    """Make sure that an answer proves what it says."""
    proof = json.loads(body)
    checkpoint = Checkpoint.parse(parse(proof["checkpoint"]).text)
    leaf = tree.leaf_hash(proof["leaf"].encode())
    hashes = [bytes.fromhex(value) for value in proof["hashes"]]
    tree.verify_inclusion(proof["index"], EVENTS, leaf, hashes, checkpoint.root)


def _print_proofs(name: str, took: dict[str, list[Took]]) -> None:
    print(f"\n{name}: the log of {EVENTS:,} events, ms of server time")
    print(f"{'':<34}{'p50':>8}{'p99':>9}{'CPU p50':>9}")
    for case, each in took.items():
        ranks = quantiles([one.wall for one in each], n=100, method="inclusive")
        bound = f"   {_kept(ranks[49] <= PROOF_MS)} {PROOF_MS} at the median"
        print(
            f"  {case:<32}{ranks[49]:>8.2f}{ranks[98]:>9.2f}{median(one.cpu for one in each):>9.2f}"
            f"{bound if case == 'inclusion proof' else ''}",
            flush=True,
        )


# How fast an export is verified.


async def _export(given: tuple[Settings, Path]) -> None:
    """Write the export of a database, as the service does."""
    settings, path = given
    async with running(settings) as web:
        database = web.app.state.database
        head = await exports.header(database, web.app.state.log)
        with path.open("wb") as file:
            async for piece in exports.lines(database, head):
                file.write(piece)


def _read(path: Path) -> tuple[float, float]:
    """Verify an export in a process of its own; return its CPU time and how long it took."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run([sys.executable, verify.__file__, path], check=True, capture_output=True)
    took, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, took


def _print_reading(path: Path) -> None:
    events = texts = -1
    with path.open("rb") as file:
        for line in file:
            events, texts = events + 1, texts + line[: line.index(b"]")].count(b'"') // 2 - 1
    readings = [_read(path) for _ in range(READINGS)]
    rates = sorted(events / cpu for cpu, _ in readings)
    print(f"\nverify.py reads an export of {events:,} events, {texts / events:.1f} texts to each")
    clock = events / median(took for _, took in readings)
    kept = "at least" if median(rates) >= EVENTS_A_SECOND else "NOT at least"
    print(
        f"  events a second of one core {median(rates):>14,.0f}  {rates[0]:,.0f}–{rates[-1]:,.0f}"
        f"   {kept} {EVENTS_A_SECOND:,}"
    )
    print(f"  by the clock                {clock:>14,.0f}", flush=True)


def _kept(is_kept: bool) -> str:
    return "at most" if is_kept else "NOT at most"
