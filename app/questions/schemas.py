"""Questions and the entries of their timelines, as clients send them and as they look short."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from app.askers.models import AskerKind
from app.core.dates import EdtfDate, Instant
from app.core.schemas import OMITTED, Body, Patch, Ref, Translated
from app.core.text import Language, Line, Prose, Reference, References, Slug, Tags, form, prose
from app.questions.state import State, Verdict
from app.sources.schemas import EXAMPLE as SOURCE_EXAMPLE
from app.sources.schemas import Citation, SourceRead, SourceRef

QuestionText = prose(2000)
ExternalId = Annotated[
    Line, Field(max_length=200, description="The question's id in your own records; unique.")
]
Channel = Annotated[
    str,
    form(
        r"^[a-z][a-z0-9_]*$",
        max_length=40,
        detail="How it was put, in one lower-case word such as written or press_conference.",
        examples=["written", "interview", "press_conference"],
    ),
]

ASK_EXAMPLE: dict[str, Any] = {
    "asker": "associated-press",
    "asked_on": "2025-05",
    "channel": "written",
    "source": SOURCE_EXAMPLE,
}
QUESTION_EXAMPLE: dict[str, Any] = {
    "company": "microsoft",
    "slug": "microsoft-external-firm-name",
    "text": "Which external firm did Microsoft hire for the additional fact-finding?",
    "lang": "en",
    "topics": ["audit"],
    "asks": [ASK_EXAMPLE],
}


class AskCreate(Body):
    """One occasion on which an asker put the question."""

    model_config = ConfigDict(json_schema_extra={"examples": [ASK_EXAMPLE]})

    asker: Reference
    asked_on: EdtfDate
    channel: Channel | None = None
    source: Citation


class QuestionTranslation(Translated):
    """A question's texts in another language."""

    text: QuestionText  # type: ignore[valid-type]
    context: Prose | None = None


class QuestionCreate(Body):
    """A new question: one question to one company, asked at least once."""

    model_config = ConfigDict(json_schema_extra={"examples": [QUESTION_EXAMPLE]})

    company: Reference
    text: QuestionText  # type: ignore[valid-type]
    lang: Language
    asks: Annotated[list[AskCreate], Field(min_length=1, max_length=100)]
    slug: Slug | None = Field(None, description="Made from the text when left out.")
    context: Prose | None = None
    dossiers: References = []
    topics: Tags = []
    respond_by: EdtfDate | None = Field(None, description="By when an answer was asked for.")
    translations: Annotated[dict[Language, QuestionTranslation], Field(max_length=50)] = {}
    last_checked_on: EdtfDate | None = Field(
        None, description="When somebody last looked whether there is an answer."
    )
    external_id: ExternalId | None = None


class QuestionPatch(Patch):
    """An edit of a question. Asks and responses are not edited here: they get corrections."""

    text: QuestionText = OMITTED  # type: ignore[valid-type]
    lang: Language = OMITTED
    slug: Slug = OMITTED
    context: Prose | None = None
    dossiers: References = OMITTED
    topics: Tags = OMITTED
    respond_by: EdtfDate | None = None
    translations: (
        Annotated[dict[Language, QuestionTranslation | None], Field(max_length=50)] | None
    ) = None
    last_checked_on: EdtfDate | None = None
    external_id: ExternalId | None = None


class ResponseCreate(Body):
    """How a statement bears on a question."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "question": "microsoft-external-firm-name",
                    "verdict": "nonresponsive",
                    "excerpt": "an external firm",
                    "rationale": "The statement mentions a firm but does not name it.",
                }
            ]
        }
    )

    question: Reference
    verdict: Verdict
    excerpt: Prose | None = None
    rationale: Prose | None = Field(None, description="Why this verdict and no other.")


class RulingCreate(Body):
    """An editor's decision that sets a question's state, with the reason."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "state": "withdrawn",
                    "effective_on": "2025-06-01",
                    "reason": "The asker took the question back.",
                }
            ]
        }
    )

    state: State
    effective_on: EdtfDate
    reason: Prose
    source: Citation | None = None


class AskerRef(Ref):
    """An asker, short."""

    kind: AskerKind


class CorrectedRead(BaseModel):
    """The retraction of an entry that was wrong."""

    id: str = Field(examples=["correction_01jv8z4x9kf3t8w2m5r7c1q0ab"])
    reason: str
    recorded_at: Instant
    replacement: str | None = Field(description="Id of the entry that stands in its place.")


class AskRead(BaseModel):
    """One occasion on which an asker put the question."""

    id: str = Field(examples=["ask_01jv8z4x9kf3t8w2m5r7c1q0ab"])
    asker: AskerRef
    asked_on: EdtfDate
    channel: str | None
    source: SourceRead | SourceRef


class RulingRead(BaseModel):
    """An editor's decision."""

    id: str = Field(examples=["ruling_01jv8z4x9kf3t8w2m5r7c1q0ab"])
    question: str
    state: State
    effective_on: EdtfDate
    reason: str
    source: SourceRead | SourceRef | None
    recorded_at: Instant
