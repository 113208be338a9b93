"""The tables of questions, of the entries of their timelines, and of where they stood when."""

from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from sqlalchemy import Index, Text
from sqlmodel import Field, Relationship, SQLModel

from app.askers.models import Asker
from app.companies.models import Company
from app.core.clock import FOREVER
from app.core.tables import CanonicalJson, Key, reference
from app.ledger.models import REDACTED, Headline, Recorded
from app.questions import wording
from app.sources.models import Source

LOADED: dict[str, Any] = {"lazy": "raise"}


class Question(Recorded, table=True):
    """One question to one company.

    The derived columns are the last span of its standing, filled in by the fold, for lists, and
    `clock_day`: on which day time alone makes news of it next. What the clock told last is
    `overdue_since`, the first day on which an answer was late, and `unanswered_for`, in days.
    """

    __tablename__ = "question"
    __table_args__ = (
        Index("ix_question_first_asked", "first_asked_day", "id"),
        Index("ix_question_company_first_asked", "company_id", "first_asked_day", "id"),
        Index("ix_question_state_first_asked", "state", "first_asked_day", "id"),
        Index(
            "ix_question_company_state_first_asked",
            "company_id", "state", "first_asked_day", "id",
        ),
        Index("ix_question_state_since", "state_since_day", "id"),
        Index("ix_question_updated_at", "updated_at", "id"),
        Index("ix_question_company_state_since", "company_id", "state_since_day", "id"),
        Index("ix_question_company_updated_at", "company_id", "updated_at", "id"),
        Index(
            "ix_question_figures",
            "company_id", "state", "first_asked_day", "state_since_day", "respond_by_day",
            "first_response_day", "merged_into", "id",
        ),
        Index("ix_question_clock", "clock_day", "id"),
    )  # fmt: skip
    __derived__: ClassVar[frozenset[str]] = frozenset(
        {
            "first_asked_on", "first_asked_day", "state_since", "state_since_day",
            "first_response_day", "latest_response_id", "response_count", "correction_count",
            "respond_by_day", "clock_day",
        }
    )  # fmt: skip
    __references__: ClassVar[dict[str, str]] = {"company_id": "company", "dossier_ids": "dossiers"}
    __personal__: ClassVar[dict[str, Any]] = {
        "slug": REDACTED, "text": REDACTED, "context": REDACTED, "translations": {},
        "external_id": None,
    }  # fmt: skip

    slug: str = Field(unique=True, sa_type=Key)
    company_id: str = reference("company.id")
    text: str = Field(sa_type=Text)
    lang: str = Field(sa_type=Key)
    context: str | None = Field(sa_type=Text)
    translations: dict[str, Any] = Field(sa_type=CanonicalJson)
    topics: list[str] = Field(sa_type=CanonicalJson)
    dossier_ids: list[str] = Field(sa_type=CanonicalJson)
    respond_by: str | None = Field(sa_type=Key)
    last_checked_on: str | None = Field(sa_type=Key)
    external_id: str | None = Field(unique=True, sa_type=Key)
    state: str = Field(sa_type=Key)
    overdue_since: str | None = Field(default=None, sa_type=Key)
    unanswered_for: int | None = None
    merged_into: str | None = Field(default=None, sa_type=Key)

    first_asked_on: str = Field(default=None, nullable=False, sa_type=Key)
    first_asked_day: int = Field(default=None, nullable=False)
    state_since: str = Field(default=None, nullable=False, sa_type=Key)
    state_since_day: int = Field(default=None, nullable=False)
    first_response_day: int | None = None
    latest_response_id: str | None = Field(default=None, sa_type=Key)
    response_count: int = 0
    correction_count: int = 0
    respond_by_day: int | None = None
    clock_day: int | None = None

    company: Company = Relationship(sa_relationship_kwargs=LOADED)

    def headline(self, previous: dict[str, Any] | None, note: dict[str, Any]) -> Headline:
        """Describe a change of a question; a new state and a passed mark have their own kinds."""
        company, details = self.company, {}
        kind, summary, effective_on = "question.updated", wording.question_updated(self), None
        if previous is None:
            kind, summary = "question.created", wording.question_created(self)
            effective_on = self.first_asked_on
        elif "merged_into" in previous:
            return self._merged(note)
        elif "state" in previous:
            kind, summary = "question.state_changed", wording.state_changed(self, note["cause"])
            effective_on = note.get("effective_on")
            details = {"from": previous["state"], "to": self.state, "cause": note.get("cause")}
        elif "state" not in note:
            pass  # an edit, or what it took over of another that was merged into it
        elif "unanswered_for" in previous:
            kind = "question.unanswered_for"
            summary = wording.unanswered_for(self, note["state"])
            effective_on = note["effective_on"]
            details = {"days": self.unanswered_for, "state": note["state"]}
        elif "overdue_since" in previous:
            kind, summary = "question.overdue", wording.overdue(self, note["state"])
            effective_on = note["effective_on"]
            details = {"respond_by": self.respond_by, "state": note["state"]}
        return Headline(
            type=kind,
            summary=summary,
            effective_on=effective_on,
            reason=note.get("reason"),
            company_id=company.id,
            company_slug=company.slug,
            question_id=self.id,
            details=details,
        )

    def _merged(self, note: dict[str, Any]) -> Headline:
        """Describe that it is found under another question since: the event is about that one."""
        summary = wording.question_merged(self, note["into_text"])
        return Headline(
            type="question.merged",
            summary=summary,
            reason=note["reason"],
            company_id=self.company.id,
            company_slug=self.company.slug,
            question_id=self.merged_into,
            details={"into": self.merged_into},
        )


class Entry(Recorded):
    """The columns that asks, responses and rulings share. An entry never changes."""

    __pending_by__: ClassVar[str] = "question_id"
    __derived__: ClassVar[frozenset[str]] = frozenset(
        {"effective_day", "corrected_at", "corrected_by"}
    )

    if TYPE_CHECKING:  # each table has a foreign key of its own
        question_id: str

    effective_day: int
    corrected_at: datetime = FOREVER
    corrected_by: str | None = Field(default=None, sa_type=Key)


class Ask(Entry, table=True):
    """One occasion on which an asker put a question."""

    __tablename__ = "ask"
    __table_args__ = (
        Index("ix_ask_question", "question_id", "effective_day", "id"),
        Index("ix_ask_asker", "asker_id", "question_id"),
    )
    __references__: ClassVar[dict[str, str]] = {
        "question_id": "question", "asker_id": "asker", "source_id": "source",
    }  # fmt: skip
    __personal__: ClassVar[dict[str, Any]] = {"quote": REDACTED}

    question_id: str = reference("question.id")
    asker_id: str = reference("asker.id")
    asked_on: str = Field(sa_type=Key)
    channel: str | None = Field(sa_type=Key)
    source_id: str = reference("source.id")
    quote: str | None = Field(sa_type=Text)

    question: Question = Relationship(sa_relationship_kwargs=LOADED)
    asker: Asker = Relationship(sa_relationship_kwargs=LOADED)
    source: Source = Relationship(sa_relationship_kwargs=LOADED)

    def headline(self, previous: dict[str, Any] | None, note: dict[str, Any]) -> Headline:
        """Describe an ask."""
        return about(self.question, "ask.recorded", wording.asked(self), self.asked_on)


class Response(Entry, table=True):
    """How one statement bears on one question. It takes effect when the statement was made."""

    __tablename__ = "response"
    __table_args__ = (
        Index("ix_response_question", "question_id", "effective_day", "id"),
        Index("ix_response_statement", "statement_id", "id"),
    )
    __derived__: ClassVar[frozenset[str]] = Entry.__derived__ | {"effective_on"}
    __references__: ClassVar[dict[str, str]] = {
        "question_id": "question", "statement_id": "statement",
    }  # fmt: skip
    __personal__: ClassVar[dict[str, Any]] = {"excerpt": REDACTED, "rationale": REDACTED}

    question_id: str = reference("question.id")
    statement_id: str = reference("statement.id")
    effective_on: str = Field(sa_type=Key)
    verdict: str = Field(sa_type=Key)
    excerpt: str | None = Field(sa_type=Text)
    rationale: str | None = Field(sa_type=Text)

    question: Question = Relationship(sa_relationship_kwargs=LOADED)

    def headline(self, previous: dict[str, Any] | None, note: dict[str, Any]) -> Headline:
        """Describe a response."""
        return about(self.question, "response.recorded", wording.responded(self), self.effective_on)


class Ruling(Entry, table=True):
    """An editor's decision that sets a question's state without a statement."""

    __tablename__ = "ruling"
    __table_args__ = (Index("ix_ruling_question", "question_id", "effective_day", "id"),)
    __references__: ClassVar[dict[str, str]] = {
        "question_id": "question", "source_id": "source",
    }  # fmt: skip
    __personal__: ClassVar[dict[str, Any]] = {"reason": REDACTED, "quote": REDACTED}

    question_id: str = reference("question.id")
    state: str = Field(sa_type=Key)
    effective_on: str = Field(sa_type=Key)
    reason: str = Field(sa_type=Text)
    source_id: str | None = reference("source.id")
    quote: str | None = Field(sa_type=Text)

    question: Question = Relationship(sa_relationship_kwargs=LOADED)
    source: Source | None = Relationship(sa_relationship_kwargs=LOADED)

    def headline(self, previous: dict[str, Any] | None, note: dict[str, Any]) -> Headline:
        """Describe a ruling."""
        summary = wording.ruled(self)
        return about(self.question, "ruling.recorded", summary, self.effective_on, self.reason)


def about(
    question: Question, kind: str, summary: str, effective_on: str | None, reason: str | None = None
) -> Headline:
    """Make the headline of an event that is about a question."""
    return Headline(
        type=kind,
        summary=summary,
        effective_on=effective_on,
        reason=reason,
        company_id=question.company.id,
        company_slug=question.company.slug,
        question_id=question.id,
    )


class StandingSpan(SQLModel, table=True):
    """Where a question stood on the days `from_day` to `to_day`, as known in an interval of time.

    Both intervals exclude their end. Filled by the fold, in the transaction that changed the
    timeline; derived, so not recorded.
    """

    __tablename__ = "standing"
    __pending_by__: ClassVar[str] = "question_id"
    __table_args__ = (
        Index("ix_standing_days", "question_id", "known_to", "from_day"),
        Index("ix_standing_first_asked", "first_asked_day", "question_id"),
        Index("ix_standing_state_since", "state_since_day", "question_id"),
    )

    question_id: str = reference("question.id", primary_key=True)
    known_from: datetime = Field(primary_key=True)
    from_day: int = Field(primary_key=True)
    known_to: datetime = FOREVER
    to_day: int
    company_id: str = Field(sa_type=Key)
    state: str = Field(sa_type=Key)
    state_since: str = Field(sa_type=Key)
    state_since_day: int
    first_asked_on: str = Field(sa_type=Key)
    first_asked_day: int
    first_response_day: int | None = None
    latest_response_id: str | None = Field(default=None, sa_type=Key)
    response_count: int
    correction_count: int
    respond_by_day: int | None = None


class QuestionTopic(SQLModel, table=True):
    """That a question had a topic, as known in an interval of time; derived from `topics`."""

    __tablename__ = "question_topic"
    __pending_by__: ClassVar[str] = "question_id"

    topic: str = Field(primary_key=True, sa_type=Key)
    question_id: str = reference("question.id", primary_key=True, index=True)
    known_from: datetime = Field(primary_key=True)
    known_to: datetime = FOREVER


class QuestionDossier(SQLModel, table=True):
    """That a question was in a dossier, as known in an interval; derived from `dossier_ids`."""

    __tablename__ = "question_dossier"
    __pending_by__: ClassVar[str] = "question_id"

    dossier_id: str = reference("dossier.id", primary_key=True)
    question_id: str = reference("question.id", primary_key=True, index=True)
    known_from: datetime = Field(primary_key=True)
    known_to: datetime = FOREVER
