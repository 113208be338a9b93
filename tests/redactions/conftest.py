"""What tests of redactions share: a key that may redact, and short ways to do it."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy import make_url, text

from app.auth.schemas import Scope
from app.core.db import Database
from app.core.settings import Settings
from app.transparency import audit
from tests.conftest import new_key
from tests.support.client import Client
from tests.support.make import Make

SECRET = "Jean-Baptiste Zirconium of the billing department signed it."
WHY = {"legal_basis": "GDPR, article 17 (1) (d)", "reason": "It named somebody."}


@pytest.fixture
async def redactor(
    http: AsyncClient, settings: Settings, database: Database
) -> AsyncIterator[Client]:
    """A client whose key may redact, and nothing else; afterwards the whole database verifies."""
    yield Client(http, await new_key(settings, database, "data-protection", Scope.REDACT))
    async with database.reading() as session:
        await audit.check(session, set())


async def event_of(reader: Client, kind: str, **filters: Any) -> Any:
    return (await reader.events(type=kind, **filters))[-1]


async def respond(make: Make, question: Any, excerpt: str, verdict: str = "partial") -> Any:
    response = {"question": question["id"], "verdict": verdict, "excerpt": excerpt}
    return await make.statement(question, responses=[response], on="2025-06")


async def redact(redactor: Client, seq: int, *pointers: str, expect: int = 201, **how: Any) -> Any:
    body = {"seq": seq, "pointers": list(pointers), **WHY}
    return await redactor.post("/v1/redactions", body, expect, **how)


async def stored(settings: Settings, database: Database) -> list[bytes]:
    """Return all that the database keeps: the bytes of SQLite's files, PostgreSQL's live rows."""
    if database.is_sqlite:
        path = make_url(settings.database_url).database or ""
        return [found.read_bytes() for found in Path(path).parent.glob(f"{Path(path).name}*")
                if found.is_file()]  # fmt: skip
    found = []
    async with database.reading() as session:
        tables = await session.execute(
            text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        )
        for table in tables.scalars().all():
            rows = await session.execute(text(f'SELECT * FROM "{table}"'))
            found += [repr(tuple(row)).encode() for row in rows]
    return found
