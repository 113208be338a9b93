"""Verifying the database itself: the ledger as anybody can, and that all else follows from it.

What `verify.py` checks of an export is checked here of the tables, and besides: that the columns of
an event repeat its leaf, that what opens it stands where it belongs, that the stored tree is the
tree of the leaves, and that the rows of the record are what their last events say.
"""

import base64
import hashlib
import json
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import mergers
from app.core.clock import FOREVER, LAST_DAY
from app.core.dates import format_instant
from app.core.mergers import MERGER
from app.core.tables import canonical_json, table_of
from app.corrections.models import Correction
from app.ledger import leaves, tree
from app.ledger import queries as ledger
from app.ledger.leaves import Disclosed
from app.ledger.models import REDACTED, Recorded, model_of, recorded_models
from app.ledger.queries import DISCLOSURE, EVENT
from app.questions.models import Question, StandingSpan
from app.transparency import queries
from app.transparency.verify import Checker, Failed

BATCH = 500
BEFORE_ALL = -(1 << 62)
"""Lower than any number that somebody may have given to an event."""
MALFORMED = (LookupError, TypeError, ValueError, AttributeError)
QUESTION, SPAN, CORRECTION = table_of(Question), table_of(StandingSpan), table_of(Correction)
EVERYTHING = select(EVENT, DISCLOSURE.c.content).join(
    DISCLOSURE, DISCLOSURE.c.seq == EVENT.c.seq, isouter=True
)


async def check(session: AsyncSession, sizes: set[int]) -> Checker:
    """Verify all that the database holds. sizes: at which to keep the tree's root.

    Raises:
        Failed: something was altered; names the first event that fails, or the row.
    """
    try:
        checker = await _check_events(session, sizes)
        for model in recorded_models():
            await _check_rows(session, model, checker.events)
            await _check_missing(session, model)
        for model in recorded_models():  # what is derived, once all that it follows from is right
            await _check_corrected(session, model)
        await _check_mergers(session)
        await _check_standing(session)
    except MALFORMED as error:
        raise Failed(f"Something in the database cannot be read: {error!r}") from error
    return checker


async def _check_events(session: AsyncSession, sizes: set[int]) -> Checker:
    opening = await queries.opening_leaf(session)
    checker, places = Checker(opening or None, sizes), Places()
    ahead = [tree.leaf_hash(opening)] if opening else []
    made, peaks = tree.append(0, [], ahead)
    wrong = await _first_wrong_node(session, made, 0)
    async for rows in _pages(session, EVERYTHING, EVENT.c.seq, BEFORE_ALL):
        hashes = [tree.leaf_hash(_bytes(row.leaf)) for row in rows]
        made, peaks = tree.append(checker.tree.size, peaks, hashes)
        wrong = wrong or await _first_wrong_node(session, made, len(ahead))
        for row in rows:
            altered = wrong if wrong and checker.events + 1 >= (wrong.seq or 0) else None
            try:
                _check_event(checker, places, row)
            except Failed as failure:
                # what no longer follows from an altered event may be told of an earlier one
                if altered is None or failure.seq == altered.seq:
                    raise
            if altered is not None:
                raise altered
    head = await queries.head(session)
    if head.size != checker.tree.size or head.root != checker.tree.root():
        raise Failed(
            f"The head says that there are {head.size} entries, and there are {checker.tree.size};"
            " or it has another root.",
            min(head.size, checker.tree.size) + 1 - len(ahead),
        )
    checker.finish()
    places.finish()
    return checker


async def _pages(
    session: AsyncSession, query: Select[Any], key: Any, after: Any
) -> AsyncIterator[Sequence[Any]]:
    """Yield rows in order of their key, many at once.

    Raises:
        Failed: a row holds what its type does not have, as SQLite lets it.
    """
    most = BATCH
    while True:
        try:
            part = query.where(key > after).order_by(key).limit(most)
            rows = (await session.execute(part)).all()
        except MALFORMED:
            if most > 1:
                most = 1  # to find out which it is
                continue
            seq = max(after, 0) + 1 if key.table is EVENT else None
            raise Failed(f"a row of {key.table} after {after!r} cannot be read.", seq) from None
        if not rows:
            return
        yield rows
        after = getattr(rows[-1], key.name)


def _bytes(leaf: bytes | str) -> bytes:
    """Return a leaf that SQLite gives as text because somebody has stored one; it is refused."""
    return leaf if isinstance(leaf, bytes) else leaf.encode(errors="replace")


async def _first_wrong_node(
    session: AsyncSession, made: list[tuple[tree.Address, bytes]], opening: int
) -> Failed | None:
    """Compare the tree that follows from the leaves with the stored one."""
    stored = await queries.nodes(session, [address for address, _ in made])
    for address, value in made:
        if stored.get(address) != value:
            level, position = address
            seq = max((position << level) + 1 - opening, 1)
            return Failed(f"the stored tree differs at level {level} from here on.", seq)
    return None


def _check_event(checker: Checker, places: "Places", row: Any) -> None:
    try:
        fields = list(leaves.disclosed(row.content or ""))
    except MALFORMED:
        raise Failed("what opens it cannot be read.", row.seq) from None
    checker.add(row.leaf, [one.public.encode() for one in fields if not one.is_redacted])
    event = json.loads(row.leaf)
    repeated = {
        "seq": event["seq"],
        "type": event["type"],
        "recorded_at": event["recorded_at"],
        "actor": event["actor"],
        "subject_id": event["subject"]["id"],
        "company_id": event["company_id"],
        "question_id": event["question"],
    }
    for name, value in repeated.items():
        stored = getattr(row, name)
        if (format_instant(stored) if isinstance(stored, datetime) else stored) != value:
            raise Failed(f"its column {name} is not what its leaf says.", checker.events)
    places.add(event, fields)


class Places:
    """Checks that what opens events stands where it was, or was redacted on the record."""

    def __init__(self) -> None:
        self._named: dict[int, set[str]] = {}
        self._found: dict[int, set[str]] = {}

    def add(self, event: dict[str, Any], fields: list[Disclosed]) -> None:
        """Check the fields of the next event."""
        parts, seq = {leaves.ROOT: event, **event["data"]}, event["seq"]
        for one in fields:
            part = parts.get(one.container) if one.container in leaves.POINTERS else None
            if part is None or not _belongs(one, part, event["subject"]["id"]):
                raise Failed(f"what opens its {one.name} does not belong where it stands.", seq)
            if one.is_redacted:
                self._found.setdefault(seq, set()).add(one.pointer)
        if len({one.pointer for one in fields}) != len(fields):
            raise Failed("something is opened twice.", seq)
        if event["type"] == "record.redacted":
            for place in event["data"]["object"]["places"]:
                self._named.setdefault(place["seq"], set()).update(place["pointers"])

    def finish(self) -> None:
        """Compare what is redacted with the redactions on the record."""
        for seq in sorted({*self._named, *self._found}):
            if self._named.get(seq) != self._found.get(seq):
                raise Failed("other texts than were redacted on the record cannot be read.", seq)


def _belongs(one: Disclosed, part: dict[str, Any], subject_id: str) -> bool:
    """Tell whether a field is of this part of an event, and a redacted one has its stand-in."""
    if not one.is_redacted:
        digest = hashlib.sha256(one.public.encode()).digest()
        return base64.urlsafe_b64encode(digest)[:43].decode() in part.get("_sd", ())
    if one.container == leaves.ROOT:
        return one.name in leaves.WORDS and one.name not in part and one.value == REDACTED
    personal = model_of(subject_id).__personal__
    return one.name in personal and one.name not in part and one.value == personal[one.name]


async def _check_rows(session: AsyncSession, model: type[Recorded], seq: int) -> None:
    """Compare every row of a table with what the ledger says last of it."""
    table = table_of(model)
    async for rows in _pages(session, select(table), table.c.id, ""):
        images = await ledger.images(session, model, [row.id for row in rows], seq)
        for row in rows:
            image = images.get(row.id)
            if image is None:
                raise Failed(f"{row.id} stands in the database, but in no event.")
            for name in ("created_at", *model.recorded_columns()):
                if canonical_json(getattr(row, name)) != canonical_json(image[name]):
                    raise Failed(f"{name} of {row.id} is not what this says.", image["version"])


async def _check_missing(session: AsyncSession, model: type[Recorded]) -> None:
    """Look for rows that events tell of."""
    table = table_of(model)
    name = model.__tablename__
    query = (
        select(EVENT.c.subject_id, func.max(EVENT.c.seq).label("seq"))
        .join(table, table.c.id == EVENT.c.subject_id, isouter=True)
        .where(EVENT.c.subject_id > f"{name}_", EVENT.c.subject_id < f"{name}`")  # the next one
        .where(table.c.id.is_(None))
        .group_by(EVENT.c.subject_id)
        .order_by(func.max(EVENT.c.seq))
        .limit(1)
    )
    missing = (await session.execute(query)).one_or_none()
    if missing is not None:
        raise Failed(f"{missing.subject_id} is not in the database any more.", missing.seq)


async def _check_corrected(session: AsyncSession, model: type[Recorded]) -> None:
    """Compare which entries no longer hold with the corrections that say so."""
    table = table_of(model)
    if "corrected_by" not in table.c:
        return
    corrected_at = func.coalesce(CORRECTION.c.created_at, FOREVER)
    query = (
        select(table.c.id, table.c.version)
        .join(CORRECTION, CORRECTION.c.target_id == table.c.id, isouter=True)
        .where(
            table.c.corrected_by.is_distinct_from(CORRECTION.c.id)
            | (table.c.corrected_at != corrected_at)
        )
        .order_by(table.c.version)
        .limit(1)
    )
    wrong = (await session.execute(query)).one_or_none()
    if wrong is not None:
        raise Failed(f"whether {wrong.id} was corrected is not what events say.", wrong.version)


async def _check_mergers(session: AsyncSession) -> None:
    """Compare under which ids things are shown with the events that merged them."""
    query = select(EVENT.c.seq, EVENT.c.subject_id, EVENT.c.recorded_at, EVENT.c.leaf)
    query = query.where(EVENT.c.type.in_(sorted(f"{kind}.merged" for kind in mergers.KINDS)))
    told: dict[tuple[str, datetime], tuple[str, datetime]] = {}
    shown: dict[str, tuple[str, datetime]] = {}
    for row in await session.execute(query.order_by(EVENT.c.seq)):
        into, at = json.loads(row.leaf)["data"]["object"]["merged_into"], row.recorded_at
        following = [one for one, (place, _) in shown.items() if place == row.subject_id]
        for one in following:
            told[one, shown[one][1]] = (row.subject_id, at)
        for one in (row.subject_id, *following):
            shown[one], told[one, at] = (into, at), (into, FOREVER)
    kept = {
        (row.merged_id, row.known_from): (row.into_id, row.known_to)
        for row in await session.execute(select(MERGER))
    }
    if wrong := {place for place, _ in told.items() ^ kept.items()}:
        named = min(wrong)[0]
        raise Failed(f"under which id {named} is shown is not what events say.")


async def _check_standing(session: AsyncSession) -> None:
    """Compare where questions stand with the spans that lists of the past are made from.

    One that was merged has none any more.
    """
    now = (SPAN.c.known_to == FOREVER) & (SPAN.c.to_day == LAST_DAY)
    shared = sorted(set(SPAN.c.keys()) & set(QUESTION.c.keys()))
    query = (
        select(QUESTION.c.id, QUESTION.c.version)
        .join(SPAN, (SPAN.c.question_id == QUESTION.c.id) & now, isouter=True)
        .where(
            or_(
                QUESTION.c.merged_into.is_(None)
                & or_(*(SPAN.c[name].is_distinct_from(QUESTION.c[name]) for name in shared)),
                QUESTION.c.merged_into.is_not(None) & SPAN.c.question_id.is_not(None),
            )
        )
        .order_by(QUESTION.c.version)
        .limit(1)
    )
    wrong = (await session.execute(query)).one_or_none()
    if wrong is not None:
        raise Failed(f"where {wrong.id} stands is kept otherwise than it is folded.", wrong.version)
