"""Looking again at what is cited, for whether what was cited is still at its address.

No transaction is open while an address is fetched; each finding is written in one of its own, and
only news becomes an event. Where nobody can tell what is there, nothing is recorded.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from app.auth.service import SOURCE_CHECK
from app.core import clock
from app.core.db import Database
from app.core.errors import Conflict
from app.core.guard import Guard
from app.core.settings import Settings
from app.ledger import recorder
from app.sources import queries
from app.sources.fetching import Fetched, Fetcher, host_of
from app.sources.models import Online, Source

AT_ONCE = 8
"""How many addresses are fetched at once, of any one host a single one."""
USER_AGENT = "Answerable-Sources/1.0 (+{url})"


@dataclass(frozen=True)
class Due:
    """A source to look at."""

    id: str
    url: str


@dataclass(frozen=True)
class Checked:
    """What came of looking at a source: None and `why` where nobody can tell."""

    source: Due
    online: Online | None
    is_news: bool = False
    why: str | None = None


def fetcher(settings: Settings) -> Fetcher:
    """Make what fetches sources: over http as well, since that is what many of them are at."""
    guard = Guard(settings.webhook_allow_networks, allow_http=True)
    return Fetcher(guard, user_agent=USER_AGENT.format(url=settings.public_url))


async def due(database: Database, *, older_than: timedelta, limit: int) -> list[Due]:
    """Return the sources without a result for so long, those first that wait longest."""
    async with database.reading() as session:
        rows = await queries.due(session, clock.now() - older_than, limit)
    return [Due(row.id, row.url) for row in rows]


async def one(database: Database, source_id: str) -> Due:
    """Return a certain source, however lately it was looked at.

    Raises:
        NotFound: there is none with this id.
        Conflict: it has no address.
    """
    async with database.reading() as session:
        source = await queries.get(session, source_id)
    if source.url is None:
        raise Conflict("This source has no url, so there is nothing to look at.")
    return Due(source.id, source.url)


async def check(
    database: Database, fetching: Fetcher, sources: Sequence[Due], *, dry_run: bool = False
) -> AsyncGenerator[Checked, None]:
    """Look at sources, several at once, and yield what came of each when it is written down."""
    slots = asyncio.Semaphore(AT_ONCE)
    hosts: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def look(source: Due) -> Checked:
        async with hosts[host_of(source.url)], slots:
            fetched = await fetching.fetch(source.url)
            if dry_run:
                return await foresee(database, source, fetched)
            return await note(database, source, fetched)

    looking = [asyncio.create_task(look(source)) for source in sources]
    try:
        for done in asyncio.as_completed(looking):
            yield await done
    finally:
        for task in looking:
            task.cancel()
        await asyncio.gather(*looking, return_exceptions=True)


async def foresee(database: Database, source: Due, fetched: Fetched) -> Checked:
    """Tell what noting a finding would come to."""
    async with database.reading() as session:
        return await _judge(session, source, fetched)


async def note(database: Database, source: Due, fetched: Fetched) -> Checked:
    """Write down what was found at a source's address; if it is news, an event says so."""
    if not fetched.is_conclusive:
        async with database.writing() as session:
            await queries.set_checked(session, source.id, tried_at=fetched.at)
        return Checked(source, None, why=fetched.why)
    async with recorder.recording(database, actor=SOURCE_CHECK) as session:
        judged = await _judge(session, source, fetched)
        if judged.is_news:
            _change(await queries.get(session, source.id), judged, fetched)
        elif judged.online is not None:
            instants = {"checked_at": fetched.at, "tried_at": fetched.at}
            await queries.set_checked(session, source.id, **instants)
    return judged


async def _judge(session: AsyncSession, source: Due, fetched: Fetched) -> Checked:
    """Compare what was found with what the record has now: it may have changed meanwhile."""
    if not fetched.is_conclusive:
        return Checked(source, None, why=fetched.why)
    row = await queries.get(session, source.id)
    if row.url != source.url:
        return Checked(source, None, why="Its address was taken off the record meanwhile.")
    if row.checked_at is not None and row.checked_at >= fetched.at:
        return Checked(source, None, why="Another check has looked at it meanwhile.")
    online = Online.SAME
    if fetched.is_gone:
        online = Online.GONE
    elif row.compared_sha256 not in (None, fetched.sha256):
        online = Online.CHANGED
    return Checked(source, online, is_news=online != row.online)


def _change(source: Source, judged: Checked, fetched: Fetched) -> None:
    if source.compared_sha256 is None and fetched.sha256 is not None:
        source.read_sha256, source.read_at = fetched.sha256, fetched.at
    source.online = judged.online
    source.found_sha256, source.found_at = fetched.sha256, fetched.at
    source.checked_at = source.tried_at = fetched.at
