"""The table of sources."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, Text
from sqlmodel import Field

from app.core.tables import Key
from app.core.text import shorten
from app.ledger.models import Headline, Recorded


class Source(Recorded, table=True):
    """A citable document. The same URL with the same hash is the same source."""

    __tablename__ = "source"
    __table_args__ = (Index("ix_source_url_sha256", "url", "sha256"),)

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

    def headline(self, previous: dict[str, Any] | None, note: dict[str, Any]) -> Headline:
        """Describe a change of a source."""
        is_new = previous is None
        name = shorten(self.title or self.url or self.id, 200)
        return Headline(
            type="source.created" if is_new else "source.updated",
            summary=f"The source “{name}” was {'added' if is_new else 'edited'}.",
            reason=note.get("reason"),
        )
