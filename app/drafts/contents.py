"""What of a draft is secret, as it is stored: sealed, and of use for no other draft."""

import json
from dataclasses import asdict, dataclass
from typing import Any

from pydantic import ValidationError

from app.core.errors import Conflict, Problem
from app.core.sealing import Unreadable, seal, unseal
from app.drafts.models import Draft
from app.drafts.writes import WRITE, Write


@dataclass(frozen=True)
class Content:
    """The sealed part of a draft.

    write: as it was sent, without what was left out; None once it is on the record. problem: the
    document of the one that stopped it.
    """

    title: str | None
    write: dict[str, Any] | None
    problem: dict[str, Any] | None = None


def close(secret: bytes, draft_id: str, content: Content) -> bytes:
    """Seal a content for one draft."""
    return seal(secret, _purpose(draft_id), json.dumps(asdict(content)).encode())


def open_(secret: bytes, draft: Draft) -> Content:
    """Return what is sealed in a draft.

    Raises:
        Conflict: it was sealed under another secret.
    """
    try:
        return Content(**json.loads(unseal(secret, _purpose(draft.id), draft.content)))
    except Unreadable:
        raise Conflict(
            "What this draft holds was sealed under another secret and cannot be read any more."
            " Delete it, and save it anew."
        ) from None


def write_of(content: Content) -> Write:
    """Return the write that a draft holds.

    Raises:
        Conflict: it is on the record already, or it was saved under rules that have changed since.
    """
    if content.write is None:
        raise Conflict("This draft was published: what it held is on the record, at `result`.")
    try:
        return WRITE.validate_python(content.write)
    except ValidationError:  # which would repeat the text
        raise Conflict(
            "This draft was saved by an earlier release, whose rules it followed; it does not"
            " follow those of today. PATCH it with its `write` anew."
        ) from None


def dumped(write: Write) -> dict[str, Any]:
    """Return a write as it is stored: only what was sent."""
    found: dict[str, Any] = write.model_dump(mode="json", exclude_unset=True)
    return found


def document(problem: Problem) -> dict[str, Any]:
    """Return a problem as a draft shows it: that of no request."""
    body = problem.body("")
    del body["request_id"]
    return {"errors": [], **body}


def _purpose(draft_id: str) -> str:
    return f"draft {draft_id}"
