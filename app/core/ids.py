"""Identifiers: TypeIDs, a type's name and a UUIDv7 in base 32 (`question_01jv…`).

Ids made by one process sort in the order in which they were made.
"""

import hashlib
import re
from datetime import datetime

from typeid import TypeID
from uuid_utils import UUID

ID = re.compile(r"^([a-z]{1,20})_[0-7][0-9a-hjkmnp-tv-z]{25}$", re.ASCII)
SLUG = r"^[a-z0-9]+(-[a-z0-9]+)*$"


def new(kind: str) -> str:
    """Make the id of a new thing of this kind."""
    return str(TypeID(kind))


def derived(kind: str, instant: datetime, *parts: str | int) -> str:
    """Make the id of what follows from other things, so that it is the same if made again.

    It has the form of the others (UUIDv7): the instant, then a hash of the parts.
    """
    digest = hashlib.sha256("\n".join(map(str, parts)).encode()).digest()
    value = _milliseconds(instant) << 80 | int.from_bytes(digest[:10])
    value = value & ~(0xF << 76) | 0x7 << 76  # RFC 9562: the version
    value = value & ~(0x3 << 62) | 0x2 << 62  # and the variant
    return str(TypeID.from_uuid(UUID(int=value), kind))


def before(kind: str, instant: datetime) -> str:
    """Return what sorts after the ids made before an instant, and before those made since."""
    return str(TypeID.from_uuid(UUID(int=_milliseconds(instant) << 80), kind))


def _milliseconds(instant: datetime) -> int:
    return int(instant.timestamp() * 1000)


def kind_of(reference: str) -> str | None:
    """Return the kind that an id names, or None when the text is no id (then it may be a slug)."""
    match = ID.fullmatch(reference)
    return match[1] if match else None
