"""Identifiers: TypeIDs, a type's name and a UUIDv7 in base 32 (`question_01jv…`).

Ids made by one process sort in the order in which they were made.
"""

import re

from typeid import TypeID

ID = re.compile(r"^([a-z]{1,20})_[0-7][0-9a-hjkmnp-tv-z]{25}$", re.ASCII)
SLUG = r"^[a-z0-9]+(-[a-z0-9]+)*$"


def new(kind: str) -> str:
    """Make the id of a new thing of this kind."""
    return str(TypeID(kind))


def kind_of(reference: str) -> str | None:
    """Return the kind that an id names, or None when the text is no id (then it may be a slug)."""
    match = ID.fullmatch(reference)
    return match[1] if match else None
