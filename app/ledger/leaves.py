"""What of an event is proved: the leaf, and the disclosures that open its salted fields.

A leaf is the event as RFC 8785 canonical JSON, whose hash enters the Merkle tree; it is written
once, as bytes, and never again. What may hold personal data is not in it: each such field stands
there as a digest in `_sd`, in the manner of RFC 9901, and its name, value and salt in a disclosure.
To redact is to forget a disclosure; the leaf, and every proof about it, stay.
"""

import base64
import hashlib
import json
import os
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.core.errors import TooLarge
from app.core.tables import canonical_json
from app.ledger.models import Headline

MOST_BYTES = 65_535
"""Of a leaf: its length has two bytes in an entry bundle (C2SP tlog-tiles)."""
SALT_BYTES = 16
FORM = 1
"""The version of the leaf's form, `v` in it."""
ROOT, OBJECT, PREVIOUS = "", "object", "previous"
POINTERS = {ROOT: "", OBJECT: "/data/object", PREVIOUS: "/data/previous"}
"""The parts of an event that may have salted fields, and where they are."""
WORDS = ("summary", "reason")


@dataclass(frozen=True)
class Disclosed:
    """One field of an event that can be redacted.

    stored: the disclosure's JSON, `[salt, name, value]`; after its redaction `[name, stand-in]`.
    """

    container: str
    name: str
    value: Any
    stored: str
    is_redacted: bool

    @property
    def pointer(self) -> str:
        """Where it is in the event (RFC 6901)."""
        return f"{POINTERS[self.container]}/{self.name}"

    @property
    def public(self) -> str:
        """The disclosure as it is published (RFC 9901, section 4.2.1)."""
        return _base64(self.stored.encode())

    def redacted(self, stand_in: Any) -> "Disclosed":
        """Return what is left when value and salt are forgotten."""
        stored = canonical_json([self.name, stand_in])
        return Disclosed(self.container, self.name, stand_in, stored, is_redacted=True)


def compose(
    headline: Headline,
    data: dict[str, Any],
    *,
    seq: int,
    recorded_at: datetime,
    actor: str,
    subject_id: str,
) -> dict[str, Any]:
    """Return an event with all that it says. data: `object`, maybe `previous`, and details."""
    return {
        "seq": seq,
        "type": headline.type,
        "recorded_at": recorded_at,
        "effective_on": headline.effective_on,
        "actor": actor,
        "reason": headline.reason,
        "subject": {"type": subject_id.partition("_")[0], "id": subject_id},
        "company": headline.company_slug,
        "company_id": headline.company_id,
        "question": headline.question_id,
        "summary": headline.summary,
        "data": data,
    }


def seal(event: Mapping[str, Any], personal: Container[str]) -> tuple[bytes, str]:
    """Salt what of an event may hold personal data; return the leaf, and what opens it, as stored.

    personal: those fields of its object. Its own words, `summary` and `reason`, always may.

    Raises:
        TooLarge: the leaf would not fit into an entry bundle.
    """
    lines: list[str] = []
    sealed = _part(ROOT, event, WORDS, lines)
    sealed["data"] = {
        name: _part(name, value, personal, lines) if name in POINTERS else value
        for name, value in event["data"].items()
    }
    leaf = canonical_json({**sealed, "_sd_alg": "sha-256", "v": FORM}).encode()
    if len(leaf) > MOST_BYTES:
        raise TooLarge(
            f"What this would record is {len(leaf):,} bytes, and {MOST_BYTES:,} is the most that"
            " one entry of the ledger may have. Nothing was written; say it in several."
        )
    return leaf, "\n".join(lines)


def _part(
    container: str, values: Mapping[str, Any], personal: Container[str], lines: list[str]
) -> dict[str, Any]:
    """Return values with digests instead of those that are salted, which are added to `lines`.

    `null` and what is empty hides nothing, and stays.
    """
    plain: dict[str, Any] = {}
    salted: list[tuple[str, str]] = []
    for name, value in values.items():
        if name in personal and value:
            salted.append(_salt(name, value))
        else:
            plain[name] = value
    if salted:
        salted.sort()  # by digest, so that the order tells nothing, and is the same in both
        plain["_sd"] = [digest for digest, _ in salted]
        lines += [f"{container}\t{made}" for _, made in salted]
    return plain


def disclosed(content: str) -> Iterator[Disclosed]:
    """Read an event's disclosures as they are stored."""
    for line in content.split("\n") if content else ():
        container, _, stored = line.partition("\t")
        parts = json.loads(stored)
        yield Disclosed(container, parts[-2], parts[-1], stored, is_redacted=len(parts) == 2)


def stored(fields: list[Disclosed]) -> str:
    """Write disclosures as they are stored."""
    return "\n".join(f"{one.container}\t{one.stored}" for one in fields)


def opened(leaf: bytes, content: str) -> tuple[dict[str, Any], list[str]]:
    """Put the disclosed values where they belong in an event.

    Returns the event, and pointers to what was redacted, where something else stands instead.
    """
    event = json.loads(leaf)
    parts = {ROOT: event, **event["data"]}
    redacted = []
    for line in content.split("\n") if content else ():
        container, _, text = line.partition("\t")
        values = json.loads(text)
        parts[container][values[-2]] = values[-1]
        if len(values) == 2:
            redacted.append(f"{POINTERS[container]}/{values[0]}")
    for container in POINTERS:
        if container in parts:
            parts[container].pop("_sd", None)
    data = event["data"]
    for container in (OBJECT, PREVIOUS):
        if container in data:
            data[container] = dict(sorted(data[container].items()))
    return event, redacted


def _salt(name: str, value: Any) -> tuple[str, str]:
    """Return the digest of a field and its disclosure (RFC 9901, sections 4.2.3 and 4.2.1)."""
    made = canonical_json([_base64(os.urandom(SALT_BYTES)), name, value])
    digest = hashlib.sha256(base64.urlsafe_b64encode(made.encode()).rstrip(b"=")).digest()
    return _base64(digest), made


def _base64(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode("ascii")
