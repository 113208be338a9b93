"""A witness (C2SP tlog-witness): a real server on this machine, honest unless a test says not.

It remembers in memory which checkpoint of each log it cosigned last. Beside it: a log in memory to
be cosigned.
"""

import asyncio
import base64
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import httpx
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app.ledger import tree
from app.transparency import notes, witnesses
from app.transparency.notes import COSIGNATURE, Checkpoint, Signature, Signer, Verifier
from tests.support.merkle import verify_consistency

Answer = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]

ORIGIN = "record.example.org/log"
OLD = re.compile(r"old (0|[1-9][0-9]*)")
MOST_PROOF_LINES = 63


class Log:
    """A log in memory, of as many leaves as a test asks for."""

    def __init__(self, flavour: str = "", signer: Signer | None = None) -> None:
        self.signer = signer or Signer.generate(ORIGIN)
        self.proofs: list[tuple[int, int]] = []
        """Which proofs were asked of it."""
        leaves = [tree.leaf_hash(f"{flavour}{number}".encode()) for number in range(70)]
        self._nodes = dict(tree.append(0, [], leaves)[0])

    def root(self, size: int) -> bytes:
        return tree.root([self._nodes[address] for address in tree.peaks_of(size)])

    def text(self, size: int) -> str:
        return Checkpoint(self.signer.name, size, self.root(size)).text

    def note(self, size: int) -> str:
        return f"{self.text(size)}\n{self.signer.sign(self.text(size))}"

    async def consistency(self, old: int, new: int) -> list[bytes]:
        self.proofs.append((old, new))
        return tree.hashes(tree.consistency(old, new), self._nodes)


class RefusedError(Exception):
    """A submission that is not cosigned."""

    def __init__(self, status: int, body: str = "", content_type: str = "text/plain") -> None:
        super().__init__(status)
        self.response = web.Response(status=status, text=body, content_type=content_type)


class Cosigner:
    """A witness's key."""

    def __init__(self, name: str) -> None:
        self._private = Ed25519PrivateKey.generate()
        public = self._private.public_key().public_bytes_raw()
        self.verifier = Verifier(name, COSIGNATURE, public)

    def sign(self, text: str, seconds: int | None = None) -> str:
        """Return the cosignature line of a checkpoint's text, as of now or of that time."""
        seconds = int(time.time()) if seconds is None else seconds
        message = f"cosignature/v1\ntime {seconds}\n{text}".encode()
        value = seconds.to_bytes(8, "big") + self._private.sign(message)
        return Signature(self.verifier.name, self.verifier.key_id, value).line


class WitnessServer:
    """The witness: which logs it knows, what it remembers of them, and how to misbehave."""

    def __init__(self, name: str = "witness.example/w1") -> None:
        self.port = 0
        self.signer = Cosigner(name)
        self.verifier = self.signer.verifier
        """Its published key. Another `signer` makes it sign with a key that is not."""
        self.logs: dict[str, list[Verifier]] = {}
        """The keys that it trusts, by the origins of logs."""
        self.remembered: dict[str, tuple[int, bytes]] = {}
        """Size and root of the last checkpoint that it cosigned, by origin."""
        self.bodies: list[bytes] = []
        """What was submitted, well-formed or not."""
        self.answer: Answer | None = None
        """How to answer instead of as the specification says."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/prefix"

    @property
    def entry(self) -> str:
        """The witness as it is set."""
        return f"{self.verifier.vkey} {self.url}"

    def trust(self, verifier: Verifier) -> None:
        """Know a log by its key, whose name is the log's origin."""
        self.logs.setdefault(verifier.name, []).append(verifier)

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        body = await request.read()
        if request.path != "/prefix/add-checkpoint":
            return web.Response(status=404)
        if request.method != "POST":
            return web.Response(status=405)
        self.bodies.append(body)
        if self.answer is not None:
            return await self.answer(request)
        try:
            return web.Response(text=self.add_checkpoint(body))
        except RefusedError as refused:
            return refused.response

    def add_checkpoint(self, body: bytes) -> str:
        """Check a submission, remember its checkpoint and cosign it.

        There is no `await` between looking at what is remembered and replacing it, so that no
        other submission comes between.
        """
        old, proof, note = _submission(body)
        try:
            checkpoint = Checkpoint.parse(note.text)
        except ValueError:
            raise RefusedError(400, "no checkpoint") from None
        if checkpoint.origin not in self.logs:
            raise RefusedError(404, "unknown log")
        try:
            notes.verified(note, self.logs[checkpoint.origin])
        except notes.BadSignature:
            raise RefusedError(403, "no known signature") from None
        if old > checkpoint.size:
            raise RefusedError(400, "old size larger than the checkpoint's")
        size, root = self.remembered.get(checkpoint.origin, (0, tree.EMPTY))
        if old != size:
            raise RefusedError(409, f"{size}\n", "text/x.tlog.size")
        if checkpoint.size == size and checkpoint.root != root:
            raise RefusedError(409, "another root of the same size")
        try:
            verify_consistency(old, checkpoint.size, proof, root, checkpoint.root)
        except tree.Inconsistent:
            raise RefusedError(422, "the proof does not verify") from None
        self.remembered[checkpoint.origin] = (checkpoint.size, checkpoint.root)
        return self.signer.sign(note.text)


def _submission(body: bytes) -> tuple[int, list[bytes], notes.Note]:
    """Read the old size, the proof and the checkpoint's note."""
    try:
        head, blank, note = body.decode().partition("\n\n")
        first, *lines = head.split("\n")
        found = OLD.fullmatch(first)
        proof = [base64.b64decode(line, validate=True) for line in lines]
        if not blank or not found or len(lines) > MOST_PROOF_LINES:
            raise ValueError
        if any(len(one) != 32 for one in proof):
            raise ValueError
        return int(found[1]), proof, notes.parse(note)
    except ValueError:
        raise RefusedError(400, "malformed") from None


def answering(status: int, body: str | bytes = b"", **headers: str) -> Answer:
    """Answer always so."""
    raw = body.encode() if isinstance(body, str) else body
    named = {name.replace("_", "-"): value for name, value in headers.items()}

    async def answer(_: web.BaseRequest) -> web.StreamResponse:
        return web.Response(status=status, body=raw, headers=named)

    return answer


def hanging(seconds: float = 30) -> Answer:
    """Answer only when nobody waits any more."""

    async def answer(_: web.BaseRequest) -> web.StreamResponse:
        await asyncio.sleep(seconds)
        return web.Response()

    return answer


def dripping(pause: float = 0.02) -> Answer:
    """Answer at once, and send the body a byte at a time, for as long as somebody reads."""

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while request.transport is not None and not request.transport.is_closing():
            await response.write(b"-")
            await asyncio.sleep(pause)
        return response

    return answer


async def cosign(witness: WitnessServer, log: Log, size: int, known: int = 0) -> str:
    async with httpx.AsyncClient() as client:
        asked = witnesses.parse(witness.entry)
        return await witnesses.cosign(client, asked, log.note(size), log.consistency, known)


def old_sizes(witness: WitnessServer) -> list[str]:
    """The first line of each request."""
    return [body.decode().partition("\n")[0] for body in witness.bodies]


def assert_cosigned(line: str, witness: WitnessServer, log: Log, size: int) -> None:
    """The line makes the log's note a cosigned one, and the witness remembers it."""
    keys = [log.signer.verifier, witness.verifier]
    assert notes.verified(notes.parse(log.note(size) + line), keys) == keys
    assert witness.remembered[ORIGIN] == (size, log.root(size))


@asynccontextmanager
async def witnessing(name: str = "witness.example/w1") -> AsyncIterator[WitnessServer]:
    """Run a witness while the block runs."""
    witness = WitnessServer(name)
    runner = web.ServerRunner(web.Server(witness.handle), shutdown_timeout=0.1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        witness.port = runner.addresses[0][1]
        yield witness
    finally:
        await runner.cleanup()
