"""The table of redactions."""

from typing import Any, ClassVar

from sqlalchemy import BigInteger, Text
from sqlmodel import Field

from app.core.tables import CanonicalJson, Key
from app.core.text import shorten
from app.ledger.models import REDACTED, Headline, Recorded


class Redaction(Recorded, table=True):
    """That fields of events were made unreadable for good, on which legal basis and why.

    seq, pointers: what was asked for. places: all that became unreadable by it, which includes the
    same value in other events about the same thing. company_id, question_id: what it was about.
    """

    __tablename__ = "redaction"
    __references__: ClassVar[dict[str, str]] = {"company_id": "company", "question_id": "question"}
    __personal__: ClassVar[dict[str, Any]] = {"legal_basis": REDACTED, "reason": REDACTED}

    seq: int = Field(sa_type=BigInteger, index=True)
    pointers: list[str] = Field(sa_type=CanonicalJson)
    places: list[dict[str, Any]] = Field(sa_type=CanonicalJson)
    legal_basis: str = Field(sa_type=Text)
    reason: str = Field(sa_type=Text)
    company_id: str | None = Field(sa_type=Key)
    question_id: str | None = Field(sa_type=Key)

    def headline(self, previous: dict[str, Any] | None, note: dict[str, Any]) -> Headline:
        """Describe a redaction, without what it hides."""
        opening = f"A part of entry {self.seq} of the record was redacted. Legal basis: "
        return Headline(
            type="record.redacted",
            summary=opening + shorten(self.legal_basis, 280 - len(opening)),
            reason=self.reason,
            company_id=self.company_id,
            company_slug=note["company_slug"],
            question_id=self.question_id,
        )
