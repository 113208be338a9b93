"""What an operator does to a log: a new key for it, and a new log when history was lost."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.core.db import Database
from app.core.errors import Conflict
from app.core.settings import Settings
from app.core.tables import canonical_json
from app.ledger import leaves, tree
from app.ledger.models import LogHead
from app.ledger.queries import EVENT, lock
from app.transparency import lineage, queries
from app.transparency.models import KEY, LOG, PUBLISHED
from app.transparency.notes import Checkpoint, Signer
from app.transparency.queries import NODE
from app.transparency.signing import SignedLog, sign
from app.transparency.vault import Vault, checkpoint_of

BATCH = 1000


async def rotate_key(database: Database, signed: SignedLog, *, overlap: timedelta) -> Signer:
    """Make the log a new key; the former one signs beside it for a while.

    Raises:
        Conflict: the keys come from the settings, or nothing may be signed at present.
    """
    if signed.vault.is_given:
        raise Conflict(
            "The key comes from ANSWERABLE_LOG_KEY. Make one with `answerable log new-key"
            f" {signed.origin}`, set ANSWERABLE_LOG_KEY to the new one, a space and the former"
            " one, restart; after a month take the former one out."
        )
    if signed.refusal is not None and (signed.signers or signed.halted):
        raise Conflict(signed.refusal)
    until = clock.now() + overlap if signed.signers else None
    new = Signer.generate(signed.origin)
    async with database.writing() as session:
        await _add_key(session, new)
    signed.vault.add(new, former_until=until)  # last: what fails before can be done again
    return new


async def open_new(settings: Settings, database: Database, *, reason: str) -> str:
    """Open a new log over the events that are there; return its origin.

    Its first leaf embeds the checkpoint that was signed last, so that everybody sees the break.
    Its number follows that of the log which signed it, so that none is given twice, also where the
    database is of an earlier one.

    Raises:
        Conflict: there is no log to follow, its key comes from the settings and does not fit, or
            the reason is too long.
    """
    vault = Vault(settings)
    last = vault.last()
    if last is None:
        raise Conflict(f"No checkpoint is kept in {vault.directory}: there is no log to follow.")
    async with database.writing() as session:
        head = await lock(session)
        row = await queries.log(session)
        former = _former(vault, row, last)
        if lineage.embeds(row, last):  # it was done before, but for the last step
            origin = str(row.origin)
        else:
            origin = f"{former.base}/{former.number + 1}"
            values = {"number": former.number + 1, "origin": origin, "opened_at": clock.now()}
            leaf = _leaf(values, last, reason)
            await _replace(session, head, leaf.encode())
            await session.execute(insert(LOG).values(**values, opening=leaf))
        signer = _key(vault, origin)
        if signer.verifier.vkey not in await queries.vkeys(session):
            await _add_key(session, signer)
        root = tree.root(tree.part(head.peaks))
        note = sign(Checkpoint(origin, head.size, root), [signer])
    vault.go_on(f"log-{former.number}", note)
    return origin


@dataclass(frozen=True)
class _Former:
    """The log that signed last. base: the origin of the record's first."""

    base: str
    number: int


def _former(vault: Vault, row: Any, last: str) -> _Former:
    """Return the log that a new one follows.

    Raises:
        Conflict: it is another record's, or others have followed it already.
    """
    kept = checkpoint_of(last).origin
    base, number = lineage.place(row, kept)
    found = lineage.number_in(base, kept)
    if found is None:
        raise Conflict(lineage.foreign(vault.directory, kept, row.origin))
    if found < number and not lineage.embeds(row, last):
        raise Conflict(lineage.outdated(vault.directory, kept, row.origin))
    return _Former(base, found)


def _leaf(log: dict[str, Any], previous_checkpoint: str, reason: str) -> str:
    """Return the first leaf of a new log.

    Raises:
        Conflict: it is larger than a leaf may be.
    """
    leaf = canonical_json(
        {
            "opened_at": log["opened_at"],
            "origin": log["origin"],
            "previous_checkpoint": previous_checkpoint,
            "reason": reason,
            "type": "log.opened",
            "v": 1,
        }
    )
    excess = len(leaf.encode()) - leaves.MOST_BYTES
    if excess > 0:
        raise Conflict(
            f"The reason is too long by {excess:,} bytes: the first leaf of the new log would not"
            " fit what an entry may have. Give a shorter --reason."
        )
    return leaf


def _key(vault: Vault, origin: str) -> Signer:
    """Return the key of a new log, made now unless it is at hand.

    Raises:
        Conflict: the settings hold another one.
    """
    if not vault.is_given:
        signer = vault.next(origin) or Signer.generate(origin)
        vault.set_next(signer)  # before the commit, so that it cannot be lost
        return signer
    if vault.signers()[0].verifier.name != origin:
        raise Conflict(
            f"The new log is {origin}. Make its key with `answerable log new-key {origin}`, set"
            " ANSWERABLE_LOG_KEY to it, and give this command again."
        )
    return vault.signers()[0]


async def _replace(session: AsyncSession, head: LogHead, opening: bytes) -> None:
    """Build the tree anew: first the opening, then every event."""
    connection = await session.connection()
    await connection.execute(delete(NODE))
    await connection.execute(delete(PUBLISHED))
    await connection.execute(delete(KEY))
    size, peaks, added, after = 0, list[bytes](), [opening], 0
    while added:
        made, peaks = tree.append(size, peaks, map(tree.leaf_hash, added))
        rows = [{"address": tree.key(address), "hash": value} for address, value in made]
        await connection.execute(insert(NODE), rows)
        size += len(added)
        query = select(EVENT.c.leaf).where(EVENT.c.seq > after, EVENT.c.seq <= after + BATCH)
        added = list((await connection.execute(query.order_by(EVENT.c.seq))).scalars())
        after += len(added)
    head.peaks, head.opening = tree.join(peaks), 1


async def _add_key(session: AsyncSession, signer: Signer) -> None:
    values = {"vkey": signer.verifier.vkey, "added_at": clock.now()}
    await session.execute(insert(KEY).values(**values))
