"""Whether a database continues what was signed last, and which log of its record it is at.

A record has one log after another, each opened where a history was lost: `example.org/log`, then
`example.org/log/2`, and so on. No number is given twice, whatever backup is restored.
"""

import json
import re
from pathlib import Path
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.transparency import queries
from app.transparency.notes import Checkpoint
from app.transparency.queries import Head
from app.transparency.vault import checkpoint_of

LATER = re.compile(r"(.+)/([2-9]|[1-9][0-9]{1,8})", re.ASCII)
ADVICE = (
    " Most likely an older backup was restored. Bring back the newer database; or, if what it"
    " holds is lost for good, open a new log with `answerable log open --reason …`: its first leaf"
    " embeds the old checkpoint, so that everybody can see the break. Until then nothing is signed"
    " and nothing recorded; reading goes on."
)


def place(row: Any, origin: str) -> tuple[str, int]:
    """Return the origin of a record's first log, and the number of the one that it is at.

    row: of the database; where it has none yet, both are taken from an origin.
    """
    if row is not None:
        later = row.number > 1
        return (row.origin.removesuffix(f"/{row.number}") if later else row.origin), row.number
    found = LATER.fullmatch(origin)
    return (found[1], int(found[2])) if found else (origin, 1)


def number_in(base: str, origin: str) -> int | None:
    """Return which log of a record an origin names, None when it is another record's."""
    if origin == base:
        return 1
    found = LATER.fullmatch(origin)
    return int(found[2]) if found is not None and found[1] == base else None


def embeds(row: Any, note: str) -> bool:
    """Tell whether the database's log was opened after exactly this checkpoint."""
    if row is None or row.opening is None:
        return False
    return bool(json.loads(row.opening)["previous_checkpoint"] == note)


async def broken(
    session: AsyncSession, row: Any, origin: str, last: str, directory: Path
) -> str | None:
    """Say how the tree does not continue the checkpoint signed last, None when it does.

    row: the database's log; None before the first start, and then `origin` is what it would be.
    last: read before the session's snapshot began, which then has all that was signed.
    """
    signed = checkpoint_of(last)
    if signed.origin != origin:
        return _of_another(row, origin, signed, last, directory)
    head = await queries.head(session)
    found = await _difference(session, head, signed)
    if found is None:
        return None
    anew = f" If you began anew on purpose, take {directory} away." if head.size == 0 else ""
    return (
        f"This database is not the one that was signed last: a checkpoint over {signed.size}"
        f" entries was signed, and the database {found}.{anew}{ADVICE}"
    )


async def _difference(session: AsyncSession, head: Head, signed: Checkpoint) -> str | None:
    if signed.size > head.size:
        return f"holds only {head.size}"
    if await queries.root_at(session, signed.size) != signed.root:
        return "has others in their place"
    return None


def _of_another(row: Any, origin: str, signed: Checkpoint, last: str, directory: Path) -> str:
    base, number = place(row, origin)
    found = number_in(base, signed.origin)
    if found is None:
        return foreign(directory, signed.origin, origin)
    if found > number:
        return (
            f"This database is not the one that was signed last: {signed.origin} was opened since,"
            f" and the database is of {origin}, from before that.{ADVICE}"
        )
    if embeds(row, last):
        return (
            f"{origin} is opened, but {directory} still keeps the checkpoint of {signed.origin}:"
            " `answerable log open` did not come to its end. Give it once more."
        )
    return outdated(directory, signed.origin, origin)


def foreign(directory: Path, kept: str, origin: str) -> str:
    """Say that a directory belongs to another record."""
    return (
        f"{directory} belongs to the log {kept}, and the database to {origin}. Set"
        " ANSWERABLE_LOG_DIR to this log’s own directory."
    )


def outdated(directory: Path, kept: str, origin: str) -> str:
    """Say that a directory is older than the log that the database is at."""
    return (
        f"{directory} keeps a checkpoint of {kept}, from before {origin} was opened, and not the"
        " last one: it is an older copy, or another machine’s. Bring back the newer directory, or"
        " set ANSWERABLE_LOG_DIR to it. If it is lost for good, take the file `checkpoint` away:"
        " then nothing is kept to compare with."
    )
