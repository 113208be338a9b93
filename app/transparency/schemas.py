"""Proofs as clients see them."""

from enum import StrEnum

from pydantic import BaseModel, Field


class ProofFormat(StrEnum):
    """How a proof is written: as JSON, or as the text of C2SP tlog-proof."""

    JSON = "json"
    TLOG_PROOF = "tlog-proof"


class ProofRead(BaseModel):
    """What proves that an event is in the log, and that what is shown of it is what was logged."""

    seq: int
    index: int = Field(description="Which leaf of the log it is, counted from 0.")
    size: int = Field(description="How many leaves the log had at the checkpoint.")
    leaf: str = Field(
        description=(
            "The leaf, byte for byte: the event as RFC 8785 canonical JSON, where fields that may"
            " hold personal data are digests in `_sd`."
        )
    )
    leaf_hash: str = Field(
        description="SHA-256 of a zero byte and the leaf, in hexadecimal (RFC 6962, section 2.1)."
    )
    disclosures: list[str] = Field(
        description=(
            "What opens the digests (RFC 9901): each is `[salt, name, value]` in base64url, and its"
            " SHA-256 stands in `_sd`. That of a redacted field is gone."
        )
    )
    hashes: list[str] = Field(
        description=(
            "The inclusion proof, in hexadecimal, from the leaf’s sibling to the root’s child."
        )
    )
    root_hash: str = Field(description="The root that the proof leads to, in hexadecimal.")
    checkpoint: str = Field(
        description="The signed note (C2SP tlog-checkpoint) that holds the root."
    )
