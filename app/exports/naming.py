"""What an exported file is called."""

from pydantic import BaseModel

from app.core import clock
from app.core.text import slug_from

NAMED = ("company", "question", "asker", "dossier", "topic", "state")
"""The filters of which the name tells."""


def disposition(kind: str, filters: BaseModel, suffix: str) -> str:
    """Return the Content-Disposition (RFC 6266): what is in the file, and of which day it is.

    The name has nothing but a-z, 0-9 and hyphens before its suffix, whatever the filters hold.
    """
    given = filters.model_dump(exclude_none=True)
    known_at = given.get("known_at")
    day = given.get("as_of") or (known_at.date() if known_at else clock.today())
    words = [slug_from(given[name], "") for name in NAMED if name in given]
    stem = "-".join(word for word in (kind, *words, str(day)) if word)
    return f'attachment; filename="{stem}.{suffix}"'
