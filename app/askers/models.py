"""The table of askers."""

from enum import StrEnum
from typing import Any, ClassVar

from sqlalchemy import Text
from sqlmodel import Field

from app.core.tables import Key
from app.core.text import shorten
from app.ledger.models import REDACTED, Headline, Recorded


class AskerKind(StrEnum):
    """What an asker is."""

    NEWSROOM = "newsroom"
    NGO = "ngo"
    EMPLOYEES = "employees"
    INVESTOR = "investor"
    REGULATOR = "regulator"
    LAWMAKER = "lawmaker"
    RESEARCHER = "researcher"
    INDIVIDUAL = "individual"
    ANONYMOUS = "anonymous"


class Asker(Recorded, table=True):
    """A person or organisation that puts questions."""

    __tablename__ = "asker"

    __personal__: ClassVar[dict[str, Any]] = {
        "slug": REDACTED, "name": REDACTED, "description": REDACTED, "website": None,
    }  # fmt: skip

    slug: str = Field(unique=True, sa_type=Key)
    name: str
    kind: str = Field(sa_type=Key)
    description: str | None = Field(sa_type=Text)
    website: str | None = Field(sa_type=Text)
    merged_into: str | None = Field(default=None, sa_type=Key)

    def headline(self, previous: dict[str, Any] | None, note: dict[str, Any]) -> Headline:
        """Describe a change of an asker."""
        if previous is not None and "merged_into" in previous:
            return self._merged(note)
        is_new = previous is None
        change = "added to" if is_new else "edited on"
        return Headline(
            type="asker.created" if is_new else "asker.updated",
            summary=f"{shorten(self.name, 200)} was {change} the record.",
            reason=note.get("reason"),
        )

    def _merged(self, note: dict[str, Any]) -> Headline:
        one, other = shorten(self.name, 100), shorten(note["into_name"], 100)
        return Headline(
            type="asker.merged",
            summary=f"Two entries of the record are one asker: {one} was merged into {other}.",
            reason=note["reason"],
            details={"into": self.merged_into},
        )
