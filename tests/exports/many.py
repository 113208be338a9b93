"""Many questions in no time, for exports that are long."""

from typing import Any

from sqlalchemy import insert, select, text

from app.core import ids
from app.core.db import maintenance_engine
from app.core.settings import Settings
from app.core.tables import table_of
from app.questions.models import Question

QUESTION = table_of(Question)


async def multiply(settings: Settings, question: Any, count: int) -> None:
    """Put copies of a question into the database, past the ledger; none has been asked."""
    engine = maintenance_engine(settings.database_url)
    async with engine.begin() as connection:
        found = await connection.execute(select(QUESTION).where(QUESTION.c.id == question["id"]))
        row = dict(found.one()._mapping)
        for start in range(0, count, 100):
            copies = [
                {**row, "id": ids.new("question"), "slug": f"copy-{number}", "external_id": None}
                for number in range(start, min(start + 100, count))
            ]
            await connection.execute(insert(QUESTION), copies)
    await engine.dispose()


async def spoil(settings: Settings, question: Any) -> None:
    """Make a question unreadable."""
    engine = maintenance_engine(settings.database_url)
    async with engine.begin() as connection:
        await connection.execute(
            text("UPDATE question SET topics = '[' WHERE id = :id"), {"id": question["id"]}
        )
    await engine.dispose()
