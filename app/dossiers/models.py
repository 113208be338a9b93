"""The table of dossiers."""

from typing import Any, ClassVar

from sqlalchemy import Text
from sqlmodel import Field

from app.core.tables import CanonicalJson, Key
from app.core.text import shorten
from app.ledger.models import REDACTED, Headline, Recorded


class Dossier(Recorded, table=True):
    """A named set of questions. Which are in it stands on the questions."""

    __tablename__ = "dossier"

    __personal__: ClassVar[dict[str, Any]] = {
        "slug": REDACTED, "title": REDACTED, "description": REDACTED, "translations": {},
    }  # fmt: skip

    slug: str = Field(unique=True, sa_type=Key)
    title: str = Field(sa_type=Text)
    description: str | None = Field(sa_type=Text)
    translations: dict[str, Any] = Field(sa_type=CanonicalJson)

    def headline(self, previous: dict[str, Any] | None, note: dict[str, Any]) -> Headline:
        """Describe a change of a dossier."""
        is_new = previous is None
        verb = "was opened" if is_new else "was edited"
        return Headline(
            type="dossier.created" if is_new else "dossier.updated",
            summary=f"The dossier “{shorten(self.title, 200)}” {verb}.",
            reason=note.get("reason"),
        )
