"""The vocabulary as clients see it."""

from typing import Annotated

from pydantic import BaseModel, Field

from app.vocabulary.words import Lang


class Bilingual(BaseModel):
    """A text in every language of the vocabulary."""

    en: str
    fr: str


class TermRead(BaseModel):
    """One word of the record, explained."""

    value: str = Field(description="As it stands in the API.", examples=["declined"])
    label: str = Field(description="In the language of `lang`: short, as within a sentence.")
    meaning: str = Field(description="In the language of `lang`: one sentence.")
    labels: Bilingual
    meanings: Bilingual


class RankedTermRead(TermRead):
    """A word that is better or worse than others."""

    rank: int = Field(description="From worst to best: the greater, the better.")


class StateTermRead(TermRead):
    """A state of a question, explained."""

    rank: int | None = Field(
        description="From worst (0) to best; null where it is outside the order."
    )
    open: bool = Field(description="Whether a question in this state waits for an answer.")


class VocabularyRead(BaseModel):
    """Every closed list of words of the record."""

    lang: Lang = Field(description="The language of `label` and `meaning`.")
    states: list[StateTermRead] = Field(description="Where a question stands, worst first.")
    verdicts: list[RankedTermRead] = Field(
        description="How a statement bears on a question, worst first."
    )
    statement_kinds: list[TermRead] = Field(description="How a company spoke.")
    asker_kinds: list[TermRead] = Field(description="Who asks.")
    online: list[TermRead] = Field(
        description="What a check found at the address of a source; null there: no result yet."
    )
    event_types: list[TermRead] = Field(description="What happened.")
    subjects: list[TermRead] = Field(
        description="What an event is about, the entries of a timeline among them."
    )


class VocabularyOptions(BaseModel):
    """How to show the vocabulary."""

    lang: Annotated[
        Lang,
        Field(
            description=(
                "The language of `label` and `meaning`. `labels` and `meanings` always have both."
            )
        ),
    ] = Lang.EN
