"""Measure pages of lists at any depth, and how that changes with the size of the record.

A page deep inside is asked for with the cursor that would lead there; nobody goes all the way.
"""

import asyncio
from collections.abc import Sequence
from concurrent.futures import Executor
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import func, select
from sqlalchemy.engine import Connection
from starlette.requests import Request

from app.auth.secrets import load_pepper
from app.core.db import Database
from app.core.pagination import Pager
from app.core.settings import Settings
from app.core.tables import table_of
from app.questions.models import Question
from tests.bench import traffic
from tests.bench.figures import Figures
from tests.bench.serving import Served, fresh, load_of_machine, percentile
from tests.bench.traffic import Load

LISTS = "/v1/questions"
DEPTHS = (0.0, 0.1, 0.5, 0.9)
PLACES, ROUNDS, LOAD = 25, 3, Load(50, 10.0, connections=4)
"""So many questions at a depth from which a page begins, and how they are asked for in a round."""

GROWTH = 1.5
QUESTION = table_of(Question)


def measure(name: str, sizes: Sequence[Served], loader: Executor, figures: Figures) -> None:
    """Measure on one database, and print."""
    print(f"\n{name}: a page of 50 at a depth, {LOAD.connections} connections, p50 ms", end="")
    print(f"; {load_of_machine()}")
    print(f"{'depth':<36}" + "".join(f"{served.facts.size:>12,}" for served in sizes) + "   growth")
    for filters in ({}, {"company": sizes[0].facts.companies[0], "state": "unanswered"}):
        for depth in DEPTHS:
            times = _times(sizes, filters, depth, loader)
            words = f"{' and '.join(filters) or 'all'}, {depth:.0%} deep"
            print(f"{words:<36}" + "".join(f"{value:>12.2f}" for value in times), end="")
            if len(sizes) > 1:
                growth = times[-1] / times[0]
                case = f"growth of a page, {words}, to {sizes[-1].facts.size:,}"
                print(f"{growth:>9.2f}   {figures.at_most(name, case, growth, GROWTH)}", end="")
            print(flush=True)


def _times(
    sizes: Sequence[Served], filters: dict[str, str], depth: float, loader: Executor
) -> list[float]:
    """Return what a page takes, in milliseconds, for each size; they take turns."""
    asked = [(served, _at_depth(served, filters, depth), list[float]()) for served in sizes]
    for turn in range(ROUNDS + 1):  # of which the first is to warm up
        for served, paths, times in asked:
            addresses = [fresh(path) for path in paths * (LOAD.requests // PLACES)]
            took = loader.submit(traffic.fire, served.port, addresses, LOAD).result()
            times.extend(took if turn else ())
    return [percentile(times, 50) for _, _, times in asked]


def _at_depth(served: Served, filters: dict[str, str], depth: float) -> list[str]:
    """Return pages of a list that begin at some place, with the cursors that would lead there."""
    keys = asyncio.run(_keys(served.settings, filters, depth))
    pager = _pager(served, filters)
    return [
        f"{LISTS}?{urlencode({**filters, 'limit': 50, 'cursor': pager.write(key)})}" for key in keys
    ]


def _pager(served: Served, filters: dict[str, str]) -> Pager:
    """Return what writes cursors of a list, as in a request for it."""
    app = SimpleNamespace(state=SimpleNamespace(settings=served.settings))
    query = urlencode(filters).encode()
    scope = {"type": "http", "app": app, "path": LISTS, "query_string": query, "headers": []}
    return Pager(Request(scope), load_pepper(served.settings))


async def _keys(settings: Settings, filters: dict[str, str], depth: float) -> list[list[Any]]:
    """Return by what some questions at a depth of the list are found."""

    def look(connection: Connection) -> list[list[Any]]:
        company = filters.get("company")
        place = [QUESTION.c.first_asked_day, QUESTION.c.id]
        query = select(*place)
        if company is not None:
            named = select(QUESTION.c.company_id).where(QUESTION.c.slug.like(f"{company}-%"))
            query = query.where(QUESTION.c.company_id == named.limit(1).scalar_subquery())
            query = query.where(QUESTION.c.state == filters["state"])
        counted = query.with_only_columns(func.count(), maintain_column_froms=True)
        count = connection.execute(counted).scalar_one()
        query = query.order_by(*(column.desc() for column in place))
        rows = connection.execute(query.offset(int(count * depth)).limit(PLACES)).all()
        return [[row.first_asked_day, row.id] for row in rows]

    database = Database(settings)
    try:
        return await database.look(look)
    finally:
        await database.close()
