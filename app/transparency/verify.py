#!/usr/bin/env python3
"""Verify a public record of questions put to companies: that nothing on it was altered.

    python3 verify.py TARGET [--vkey VKEY] [--kept FILE]

TARGET is the address of a service (https://…), a `ledger.jsonl`, or the directory of an archive.
It needs Python 3.9 or later and `pip install cryptography`, nothing of the service. It checks
the signature; that every event is in the signed tree, gapless and in order; that each text shown
is the one recorded, and each one missing was redacted on the record; that states follow from the
entries; with an archive or a service, every tile; with a service, the states that it shows now.

A leaf is taken as the JSON that Python reads: that it is written canonically (RFC 8785) is not
checked, nor that no salted field has the name of a plain one, which would show two values for one.

It is one file, though a long one, so that there is one thing to fetch, to read and to trust.

Exit codes: 0 verified. 1 the record does not verify; the message names the first event (`seq`)
that fails. 2 it could not be checked: usage, a file that cannot be read, or the network.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import gc
import hashlib
import http.client
import io
import json
import os
import re
import sys
from binascii import a2b_base64, b2a_base64
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple
from urllib.parse import quote, urlsplit

try:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
except ImportError:
    sys.stderr.write("verify.py needs one package: pip install cryptography\n")
    raise SystemExit(2) from None

MOST_OF_LINE, MOST_OF_FILE, MOST_OF_NOTE, MOST_OF_LEAF = 16 << 20, 17 << 20, 1 << 20, 65_535
MOST_SIGNATURES, MOST_PAGES = 64, 100_000
LARGE = 500  # a question with more entries is folded once, at the end, so that time is bounded
WIDTH = 256  # of a tile
BUFFER = 1 << 17  # of which the processor's own memory holds enough
TO_URL, FROM_URL = bytes.maketrans(b"+/", b"-_"), bytes.maketrans(b"-_", b"+/")
INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z")
DAY = re.compile(r"[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?")
STATES = ("unanswered", "acknowledged", "declined", "nonresponsive", "partial", "answered")
RANK = {state: rank for rank, state in enumerate((*STATES, "withdrawn"))}
ENTRIES = {"ask.recorded", "response.recorded", "ruling.recorded"}
OTHERS = {
    *(
        f"{kind}.{what}"
        for kind in ("company", "asker")
        for what in ("created", "updated", "merged")
    ),
    *(f"dossier.{what}" for what in ("created", "updated")),
    *(f"source.{what}" for what in ("created", "updated", "changed", "gone")),
    *(f"question.{what}" for what in ("created", "updated", "state_changed", "overdue")),
    *("question.unanswered_for", "correction.recorded", "key.compromised"),
}  # types of events that say nothing of states but what is read of all
CONTAINERS = ("", "/data/object", "/data/previous")
MALFORMED = (StopIteration, LookupError, TypeError, ValueError, AttributeError, RecursionError)
SHOWN, NOTHING, NO_DIGESTS = object(), dict[str, Any](), list[str]()
SCAN: Any = json.JSONDecoder().scan_once  # type: ignore[attr-defined]
sha256 = hashlib.sha256
OnTile = Callable[[int, int, list[bytes], list[bytes]], None]


class Failed(Exception):
    """The record does not verify. seq: the first event that fails; None when none can be named."""

    def __init__(self, why: str, seq: int | None = None):
        super().__init__(why if seq is None else f"Event {seq}: {why}")
        self.seq = seq


class Unchecked(Exception):
    """It could not be checked."""


class Key(NamedTuple):
    """A verifier key (C2SP signed-note)."""

    name: str
    id: bytes
    public: bytes
    text: str


class Checkpoint(NamedTuple):
    """What a log signs (C2SP tlog-checkpoint); signatures are of a name, and key id and bytes."""

    origin: str
    size: int
    root: bytes
    text: str
    signatures: list[tuple[str, bytes]]
    note: str


def read_vkey(text: str) -> Key:
    """Read a verifier key; a ValueError says that it is none for Ed25519."""
    name, number, encoded = text.strip().split("+", 2)
    public = _base64(encoded)
    identity = sha256(f"{name}\n".encode() + public).digest()[:4]
    if not name or len(public) != 33 or public[0] != 1 or identity.hex() != number:
        raise ValueError("Not a verifier key of the form name+id+key, for Ed25519.")
    return Key(name, identity, public[1:], text.strip())


def read_note(note: str) -> Checkpoint:
    """Read a checkpoint; nothing is verified yet."""
    try:
        body, blank, signed = note.rpartition("\n\n")
        lines, signatures = body.split("\n"), signed.split("\n")
        pairs = [line.split(" ") for line in signatures[:-1]]
        found = [(name, _base64(made)) for dash, name, made in pairs if dash == "\u2014"]
        size, root = int(lines[1]), _base64(lines[2])
        is_whole = blank and len(found) == len(pairs) <= MOST_SIGNATURES and not signatures[-1]
        if (
            not is_whole
            or len(note) > MOST_OF_NOTE
            or str(abs(size)) != lines[1]
            or len(root) != 32
        ):
            raise ValueError
    except MALFORMED:
        raise Failed("The checkpoint is not a signed note of origin, size and root.") from None
    return Checkpoint(lines[0], size, root, f"{body}\n", found, note)


def verify_note(note: Checkpoint, key: Key) -> bool:
    """Say whether a note is signed by a key; a signature that says so, and is false, fails."""
    made = [blob[4:] for name, blob in note.signatures if (name, blob[:4]) == (key.name, key.id)]
    try:
        for signature in made:
            Ed25519PublicKey.from_public_bytes(key.public).verify(signature, note.text.encode())
    except (InvalidSignature, ValueError):
        raise Failed(f"The signature by {_show(key.text)} on the checkpoint is false.") from None
    return bool(made)


class Tree:
    """The Merkle tree (RFC 6962) of leaves as they come, of which it keeps a tile of each level.

    on_tile: is given each full tile: its level, index and hashes, and the leaves at level 0.
    """

    def __init__(self, on_tile: OnTile | None = None):
        self.size, self._on_tile = 0, on_tile
        self._levels: list[list[bytes]] = [[]]
        self._leaves: list[bytes] = []

    def add(self, leaf: bytes) -> None:
        """Add a leaf."""
        self.size, level = self.size + 1, 0
        self._levels[0].append(sha256(b"\0" + leaf).digest())
        if self._on_tile is not None:
            self._leaves.append(leaf)
        if self.size % WIDTH:
            return
        while len(self._levels[level]) == WIDTH:
            self._hand_out(level)
            if level + 1 == len(self._levels):
                self._levels.append([])
            self._levels[level + 1].append(_root(self._levels[level]))
            self._levels[level].clear()
            self._leaves.clear()
            level += 1

    def root(self) -> bytes:
        """Return the root."""
        hashes: list[bytes] = []
        for level in self._levels:
            hashes = [*level, *([_root(hashes)] if hashes else [])]
        return _root(hashes) if hashes else sha256(b"").digest()

    def flush(self) -> None:
        """Hand out the tiles that are not full."""
        for level, hashes in enumerate(self._levels):
            if hashes:
                self._hand_out(level)

    def _hand_out(self, level: int) -> None:
        if self._on_tile is not None:
            index = (self.size - 1) >> (8 * level + 8)
            self._on_tile(level, index, self._levels[level], self._leaves)


def fold(entries: Iterable[tuple[str, str, str, str, str]]) -> str:
    """Return the state that follows from entries: first day, recorded_at, id, event type, value."""
    state = STATES[0]
    for _, _, _, kind, value in sorted(entries):
        if kind == "ruling.recorded":
            state = value
        elif state == "withdrawn":
            state = STATES[0] if kind == "ask.recorded" else state
        elif kind == "response.recorded" and RANK[value] > RANK[state]:
            state = value
    return state


class Checker:
    """Checks a record event by event; what does not verify raises Failed.

    opening: the leaf with which a later log begins. sizes: at which the root, and when the last
    event was recorded, are kept in `roots`.
    """

    def __init__(
        self, opening: bytes | None = None, sizes: Iterable[int] = (), on_tile: Any = None
    ):
        self.tree, self.events, self.redacted, self.recorded_at = Tree(on_tile), 0, 0, ""
        self.roots: dict[int, tuple[bytes, str]] = {}
        self.states: dict[str, str] = {}
        self._entries: dict[str, dict[str, tuple[str, str, str, str, str]]] = {}
        self._touched: dict[str, int] = {}
        self._questions: dict[str, str] = {}
        self._published: dict[str, str] = {}
        self._first_days: dict[str, str] = {}
        self._merged: dict[str, str] = {}
        self._unknown: set[str] = set()
        self._missing: dict[int, tuple[list[str], set[str]]] = {}
        self._redactions: dict[int, set[str]] = {}
        self._sizes = set(sizes)
        self._keep_root()
        if opening is not None:
            self.tree.add(opening)
            self._keep_root()

    def add(self, leaf: bytes, disclosures: list[bytes]) -> None:
        """Check the next event: its leaf, and the disclosures that open it."""
        seq = self.events + 1
        try:
            text = leaf.decode()
            event, end = SCAN(text, 0)
            if event["seq"] != seq:
                raise Failed(f"in its place stands one numbered {_show(event['seq'])}.", seq)
            if end != len(text) or len(leaf) > MOST_OF_LEAF:
                raise ValueError
            if event["recorded_at"] != self.recorded_at:
                self._begin_write(event["recorded_at"], seq)
            self._read(event, event["data"]["object"], seq)
            self._open(event, disclosures, seq)
        except MALFORMED:
            raise Failed("it does not have the form of an event of this record.", seq) from None
        self.events = seq
        self.tree.add(leaf)
        if self.tree.size in self._sizes:
            self._keep_root()

    def finish(self) -> None:
        """Check what can be known only at the end: the last states, and what was redacted."""
        self._settle(sys.maxsize)
        for seq in sorted({*self._missing, *self._redactions}):
            missing, shown = self._missing.get(seq, ([], set()))
            pointers = self._redactions.get(seq, set())
            named = [pointer.rpartition("/")[0] for pointer in pointers]
            for container in CONTAINERS:
                if missing.count(container) > named.count(container):
                    raise Failed("a text is withheld that was not redacted on the record.", seq)
                if missing.count(container) < named.count(container) or shown & pointers:
                    raise Failed("a text is still shown that was redacted on the record.", seq)
            self.redacted += len(pointers)

    def _keep_root(self) -> None:
        if self.tree.size in self._sizes:
            self.roots[self.tree.size] = (self.tree.root(), self.recorded_at)

    def _begin_write(self, recorded_at: str, seq: int) -> None:
        if not INSTANT.fullmatch(recorded_at):
            raise ValueError
        if recorded_at < self.recorded_at:
            raise Failed("it says that it was recorded before the one that precedes it.", seq)
        self._settle(LARGE)
        self.recorded_at = recorded_at

    def _settle(self, most: int) -> None:
        """Fold the questions that the last write touched: a state is right only after all of it."""
        touched, self._touched = self._touched, {}
        for question, seq in touched.items():
            entries, recorded = self._entries.get(question, {}), self.states.get(question)
            if len(entries) > most:
                self._touched[question] = seq
            elif (state := fold(entries.values())) != recorded:
                why = f"the state of {_show(question)} is recorded as {_show(recorded)}, but from"
                raise Failed(f"{why} its entries follows {state}.{self._hint()}", seq)

    def _hint(self) -> str:
        """Say which events this program is too old for, if there are any."""
        named = ", ".join(sorted(map(_show, self._unknown))[:5])
        return f" This verify.py does not know {named}: take a newer one." if named else ""

    def _read(self, event: dict[str, Any], told: dict[str, Any], seq: int) -> None:
        """Take into account what an event says of states and redactions."""
        kind = event["type"]
        if kind in ENTRIES:
            self._enter(kind, told, seq)
            return
        if kind == "statement.recorded":
            self._published[told["id"]] = told["published_on"]
        elif kind == "correction.recorded" and told["target"] in self._questions:
            question = self._place(self._questions.pop(told["target"]))
            del self._entries[question][told["target"]]
            self._touched[question] = seq
        elif kind == "record.redacted":
            self._redact(told["places"], seq)
        elif kind == "question.merged":
            self._merge(event["subject"]["id"], told["merged_into"], told["state"], seq)
            return
        elif kind not in OTHERS:
            self._unknown.add(kind)
        if event["subject"]["type"] == "question":
            question = event["subject"]["id"]
            if question in self._merged:
                if kind == "question.updated" and told.get("merged_into") is not None:
                    return  # its slug was changed so that it could be redacted
                raise Failed("it changes a question that was merged into another before.", seq)
            self.states[question], self._touched[question] = told["state"], seq

    def _merge(self, question: str, into: str, state: str, seq: int) -> None:
        """Give the entries of one question to another, whose state follows from all of them."""
        if question in self._merged or question not in self.states:
            raise Failed("it merges a question that is not there, or not any more.", seq)
        if into in self._merged or into not in self.states or into == question:
            raise Failed("it merges a question into one that is not there.", seq)
        few, many = self._entries.pop(question, {}), self._entries.pop(into, {})
        is_folded = len(few) > LARGE or fold(few.values()) == state
        if not is_folded or state != self.states[question]:
            raise Failed("its state is not the one that follows from its entries.", seq)
        if len(few) > len(many):
            few, many = many, few
        many.update(few)
        self._entries[into], self._touched[into], self._merged[question] = many, seq, into
        del self.states[question]
        self._touched.pop(question, None)

    def _place(self, question: str) -> str:
        """Return the question that has another's entries now: itself, unless it was merged."""
        while question in self._merged:
            into = self._merged[question]
            self._merged[question] = self._merged.get(into, into)  # the way is shorter next time
            question = into
        return question

    def _enter(self, kind: str, told: dict[str, Any], seq: int) -> None:
        entry, question = told["id"], told["question"]
        day = told.get("asked_on") or told.get("effective_on")
        value = told["verdict"] if kind == "response.recorded" else told.get("state", STATES[0])
        day = day or self._published[told["statement"]]
        if day not in self._first_days and DAY.fullmatch(day):
            self._first_days[day] = f"{day}-01-01"[:10]
        if value not in RANK or entry in self._questions or not isinstance(entry, str):
            raise ValueError
        if question in self._merged:
            raise Failed("it is an entry of a question that was merged into another before.", seq)
        timeline = self._entries.setdefault(question, {})
        timeline[entry] = (self._first_days[day], self.recorded_at, entry, kind, value)
        self._questions[entry], self._touched[question] = question, seq

    def _redact(self, places: list[dict[str, Any]], seq: int) -> None:
        for place in places:
            pointers = set(place["pointers"])
            if not 0 < place["seq"] < seq:
                raise Failed("it redacts an event that does not come before it.", seq)
            if not all(pointer.rpartition("/")[0] in CONTAINERS for pointer in pointers):
                raise Failed("it redacts a place that no text has.", seq)
            self._redactions.setdefault(place["seq"], set()).update(pointers)

    def _open(self, event: dict[str, Any], disclosures: list[bytes], seq: int) -> None:
        """Match disclosures with the digests in a leaf.

        What they say, their names too, is fixed by the digests; so they are opened only where one
        is missing, to see which. Every event comes this way, so that each microsecond counts.
        """
        told, previous = event["data"]["object"], event["data"].get("previous") or NOTHING
        expected = event.get("_sd", NO_DIGESTS) + told.get("_sd", NO_DIGESTS)
        if previous:
            expected += previous.get("_sd", NO_DIGESTS)
        made = b"\0".join([sha256(one).digest() for one in disclosures]) + b"\0"
        text = b2a_base64(made, newline=False).translate(TO_URL).decode()
        if text == "A".join(expected) + "A" and len(set(expected)) == len(expected):
            return  # all of them, in the order of their digests, as they are usually written
        digests = [text[at : at + 43] for at in range(0, 44 * len(disclosures), 44)]
        found = set(digests)
        if found != set(expected) or not len(found) == len(digests) == len(expected):
            self._match((event, told, previous), dict(zip(digests, disclosures)), seq)  # noqa: B905
            if len(found) != len(digests):
                raise Failed("a text is shown with it twice.", seq)

    def _match(self, parts: Any, disclosures: dict[str, bytes], seq: int) -> None:
        """Give each disclosure's name to the part that has its digest; note what is missing."""
        owners = {digest: part for part in parts for digest in part.get("_sd", NO_DIGESTS)}
        if len(owners) != sum(len(part.get("_sd", NO_DIGESTS)) for part in parts):
            raise Failed("a digest stands in it twice.", seq)
        for digest, disclosure in disclosures.items():
            if digest not in owners:
                raise Failed("a text shown with it is not the one that was recorded.", seq)
            _, name, _ = json.loads(a2b_base64(disclosure.translate(FROM_URL) + b"==="))
            if name in owners[digest]:
                raise Failed(f"it says twice what its {_show(name)} is.", seq)
            owners.pop(digest)[name] = SHOWN
        if owners:
            located = list(zip(CONTAINERS, parts))  # noqa: B905 (Python 3.9)
            missing = [where for one in owners.values() for where, part in located if one is part]
            shown = {
                f"{where}/{name}" for where, part in located for name in part if part[name] is SHOWN
            }
            self._missing[seq] = (missing, shown)


class Tiles:
    """Compares the tiles that are published with those that follow from the leaves."""

    def __init__(self, read: Callable[[str], bytes | None], size: int):
        self._read, self._size = read, size
        self.first: tuple[int, str] | None = None  # a leaf and a tile that differ

    def compare(self, level: int, index: int, hashes: list[bytes], leaves: list[bytes]) -> None:
        """Compare a tile, or as much of it as there is, and at level 0 also its entry bundle."""
        self._compare(str(level), level, index, hashes)
        if level == 0:
            entries = [len(leaf).to_bytes(2, "big") + leaf for leaf in leaves]
            self._compare("entries", 0, index, entries)

    def _compare(self, kind: str, level: int, index: int, parts: list[bytes]) -> None:
        width, at, number, groups = (self._size >> 8 * level) - index * WIDTH, 0, 0, index // 1000
        path = f"{index % 1000:03}" + (f".p/{width}" if width < WIDTH else "")
        while groups:
            path, groups = f"x{groups % 1000:03}/{path}", groups // 1000
        path, whole = f"tile/{kind}/{path}", b"".join(parts)
        stored = self._read(path) or b""
        if stored == whole or (len(parts) < min(width, WIDTH) and stored.startswith(whole)):
            return
        while number < len(parts) - 1 and stored.startswith(parts[number], at):
            at, number = at + len(parts[number]), number + 1
        leaf = (index * WIDTH + number) << 8 * level
        if self.first is None or not leaf <= self.first[0] < leaf + (1 << 8 * level):
            self.first = min(self.first or (leaf, path), (leaf, path))


class Local:
    """A file, or the directory of an archive."""

    def __init__(self, path: str):
        self._path, self.is_live = Path(path), False
        self.has_tiles = self._path.is_dir()

    def close(self) -> None:
        """Do nothing; no file stays open."""

    def ledger(self) -> BinaryIO:
        """Open the ledger."""
        path = self._path / "ledger.jsonl" if self.has_tiles else self._path
        return path.open("rb", buffering=BUFFER)

    def read(self, name: str) -> bytes | None:
        """Return a file of the log, None when there is none."""
        try:
            with (self._path / name).open("rb") as file:
                return file.read(MOST_OF_FILE)
        except (FileNotFoundError, NotADirectoryError):
            return None


class Body(io.RawIOBase):
    """An answer that is read as a file; it says when it broke off."""

    def __init__(self, answer: http.client.HTTPResponse):
        self._answer = answer

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read what has arrived."""
        count = self._answer.readinto(buffer)
        if not count and self._answer.length:
            raise Unchecked("The ledger broke off. Try again.")
        return count


class Site:
    """A service, asked over one connection that is kept, and another for the ledger."""

    def __init__(self, url: str):
        self._url, self.is_live, self.has_tiles = urlsplit(url), True, True
        self._connections: list[http.client.HTTPConnection] = []
        self._log = "/log"
        self._connection = self._connect()

    def close(self) -> None:
        """End the connections."""
        for connection in self._connections:
            connection.close()

    def ledger(self) -> BinaryIO:
        """Begin to fetch the ledger."""
        answer = self._ask(self._connect(), "/v1/exports/ledger.jsonl")
        if answer.status == 404:
            raise Unchecked("There is no ledger at this address.")
        return io.BufferedReader(Body(answer), BUFFER)

    def follow(self, origin: str) -> None:
        """Look for tiles where a log has them: a later one, `host/log/2`, below its number."""
        number = origin.rpartition("/log/")[2]
        self._log = f"/log/{number}" if "/log/" in origin and number.isdecimal() else "/log"

    def read(self, name: str) -> bytes | None:
        """Return a file of the log, None when there is none."""
        return self._get(f"{self._log}/{name}")

    def questions(self) -> Iterator[Any]:
        """Yield every question as the service shows it, the one updated last at the end."""
        cursor, known = "", set[str]()
        while cursor not in known and len(known) < MOST_PAGES:
            known.add(cursor)
            asked = f"&cursor={quote(cursor, safe='')}" if cursor else ""
            page = json.loads(self._get(f"/v1/questions?limit=200&sort=updated_at{asked}") or b"")
            yield from page["data"]
            if page["next_cursor"] is None:
                return
            cursor = page["next_cursor"]
        raise ValueError

    def _get(self, path: str) -> bytes | None:
        try:
            answer = self._ask(self._connection, path)
        except (http.client.RemoteDisconnected, ConnectionError):  # it was idle for too long
            self._connection.close()
            answer = self._ask(self._connection, path)
        body = answer.read(MOST_OF_FILE)
        if answer.read(1):
            raise Unchecked(f"{_show(path)} is larger than anything that a log has.")
        return None if answer.status == 404 else body

    def _connect(self) -> http.client.HTTPConnection:
        is_safe = self._url.scheme == "https"
        make = http.client.HTTPSConnection if is_safe else http.client.HTTPConnection
        self._connections.append(make(self._url.hostname or "", self._url.port, timeout=60))
        return self._connections[-1]

    def _ask(self, connection: Any, path: str) -> http.client.HTTPResponse:
        connection.request("GET", self._url.path.rstrip("/") + path)
        answer: http.client.HTTPResponse = connection.getresponse()
        if answer.status not in (200, 404):
            raise Unchecked(f"{_show(path)} answers {answer.status}. Is this the right address?")
        return answer


class Header(NamedTuple):
    """The first line of a ledger."""

    checkpoint: Checkpoint
    keys: list[Key]
    opening: bytes | None
    before: Checkpoint | None  # what a later log says of the log before it


class Kept(NamedTuple):
    """What was kept from an earlier run."""

    key: Key
    checkpoint: Checkpoint
    since: str


def read_header(line: bytes) -> Header:
    """Read the first line of a ledger."""
    before = None
    try:
        log = json.loads(line, object_pairs_hook=_once)["log"]
        checkpoint, opening = read_note(log["checkpoint"]), log["opening"]
        keys = [read_vkey(text) for text in log["vkeys"]]
        if log["origin"] != checkpoint.origin or len(keys) > MOST_SIGNATURES:
            raise ValueError
        if opening is not None:
            opening = opening.encode()
            told = json.loads(opening, object_pairs_hook=_once)
            before = read_note(told["previous_checkpoint"])
            if told["type"] != "log.opened" or told["origin"] != checkpoint.origin:
                raise ValueError
            if len(opening) > MOST_OF_LEAF:
                raise ValueError
    except MALFORMED:
        raise Failed("The first line does not say which log this is, and who signs it.") from None
    return Header(checkpoint, keys, opening, before)


def trust(header: Header, pinned: Key | None, kept: Kept | None) -> tuple[Key, str]:
    """Return the key by which the checkpoint is verified, and why it is that one."""
    note, key, why = header.checkpoint, pinned, "the key that you gave"
    signers = [one for one in header.keys if verify_note(note, one)]
    if kept is not None and kept.checkpoint.origin != note.origin:
        same = [one for one in signers if one.public == kept.key.public]
        key, why = key or next(iter(same), None), why if key else "the key that you kept"
        if key is None:
            raise Failed(
                f"This is the log {_show(note.origin)}, which you did not keep, and another key"
                " signs it. Ask the publisher why, and give the new key with --vkey."
            )
    elif key is None and kept is not None:
        key, why = kept.key, "the key that you kept"
    elif key is None:
        key, why = (
            next(iter(signers), None),
            "the key that it names itself, taken on trust: keep it",
        )
    if key is None or key.name != note.origin or not verify_note(note, key):
        named = _show(key.text) if key else "any key that the record names"
        raise Failed(
            f"The checkpoint is not signed by {named}. If the key was changed long ago, ask the"
            " publisher for the new one, and give it with --vkey."
        )
    if pinned is None and signers and key != signers[0] and signers[0].name == note.origin:
        return signers[0], f"a new key; the one before, {_show(key.text)}, signs with it"
    return key, why


def continues(header: Header, kept: Kept | None) -> None:
    """Check as far as its checkpoint tells that a log is the one that was kept, or follows it."""
    note = header.checkpoint
    if kept is None:
        return
    if kept.checkpoint.origin == note.origin:
        if note.size < kept.checkpoint.size:
            raise Failed(
                f"It has {note.size} entries, and had {kept.checkpoint.size} when you kept its"
                " checkpoint: entries were removed."
            )
    elif header.before is None:
        raise Failed(f"You kept {_show(kept.checkpoint.origin)}; {_show(note.origin)} is another.")
    elif header.before[:3] != kept.checkpoint[:3]:
        raise Failed(
            f"It follows a log that ended with {header.before.size} entries, and you kept one of"
            f" {kept.checkpoint.size}: that nothing was altered between cannot be told from here."
        )


def read_events(stream: BinaryIO, checker: Checker, last: int) -> None:
    """Check the events of a ledger, which has as many as the checkpoint says."""
    readline, add = stream.readline, checker.add
    misshapen = "its line is not of the form that a ledger has."
    for seq in range(1, last + 1):
        line = readline(MOST_OF_LINE)
        if not line:
            raise Failed(f"it is missing: the checkpoint is over {last} events.", seq)
        end = line.find(b"]", 15)  # no disclosure has one
        if line[-2:] != b"}\n":
            raise Failed(misshapen, seq)
        if line.startswith(b'"],"leaf":', end - 1) and line.startswith(b'{"disclosures":["'):
            add(line[end + 9 : -2], line[17 : end - 1].split(b'","'))
        elif line.startswith(b'{"disclosures":[],"leaf":'):
            add(line[end + 9 : -2], [])
        else:
            raise Failed(misshapen, seq)
    if readline(MOST_OF_LINE):
        raise Failed("the checkpoint does not cover it.", last + 1)


def check_ledger(
    target: Local | Site, header: Header, stream: BinaryIO, sizes: set[int]
) -> Checker:
    """Check events, tree and tiles against the signed root; the first event that fails is named."""
    note, ahead = header.checkpoint, int(header.opening is not None)
    tiles, failure = Tiles(target.read, note.size), None
    checker = Checker(header.opening, sizes, tiles.compare if target.has_tiles else None)
    try:
        read_events(stream, checker, note.size - ahead)
        checker.finish()
    except Failed as caught:
        failure = caught
    checker.tree.flush()
    if failure is None and checker.tree.root() != note.root:
        hint = "" if target.has_tiles else " Which one, the archive or the service can tell."
        failure = Failed(f"One of the events is not as it was signed: the root is another.{hint}")
    if tiles.first is not None:
        seq, path = tiles.first[0] + 1 - ahead, tiles.first[1]
        if failure is None:
            raise Failed(f"{path} is missing, or does not have what was signed.", seq)
        if failure.seq is None or seq < failure.seq:
            raise Failed(f"it is not the one in {path}.", seq)
    if failure is not None:
        raise failure
    return checker


def check_beside(
    target: Local | Site, other: Checkpoint, note: Checkpoint, checker: Checker
) -> None:
    """Compare the ledger with the checkpoint that is published beside it."""
    if other.origin != note.origin or (other.size > note.size and not target.is_live):
        raise Failed("The checkpoint beside the ledger is of something else.")
    if other.size <= note.size and checker.roots[other.size][0] != other.root:
        raise Failed("The checkpoint beside the ledger has another root.")


def check_kept(kept: Checkpoint, checker: Checker) -> None:
    """Check that a record begins with what was kept of it."""
    if checker.roots[kept.size][0] != kept.root:
        raise Failed(
            f"The first {kept.size} entries are not those of the checkpoint that you kept:"
            " history was rewritten."
        )


def check_states(site: Site, checker: Checker) -> str:
    """Compare the states that a service shows with those that follow from the ledger."""
    seen, moved = set(), 0
    try:
        for question in site.questions():
            name, state, seq = question["id"], question["state"], question["version"]
            expected = checker.states.get(name)
            seen.add(name)
            if seq > checker.events:
                moved += 1
            elif state != expected:
                why = f"the service shows {_show(name)} as {_show(state)}; it is {_show(expected)}."
                raise Failed(why, seq)
    except MALFORMED:
        raise Unchecked("The service's list of questions cannot be read.") from None
    if unseen := checker.states.keys() - seen:
        raise Failed(f"The service does not show {min(map(_show, unseen))}.")
    return f"{len(seen) - moved} states shown by the service are right; {moved} moved on meanwhile."


def verify(target: Local | Site, pinned: Key | None, kept: Kept | None) -> tuple[list[str], Kept]:
    """Check everything; return what there is to say, and what to keep."""
    beside = None
    if target.has_tiles:
        told = target.read("checkpoint")
        if told is None:
            raise Unchecked("There is no checkpoint, and so no log to verify.")
        beside = read_note(told.decode(errors="replace"))
    with target.ledger() as stream:
        header = read_header(stream.readline(MOST_OF_LINE))
        note = header.checkpoint
        if isinstance(target, Site):
            target.follow(note.origin)
        key, why = trust(header, pinned, kept)
        continues(header, kept)
        sizes = {one.size for one in (beside, kept and kept.checkpoint) if one}
        checker = check_ledger(target, header, stream, sizes)
    said = [
        f"{checker.events} events are as signed. Root {note.root.hex()}, of size {note.size}.",
        f"Signed by {_show(key.text)} ({why}).",
        f"{len(checker.states)} states follow from their entries.",
        f"{checker.redacted} texts were redacted, all on the record.",
    ]
    if beside is not None:
        if not verify_note(beside, key):
            raise Failed("The checkpoint beside the ledger is not signed by the same key.")
        check_beside(target, beside, note, checker)
        said.append("Every tile and entry bundle is right.")
    if isinstance(target, Site):
        said.append(check_states(target, checker))
    now = datetime.now(timezone.utc).isoformat(timespec="seconds")  # noqa: UP017 (Python 3.9)
    keep, since = Kept(key, note, now), f"the checkpoint over {checker.events} events was signed"
    if kept is not None and kept.checkpoint.origin == note.origin:
        check_kept(kept.checkpoint, checker)
        keep, since = keep._replace(since=kept.since), f"{_show(kept.since)}, when you kept it"
    elif kept is not None:
        said.append("This log follows the one that you kept, and was opened because a part of that")
        said.append("was lost: what it has of the events before is not compared with yours.")
    said.append(f"Nothing on this record was altered since {since}.")
    said.append("This does not prove that it is true or complete.")
    return said, keep


def read_kept(path: Path) -> Kept | None:
    """Read what an earlier run kept, None when there is nothing yet."""
    try:
        told = json.loads(path.read_bytes())
        return Kept(
            read_vkey(told["vkey"]),
            read_note(told["checkpoint"]),
            str(told.get("since", "your earlier run")),
        )
    except FileNotFoundError:
        return None
    except (Failed, *MALFORMED):
        raise Unchecked(f"{path} is not what an earlier run kept. Name another file.") from None


def write_kept(path: Path, kept: Kept) -> None:
    """Keep a key and a checkpoint for the next run; the file is replaced as a whole."""
    told = {"vkey": kept.key.text, "checkpoint": kept.checkpoint.note, "since": kept.since}
    beside = path.with_name(f"{path.name}.{os.getpid()}.new")
    with beside.open("w", encoding="utf-8") as file:
        file.write(json.dumps(told, indent=1) + "\n")
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def main(argv: list[str] | None = None) -> int:
    """Run the program; return its exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("target", metavar="TARGET", help="URL, ledger.jsonl or archive directory")
    parser.add_argument("--vkey", help="the key that must have signed it, from a place you trust")
    parser.add_argument(
        "--kept", type=Path, metavar="FILE", help="key and checkpoint of your last run"
    )
    given = parser.parse_args(argv)
    try:
        pinned = _usage(read_vkey, given.vkey) if given.vkey is not None else None
        is_url = given.target.startswith(("http://", "https://"))
        kept = read_kept(given.kept) if given.kept else None
        with contextlib.closing(_usage(Site if is_url else Local, given.target)) as target:
            said, kept = verify(target, pinned, kept)
        if given.kept:
            write_kept(given.kept, kept)
    except Failed as failure:
        sys.stderr.write(f"NOT VERIFIED. {failure}\n")
        return 1
    except (Unchecked, OSError, UnicodeError, http.client.HTTPException) as error:
        sys.stderr.write(f"Could not be checked. {_show(error)}\n")
        return 2
    sys.stdout.write("VERIFIED.\n" + "".join(f"{line}\n" for line in said))
    return 0


def _usage(make: Callable[[str], Any], text: str) -> Any:
    try:
        return make(text)
    except ValueError as error:
        raise Unchecked(f"{text} cannot be used: {error}") from None


def _base64(text: str) -> bytes:
    """Read base64 that is written in the one right way, so that no changed bit goes unnoticed."""
    made = base64.b64decode(text, validate=True)
    if base64.b64encode(made).decode() != text:
        raise ValueError("Not base64.")
    return made


def _show(value: object) -> str:
    """Write what may come from anywhere so that no terminal obeys it."""
    return "".join(one if " " <= one <= "~" else ascii(one)[1:-1] for one in str(value)[:300])


def _root(hashes: list[bytes]) -> bytes:
    """Return the root over hashes; one without a partner goes up as it is."""
    while len(hashes) > 1:
        pairs = zip(hashes[::2], hashes[1::2])  # noqa: B905 (Python 3.9)
        odd = hashes[-1:] if len(hashes) % 2 else []
        hashes = [sha256(b"\1" + left + right).digest() for left, right in pairs] + odd
    return hashes[0]


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Make an object; with a name twice, it would say different things to different readers."""
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("A name stands twice.")
    return made


if __name__ == "__main__":
    gc.disable()  # nothing here is cyclic
    raise SystemExit(main())
