"""The table of statements."""

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

from sqlalchemy import Index, Text
from sqlmodel import Field, Relationship

from app.companies.models import Company
from app.core.clock import FOREVER
from app.core.tables import Key, reference
from app.core.text import shorten
from app.ledger.models import REDACTED, Headline, Recorded
from app.sources.models import Source


class StatementKind(StrEnum):
    """How a company spoke, or that it refused to."""

    PUBLICATION = "publication"
    REPLY = "reply"
    NO_COMMENT = "no_comment"
    FILING = "filing"
    TESTIMONY = "testimony"
    INTERVIEW = "interview"


OPENINGS = {
    "publication": "{company} published",
    "reply": "{company} replied",
    "no_comment": "{company} declined to comment",
    "filing": "{company} filed",
    "testimony": "{company} testified",
    "interview": "{company} said in an interview",
}


class Statement(Recorded, table=True):
    """One thing a company said, or its refusal to speak. It never changes."""

    __tablename__ = "statement"
    __table_args__ = (Index("ix_statement_company", "company_id", "published_day", "id"),)
    __derived__: ClassVar[frozenset[str]] = frozenset(
        {"published_day", "corrected_at", "corrected_by"}
    )
    __references__: ClassVar[dict[str, str]] = {"company_id": "company", "source_id": "source"}

    __personal__: ClassVar[dict[str, Any]] = {
        "title": REDACTED, "summary": REDACTED, "attributed_to": REDACTED, "quote": REDACTED,
    }  # fmt: skip

    company_id: str = reference("company.id")
    kind: str = Field(sa_type=Key)
    title: str = Field(sa_type=Text)
    published_on: str = Field(sa_type=Key)
    published_day: int = Field(index=True)
    lang: str = Field(sa_type=Key)
    summary: str | None = Field(sa_type=Text)
    attributed_to: str | None
    source_id: str = reference("source.id")
    quote: str | None = Field(sa_type=Text)
    corrected_at: datetime = FOREVER
    corrected_by: str | None = Field(default=None, sa_type=Key)

    company: Company = Relationship(sa_relationship_kwargs={"lazy": "raise"})
    source: Source = Relationship(sa_relationship_kwargs={"lazy": "raise"})

    def headline(self, previous: dict[str, Any] | None, note: dict[str, Any]) -> Headline:
        """Describe a statement."""
        opening = OPENINGS[self.kind].format(company=shorten(self.company.name, 120))
        return Headline(
            type="statement.recorded",
            summary=f"{opening}: {shorten(self.title, 278 - len(opening))}",
            effective_on=self.published_on,
            company_id=self.company.id,
            company_slug=self.company.slug,
        )
