"""Reading the Merkle tree as it is stored, and the log's own rows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Text, bindparam, cast, null, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.db import Database
from app.core.lists import among
from app.core.tables import table_of
from app.ledger import tree
from app.ledger.models import TreeNode
from app.ledger.queries import CONTENT, EVENT, HEAD
from app.ledger.tree import Address
from app.transparency.models import KEY, LOG, PUBLISHED

NODE = table_of(TreeNode)
NODES = select(NODE.c.address, NODE.c.hash).where(among(NODE.c.address, "addresses"))
EVENT_WITH_NODES = union_all(
    select(EVENT.c.seq.label("at"), EVENT.c.leaf.label("bytes"), CONTENT).where(
        EVENT.c.seq == bindparam("seq")
    ),
    select(NODE.c.address, NODE.c.hash, cast(null(), Text)).where(
        among(NODE.c.address, "addresses")
    ),
)
LEVEL = 8
"""Levels of the tree that one tile spans: it is 256 hashes wide."""


@dataclass(frozen=True)
class Head:
    """The tree as it is now. opening: how many of its leaves are no events."""

    size: int
    root: bytes
    opening: int


async def head(session: AsyncSession) -> Head:
    """Return the size and root of the tree over all events."""
    row = (await session.execute(select(HEAD.c.seq, HEAD.c.peaks, HEAD.c.opening))).one()
    return Head(row.seq + row.opening, tree.root(tree.part(row.peaks)), row.opening)


async def nodes(session: AsyncSession, addresses: Iterable[Address]) -> dict[Address, bytes]:
    """Return complete subtrees; those that are not there are absent."""
    wanted = {tree.key(address): address for address in addresses}
    if not wanted:
        return {}
    rows = await session.execute(NODES, {"addresses": list(wanted)})
    return {wanted[row.address]: row.hash for row in rows}


async def event_with_nodes(
    database: Database, seq: int, addresses: Iterable[Address]
) -> tuple[Any, dict[Address, bytes]]:
    """Return an event, None when it is not there, and subtrees, in one quick query."""
    wanted = {tree.key(address): address for address in addresses}
    given = {"seq": seq, "addresses": list(wanted)}
    event, found = None, {}
    for row in await database.look(lambda one: one.execute(EVENT_WITH_NODES, given).all()):
        if row.content is None:
            found[wanted[row.at]] = row.bytes
        else:
            event = row
    return event, found


async def root_at(session: AsyncSession, size: int) -> bytes | None:
    """Return the root that the tree had at a size, None when it has not come so far."""
    peaks = tree.peaks_of(size)
    found = await nodes(session, peaks)
    return tree.root([found[peak] for peak in peaks]) if len(found) == len(peaks) else None


async def proof(session: AsyncSession, steps: list[list[Address]]) -> list[bytes]:
    """Return the hashes of a proof, as `ledger.tree` describes it, in one query."""
    found = await nodes(session, [address for step in steps for address in step])
    return tree.hashes(steps, found)


async def tile(session: AsyncSession, level: int, index: int, width: int) -> bytes | None:
    """Return a tile's hashes, None when the tree has not so many of them (C2SP tlog-tiles)."""
    if not tree.is_address((level * LEVEL, index << LEVEL)):
        return None
    first = tree.key((level * LEVEL, index << LEVEL))
    query = (
        select(NODE.c.hash)
        .where(NODE.c.address >= first, NODE.c.address < first + width)
        .order_by(NODE.c.address)
    )
    found = (await session.execute(query)).scalars().all()
    return b"".join(found) if len(found) == width else None


async def entries(session: AsyncSession, index: int, width: int, opening: int) -> bytes | None:
    """Return an entry bundle, None when the tree has not so many leaves (C2SP tlog-tiles)."""
    first = index << LEVEL
    if not tree.is_address((0, first)):
        return None
    query = (
        select(EVENT.c.leaf)
        .where(EVENT.c.seq > first - opening, EVENT.c.seq <= first - opening + width)
        .order_by(EVENT.c.seq)
    )
    found = list((await session.execute(query)).scalars())
    if opening and first == 0:
        found = [(await opening_leaf(session)), *found[: width - 1]]
    if len(found) != width:
        return None
    return b"".join(len(leaf).to_bytes(2, "big") + leaf for leaf in found)


async def opening_leaf(session: AsyncSession) -> bytes:
    """Return the first leaf of a log that follows another one, empty for the first log."""
    row = await log(session)
    return (row.opening or "").encode() if row is not None else b""


async def log(session: AsyncSession) -> Any:
    """Return the log that goes on, None before the first start."""
    query = select(LOG).order_by(LOG.c.number.desc()).limit(1)
    return (await session.execute(query)).one_or_none()


async def vkeys(session: AsyncSession) -> Sequence[str]:
    """Return the public keys that sign, or have signed, oldest first."""
    query = select(KEY.c.vkey).order_by(KEY.c.added_at, KEY.c.vkey)
    return (await session.execute(query)).scalars().all()


async def published(session: AsyncSession) -> Any:
    """Return the newest checkpoint that witnesses were asked to cosign, or None."""
    return (await session.execute(select(PUBLISHED))).one_or_none()
