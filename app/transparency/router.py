"""`/log`: the transparency log as static files would be; and `/v1/events/{seq}/proof`.

Checkpoints and tiles are those of C2SP tlog-checkpoint and tlog-tiles: see c2sp.org.
"""

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path as FilePath
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import StreamingResponse
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.docs import problems
from app.core.errors import NotFound
from app.core.pagination import Whole
from app.core.routing import StrictRoute
from app.core.sessions import ReadSession, database_of
from app.ledger import tree
from app.ledger.leaves import disclosed
from app.transparency import exports, proofs, queries, tiles
from app.transparency.notes import Checkpoint, parse
from app.transparency.schemas import ProofFormat, ProofRead
from app.transparency.signing import PATH, SignedLog

FOREVER = "public, max-age=31536000, immutable"
BRIEFLY = "public, max-age=2"
VERIFIER = (FilePath(__file__).parent / "verify.py").read_bytes()
TEXT = "text/plain; charset=utf-8"
BYTES = "application/octet-stream"

router = APIRouter(tags=["log"], route_class=StrictRoute)


def text(example: str, kind: str = "text/plain") -> dict[int | str, dict[str, Any]]:
    """Declare an answer in text."""
    return {200: {"content": {kind: {"schema": {"type": "string"}, "example": example}}}}


def _log(request: Request) -> SignedLog:
    signed: SignedLog = request.app.state.log
    return signed


@router.get(
    f"{PATH}/checkpoint",
    operation_id="getCheckpoint",
    response_class=Response,
    responses=text("record.example.org/log\n121\n5Q1O…=\n\n— record.example.org/log p0Wh…=\n")
    | problems(400, 422, 503),
)
async def get_checkpoint(session: ReadSession, request: Request) -> Response:
    """Get the log's newest checkpoint: its size and root, signed (C2SP tlog-checkpoint).

    Keep it: whoever has one can prove later whether the record was rewritten since. Tiles are
    below the address that its first line names.
    """
    note = await proofs.current(session, _log(request), request.app.state.settings)
    return Response(note, media_type=TEXT, headers={"Cache-Control": BRIEFLY})


@router.get(
    f"{PATH}/vkey",
    operation_id="getVerifierKey",
    response_class=Response,
    responses=text("record.example.org/log+a7456179+AXy0…=\n") | problems(400, 422, 503),
)
async def get_verifier_key(request: Request) -> Response:
    """Get the key that signs the log, one line each, the newest first (C2SP signed-note).

    Two while a key is being rotated.
    """
    keys = "".join(f"{signer.verifier.vkey}\n" for signer in _log(request).signers)
    return Response(keys, media_type=TEXT, headers={"Cache-Control": BRIEFLY})


@router.get(
    f"{PATH}/verify.py",
    operation_id="getVerifier",
    response_class=Response,
    responses=text("#!/usr/bin/env python3\n…", "text/x-python") | problems(400, 422),
)
async def get_verifier() -> Response:
    """Get the program that verifies this record: one file, which needs `cryptography` only."""
    headers = {"Cache-Control": "public, max-age=3600"}
    return Response(VERIFIER, media_type="text/x-python; charset=utf-8", headers=headers)


TilePath = Annotated[
    str,
    Path(
        description="`L/N`, or `entries/N` for the leaves themselves; with `.p/W` when partial.",
        examples=["0/000.p/121"],
    ),
]
Number = Annotated[
    Whole, Path(ge=2, le=1000, description="Which log it is; the first has no number.")
]
TILE: dict[int | str, dict[str, Any]] = {
    200: {"content": {BYTES: {"schema": {"type": "string", "format": "binary"}}}},
    **problems(400, 404, 422, 503),
}


@router.get(
    f"{PATH}/tile/{{tile:path}}",
    operation_id="getTile",
    response_class=Response,
    responses=TILE,
)
async def get_tile(session: ReadSession, tile: TilePath) -> Response:
    """Get hashes of the Merkle tree, or leaves, 256 of them at most (C2SP tlog-tiles)."""
    return await _tile(session, 1, tile)


@router.get(
    f"{PATH}/{{number}}/tile/{{tile:path}}",
    response_class=Response,
    include_in_schema=False,  # there is none unless a history was lost
)
async def get_tile_of_later_log(session: ReadSession, number: Number, tile: TilePath) -> Response:
    """Get a tile of a log that follows another one, whose tiles may be kept in caches for good."""
    return await _tile(session, number, tile)


async def _tile(session: AsyncSession, number: int, path: str) -> Response:
    wanted = tiles.parse(path)
    if wanted is None:
        raise NotFound(
            "A tile has a path such as 0/x001/234, or entries/067.p/12 when it is partial:"
            " see c2sp.org/tlog-tiles."
        )
    row = await queries.log(session)
    if row is None or row.number != number:
        raise NotFound("This is not the log that goes on: the checkpoint names that one.")
    if wanted.level is None:
        opening = (await queries.head(session)).opening
        body = await queries.entries(session, wanted.index, wanted.width, opening)
    else:
        body = await queries.tile(session, wanted.level, wanted.index, wanted.width)
    if body is None:
        size = (await queries.head(session)).size
        raise NotFound(f"The log has {size} entries, which have no such tile.")
    return Response(body, media_type=BYTES, headers={"Cache-Control": FOREVER})


@router.get(
    "/v1/events/{seq}/proof",
    operation_id="getEventProof",
    tags=["events"],
    response_model=ProofRead,
    responses={
        200: {"content": {"text/plain": {"schema": {"type": "string"}}}},
        **problems(400, 404, 422, 503),
    },
)
async def get_event_proof(
    session: ReadSession,
    request: Request,
    seq: Annotated[Whole, Path(ge=1, le=2**53, description="The event's number.")],
    form: Annotated[
        ProofFormat, Query(alias="format", description="`tlog-proof` for that text form.")
    ] = ProofFormat.JSON,
) -> Any:
    """Get the proof that an event is in the log, for a checkpoint that is signed.

    It can be verified offline, with the log's key and any RFC 6962 library.
    """
    proof = await proofs.inclusion(session, _log(request), request.app.state.settings, seq)
    if form is ProofFormat.TLOG_PROOF:
        return Response(proof.text, media_type=TEXT)
    checkpoint = Checkpoint.parse(parse(proof.checkpoint).text)
    return ProofRead(
        seq=seq,
        index=proof.index,
        size=checkpoint.size,
        leaf=proof.leaf.decode(),
        leaf_hash=tree.leaf_hash(proof.leaf).hex(),
        disclosures=[one.public for one in disclosed(proof.content) if not one.is_redacted],
        hashes=[value.hex() for value in proof.hashes],
        root_hash=checkpoint.root.hex(),
        checkpoint=proof.checkpoint,
    )


@router.get(
    "/v1/exports/ledger.jsonl",
    operation_id="exportLedger",
    response_class=StreamingResponse,
    responses={
        200: {"content": {"application/jsonl": {"schema": {"type": "string"}}}},
        **problems(400, 422, 503),
    },
)
async def export_ledger(request: Request) -> StreamingResponse:
    """Export the whole ledger with what proves it, to be verified offline.

    The first line holds the signed checkpoint; each further line is an event: its leaf, and the
    disclosures that open it. If the answer breaks off, something was redacted meanwhile: ask again.
    """
    database = database_of(request)
    head = await exports.header(database, _log(request))

    async def body() -> AsyncIterator[bytes]:
        async for piece in exports.lines(database, head):
            yield piece

    headers = {
        "Cache-Control": "no-cache",
        "Content-Disposition": 'attachment; filename="ledger.jsonl"',
        "ETag": f'"{hashlib.sha256(head["checkpoint"].encode()).hexdigest()[:20]}"',
    }
    return StreamingResponse(body(), media_type="application/jsonl", headers=headers)
