"""The ledger as a file: `ledger.jsonl`, from which everything can be verified offline.

Its first line says which log it is and holds the signed checkpoint; each further line is an event:
the exact bytes of its leaf, and the disclosures that open it, as RFC 9901 writes them.
"""

import json
from collections.abc import AsyncIterator
from typing import Any

from sqlalchemy import func, select

from app.core.db import Database
from app.ledger import leaves
from app.ledger.queries import EVENT, WHOLE
from app.ledger.schemas import EventType
from app.transparency import queries
from app.transparency.notes import Checkpoint, parse
from app.transparency.signing import SignedLog

BATCH = 500
REDACTIONS = select(func.max(EVENT.c.seq)).where(EVENT.c.type == EventType.RECORD_REDACTED)


class Moved(RuntimeError):
    """Something was redacted while the file was written, so that its parts do not fit together."""

    def __init__(self) -> None:
        super().__init__("Something was redacted meanwhile. Begin again.")


async def header(database: Database, signed: SignedLog) -> dict[str, Any]:
    """Return what the first line says.

    Raises:
        Unavailable: nothing is signed at present.
    """
    async with database.reading() as session:
        note = await signed.checkpoint(session)
        opening = await queries.opening_leaf(session)
    return {
        "origin": signed.origin,
        "vkeys": [signer.verifier.vkey for signer in signed.signers],
        "checkpoint": note,
        "opening": opening.decode() or None,
    }


async def lines(database: Database, head: dict[str, Any]) -> AsyncIterator[bytes]:
    """Yield the file in pieces; no transaction is open between them.

    Raises:
        Moved: something was redacted meanwhile.
    """
    yield _compact({"log": head}).encode() + b"\n"
    size = Checkpoint.parse(parse(head["checkpoint"]).text).size
    last = size - (head["opening"] is not None)
    after = 0
    query = WHOLE.order_by(EVENT.c.seq).limit(BATCH)
    while after < last:
        async with database.reading() as session:
            if ((await session.execute(REDACTIONS)).scalar() or 0) > last:
                raise Moved
            part = query.where(EVENT.c.seq > after, EVENT.c.seq <= last)
            rows = (await session.execute(part)).all()
        yield b"".join(line(row.leaf, row.content) for row in rows)
        after = rows[-1].seq


def line(leaf: bytes, content: str) -> bytes:
    """Write one event."""
    public = [one.public for one in leaves.disclosed(content) if not one.is_redacted]
    return b'{"disclosures":' + _compact(public).encode() + b',"leaf":' + leaf + b"}\n"


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
