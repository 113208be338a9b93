"""Figures as clients see them: each says what it counts, of what, and what was left out."""

from datetime import date
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, Field

from app.core.dates import EdtfDate, Instant
from app.core.pagination import Page, PageQuery, Whole
from app.core.text import Reference, Tag
from app.record.schemas import AsOf, KnownAt, QuestionSelection

MinAge = Annotated[
    Whole,
    Field(
        ge=0,
        le=36_500,
        description=(
            "Leave out questions first asked less than so many days before `as_of` or today, so"
            " that nobody is blamed for what was asked yesterday. A page that shows a rate uses 14."
        ),
        examples=[14],
    ),
]


class GroupBy(StrEnum):
    """What questions are grouped by; `year` is the year of the first ask."""

    COMPANY = "company"
    DOSSIER = "dossier"
    TOPIC = "topic"
    ASKER = "asker"
    YEAR = "year"


class SeriesInterval(StrEnum):
    """How long a period is; weeks go from Monday to Sunday (ISO 8601)."""

    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


class Counted(BaseModel):
    """Which questions to count, as seen from when."""

    company: Reference | None = None
    asker: Annotated[
        Reference | None,
        Field(description="An id or a slug: only questions that this asker put."),
    ] = None
    dossier: Reference | None = None
    topic: Tag | None = None
    asked_after: Annotated[
        EdtfDate | None, Field(description="First asked on or after the first day of this date.")
    ] = None
    asked_before: Annotated[
        EdtfDate | None, Field(description="First asked before the first day of this date.")
    ] = None
    as_of: AsOf | None = None
    known_at: KnownAt | None = None
    min_age_days: MinAge = 0

    @property
    def is_plain(self) -> bool:
        """Whether nothing is asked of a question that takes another table to find."""
        return self.asker is None and self.dossier is None and self.topic is None

    def selection(self) -> QuestionSelection:
        """Return the filters as lists take them."""
        return QuestionSelection(
            company=self.company,
            asker=self.asker,
            dossier=self.dossier,
            topic=self.topic,
            asked_after=self.asked_after,
            asked_before=self.asked_before,
        )


class StatsFilters(PageQuery, Counted):
    """What to count, and by what to group it."""

    group_by: GroupBy | None = None


class SeriesFilters(Counted):
    """What to count at the end of each period."""

    interval: SeriesInterval = SeriesInterval.MONTH
    since: Annotated[
        EdtfDate | None,
        Field(
            description=(
                "Begin with the period in which the first day of this date lies. Left out: the"
                " period of the first question, or the 600th from the end if that is later."
            ),
        ),
    ] = None
    until: Annotated[
        EdtfDate | None,
        Field(
            description=(
                "End with the period in which the last day of this date lies. Left out: the one"
                " that is running at `as_of`, or today."
            ),
        ),
    ] = None


class Figure(BaseModel):
    """What every figure says of itself."""

    definition: str = Field(description="What it counts, in one sentence.")
    numerator: int
    denominator: int
    cutoff: str = Field(description="What was left out for its age, up to which day.")


class CountFigure(Figure):
    """How many questions; the value is the numerator."""

    value: int


class WilsonInterval(BaseModel):
    """Wilson's score interval at 95 %: rates that fit what was counted."""

    low: float
    high: float


class RateFigure(Figure):
    """A share of questions, from 0 to 1; null where there are fewer than 5."""

    value: float | None
    interval: WilsonInterval | None


class DaysFigure(Figure):
    """A percentile of days; null where no question has any.

    The numerator counts the questions that have them, the denominator those that could.
    """

    value: int | None


class OpenQuestion(BaseModel):
    """A question that waits for an answer."""

    id: str
    slug: str
    days_open: int
    url: str


class LongestOpenFigure(Figure):
    """The question that is open for longest; null where none is open."""

    value: OpenQuestion | None


class StateFigures(BaseModel):
    """How many questions stand where."""

    unanswered: CountFigure
    acknowledged: CountFigure
    declined: CountFigure
    nonresponsive: CountFigure
    partial: CountFigure
    answered: CountFigure
    withdrawn: CountFigure


class Figures(BaseModel):
    """All figures about some questions."""

    total: CountFigure
    states: StateFigures
    open: CountFigure
    overdue: CountFigure
    answer_rate: RateFigure
    response_rate: RateFigure
    median_days_to_first_response: DaysFigure
    p90_days_to_first_response: DaysFigure
    median_days_to_answer: DaysFigure
    p90_days_to_answer: DaysFigure
    longest_open: LongestOpenFigure


class StatsGroup(BaseModel):
    """The figures about the questions of one company, dossier, topic, asker or year."""

    id: str | None = Field(description="Null for a topic and a year, which have no ids.")
    slug: str = Field(
        description="What to send as the filter of the same name; a year stands for itself.",
        examples=["microsoft"],
    )
    name: str = Field(description="What to show.", examples=["Microsoft"])
    figures: Figures


class StatsRead(Page[StatsGroup]):
    """The figures about all questions that match, and about each group, the largest first."""

    as_of: date = Field(description="The day that is looked at, to which open days are counted.")
    known_at: Instant | None = Field(description="The instant that was asked for.")
    min_age_days: int
    first_asked_until: date = Field(
        description="Questions first asked after this day were left out."
    )
    figures: Figures
    group_by: GroupBy | None
    grouping: str | None = Field(description="How questions were put into groups, in one sentence.")


class SeriesDefinitions(BaseModel):
    """What the numbers of each period count, in one sentence each."""

    total: str
    unanswered: str
    acknowledged: str
    declined: str
    nonresponsive: str
    partial: str
    answered: str
    withdrawn: str
    open: str
    newly_asked: str
    newly_answered: str


class PeriodRead(BaseModel):
    """How many questions stood where at the end of a period; the states add up to the total."""

    period: str = Field(description="`2025-W20`, `2025-05` or `2025`.", examples=["2025-05"])
    starts_on: date
    ends_on: date = Field(description="The day at whose end was counted.")
    is_running: bool = Field(
        description="It had not ended by `as_of` or today: it was counted on that day instead."
    )
    total: int
    unanswered: int
    acknowledged: int
    declined: int
    nonresponsive: int
    partial: int
    answered: int
    withdrawn: int
    open: int
    newly_asked: int
    newly_answered: int


class TimeseriesRead(BaseModel):
    """The same numbers at the end of each period, oldest first."""

    interval: SeriesInterval
    as_of: date = Field(description="The last day that is looked at.")
    known_at: Instant | None = Field(description="The instant that was asked for.")
    min_age_days: int
    cutoff: str = Field(description="What is left out for its age.")
    definitions: SeriesDefinitions
    has_earlier: bool = Field(
        description="Questions were asked before the first period; `since` shows when."
    )
    data: list[PeriodRead]
