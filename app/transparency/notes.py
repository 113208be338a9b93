"""Signed notes (C2SP signed-note) and the checkpoints written in them (C2SP tlog-checkpoint).

A note is a text, an empty line, and a line for each signature. Two kinds of signature are known:
Ed25519 as logs make it, and the timestamped cosignature of witnesses (C2SP tlog-cosignature).
"""

import base64
import binascii
import hashlib
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

ED25519, COSIGNATURE = 1, 4
MOST_BYTES, MOST_SIGNATURES = 1 << 20, 100
LATEST = (1 << 63) - 1
"""The largest size, and the last second, that may be written: what fits a signed 64-bit number."""
NAME = re.compile(r"[^\s+\x00-\x1f]+")
NUMBER = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)
CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")


class NotANote(ValueError):
    """A text that is no signed note, checkpoint or key."""


class BadSignature(ValueError):
    """A known key's signature is false, or no known key has signed."""


def key_id(name: str, kind: int, public: bytes) -> bytes:
    """Return the four bytes by which a signature names its key."""
    return hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + public).digest()[:4]


@dataclass(frozen=True)
class Verifier:
    """A public key: of a log (Ed25519), or of a witness (timestamped cosignature)."""

    name: str
    kind: int
    public: bytes

    @classmethod
    def parse(cls, vkey: str) -> Self:
        """Read `name+id+base64`.

        Raises:
            NotANote: it is no verifier key.
        """
        parts = vkey.split("+", 2)
        if len(parts) != 3 or not NAME.fullmatch(parts[0]):
            raise NotANote("A verifier key has the form name+id+key.")
        key = _decode(parts[2], "The last part of this verifier key")
        if not key or key[0] not in (ED25519, COSIGNATURE):
            raise NotANote("This verifier key is of a kind that is not known: only 1 and 4 are.")
        if len(key) != 33:
            raise NotANote("This verifier key is not as long as an Ed25519 key is.")
        made = cls(parts[0], key[0], key[1:])
        if made.key_id.hex() != parts[1]:
            raise NotANote("The id of this verifier key does not fit it; was it copied whole?")
        return made

    @property
    def key_id(self) -> bytes:
        """The four bytes by which a signature names it."""
        return key_id(self.name, self.kind, self.public)

    @property
    def vkey(self) -> str:
        """The key as it is published."""
        encoded = base64.b64encode(bytes([self.kind]) + self.public).decode()
        return f"{self.name}+{self.key_id.hex()}+{encoded}"

    def check(self, text: str, signature: bytes) -> bool:
        """Tell whether a signature is this key's, of this text."""
        message = text.encode()
        if self.kind == COSIGNATURE:
            seconds = int.from_bytes(signature[:8], "big")
            if len(signature) != 72 or seconds > LATEST:
                return False
            message = f"cosignature/v1\ntime {seconds}\n".encode() + message
            signature = signature[8:]
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass(frozen=True)
class Signer:
    """A log's private key."""

    name: str
    seed: bytes = field(repr=False)

    @classmethod
    def generate(cls, name: str) -> Self:
        """Make a new key.

        Raises:
            NotANote: a key cannot have this name.
        """
        if not NAME.fullmatch(name):
            raise NotANote("A key has a name, without spaces and without +.")
        return cls(name, secrets.token_bytes(32))

    @classmethod
    def parse(cls, skey: str) -> Self:
        """Read `PRIVATE+KEY+name+id+base64`.

        Raises:
            NotANote: it is no signing key; the message does not quote it.
        """
        parts = skey.split("+", 4)
        if len(parts) != 5 or parts[:2] != ["PRIVATE", "KEY"] or not NAME.fullmatch(parts[2]):
            raise NotANote("A signing key has the form PRIVATE+KEY+name+id+key.")
        key = _decode(parts[4], "The last part of this signing key")
        if len(key) != 33 or key[0] != ED25519:
            raise NotANote("This is no Ed25519 signing key.")
        made = cls(parts[2], key[1:])
        if made.verifier.key_id.hex() != parts[3]:
            raise NotANote("The id of this signing key does not fit it; was it copied whole?")
        return made

    @property
    def skey(self) -> str:
        """The key as it is kept."""
        encoded = base64.b64encode(bytes([ED25519]) + self.seed).decode()
        return f"PRIVATE+KEY+{self.name}+{self.verifier.key_id.hex()}+{encoded}"

    @property
    def verifier(self) -> Verifier:
        """The public half."""
        public = self._private.public_key().public_bytes_raw()
        return Verifier(self.name, ED25519, public)

    def sign(self, text: str) -> str:
        """Return the signature line for a text.

        Raises:
            NotANote: no note can have this text.
        """
        if not text.endswith("\n") or CONTROL.search(text):
            raise NotANote("A note's text ends in a newline and has no other control characters.")
        value = self._private.sign(text.encode())
        return Signature(self.name, self.verifier.key_id, value).line

    @property
    def _private(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.seed)


@dataclass(frozen=True)
class Signature:
    """One line below a note's text."""

    name: str
    key_id: bytes
    value: bytes

    @property
    def line(self) -> str:
        """The line as it is written."""
        return f"— {self.name} {base64.b64encode(self.key_id + self.value).decode()}\n"


@dataclass(frozen=True)
class Note:
    """A text, and who signed it."""

    text: str
    signatures: tuple[Signature, ...]


def parse(note: str | bytes) -> Note:
    """Read a signed note; nothing is verified yet.

    Raises:
        NotANote: it is none.
    """
    text, blank, lines = _readable(note).rpartition("\n\n")
    if not blank or not lines.endswith("\n"):
        raise NotANote("A signed note ends in an empty line and whole lines of signatures.")
    found = lines[:-1].split("\n")
    if len(found) > MOST_SIGNATURES:
        raise NotANote(f"This note has more than {MOST_SIGNATURES} signatures.")
    signatures = [_signature(number, line) for number, line in enumerate(found, 1)]
    return Note(text + "\n", tuple(signatures))


def verified(note: Note, verifiers: Iterable[Verifier]) -> list[Verifier]:
    """Return which of these keys have signed a note, each once. Other signatures do not matter.

    Raises:
        BadSignature: one of them has a false signature on it, or none has signed.
    """
    known = {(one.name, one.key_id): one for one in verifiers}
    found: list[Verifier] = []
    for signature in note.signatures:
        key = known.get((signature.name, signature.key_id))
        if key is None:
            continue
        if not key.check(note.text, signature.value):
            raise BadSignature(f"The signature of {key.name} is false.")
        if key not in found:
            found.append(key)
    if not found:
        raise BadSignature("No known key has signed this note.")
    return found


@dataclass(frozen=True)
class Checkpoint:
    """What a log says of itself: how many leaves it has, and their root."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """The text that is signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a checkpoint's text. Extension lines may follow the three, and are not kept.

        Raises:
            NotANote: it is none.
        """
        lines = text.split("\n")
        if len(lines) < 4 or "" in lines[:-1] or lines[-1]:
            raise NotANote("A checkpoint is the lines of an origin, a size and a root.")
        if not NUMBER.fullmatch(lines[1]) or int(lines[1]) > LATEST:
            raise NotANote("The size of this checkpoint is no number of leaves.")
        root = _decode(lines[2], "The root of this checkpoint")
        if len(root) != 32:
            raise NotANote("The root of this checkpoint is not 32 bytes long.")
        return cls(lines[0], int(lines[1]), root)


def _readable(note: str | bytes) -> str:
    """Return a note as text, when it is one that any note could be."""
    if len(note) > MOST_BYTES:
        raise NotANote("This note is larger than 1 MiB.")
    try:
        encoded = note.encode() if isinstance(note, str) else note
        text = encoded.decode()
    except UnicodeError:
        raise NotANote("This note is not valid UTF-8.") from None
    if len(encoded) > MOST_BYTES:
        raise NotANote("This note is larger than 1 MiB.")
    if CONTROL.search(text):
        raise NotANote("This note has control characters other than newlines.")
    return text


def _signature(number: int, line: str) -> Signature:
    dash, _, rest = line.partition(" ")
    name, _, encoded = rest.partition(" ")
    where = f"Signature {number} of this note"
    if dash != "—" or not NAME.fullmatch(name):
        raise NotANote(f"{where} is not a dash (—), a name and base64, with a space between them.")
    blob = _decode(encoded, where)
    if len(blob) < 5:
        raise NotANote(f"{where} is too short.")
    return Signature(name, blob[:4], blob[4:])


def _decode(encoded: str, what: str) -> bytes:
    """Read base64 that is written in the one way in which it is usually written."""
    try:
        decoded = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise NotANote(f"{what} is not base64.") from None
    if base64.b64encode(decoded).decode() != encoded:
        raise NotANote(f"{what} is not base64 as it is usually written.")
    return decoded
