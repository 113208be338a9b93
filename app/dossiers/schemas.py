"""Dossiers as clients see and send them."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from app.core.dates import Instant
from app.core.pagination import PageQuery
from app.core.schemas import OMITTED, Body, Patch, Translated, is_none
from app.core.text import Language, Prose, Slug, Title

EXAMPLE: dict[str, Any] = {
    "title": "Microsoft and the Israeli Ministry of Defense",
    "slug": "microsoft-imod",
}


class DossierTranslation(Translated):
    """A dossier's texts in another language."""

    title: Title
    description: Prose | None = None


class DossierCreate(Body):
    """A new dossier."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    title: Title
    slug: Slug | None = Field(None, description="Made from the title when left out.")
    description: Prose | None = None
    translations: Annotated[dict[Language, DossierTranslation], Field(max_length=50)] = {}


class DossierPatch(Patch):
    """An edit of a dossier. A translation that is null is taken away."""

    title: Title = OMITTED
    slug: Slug = OMITTED
    description: Prose | None = None
    translations: (
        Annotated[dict[Language, DossierTranslation | None], Field(max_length=50)] | None
    ) = None


class DossierRef(BaseModel):
    """A dossier, short."""

    id: str
    slug: str
    title: str


class LocalizedDossier(BaseModel):
    """A dossier's texts in one language."""

    lang: str | None = Field(description="Null for the texts as they were first written.")
    title: str
    description: str | None
    machine: bool = Field(description="Whether a machine translated it.")


class DossierRead(BaseModel):
    """A dossier."""

    id: str = Field(examples=["dossier_01jv8z4x9kf3t8w2m5r7c1q0ab"])
    slug: str = Field(examples=["microsoft-imod"])
    url: str
    title: str
    description: str | None
    translations: dict[str, DossierTranslation]
    created_at: Instant
    updated_at: Instant
    version: int
    localized: LocalizedDossier | None = Field(
        None,
        exclude_if=is_none,
        description=(
            "Its texts in the language asked for by `lang` or `Accept-Language`, as first written"
            " where there is no translation. Absent when no language is asked for."
        ),
    )


class DossierFilters(PageQuery):
    """Which dossiers to list."""
