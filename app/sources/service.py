"""The rules for citing documents."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from app.core import foresight, ids, pending
from app.core.errors import Invalid
from app.core.routing import Precondition
from app.core.tables import make
from app.ledger import recorder
from app.sources import queries
from app.sources.models import Source
from app.sources.schemas import SourceCreate, SourcePatch


@dataclass(frozen=True)
class Cited:
    """A source, and the passage of it that this entry cites."""

    source: Source
    quote: str | None


async def add(session: AsyncSession, new: SourceCreate) -> tuple[Source, bool]:
    """Put a source on the record, or find it there: the same URL and hash is the same source.

    Returns the source and whether it is new.
    """
    for row in pending.find(session, Source, new.url):  # not flushed yet
        if row.sha256 == new.sha256:
            return row, False
    found = foresight.ask(session, "source", (new.url, new.sha256))
    if found is foresight.UNKNOWN:
        found = await queries.same(session, new)
    if found is not None:
        return found, False
    source = make(Source, id=ids.new("source"), **new.model_dump())
    session.add(source)
    foresight.note(session, "source", (new.url, new.sha256), source)
    return source, True


async def foresee(session: AsyncSession, urls: Iterable[str]) -> None:
    """Look up at once the sources that a batch will cite by these addresses, without a hash."""
    known = await queries.at(session, sorted(set(urls)))
    answers = dict.fromkeys(((url, None) for url in urls), None) | {
        (row.url, None): row for row in known
    }
    foresight.keep(session, "source", answers)


async def cite(session: AsyncSession, given: str | SourceCreate, pointer: str = "/source") -> Cited:
    """Return what a body cites: a source by its id, or one given inline.

    An inline source that is on the record already keeps what the record says of it; the quote
    belongs to the entry that cites it.

    Raises:
        Invalid: there is no source with this id; names the place in the body.
    """
    if isinstance(given, SourceCreate):
        source, _ = await add(session, given)
        return Cited(source, given.quote)
    source_by_id = await session.get(Source, given)
    if source_by_id is None:
        detail = "There is no source with this id. Give one, or the source itself as an object."
        raise Invalid.at(pointer, detail, code="unknown_reference")
    return Cited(source_by_id, source_by_id.quote)


async def edit(
    session: AsyncSession, source: Source, patch: SourcePatch, seen: Precondition
) -> Source:
    """Change what is said of a source.

    Raises:
        PreconditionFailed: it has changed since the client read it.
        Invalid: a source without url needs its title.
    """
    seen.check(source.version)
    changes = patch.model_dump(exclude_unset=True, exclude={"reason"})
    if source.url is None and "title" in changes and changes["title"] is None:
        raise Invalid.at("/title", "A source without a url needs its title.", code="required")
    recorder.note(session, source, reason=patch.reason)
    source.sqlmodel_update(changes)
    return source
