"""The archive: a folder that verifies on any machine, without the service.

It holds the ledger, the log as its tiles (C2SP tlog-tiles: a web server can serve the folder as it
is), the checkpoint, the key, the program that verifies it, and a text that says how.
"""

from pathlib import Path
from typing import BinaryIO

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.db import Database
from app.transparency import exports, queries, tiles
from app.transparency.notes import Checkpoint, parse
from app.transparency.signing import SignedLog

VERIFIER = Path(__file__).parent / "verify.py"
README = """# The record of {origin}

Every event of a public record of questions put to companies, as it was signed: {size} entries.

To verify that nothing was altered, with Python 3.9 or later:

    pip install cryptography
    python3 verify.py . --kept kept.json

`kept.json` is made the first time. Keep it: with it a later archive, or the service itself
(`python3 verify.py https://… --kept kept.json`), is shown to continue this one. Compare the key
that is printed with one that you got elsewhere.

- `ledger.jsonl`: a first line about the log, then a line for each event: its leaf (RFC 8785 JSON,
  the bytes that were hashed) and the disclosures (RFC 9901) that open its salted fields. What was
  redacted has no disclosure any more.
- `checkpoint`, `tile/`: the log as c2sp.org/tlog-tiles has it; `vkey`: the key that signs it.

It proves that nothing was altered since it was signed, not that it is true or complete.
"""


async def write(database: Database, signed: SignedLog, folder: Path) -> int:
    """Write an archive; return how many events it holds.

    Raises:
        FileExistsError: there is something in the folder already.
        Unavailable: nothing is signed at present.
        Moved: something was redacted meanwhile.
    """
    _begin(folder)
    head = await exports.header(database, signed)
    size = Checkpoint.parse(parse(head["checkpoint"]).text).size
    ledger = folder / "ledger.jsonl"
    try:
        with _create(ledger) as file:
            async for piece in exports.lines(database, head):
                file.write(piece)
    except exports.Moved:
        ledger.unlink()  # it holds what was redacted
        raise
    opening = int(head["opening"] is not None)
    async with database.reading() as session:
        for tile in tiles.of_tree(size):
            with _create(folder / "tile" / tile.path) as file:
                file.write(await _content(session, tile, opening))
    texts = {
        "checkpoint": head["checkpoint"],
        "vkey": "".join(f"{key}\n" for key in head["vkeys"]),
        "verify.py": VERIFIER.read_text("utf-8"),
        "README.md": README.format(origin=signed.origin, size=size),
    }
    for name, text in texts.items():
        with _create(folder / name) as file:
            file.write(text.encode())
    return size - opening


def _begin(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise FileExistsError(f"{folder} is not empty. Choose another folder.")


def _create(path: Path) -> BinaryIO:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.open("xb")


async def _content(session: AsyncSession, tile: tiles.Tile, opening: int) -> bytes:
    if tile.level is None:
        found = await queries.entries(session, tile.index, tile.width, opening)
    else:
        found = await queries.tile(session, tile.level, tile.index, tile.width)
    assert found is not None  # the checkpoint covers it
    return found
