"""The client of witnesses (C2SP tlog-witness): have a checkpoint cosigned by somebody else.

A witness remembers the newest checkpoint of a log that it has cosigned, and cosigns another only
with a proof that the log continues it. One that holds a checkpoint which this log does not continue
is proof that two histories were signed: that is a `Conflict`. All else is `Unavailable`.
"""

import asyncio
import base64
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import httpx

from app.transparency import notes
from app.transparency.notes import COSIGNATURE, LATEST, Checkpoint, Note, Verifier

SECONDS = 10.0
"""How long a witness has for an answer, from the first connection to the last byte."""
MOST_BYTES = 16 << 10
SIZE_TYPE = "text/x.tlog.size"
SIZE = re.compile(rb"(0|[1-9][0-9]{0,18})\n")
REMEDY = (
    "Signing stops here until somebody has looked. If an older backup of the database was restored,"
    " bring back the newer one. If a second copy of the service runs with this log’s key, end it."
    " If it is neither, the key is in other hands: keep everything as it is, tell the witness and"
    " your readers, and go on with a new log: `answerable log open --reason …`."
)

Consistency = Callable[[int, int], Awaitable[list[bytes]]]


class Conflict(RuntimeError):
    """A witness holds another history of this log.

    size: how large the witness says the log is, where that is larger than what it was shown.
    """

    def __init__(self, what: str, size: int | None = None) -> None:
        super().__init__(f"{what} {REMEDY}")
        self.size = size


class Unavailable(RuntimeError):
    """A witness did not cosign, and that says nothing about the log."""


@dataclass(frozen=True)
class Witness:
    """A witness that is asked. url: its submission prefix, without a slash at the end."""

    url: str
    verifier: Verifier


@dataclass(frozen=True)
class _Answer:
    status: int
    content_type: str
    body: bytes


def parse(entry: str) -> Witness:
    """Read a witness as it is set: its verifier key, a space and its address.

    Raises:
        ValueError: it is none; the message says why.
    """
    parts = entry.split()
    if len(parts) != 2:
        raise ValueError(f"A witness is set as its verifier key, a space, its address: {entry!r}.")
    vkey, url = parts
    try:
        verifier = Verifier.parse(vkey)
    except ValueError as error:
        raise ValueError(f"The witness {entry!r} has no verifier key. {error}") from None
    if verifier.kind != COSIGNATURE:
        raise ValueError(
            f"The key of the witness {verifier.name} is one for notes (kind {verifier.kind}). Ask"
            f" its operator for the one for Ed25519 cosignatures (kind {COSIGNATURE})."
        )
    if not _is_address(url):
        raise ValueError(
            f"The address of the witness {verifier.name} is not http(s)://HOST or a path there,"
            f" without user, query and fragment: {url!r}."
        )
    return Witness(url.rstrip("/"), verifier)


async def cosign(
    client: httpx.AsyncClient,
    witness: Witness,
    note: str,
    consistency: Consistency,
    known_size: int,
) -> str:
    """Have a witness cosign a checkpoint, and return its cosignature as a line of the note.

    note: the checkpoint, signed by the log. consistency: makes the proof that the tree of the
    second size continues the one of the first. known_size: what the witness cosigned last, as far
    as is known; when it is at another size it says so, and is asked once more from there.

    Raises:
        Conflict: it holds a checkpoint that this log does not continue.
        Unavailable: it did not cosign for any other reason.
        NotANote: the note is no checkpoint.
    """
    signed = notes.parse(note)
    size = Checkpoint.parse(signed.text).size
    old = min(known_size, size)
    for _ in range(2):
        proof = await consistency(old, size) if 0 < old < size else []
        answer = await _post(client, witness, _request(old, proof, note))
        if answer.status != 409:
            return _cosignature(witness, signed, old, answer)
        old = _catch_up(witness, old, size, answer)
    raise Unavailable(
        f"{_who(witness)} went from one size to another while it was asked. Perhaps another"
        " process has the same log cosigned at this moment; ask again later."
    )


def _is_address(url: str) -> bool:
    try:
        parsed = httpx.URL(url)
        host = parsed.host
        parsed.raw_host.decode().encode("idna")  # what the resolver does, and stumbles over
    except (httpx.InvalidURL, ValueError):
        return False
    is_whole = host and parsed.scheme in ("http", "https") and (parsed.port or 0) < 1 << 16
    return bool(is_whole) and not (parsed.userinfo or parsed.query or parsed.fragment)


def _request(old: int, proof: Sequence[bytes], note: str) -> bytes:
    lines = [f"old {old}", *(base64.b64encode(one).decode() for one in proof), "", note]
    return "\n".join(lines).encode()


async def _post(client: httpx.AsyncClient, witness: Witness, body: bytes) -> _Answer:
    """Send a request, and read an answer that may neither be large nor take long.

    httpx's own time-outs bound the wait for each byte; one byte at a time would outlast them.
    """
    headers = {"Accept-Encoding": "identity", "Content-Type": "text/plain; charset=utf-8"}
    try:
        async with (
            asyncio.timeout(SECONDS),
            client.stream(
                "POST",
                f"{witness.url}/add-checkpoint",
                content=body,
                headers=headers,
                timeout=None,
                follow_redirects=False,
            ) as response,
        ):
            content_type = response.headers.get("Content-Type", "").partition(";")[0].strip()
            return _Answer(response.status_code, content_type, await _read(witness, response))
    except TimeoutError:
        raise Unavailable(f"{_who(witness)} did not answer within {SECONDS:g} seconds.") from None
    except httpx.HTTPError as error:
        why = f"{type(error).__name__}: {error}".rstrip(": ")
        raise Unavailable(f"{_who(witness)} was not reached. ({why})") from None


async def _read(witness: Witness, response: httpx.Response) -> bytes:
    body = bytearray()
    async for chunk in response.aiter_raw():  # nothing is unpacked: it might become too large
        body += chunk
        if len(body) > MOST_BYTES:
            raise Unavailable(f"{_who(witness)} answered with more than {MOST_BYTES} bytes.")
    return bytes(body)


def _catch_up(witness: Witness, old: int, size: int, answer: _Answer) -> int:
    """Return the size from which a witness wants its proof, as it says with a 409.

    Raises:
        Conflict: it is ahead of this log, or holds another root of the same size.
        Unavailable: it does not say.
    """
    name, held = witness.verifier.name, _held(answer)
    if held is not None and held > size:
        raise Conflict(
            f"The witness {name} has cosigned a checkpoint of this log over {held} entries, and was"
            f" now shown one over {size}: somebody got another history signed, or entries of this"
            " one were lost.",
            held,
        )
    if old == size and (held == size or (held is None and answer.content_type != SIZE_TYPE)):
        raise Conflict(
            f"The witness {name} has cosigned a checkpoint of this log over {size} entries, as many"
            " as here, that has another root: somebody got another history signed."
        )
    if held is None or held == old:
        raise Unavailable(
            f"{_who(witness)} refused a proof from {old} entries (409), and did not say from which"
            " size it wants one. Tell its operator."
        )
    return held


def _held(answer: _Answer) -> int | None:
    """Return the size that a witness says it is at, None when it does not."""
    found = SIZE.fullmatch(answer.body)
    if answer.content_type != SIZE_TYPE or not found or int(found[1]) > LATEST:
        return None
    return int(found[1])


def _cosignature(witness: Witness, signed: Note, old: int, answer: _Answer) -> str:
    """Return the cosignature in an answer, verified.

    Raises:
        Conflict: the proof does not lead from the checkpoint that the witness holds.
        Unavailable: there is none.
    """
    if answer.status == 422 and old > 0:
        size = Checkpoint.parse(signed.text).size
        raise Conflict(
            f"The witness {witness.verifier.name} has cosigned a checkpoint of this log over {old}"
            f" entries, and the log of {size} entries does not continue it: somebody got another"
            " history signed."
        )
    if answer.status != 200:
        raise Unavailable(_refusal(witness, signed, answer.status))
    try:
        found = notes.parse(f"{signed.text}\n".encode() + answer.body)
        if found.text != signed.text:
            raise notes.NotANote("There is more in it than signatures.")
        notes.verified(found, [witness.verifier])
    except ValueError as error:
        raise Unavailable(
            f"{_who(witness)} answered with no cosignature of this checkpoint by its key. {error}"
        ) from None
    key = witness.verifier
    # One is enough, and a checkpoint stays within what others read, however many it sent.
    return next(s.line for s in found.signatures if (s.name, s.key_id) == (key.name, key.key_id))


def _refusal(witness: Witness, signed: Note, status: int) -> str:
    """Say why a witness did not cosign, and what to do."""
    origin = Checkpoint.parse(signed.text).origin
    if status == 404:
        return (
            f"{_who(witness)} does not know the log {origin} (404). Check the address, and have its"
            " operator add the log with its verifier key."
        )
    if status == 403:
        return (
            f"{_who(witness)} does not know the key that signs the log {origin} (403). Have its"
            " operator add the verifier key."
        )
    if 300 <= status < 400:
        return f"{_who(witness)} is somewhere else now ({status}). Set its new address."
    return f"{_who(witness)} answered with status {status}, and did not cosign."


def _who(witness: Witness) -> str:
    return f"The witness {witness.verifier.name} at {witness.url}"
