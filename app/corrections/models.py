"""The table of corrections."""

from typing import Any, ClassVar

from sqlalchemy import Index, Text
from sqlmodel import Field

from app.core.tables import Key
from app.ledger.models import REDACTED, Headline, Recorded
from app.questions.wording import sentence


class Correction(Recorded, table=True):
    """The retraction of an ask, statement, response or ruling, and what stands in its place.

    A retracted statement takes its responses with it: each gets a correction of its own, so that
    every question's timeline shows it. They name the statement's as `part_of`.
    """

    __tablename__ = "correction"
    __table_args__ = (Index("ix_correction_question", "question_id", "id"),)
    __references__: ClassVar[dict[str, str]] = {
        "target_id": "target",
        "replacement_id": "replacement",
        "company_id": "company",
        "question_id": "question",
    }

    __personal__: ClassVar[dict[str, Any]] = {"reason": REDACTED}

    target_id: str = Field(unique=True, sa_type=Key)
    reason: str = Field(sa_type=Text)
    replacement_id: str | None = Field(unique=True, sa_type=Key)
    company_id: str = Field(sa_type=Key)
    question_id: str | None = Field(sa_type=Key)
    part_of: str | None = Field(index=True, sa_type=Key)

    def headline(self, previous: dict[str, Any] | None, note: dict[str, Any]) -> Headline:
        """Describe a correction."""
        kind = self.target_id.partition("_")[0]
        article = "an" if kind == "ask" else "a"
        outcome = "replaced" if self.replacement_id else "retracted"
        opening = f"Correction: {article} {kind} about {note['company_name']} was {outcome}"
        return Headline(
            type="correction.recorded",
            summary=sentence(opening, self.reason),
            reason=self.reason,
            company_id=self.company_id,
            company_slug=note["company_slug"],
            question_id=self.question_id,
        )
