"""What an export takes, and what a line of one holds beyond what the API's items do."""

from typing import Annotated

from pydantic import BaseModel, Field

from app.core.pagination import Whole
from app.ledger.schemas import EventSelection
from app.record.schemas import AskEntry, QuestionSelection, ResponseEntry, RulingEntry


class CsvOptions(BaseModel):
    """How to write CSV."""

    bom: Annotated[
        Whole,
        Field(
            ge=0,
            le=1,
            description="`1` begins with a byte order mark, by which Excel knows UTF-8.",
        ),
    ] = 0


class QuestionCsv(CsvOptions, QuestionSelection):
    """Which questions to export as CSV."""


class EventCsv(CsvOptions, EventSelection):
    """Which events to export as CSV."""


class OfQuestion(BaseModel):
    """Which question an entry of an exported timeline belongs to."""

    question: str = Field(description="Id of the question.")
    question_slug: str


class ExportedAsk(AskEntry, OfQuestion):
    """An ask, in an export."""


class ExportedResponse(ResponseEntry, OfQuestion):
    """A response, in an export."""


class ExportedRuling(RulingEntry, OfQuestion):
    """A ruling, in an export."""


ExportedEntry = Annotated[
    ExportedAsk | ExportedResponse | ExportedRuling, Field(discriminator="type")
]
"""One entry of a timeline, with its question."""
