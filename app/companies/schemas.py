"""Companies as clients see and send them."""

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from app.core.dates import Instant
from app.core.pagination import Page, PageQuery
from app.core.schemas import OMITTED, Body, Patch
from app.core.text import Line, Prose, Slug, form


def _lei_checks(value: str) -> str:
    """Check an LEI's two check digits (ISO 17442, ISO 7064 MOD 97-10)."""
    if int("".join(str(int(character, 36)) for character in value)) % 97 != 1:
        raise PydanticCustomError("lei", "The check digits of this LEI do not fit. Is it mistyped?")
    return value


Wikidata = Annotated[
    str,
    form(
        r"^Q[1-9]\d{0,11}$",
        max_length=13,
        detail="A Wikidata item, such as Q2283.",
        examples=["Q2283"],
    ),
]
Lei = Annotated[
    str,
    form(
        r"^[0-9A-Z]{18}\d{2}$",
        max_length=20,
        detail="A Legal Entity Identifier: 18 capital letters and digits, then 2 digits.",
        examples=["INR2EJN1ERAN0W5ZP974"],
    ),
    AfterValidator(_lei_checks),
]
Cik = Annotated[
    str,
    form(
        r"^\d{10}$",
        max_length=10,
        detail="The SEC's CIK: ten digits, with the leading zeros, such as 0000789019.",
        examples=["0000789019"],
    ),
]
OpenCorporates = Annotated[
    str,
    form(
        r"^[a-z]{2}(_[a-z]{2})?/[0-9A-Za-z.-]{1,40}$",
        max_length=50,
        detail="Jurisdiction and number as OpenCorporates has them, such as us_wa/600413485.",
        examples=["us_wa/600413485"],
    ),
]


class Identifiers(BaseModel):
    """Public identifiers of a company."""

    model_config = ConfigDict(extra="forbid")

    wikidata: Wikidata | None = None
    lei: Lei | None = None
    cik: Cik | None = None
    opencorporates: OpenCorporates | None = None


EXAMPLE: dict[str, Any] = {
    "name": "Microsoft",
    "names": ["Microsoft Corporation"],
    "identifiers": {"wikidata": "Q2283", "cik": "0000789019"},
}


class CompanyCreate(Body):
    """A new company."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    name: Line
    slug: Slug | None = Field(None, description="Made from the name when left out.")
    names: Annotated[list[Line], Field(max_length=50)] = Field(
        [], description="Other names, in any language."
    )
    identifiers: Identifiers = Identifiers()
    description: Prose | None = None


class CompanyPatch(Patch):
    """An edit of a company."""

    name: Line = OMITTED
    slug: Slug = OMITTED
    names: Annotated[list[Line], Field(max_length=50)] = OMITTED
    identifiers: Identifiers = OMITTED
    description: Prose | None = None


class CompanyRead(BaseModel):
    """A company."""

    id: str = Field(examples=["company_01jv8z4x9kf3t8w2m5r7c1q0ab"])
    slug: str = Field(examples=["microsoft"])
    url: str
    name: str = Field(examples=["Microsoft"])
    names: list[str]
    identifiers: dict[str, str] = Field(examples=[{"wikidata": "Q2283"}])
    description: str | None
    created_at: Instant
    updated_at: Instant
    version: int


class CompanyPage(Page[CompanyRead]):
    """A page of companies."""


class CompanyFilters(PageQuery):
    """Which companies to list."""

    identifier: (
        Annotated[
            str,
            Field(
                pattern=r"^(wikidata|lei|cik|opencorporates):.+$",
                max_length=80,
                description="A public identifier, as SCHEME:VALUE.",
                examples=["wikidata:Q2283"],
            ),
        ]
        | None
    ) = None
