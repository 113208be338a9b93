"""Builds ledgers, archives and keys in the log's published formats, without the recorder."""

import base64
import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app.ledger import tree

ORIGIN = "record.example.org/log"
WIDTH = 256
START = datetime(2025, 5, 1, tzinfo=UTC)
INSTANT = "%Y-%m-%dT%H:%M:%S.%fZ"


def unpadded(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def compact(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


class Signer:
    """A key of a log. number: makes it the same each time."""

    def __init__(self, number: int = 1, name: str = ORIGIN) -> None:
        self.private = Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32)
        public = b"\x01" + self.private.public_key().public_bytes_raw()
        self.name, self.id = name, hashlib.sha256(name.encode() + b"\n" + public).digest()[:4]
        self.vkey = f"{name}+{self.id.hex()}+{base64.b64encode(public).decode()}"

    def sign(self, text: str) -> str:
        made = base64.b64encode(self.id + self.private.sign(text.encode())).decode()
        return f"\u2014 {self.name} {made}\n"


@dataclass
class Leaf:
    """An event, and the disclosures that open it."""

    event: dict[str, Any]
    disclosures: list[str] = field(default_factory=list)
    raw: bytes | None = None

    @property
    def leaf(self) -> bytes:
        return compact(self.event) if self.raw is None else self.raw

    @property
    def line(self) -> bytes:
        return b'{"disclosures":' + compact(self.disclosures) + b',"leaf":' + self.leaf + b"}\n"


class Ledger:
    """A record as it grows: `ask`, `respond`, `rule`, `merge`, `correct`, `redact`."""

    def __init__(
        self, *signers: Signer, opening: bytes | None = None, origin: str = ORIGIN
    ) -> None:
        self.signers, self.opening, self.origin = signers or (Signer(),), opening, origin
        self.leaves: list[Leaf] = []
        self.write = 0

    def add(
        self,
        kind: str,
        told: dict[str, Any],
        *,
        question: str | None = None,
        day: str | None = None,
        texts: dict[str, Any] | None = None,
        is_new_write: bool = True,
    ) -> int:
        """Append an event; returns its seq. texts: what of its object is salted."""
        seq = len(self.leaves) + 1
        self.write += is_new_write
        subject = {"id": told["id"], "type": told["id"].partition("_")[0]}
        event: dict[str, Any] = {
            "_sd_alg": "sha-256", "actor": "editor-paris", "company": "volt", "v": 1, "seq": seq,
            "company_id": "company_1", "effective_on": day, "question": question, "reason": None,
            "recorded_at": f"{START + timedelta(seconds=self.write):{INSTANT}}",
            "subject": subject, "type": kind, "data": {"object": {**told}},
        }  # fmt: skip
        made: list[str] = []
        self._salt(event, {"summary": f"What happened as number {seq}?"}, seq, made)
        self._salt(event["data"]["object"], texts or {}, seq, made)
        self.leaves.append(Leaf(event, made))
        return seq

    def _salt(self, part: dict[str, Any], texts: dict[str, Any], seq: int, made: list[str]) -> None:
        digests = []
        for name, value in texts.items():
            salt = unpadded(hashlib.sha256(f"{seq} {name} {len(made)}".encode()).digest()[:16])
            made.append(unpadded(compact([salt, name, value])))
            digests.append(unpadded(hashlib.sha256(made[-1].encode()).digest()))
        if digests:
            part["_sd"] = sorted(digests)

    def ask(self, name: str, *, day: str = "2025-05-01", state: str = "unanswered") -> int:
        """Put a question with one ask; returns the seq of the question's event."""
        told = {"id": f"question_{name}", "state": state, "lang": "en"}
        texts = {"text": f"Why {name}?", "context": "Ünïcode ~ ? >", "translations": {"fr": "?"}}
        seq = self.add("question.created", told, question=told["id"], day=day, texts=texts)
        self.enter("ask", f"ask_{name}", told["id"], day, asked_on=day, is_new_write=False)
        return seq

    def enter(
        self, kind: str, entry: str, question: str, day: str, *, is_new_write: bool = True,
        **told: Any,
    ) -> int:  # fmt: skip
        """Add an entry to a question's timeline."""
        body = {"id": entry, "question": question, **told}
        texts = {"quote": f"Said of {entry}"}
        return self.add(
            f"{kind}.recorded", body, question=question, day=day, texts=texts,
            is_new_write=is_new_write,
        )  # fmt: skip

    def respond(self, name: str, number: int, verdict: str, *, day: str, state: str) -> int:
        """Publish a statement with a response; returns the seq of the question's event."""
        statement, question = f"statement_{number}", f"question_{name}"
        self.add("statement.recorded", {"id": statement, "published_on": day}, day=day)
        self.enter("response", f"response_{number}", question, day, statement=statement,
                   verdict=verdict, is_new_write=False)  # fmt: skip
        return self.state(name, state, is_new_write=False)

    def rule(
        self, name: str, number: int, state: str, *, day: str, after: str | None = None
    ) -> int:
        """Record a ruling; returns the seq of the question's event."""
        self.enter("ruling", f"ruling_{number}", f"question_{name}", day, state=state,
                   effective_on=day)  # fmt: skip
        return self.state(name, after or state, is_new_write=False)

    def state(self, name: str, state: str, *, is_new_write: bool = True) -> int:
        told = {"id": f"question_{name}", "state": state}
        return self.add("question.state_changed", told, question=told["id"],
                        is_new_write=is_new_write)  # fmt: skip

    def merge(self, name: str, into: str, *, state: str = "unanswered") -> int:
        """Merge a question into another."""
        told = {"id": f"question_{name}", "state": state, "merged_into": f"question_{into}"}
        return self.add("question.merged", told, question=told["merged_into"])

    def correct(self, target: str) -> int:
        return self.add("correction.recorded", {"id": f"correction_{target}", "target": target})

    def redact(self, places: dict[int, list[str]], *, forget: bool = True) -> int:
        """Redact places, and forget their disclosures."""
        for seq, pointers in places.items() if forget else ():
            self.forget(seq, *pointers)
        told = [{"seq": seq, "pointers": pointers} for seq, pointers in places.items()]
        return self.add("record.redacted", {"id": f"redaction_{len(self.leaves)}", "places": told})

    def forget(self, seq: int, *pointers: str) -> None:
        leaf = self.leaves[seq - 1]
        names = {pointer.rpartition("/")[2] for pointer in pointers}
        leaf.disclosures = [
            one for one in leaf.disclosures
            if json.loads(base64.urlsafe_b64decode(one + "==="))[1] not in names
        ]  # fmt: skip

    @property
    def bytes_of_leaves(self) -> list[bytes]:
        opening = [] if self.opening is None else [self.opening]
        return opening + [one.leaf for one in self.leaves]

    def note(self, *signers: Signer, size: int | None = None) -> str:
        """Sign a checkpoint."""
        leaves = self.bytes_of_leaves[:size]
        root = base64.b64encode(root_of(leaves)).decode()
        text = f"{self.origin}\n{len(leaves)}\n{root}\n"
        return f"{text}\n" + "".join(one.sign(text) for one in signers or self.signers)

    def header(self, note: str | None = None) -> bytes:
        log = {
            "origin": self.origin,
            "vkeys": [signer.vkey for signer in self.signers],
            "checkpoint": note or self.note(),
            "opening": None if self.opening is None else self.opening.decode(),
        }
        return compact({"log": log}) + b"\n"

    def text(self, note: str | None = None) -> bytes:
        """Write the ledger. note: its checkpoint, when it is not that of these leaves."""
        return self.header(note) + b"".join(one.line for one in self.leaves)

    def file(self, path: Path, note: str | None = None) -> Path:
        path.write_bytes(self.text(note))
        return path

    def archive(self, path: Path) -> Path:
        """Write an archive."""
        path.mkdir()
        self.file(path / "ledger.jsonl")
        (path / "checkpoint").write_text(self.note())
        (path / "vkey").write_text("".join(f"{one.vkey}\n" for one in self.signers))
        for name, body in tiles(self.bytes_of_leaves):
            (path / name).parent.mkdir(parents=True, exist_ok=True)
            (path / name).write_bytes(body)
        return path


def root_of(leaves: Iterable[bytes]) -> bytes:
    _, peaks = tree.append(0, [], map(tree.leaf_hash, leaves))
    return tree.root(peaks)


def tiles(leaves: Sequence[bytes]) -> Iterable[tuple[str, bytes]]:
    """Yield the path and content of every tile and entry bundle (C2SP tlog-tiles)."""
    for begin in range(0, len(leaves), WIDTH):
        part = leaves[begin : begin + WIDTH]
        body = b"".join(len(leaf).to_bytes(2, "big") + leaf for leaf in part)
        yield path_of("entries", begin // WIDTH, len(part)), body
    level, hashes = 0, [tree.leaf_hash(leaf) for leaf in leaves]
    while hashes:
        for begin in range(0, len(hashes), WIDTH):
            row = hashes[begin : begin + WIDTH]
            yield path_of(str(level), begin // WIDTH, len(row)), b"".join(row)
        whole = range(0, len(hashes) - WIDTH + 1, WIDTH)
        hashes = [tree.root(tree.append(0, [], hashes[at : at + WIDTH])[1]) for at in whole]
        level += 1


def path_of(kind: str, index: int, width: int) -> str:
    assert index < 1000  # one group of digits is enough here
    return f"tile/{kind}/{index:03}" + (f".p/{width}" if width < WIDTH else "")


def record(questions: int = 3) -> Ledger:
    """Build a record with something of everything."""
    ledger = Ledger()
    for number in range(questions):
        ledger.ask(f"q{number}")
    ledger.respond("q0", 1, "declined", day="2025-05-03", state="declined")
    ledger.respond("q0", 2, "partial", day="2025-05-02", state="partial")
    ledger.rule("q1", 1, "withdrawn", day="2025-05")
    ledger.state("q1", "withdrawn")
    ledger.correct("response_2")
    ledger.state("q0", "declined", is_new_write=False)
    return ledger


def flip(path: Path, at: int, bit: int = 0) -> None:
    """Change one bit of a file."""
    body = bytearray(path.read_bytes())
    body[at] ^= 1 << bit
    path.write_bytes(body)
