"""Corrections as clients see and send them."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag

from app.core.dates import EdtfDate, Instant
from app.core.pagination import Page, PageQuery
from app.core.schemas import OMITTED, Body
from app.core.text import Language, Line, Prose, Reference, Title, form
from app.questions.schemas import Channel
from app.questions.state import State, Verdict
from app.sources.schemas import Citation
from app.statements.models import StatementKind

EXAMPLE: dict[str, Any] = {
    "target": "response_01jv8z4x9kf3t8w2m5r7c1q0ab",
    "reason": "The statement refused to answer; the first verdict was too lenient.",
    "replacement": {"verdict": "declined"},
}


class Fix(Body):
    """The corrected fields of an entry: one at least."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1})


class AskFix(Fix):
    """The corrected fields of an ask."""

    asker: Reference = OMITTED
    asked_on: EdtfDate = OMITTED
    channel: Channel | None = None
    source: Citation = OMITTED


class ResponseFix(Fix):
    """The corrected fields of a response."""

    question: Reference = OMITTED
    verdict: Verdict = OMITTED
    excerpt: Prose | None = None
    rationale: Prose | None = None


class RulingFix(Fix):
    """The corrected fields of a ruling."""

    state: State = OMITTED
    effective_on: EdtfDate = OMITTED
    reason: Prose = OMITTED
    source: Citation | None = None


class StatementFix(Fix):
    """The corrected fields of a statement. Its responses go along to the replacement."""

    kind: StatementKind = OMITTED
    title: Title = OMITTED
    published_on: EdtfDate = OMITTED
    lang: Language = OMITTED
    summary: Prose | None = None
    attributed_to: Line | None = None
    source: Citation = OMITTED


def _target(kind: str) -> Any:
    example = f"{kind}_01jv8z4x9kf3t8w2m5r7c1q0ab"
    shape = form(
        rf"^{kind}_[0-7][0-9a-hjkmnp-tv-z]{{25}}$",
        max_length=40,
        detail=f"The id of the {kind}, such as {example}.",
        examples=[example],
    )
    return Annotated[str, shape]


class CorrectionBody(Body):
    """What every correction says."""

    reason: Prose = Field(description="What was wrong. It is public.")


class AskCorrection(CorrectionBody):
    """Retract an ask."""

    target: _target("ask")  # type: ignore[valid-type]
    replacement: AskFix | None = None


class ResponseCorrection(CorrectionBody):
    """Retract a response."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    target: _target("response")  # type: ignore[valid-type]
    replacement: ResponseFix | None = None


class RulingCorrection(CorrectionBody):
    """Retract a ruling."""

    target: _target("ruling")  # type: ignore[valid-type]
    replacement: RulingFix | None = None


class StatementCorrection(CorrectionBody):
    """Retract a statement and all its responses."""

    target: _target("statement")  # type: ignore[valid-type]
    replacement: StatementFix | None = None


def _kind_of_target(value: Any) -> str | None:
    target = value.get("target") if isinstance(value, dict) else getattr(value, "target", None)
    return target.partition("_")[0] if isinstance(target, str) else None


CorrectionCreate = Annotated[
    Annotated[AskCorrection, Tag("ask")]
    | Annotated[ResponseCorrection, Tag("response")]
    | Annotated[RulingCorrection, Tag("ruling")]
    | Annotated[StatementCorrection, Tag("statement")],
    Discriminator(
        _kind_of_target,
        custom_error_type="target",
        custom_error_message=(
            "Give `target`, the id of an ask, a response, a ruling or a statement, such as"
            " response_01jv8z4x9kf3t8w2m5r7c1q0ab."
        ),
    ),
]


class CorrectionRead(BaseModel):
    """The public retraction of an entry that was wrong."""

    id: str = Field(examples=["correction_01jv8z4x9kf3t8w2m5r7c1q0ab"])
    target: str
    reason: str
    replacement: str | None = Field(description="Id of the entry that stands in its place.")
    company: str = Field(description="Id of the company.")
    question: str | None = Field(description="Id of the question, null for a statement.")
    part_of: str | None = Field(
        description="For a response: the correction of the statement that took it along."
    )
    recorded_at: Instant
    version: int


class CorrectionPage(Page[CorrectionRead]):
    """A page of corrections."""


class CorrectionFilters(PageQuery):
    """Which corrections to list."""

    company: Reference | None = None
    question: Reference | None = None
