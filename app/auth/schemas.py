"""API keys as clients see and send them."""

from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from app.core.dates import Instant
from app.core.schemas import Body
from app.core.text import Prose, line


class Scope(StrEnum):
    """What a key may do: `write` the record, manage its `webhooks`, `redact`, or all (`admin`)."""

    WRITE = "write"
    WEBHOOKS = "webhooks"
    REDACT = "redact"
    ADMIN = "admin"


class KeyCreate(BaseModel):
    """A new API key."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"name": "editor-paris", "scopes": ["write"]}]},
    )

    name: line(100) = Field(  # type: ignore[valid-type]
        description="Public: it stands as `actor` on every event that the key writes."
    )
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=4)]
    expires_at: Instant | None = None


class KeyRotate(BaseModel):
    """How to rotate a key."""

    model_config = ConfigDict(extra="forbid")

    overlap_hours: Annotated[
        int,
        Field(strict=True, ge=0, le=168, description="How long the former secret stays good."),
    ] = 24


class CompromiseCreate(Body):
    """A report that a key was stolen."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "since": "2026-11-01T00:00:00Z",
                    "reason": "The laptop that held the key was stolen.",
                }
            ]
        }
    )

    since: Instant = Field(
        description="Since when somebody else may have had the key. What it has written since then"
        " is flagged; if you do not know, give an early instant."
    )
    reason: Prose | None = Field(None, description="Public; it stands in the ledger.")


class KeyMade(BaseModel):
    """An API key that another one made."""

    id: str = Field(examples=["key_01jv8z4x9kf3t8w2m5r7c1q0ab"])
    name: str


class CompromiseRead(BaseModel):
    """A report that a key was stolen, and what is to be reviewed now."""

    id: str = Field(examples=["compromise_01jv8z4x9kf3t8w2m5r7c1q0ab"])
    key: str = Field(description="Id of the key.", examples=["key_01jv8z4x9kf3t8w2m5r7c1q0ab"])
    actor: str = Field(description="The key's name, as on its events.", examples=["editor-paris"])
    since: Instant
    until: Instant = Field(description="When it was reported; by then it was revoked.")
    reason: str | None
    seq: int = Field(description="The event that tells of the report.", examples=[42])
    flagged_count: int = Field(
        description="How many events it flags, which may be what an earlier report flags already."
    )
    review_url: str = Field(
        description="Lists what is flagged.",
        examples=["https://answerable.example.org/v1/events?flagged=true"],
    )
    keys_made: list[KeyMade] = Field(
        description="The keys that it has made since then. The report does not revoke them: look"
        " at them, and revoke those that you do not know."
    )


class KeyRead(BaseModel):
    """An API key, without its secret."""

    id: str = Field(examples=["key_01jv8z4x9kf3t8w2m5r7c1q0ab"])
    name: str
    scopes: list[Scope]
    prefix: str = Field(description="The eight characters after `ans_live_`, to tell keys apart.")
    created_at: Instant
    created_by: str
    expires_at: Instant | None
    revoked_at: Instant | None
    last_used_at: Instant | None = Field(description="To the minute.")
    former_expires_at: Instant | None = Field(
        description="Until when the secret from before the last rotation is still good."
    )


class KeyCreated(KeyRead):
    """An API key with its secret, which is shown this once."""

    key: str = Field(examples=["ans_live_4kTz9QwB_N7…"])
