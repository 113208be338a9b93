"""Slugs: readable names, unique for each kind of thing, and never given to another one."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from fastapi import Request
from sqlalchemy import and_, func, select
from sqlalchemy.engine import Connection
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session
from sqlmodel import Field, SQLModel

from app.core import clock, foresight, ids, mergers, pending
from app.core.errors import Conflict, Invalid, NotFound
from app.core.lists import among
from app.core.mergers import MERGER
from app.core.tables import Key, make, table_of
from app.core.text import slug_from


class SlugName(SQLModel, table=True):
    """A slug that a thing has or once had."""

    __tablename__ = "slug"
    __pending_by__: ClassVar[str] = "kind"

    kind: str = Field(primary_key=True, sa_type=Key)
    slug: str = Field(primary_key=True, sa_type=Key)
    target: str = Field(index=True, sa_type=Key)
    is_current: bool
    since: datetime


SLUG = table_of(SlugName)
AFTER_HYPHEN = "."
"""Follows the hyphen in ASCII: between a stem and this lie the stem and its numbered forms."""


class Moved(Exception):
    """A thing is now found under another slug; answered with 308 (RFC 9110, section 15.4.9)."""

    def __init__(self, location: str) -> None:
        super().__init__(location)
        self.location = location


async def give(
    session: AsyncSession,
    kind: str,
    target: str,
    wanted: str | None,
    text: str,
    *,
    is_new: bool = False,
) -> str:
    """Give a thing its slug: the one wanted, or a free one made from its text.

    is_new: whether the thing is, and so has had none before.

    Raises:
        Conflict: another thing has the wanted slug, or once had it.
    """
    if wanted is None:
        slug = await _free(session, kind, slug_from(text, kind))
    else:
        slug = wanted
        kept = await session.get(SlugName, (kind, slug))
        if kept is not None and kept.target != target:
            raise Conflict(
                f"The slug {slug} belongs to {kept.target}, now or in the past. Choose another,"
                " or leave it out to have one made."
            )
    await _make_current(session, kind, target, slug, is_new=is_new)
    return slug


@dataclass
class Numbering:
    """What is known of the slugs that begin with a stem.

    is_free: whether the stem itself is. taken: of its numbered forms; None while nobody looked.
    """

    is_free: bool = True
    taken: set[str] | None = None
    last: int = 0


async def foresee(session: AsyncSession, kind: str, texts: Iterable[str]) -> None:
    """Look up at once what the slugs that a batch will make of texts depend on."""
    stems = {slug_from(text, kind) for text in texts}
    query = select(SLUG.c.slug).where(SLUG.c.kind == kind, among(SLUG.c.slug, "stems"))
    taken = set((await session.execute(query, {"stems": sorted(stems)})).scalars())
    answers = {stem: Numbering(is_free=stem not in taken) for stem in stems}
    foresight.keep(session, f"{kind} slug", answers)


def find(
    reading: Connection | Session, kind: str, reference: str, known_at: datetime | None = None
) -> str | None:
    """Return the id that an id, a slug or a former slug stands for, or None.

    What was merged stands for what it was merged into. known_at: only names that had been given,
    and mergers that were known, by then. An id is returned whether or not the thing exists.
    """
    named = ids.kind_of(reference)
    if named is not None:
        return mergers.shown(reading, reference, known_at) if named == kind else None
    of_target = and_(MERGER.c.merged_id == SLUG.c.target, mergers.known(known_at))
    query = (
        select(func.coalesce(MERGER.c.into_id, SLUG.c.target))
        .select_from(SLUG.outerjoin(MERGER, of_target))
        .where(SLUG.c.kind == kind, SLUG.c.slug == reference)
    )
    if known_at is not None:
        query = query.where(SLUG.c.since <= known_at)
    target: str | None = reading.execute(query).scalar_one_or_none()
    return target


async def resolve(
    session: AsyncSession, kind: str, reference: str, known_at: datetime | None = None
) -> str | None:
    """Do what `find` does."""
    return await session.run_sync(find, kind, reference, known_at)


def find_filtered(
    reading: Connection | Session, kind: str, reference: str, known_at: datetime | None = None
) -> str:
    """Return the id that a filter names.

    An answer for a past `known_at` may not change when a name is given later: a name that was
    unknown then stands for nothing.

    Raises:
        Invalid: nothing of this kind has or had this name.
    """
    target = find(reading, kind, reference, known_at)
    if target is None and known_at is None:
        detail = f"No {kind} has or had this id or slug. Check its spelling."
        raise Invalid.at(f"/{kind}", detail, code="unknown_reference", location="query")
    return target or ""


async def filtered(
    session: AsyncSession, kind: str, reference: str, known_at: datetime | None = None
) -> str:
    """Do what `find_filtered` does."""
    return await session.run_sync(find_filtered, kind, reference, known_at)


class Former(Exception):
    """A thing is now found under another name, or was merged into the one that has it.

    name: the present slug; after a merger the other's id, so that the way there never changes.
    """

    def __init__(self, name: str, *, is_merged: bool = False) -> None:
        super().__init__(name)
        self.name = name
        self.is_merged = is_merged

    def moved(self, request: Request) -> Moved:
        """Return where the request is to go instead."""
        steps = request.url.path.split("/")
        steps[3] = self.name  # /v1/collection/slug, and more
        query_string = f"?{request.url.query}" if request.url.query else ""
        return Moved("/".join(steps) + query_string)


def place(
    reading: Connection | Session, kind: str, reference: str, known_at: datetime | None = None
) -> str:
    """Return the id that a path names.

    known_at: only names that had been given by then, and former ones as they are.

    Raises:
        NotFound: nothing of this kind has or had this name.
        Former: the slug is a former one, or what it names was merged into another.
    """
    target = (
        reference if ids.kind_of(reference) == kind else _named(reading, kind, reference, known_at)
    )
    into = mergers.shown(reading, target, known_at)
    if into != target:
        raise Former(into, is_merged=True)
    return target


def _named(
    reading: Connection | Session, kind: str, reference: str, known_at: datetime | None
) -> str:
    kept = None
    if len(reference) <= 200:
        query = select(SLUG).where(SLUG.c.kind == kind, SLUG.c.slug == reference)
        kept = reading.execute(query).one_or_none()
    if kept is None or (known_at is not None and kept.since > known_at):
        raise NotFound(f"There is no {kind} with this id or slug.")
    if not kept.is_current and known_at is None:
        query = select(SLUG.c.slug).where(
            SLUG.c.kind == kind, SLUG.c.target == kept.target, SLUG.c.is_current
        )
        raise Former(reading.execute(query).scalar_one())
    target: str = kept.target
    return target


async def locate(
    request: Request,
    session: AsyncSession,
    kind: str,
    reference: str,
    known_at: datetime | None = None,
) -> str:
    """Return the id that a path names, as `place` does.

    Raises:
        NotFound: nothing of this kind has or had this name.
        Moved: the slug is a former one, or what it names was merged into another.
    """
    try:
        return await session.run_sync(place, kind, reference, known_at)
    except Former as former:
        raise former.moved(request) from None


async def to_merge(request: Request, session: AsyncSession, kind: str, reference: str) -> str:
    """Return the id of what a path names in order to merge it.

    Raises:
        NotFound, Moved: as in `locate`.
        Conflict: it was merged before. (Who followed a redirect would merge the other one.)
    """
    try:
        return await session.run_sync(place, kind, reference)
    except Former as former:
        if not former.is_merged:
            raise former.moved(request) from None
        raise Conflict(f"It was merged into {former.name} before, and is found there.") from None


async def _free(session: AsyncSession, kind: str, stem: str) -> str:
    known = foresight.ask(session, f"{kind} slug", stem)
    if not isinstance(known, Numbering):
        return _next(stem, Numbering(taken=await _taken(session, kind, stem)))
    if known.is_free:
        known.is_free = False
        return stem
    if known.taken is None:
        known.taken = await _taken(session, kind, stem)
    return _next(stem, known)


def _next(stem: str, known: Numbering) -> str:
    """Return the first form of a stem that is free, and take it."""
    assert known.taken is not None
    while True:
        known.last += 1
        slug = stem if known.last == 1 else f"{stem}-{known.last}"
        if slug not in known.taken:
            known.taken.add(slug)
            return slug


async def _taken(session: AsyncSession, kind: str, stem: str) -> set[str]:
    query = select(SLUG.c.slug).where(
        SLUG.c.kind == kind, SLUG.c.slug >= stem, SLUG.c.slug < stem + AFTER_HYPHEN
    )
    taken = set((await session.execute(query)).scalars())
    return taken | {row.slug for row in pending.find(session, SlugName, kind)}


async def _make_current(
    session: AsyncSession, kind: str, target: str, slug: str, *, is_new: bool
) -> None:
    former: list[SlugName] = []
    if not is_new:
        query = select(SlugName).where(SLUG.c.kind == kind, SLUG.c.target == target)
        former = list((await session.execute(query)).scalars())
    for name in former:
        name.is_current = name.slug == slug
    if all(name.slug != slug for name in former):
        since = session.info.get("instant", clock.now())  # of a recording: its own instant
        named = {"kind": kind, "slug": slug, "target": target}
        session.add(make(SlugName, **named, is_current=True, since=since))
