"""Proofs that an event is in the log, as JSON and as a C2SP tlog-proof."""

import base64
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.db import Database
from app.core.errors import NotFound
from app.core.settings import Settings
from app.ledger import queries as ledger
from app.ledger import tree
from app.transparency import queries
from app.transparency.notes import Checkpoint, parse
from app.transparency.queries import Head
from app.transparency.signing import SignedLog


@dataclass(frozen=True)
class Proof:
    """What proves that a leaf is in the log: see RFC 6962, section 2.1.1.

    hashes: from the leaf's sibling up to the root's child.
    """

    index: int
    leaf: bytes
    content: str
    hashes: list[bytes]
    checkpoint: str

    @property
    def text(self) -> str:
        """The proof in the form of C2SP tlog-proof."""
        lines = [base64.b64encode(value).decode() + "\n" for value in self.hashes]
        return f"c2sp.org/tlog-proof@v1\nindex {self.index}\n{''.join(lines)}\n{self.checkpoint}"


async def current(
    session: AsyncSession, signed: SignedLog, settings: Settings, at_least: int = 0
) -> str:
    """Return the checkpoint that is published: the witnessed one where there are witnesses.

    Where it does not reach so far yet, one that only the log has signed is returned.

    Raises:
        Unavailable: nothing is signed at present.
    """
    signed.refuse_if_stopped()
    if settings.log_witnesses and signed.refusal is None:
        row = await queries.published(session)
        if row is not None and row.size >= at_least:
            note: str = row.note
            return note
    return await signed.checkpoint(session)


async def _by(database: Database, head: Head, note: str, seq: int) -> Proof | None:
    """Prove it by a checkpoint that is at hand, in one query; None when that does not prove it."""
    index = seq - 1 + head.opening
    if index >= head.size:
        return None
    steps = tree.inclusion(index, head.size)
    addresses = [address for step in steps for address in step]
    event, nodes = await queries.event_with_nodes(database, seq, addresses)
    if event is None or len(nodes) != len(addresses):
        return None
    hashes = tree.hashes(steps, nodes)
    try:
        tree.verify_inclusion(index, head.size, tree.leaf_hash(event.bytes), hashes, head.root)
    except tree.Inconsistent:  # the database is another one than it was
        return None
    return Proof(index, event.bytes, event.content, hashes, note)


async def inclusion(
    session: AsyncSession, signed: SignedLog, settings: Settings, seq: int
) -> Proof:
    """Prove that an event is in the log.

    Raises:
        NotFound: there is no such event.
        Unavailable: nothing is signed at present.
    """
    latest = None if settings.log_witnesses else signed.latest()
    if latest is not None:
        found = await _by(signed.database, *latest, seq)
        if found is not None:
            return found
    event = await ledger.get(session, seq)
    index = seq - 1 + (await queries.head(session)).opening
    note = await current(session, signed, settings, at_least=index + 1)
    size = Checkpoint.parse(parse(note).text).size
    if index >= size:
        raise NotFound(f"Event {seq} is not covered by a checkpoint yet. Ask again in a second.")
    hashes = await queries.proof(session, tree.inclusion(index, size))
    return Proof(index, event.leaf, event.content, hashes, note)
