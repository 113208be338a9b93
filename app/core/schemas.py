"""What the bodies of all resources have in common."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StrictBool

from app.core.text import Language, Prose, Reference


def _without_default(schema: dict[str, Any]) -> None:
    schema.pop("default", None)


OMITTED: Any = Field(default=None, json_schema_extra=_without_default)
"""The default of a field of a patch that may be left out but not be null."""


class Body(BaseModel):
    """A body that a client sends: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")


class Patch(Body):
    """An edit: only the fields that are sent change (RFC 7396). A list is replaced as a whole."""

    reason: Annotated[
        Prose | None, Field(description="Why; it stands in the ledger beside the change.")
    ] = None

    def changes(self) -> dict[str, Any]:
        """Return what was sent, as plain values."""
        return self.model_dump(mode="json", exclude_unset=True, exclude={"reason"})


class MergeCreate(Body):
    """That one thing was recorded twice: into which it is merged, and why."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"into": "microsoft-external-firm-name", "reason": "It was recorded twice."}
            ]
        }
    )

    into: Annotated[Reference, Field(description="The one that stays: its id or slug.")]
    reason: Annotated[Prose, Field(description="Why; it stands in the ledger, in public.")]


class Translated(Body):
    """What every translation says of itself."""

    machine: StrictBool = Field(False, description="Whether a machine made it.")


class Ref(BaseModel):
    """A reference to another resource, short."""

    id: str
    slug: str
    name: str


def is_none(value: object) -> bool:
    """Tell whether to leave a field out of an answer."""
    return value is None


def merge_translations(kept: dict[str, Any], sent: dict[Language, Any] | None) -> dict[str, Any]:
    """Merge translations as RFC 7396 has it: null takes one away, null for all takes all."""
    merged = {} if sent is None else {**kept, **sent}
    return {language: value for language, value in merged.items() if value is not None}
