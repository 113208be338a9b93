"""The index gives the newest first, wherever they lie and however many there are."""

import random
from typing import Any

from sqlalchemy import Connection, insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.db import Database
from app.search import index, words
from app.search.documents import Document
from app.search.expressions import Expression
from app.search.models import DOCUMENT

DENSE = range(2**25 - 3000, 2**25 + 3000)
"""Where every docid is taken; elsewhere they are far apart."""


def documents() -> dict[int, list[str]]:
    """Make the words of documents by docid."""
    chance = random.Random(7)
    docids = {*chance.sample(range(1, 2**26), 2000), *DENSE}
    made = {}
    for docid in sorted(docids):
        said = ["all", "even" if docid % 2 else "odd"]
        said += ["often"] if chance.random() < 0.6 else []
        said += ["seldom"] if chance.random() < 0.01 else []
        said += ["dense"] if docid in DENSE else ["thin"]
        said += ["early"] if docid < 2**24 else []
        said += ["latest"] if docid > 2**26 - 2**16 else []
        made[docid] = said
    return made


def write(connection: Connection, made: dict[int, list[str]]) -> None:
    """Put documents in the index, of questions that are nowhere: this must not commit."""
    vector = index.engine(connection).vector
    rows = [
        {
            "docid": docid,
            "question_id": f"question_{docid}",
            "version": 1,
            "made": words.VERSION,
            "head": " ".join(said),
            "rest": "",
            "words": vector(Document(docid, " ".join(said), "", frozenset())),
        }
        for docid, said in made.items()
    ]
    connection.execute(insert(DOCUMENT), rows)


async def connected(session: AsyncSession, work: Any) -> Any:
    return await session.run_sync(lambda sync: work(sync.connection()))


async def test_the_newest_are_found_wherever_they_lie(database: Database) -> None:
    made = documents()
    chance = random.Random(8)

    def check(connection: Connection) -> int:
        write(connection, made)
        newest, checked = index.engine(connection).newest, 0
        for wanted in ("all", "often", "seldom", "dense", "thin", "early", "latest", "none",
                       "often even", "seldom odd", "dense thin", "early latest"):  # fmt: skip
            asked = wanted.split()
            expression = Expression(tuple(((word,),) for word in asked))
            fitting = [docid for docid in made if set(asked) <= set(made[docid])][::-1]
            for size in (1, 10, 300, 5000):
                for below in (None, 1, 2**25, chance.randrange(2**26)):
                    expected = [docid for docid in fitting if below is None or docid < below]
                    found = newest(connection, expression, below, size)
                    assert [docid for docid, _ in found] == expected[:size], (wanted, size, below)
                    checked += len(found)
        return checked

    async with database.writing() as session:
        assert await connected(session, check) > 10_000
        await session.rollback()


async def test_many_alternatives_are_found_as_few_are(database: Database) -> None:
    made = documents()
    rare = [f"none{number}" for number in range(30)]

    def check(connection: Connection) -> None:
        write(connection, made)
        engine = index.engine(connection)
        many = tuple((word,) for word in (*rare, "seldom", "latest"))
        fitting = [docid for docid in made if {"seldom", "latest"} & set(made[docid])][::-1]
        both = [docid for docid in fitting if "even" in made[docid]]
        without = [docid for docid in both if "dense" not in made[docid]]
        for expression, expected in (
            (Expression((many,)), fitting),
            (Expression((many, (("even",),))), both),
            (Expression((many, (("even",),), many), (("dense",), ("none",))), without),
        ):
            found = engine.newest(connection, expression, None, 10_000)
            assert [docid for docid, _ in found] == expected

    async with database.writing() as session:
        await connected(session, check)
        await session.rollback()
