"""Questions, timelines and dossiers as readers see them."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from app.companies.schemas import CompanyRead
from app.core.dates import EdtfDate, Instant
from app.core.pagination import Page, PageQuery, Truth
from app.core.schemas import Ref, is_none
from app.core.text import Reference, Tag
from app.dossiers.schemas import DossierRead, DossierRef
from app.questions.schemas import AskerRef, AskRead, CorrectedRead, QuestionTranslation
from app.questions.state import State, Verdict
from app.search.schemas import QueryText, SearchRead
from app.sources.schemas import SourceRead, SourceRef
from app.statements.schemas import ResponseRead, StatementRef

AsOf = Annotated[
    EdtfDate,
    Field(description="What was true in the world on that day; a month or year means its last."),
]
KnownAt = Annotated[Instant, Field(description="What this record said at that past instant.")]
Expand = Annotated[
    str,
    Field(
        max_length=80,
        description="`responses`, `company`, `source`, `statement`, or several joined by commas.",
        examples=["responses,company"],
    ),
]


class LocalizedQuestion(BaseModel):
    """A question's texts in one language."""

    lang: str
    text: str
    context: str | None
    machine: bool = Field(description="Whether a machine translated it.")


class QuestionRead(BaseModel):
    """One question to one company, and where it stands."""

    id: str = Field(examples=["question_01jv8z4x9kf3t8w2m5r7c1q0ab"])
    slug: str = Field(examples=["microsoft-external-firm-name"])
    url: str
    text: str
    lang: str
    translations: dict[str, QuestionTranslation]
    context: str | None
    company: CompanyRead | Ref
    dossiers: list[DossierRef]
    topics: list[str]
    asks: list[AskRead]
    first_asked_on: EdtfDate
    respond_by: EdtfDate | None
    state: State
    state_since: EdtfDate
    open: bool = Field(description="Neither answered nor withdrawn.")
    overdue: bool = Field(description="Open, and `respond_by` has passed.")
    days_open: int = Field(description="Days from the first ask until today, or until it closed.")
    latest_response: ResponseRead | None
    response_count: int
    correction_count: int
    last_checked_on: EdtfDate | None
    external_id: str | None
    created_at: Instant
    updated_at: Instant
    version: int = Field(description="The seq of the last event about it.")
    responses: list[ResponseRead] | None = Field(
        None, exclude_if=is_none, description="Only with `expand=responses`."
    )
    localized: LocalizedQuestion | None = Field(
        None,
        exclude_if=is_none,
        description=(
            "Its texts in the language asked for by `lang` or `Accept-Language`, in the original"
            " one where there is no translation. Absent when no language is asked for."
        ),
    )
    highlight: dict[str, str] | None = Field(
        None,
        exclude_if=is_none,
        description=(
            "Only with `q`: where its words were found, by field (`text`, `translations.fr.text`,"
            " `company.name`, `excerpt`, …), as HTML: the hits in `<mark>`, all else escaped."
        ),
        examples=[{"text": "Which external <mark>firm</mark> did Microsoft hire?"}],
    )


class QuestionPage(Page[QuestionRead]):
    """A page of questions."""

    search: SearchRead | None = Field(
        None, exclude_if=is_none, description="Only with `q`: what was found, and among what."
    )


class QuestionSort(StrEnum):
    """The order of a list of questions; `-` is descending."""

    FIRST_ASKED_ON = "first_asked_on"
    FIRST_ASKED_ON_DESC = "-first_asked_on"
    STATE_SINCE = "state_since"
    STATE_SINCE_DESC = "-state_since"
    DAYS_OPEN = "days_open"
    DAYS_OPEN_DESC = "-days_open"
    UPDATED_AT = "updated_at"
    UPDATED_AT_DESC = "-updated_at"


AskedAfter = Annotated[
    EdtfDate | None, Field(description="First asked on or after the first day of this date.")
]
AskedBefore = Annotated[
    EdtfDate | None, Field(description="First asked before the first day of this date.")
]


class QuestionSelection(BaseModel):
    """Which questions, as seen from when."""

    company: Reference | None = None
    asker: Reference | None = None
    dossier: Reference | None = None
    topic: Tag | None = None
    state: Annotated[
        str | None,
        Field(
            max_length=120,
            description="One or more states, joined by commas.",
            examples=["unanswered,declined"],
        ),
    ] = None
    open: Truth | None = None
    overdue: Truth | None = None
    asked_after: AskedAfter = None
    asked_before: AskedBefore = None
    updated_after: Annotated[
        Instant | None, Field(description="Updated later than this instant.")
    ] = None
    q: Annotated[
        QueryText | None,
        Field(
            description=(
                "Words that it has to have, in any language, in its texts, its company's names, or"
                ' excerpts of responses: `audit firm`, `"external firm"` for a phrase, `-word` to'
                " leave out."
            ),
            examples=['"external firm" -contract'],
        ),
    ] = None
    as_of: AsOf | None = None
    known_at: KnownAt | None = None


class QuestionFilters(PageQuery, QuestionSelection):
    """Which questions to list, in which order, and how to show them."""

    sort: Annotated[
        QuestionSort | None,
        Field(
            description=(
                "Left out: `-first_asked_on`, newest first; with `q` the best match first."
            )
        ),
    ] = None
    expand: Expand | None = None


class QuestionOptions(BaseModel):
    """How to show a question, as seen from when."""

    as_of: AsOf | None = None
    known_at: KnownAt | None = None
    expand: Expand | None = None


class EntryRead(BaseModel):
    """What all entries of a timeline have."""

    id: str
    effective_on: EdtfDate = Field(description="When it took effect in the world.")
    recorded_at: Instant
    source: SourceRead | SourceRef | None
    state_after: State = Field(description="Where the question stood after it.")
    corrected: CorrectedRead | None = Field(
        description="Set when the entry is struck; it then counts for nothing."
    )


class AskEntry(EntryRead):
    """An ask, on a timeline."""

    type: Literal["ask"]
    asker: AskerRef
    channel: str | None


class ResponseEntry(EntryRead):
    """A response, on a timeline. Its source is the statement's."""

    type: Literal["response"]
    verdict: Verdict
    excerpt: str | None
    rationale: str | None
    statement: StatementRef


class RulingEntry(EntryRead):
    """A ruling, on a timeline."""

    type: Literal["ruling"]
    state: State
    reason: str


TimelineEntry = Annotated[AskEntry | ResponseEntry | RulingEntry, Field(discriminator="type")]


class TimelinePage(Page[TimelineEntry]):
    """A page of a question's timeline, oldest first."""

    question: str = Field(description="Id of the question.")
    state: State = Field(description="Where it stands after the whole timeline.")


class TimelineFilters(PageQuery):
    """A question's timeline, as seen from when."""

    as_of: AsOf | None = None
    known_at: KnownAt | None = None
    expand: Annotated[str | None, Field(max_length=80, description="`source`.")] = None


class DossierDetail(DossierRead):
    """A dossier, with its questions when asked for."""

    question_count: int
    questions: list[QuestionRead] | None = Field(
        None,
        exclude_if=is_none,
        description=(
            "Only with `expand=questions`: the newest 200. `GET /v1/questions?dossier=` has all."
        ),
    )


class DossierPage(Page[DossierRead]):
    """A page of dossiers."""


class StatementOptions(BaseModel):
    """How to show a statement."""

    expand: Annotated[
        str | None,
        Field(max_length=80, description="`responses`, `source`, or both joined by a comma."),
    ] = None


class DossierOptions(BaseModel):
    """How to show a dossier."""

    expand: Annotated[str | None, Field(max_length=80, description="`questions`.")] = None
