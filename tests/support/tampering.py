"""What somebody can do who has the database itself: triggers dropped, events cut off or changed."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import Executable, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.db import Database
from app.ledger import tree
from app.ledger.models import LogHead
from app.ledger.queries import lock
from app.transparency import queries


async def drop_triggers(session: AsyncSession, *, is_sqlite: bool) -> None:
    """Take away what refuses changes of the ledger."""
    if is_sqlite:
        names = await session.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'"))
        for name in names.scalars().all():
            await session.execute(text(f"DROP TRIGGER {name}"))
        return
    for table in ("event", "disclosure"):
        await session.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))


@asynccontextmanager
async def tampered(database: Database, *changes: Executable) -> AsyncIterator[AsyncSession]:
    """Make changes that the triggers would refuse, and take all back when the block ends."""
    async with AsyncSession(database._writers, autoflush=False) as session:
        await drop_triggers(session, is_sqlite=database.is_sqlite)
        connection = await session.connection()
        for change in changes:
            result = await connection.execute(change)
            assert result.rowcount, f"changed nothing: {change}"
        yield session


async def tamper(database: Database, *changes: Executable) -> None:
    """Make changes that the triggers would refuse, for good."""
    async with tampered(database, *changes) as session:
        await session.commit()


async def cut_back(database: Database, seq: int) -> None:
    """Make the database what it was after `seq` events, as an older backup would be."""
    async with database.writing() as session:
        await drop_triggers(session, is_sqlite=database.is_sqlite)
        head = await lock(session)
        await _rebuild(session, head, seq)
        for table in ("event", "disclosure"):
            await session.execute(text(f"DELETE FROM {table} WHERE seq > :seq"), {"seq": seq})


async def rewrite(database: Database, seq: int, actor: str = "tests") -> None:
    """Change an event, and everything that derives from it, so that only its hash tells."""
    async with database.writing() as session:
        await drop_triggers(session, is_sqlite=database.is_sqlite)
        head = await lock(session)
        leaf = (await session.execute(text("SELECT leaf FROM event WHERE seq = :seq"),
                                      {"seq": seq})).scalar_one()  # fmt: skip
        changed = leaf.replace(f'"actor":"{actor}"'.encode(), b'"actor":"nobody"')
        assert changed != leaf
        await session.execute(
            text("UPDATE event SET leaf = :leaf, actor = 'nobody' WHERE seq = :seq"),
            {"leaf": changed, "seq": seq},
        )
        await _rebuild(session, head, head.seq)


async def _rebuild(session: AsyncSession, head: LogHead, seq: int) -> None:
    query = text("SELECT leaf FROM event WHERE seq <= :seq ORDER BY seq")
    leaves = (await session.execute(query, {"seq": seq})).scalars().all()
    made, peaks = tree.append(0, [], map(tree.leaf_hash, leaves))
    connection = await session.connection()
    await connection.execute(queries.NODE.delete())
    rows: list[dict[str, Any]] = [
        {"address": tree.key(address), "hash": value} for address, value in made
    ]
    if rows:
        await connection.execute(queries.NODE.insert(), rows)
    head.seq, head.peaks = seq, tree.join(peaks)
