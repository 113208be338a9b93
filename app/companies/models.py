"""The tables of companies and of the public identifiers by which they are found."""

from typing import Any, ClassVar

from sqlalchemy import Text
from sqlmodel import Field, SQLModel

from app.core.tables import CanonicalJson, Key, reference
from app.core.text import shorten
from app.ledger.models import REDACTED, Headline, Recorded


class Company(Recorded, table=True):
    """A company."""

    __tablename__ = "company"
    __personal__: ClassVar[dict[str, Any]] = {
        "name": REDACTED, "names": [], "description": REDACTED,
    }  # fmt: skip

    slug: str = Field(unique=True, sa_type=Key)
    name: str
    names: list[str] = Field(sa_type=CanonicalJson)
    identifiers: dict[str, str] = Field(sa_type=CanonicalJson)
    description: str | None = Field(sa_type=Text)
    merged_into: str | None = Field(default=None, sa_type=Key)

    def headline(self, previous: dict[str, Any] | None, note: dict[str, Any]) -> Headline:
        """Describe a change of a company."""
        if previous is not None and "merged_into" in previous:
            return self._merged(note)
        is_new = previous is None
        change = "added to" if is_new else "edited on"
        return Headline(
            type="company.created" if is_new else "company.updated",
            summary=f"{shorten(self.name, 200)} was {change} the record.",
            reason=note.get("reason"),
            company_id=self.id,
            company_slug=self.slug,
        )

    def _merged(self, note: dict[str, Any]) -> Headline:
        one, other = shorten(self.name, 100), shorten(note["into_name"], 100)
        return Headline(
            type="company.merged",
            summary=f"Two entries of the record are one company: {one} was merged into {other}.",
            reason=note["reason"],
            company_id=self.merged_into,
            company_slug=note["into_slug"],
            details={"into": self.merged_into},
        )


class CompanyIdentifier(SQLModel, table=True):
    """One public identifier of a company, to find it by. Derived from `company.identifiers`."""

    __tablename__ = "company_identifier"

    scheme: str = Field(primary_key=True, sa_type=Key)
    value: str = Field(primary_key=True, sa_type=Key)
    company_id: str = reference("company.id", index=True)
