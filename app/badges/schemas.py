"""What badges take, and how shields.io wants them."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from app.core.text import line
from app.record.schemas import AsOf, KnownAt
from app.vocabulary.words import Lang

Label: Any = Annotated[
    line(80),
    Field(
        description="What stands on the left, instead of the name of the company or dossier.",
        examples=["Microsoft"],
    ),
]


class BadgeOptions(BaseModel):
    """What a badge says, and from when it looks."""

    lang: Annotated[Lang, Field(description="The language of the badge; no header changes it.")] = (
        Lang.EN
    )
    label: Label | None = None
    as_of: AsOf | None = None
    known_at: KnownAt | None = None


class ShieldsRead(BaseModel):
    """A badge as the endpoint schema of shields.io has it, which takes no other members."""

    model_config = ConfigDict(populate_by_name=True)

    schema_version: Literal[1] = Field(alias="schemaVersion")
    label: str = Field(examples=["Microsoft"])
    message: str = Field(examples=["unanswered · 557 days"])
    color: str = Field(examples=["#c15410"])
    label_color: str = Field(alias="labelColor")
    cache_seconds: int = Field(alias="cacheSeconds")
