"""The table of sources."""

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

from sqlalchemy import Index, Text
from sqlmodel import Field

from app.core.tables import Key
from app.core.text import shorten
from app.ledger.models import REDACTED, Headline, Recorded


class Online(StrEnum):
    """What was found at the address of a source: what was cited, something else, or nothing."""

    SAME = "same"
    CHANGED = "changed"
    GONE = "gone"


class Source(Recorded, table=True):
    """A citable document. The same URL with the same hash is the same source.

    `sha256` and `seen_at` are what was cited, and no check touches them; where nobody gave a hash,
    `read_sha256` and `read_at` are what the first check read, and later ones compare with it.
    `online`, `found_sha256` and `found_at` are what a check found when that was news. The derived
    columns are the last check that came to a result, and the last that was tried.
    """

    __tablename__ = "source"
    __pending_by__: ClassVar[str] = "url"
    __table_args__ = (Index("ix_source_url_sha256", "url", "sha256"),)
    __derived__: ClassVar[frozenset[str]] = frozenset({"checked_at", "tried_at"})
    __personal__: ClassVar[dict[str, Any]] = {
        "url": None, "archived_url": None, "title": REDACTED, "publisher": REDACTED,
        "author": REDACTED, "quote": REDACTED,
    }  # fmt: skip

    url: str | None = Field(sa_type=Text)
    archived_url: str | None = Field(sa_type=Text)
    title: str | None = Field(sa_type=Text)
    publisher: str | None
    author: str | None
    published_on: str | None = Field(sa_type=Key)
    lang: str | None = Field(sa_type=Key)
    quote: str | None = Field(sa_type=Text)
    sha256: str | None = Field(index=True, sa_type=Key)
    seen_at: datetime | None
    read_sha256: str | None = Field(default=None, sa_type=Key)
    read_at: datetime | None = None
    online: str | None = Field(default=None, sa_type=Key)
    found_sha256: str | None = Field(default=None, sa_type=Key)
    found_at: datetime | None = None
    checked_at: datetime | None = None
    tried_at: datetime | None = None

    @property
    def compared_sha256(self) -> str | None:
        """The hash that what is at the address is compared with."""
        return self.sha256 or self.read_sha256

    def headline(self, previous: dict[str, Any] | None, note: dict[str, Any]) -> Headline:
        """Describe a change of a source; only a check changes what was found at its address."""
        name = shorten(self.title or self.url or self.id, 180)
        if previous is not None and "online" in previous:
            return self._found(name, previous)
        is_new = previous is None
        return Headline(
            type="source.created" if is_new else "source.updated",
            summary=f"The source “{name}” was {'added' if is_new else 'edited'}.",
            reason=note.get("reason"),
        )

    def _found(self, name: str, previous: dict[str, Any]) -> Headline:
        read_on = f"read there on {self.read_at:%Y-%m-%d}" if self.read_at else ""
        cited = "cited" if self.sha256 else read_on
        kind = "source.updated"
        if self.online == Online.GONE:
            kind, said = "source.gone", "is gone: there is nothing at its address any more"
        elif self.online == Online.CHANGED:
            kind = "source.changed"
            said = f"has changed: what is at its address is no longer what was {cited}"
        elif "read_sha256" in previous:
            said = "was read: its bytes are on the record by their hash"
        elif previous["online"] is None:
            said = "was found at its address as it was cited"
        else:
            said = f"is at its address again as it was {cited}"
        found_on = f"{self.found_at:%Y-%m-%d}" if self.found_at else None
        return Headline(type=kind, summary=f"The source “{name}” {said}.", effective_on=found_on)
