"""Askers as clients see and send them."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from app.askers.models import AskerKind
from app.core.dates import Instant
from app.core.pagination import Page, PageQuery
from app.core.schemas import OMITTED, Body, Patch
from app.core.text import Line, Prose, Slug, WebAddress

EXAMPLE: dict[str, Any] = {"name": "Associated Press", "kind": "newsroom"}


class AskerCreate(Body):
    """A new asker."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    name: Line
    kind: AskerKind
    slug: Slug | None = Field(None, description="Made from the name when left out.")
    description: Prose | None = None
    website: WebAddress | None = None


class AskerPatch(Patch):
    """An edit of an asker."""

    name: Line = OMITTED
    kind: AskerKind = OMITTED
    slug: Slug = OMITTED
    description: Prose | None = None
    website: WebAddress | None = None


class AskerRead(BaseModel):
    """An asker."""

    id: str = Field(examples=["asker_01jv8z4x9kf3t8w2m5r7c1q0ab"])
    slug: str = Field(examples=["associated-press"])
    url: str
    name: str = Field(examples=["Associated Press"])
    kind: AskerKind
    description: str | None
    website: str | None
    created_at: Instant
    updated_at: Instant
    version: int


class AskerPage(Page[AskerRead]):
    """A page of askers."""


class AskerFilters(PageQuery):
    """Which askers to list."""

    kind: AskerKind | None = None
