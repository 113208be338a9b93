"""Sources as clients see and send them."""

from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, model_validator
from pydantic_core import PydanticCustomError

from app.core.dates import EdtfDate, Instant
from app.core.pagination import Page, PageQuery
from app.core.schemas import Body, Patch
from app.core.text import Language, Line, Prose, Reference, Sha256, Title, WebAddress
from app.sources.models import Online

EXAMPLE: dict[str, Any] = {
    "url": "https://www.example.org/2025/05/statement",
    "title": "Microsoft statement on the Israeli military",
    "publisher": "Example News",
    "published_on": "2025-05",
    "lang": "en",
}


class SourceCreate(Body):
    """A document that is cited: by its address, or without one by the hash of what was seen."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    url: WebAddress | None = None
    archived_url: WebAddress | None = None
    title: Title | None = None
    publisher: Line | None = None
    author: Line | None = None
    published_on: EdtfDate | None = None
    lang: Language | None = None
    quote: Prose | None = Field(None, description="The passage that is cited, as it stands there.")
    sha256: Sha256 | None = None
    seen_at: Instant | None = Field(None, description="When those bytes were seen.")

    @model_validator(mode="after")
    def _can_be_found(self) -> Self:
        if self.url is None and (self.sha256 is None or self.title is None):
            raise PydanticCustomError(
                "source", "Give a url; or, for a document without one, its title and sha256."
            )
        return self


class SourcePatch(Patch):
    """An edit of a source. Its url and hash are what it is, and stay."""

    archived_url: WebAddress | None = None
    title: Title | None = None
    publisher: Line | None = None
    author: Line | None = None
    published_on: EdtfDate | None = None
    lang: Language | None = None
    quote: Prose | None = None
    seen_at: Instant | None = None


class SourceRef(BaseModel):
    """A source, short."""

    id: str = Field(examples=["source_01jv8z4x9kf3t8w2m5r7c1q0ab"])
    url: str | None
    archived_url: str | None
    title: str | None
    publisher: str | None
    published_on: EdtfDate | None
    quote: str | None = Field(description="The passage that is cited here.")


class SourceRead(SourceRef):
    """A source."""

    author: str | None
    lang: str | None
    sha256: str | None = Field(description="Of the bytes that were cited. No check changes it.")
    seen_at: Instant | None
    read_sha256: str | None = Field(
        description="Where nobody gave `sha256`: of what the first check read at `url`."
    )
    read_at: Instant | None
    online: Online | None = Field(
        description=(
            "What the last check that came to a result found at `url`: the `same` bytes as cited"
            " (or as first read), others, or nothing any more (404 or 410). Null: none yet."
        )
    )
    found_sha256: str | None = Field(
        description="Of what was at `url` when `online` became what it is; null if gone."
    )
    found_at: Instant | None = Field(description="When that was found.")
    created_at: Instant
    updated_at: Instant
    version: int


class SourceDetail(SourceRead):
    """A source, and when it was looked at last, which the ledger does not keep."""

    checked_at: Instant | None = Field(
        description="When a check came to a result last, be it news or not."
    )


class SourcePage(Page[SourceDetail]):
    """A page of sources."""


class SourceFilters(PageQuery):
    """Which sources to list."""

    url: WebAddress | None = None
    sha256: Sha256 | None = None


def _how_cited(value: Any) -> str:
    return "reference" if isinstance(value, str) else "inline"


Citation = Annotated[
    Annotated[Reference, Tag("reference")] | Annotated[SourceCreate, Tag("inline")],
    Discriminator(_how_cited),
    Field(description="The id of a source, or the source itself."),
]
