"""Helpers for the OpenAPI document: how an endpoint declares the problems that it may answer."""

from typing import Any

from app.core.errors import BY_STATUS, MEDIA_TYPE


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Declare problem answers, as `application/problem+json` only.

    (FastAPI's own `model=` would declare `application/json` beside it.)
    """
    return {status: _problem(status) for status in statuses}


def _problem(status: int) -> dict[str, Any]:
    kind = BY_STATUS[status]
    name = "InvalidProblem" if status == 422 else "Problem"
    return {
        "description": f"{kind.title}. {kind.advice}",
        "content": {MEDIA_TYPE: {"schema": {"$ref": f"#/components/schemas/{name}"}}},
    }


MOVED: dict[int | str, dict[str, Any]] = {
    308: {"description": "It has another slug now, or was merged into another: see `Location`."},
}
LISTS = problems(400, 422, 503)
READS = problems(400, 404, 422, 503)
READS_BY_SLUG = MOVED | READS
CREATES = problems(400, 401, 403, 409, 413, 415, 422, 503)
EDITS = MOVED | problems(400, 401, 403, 404, 409, 412, 413, 415, 422, 428, 503)
ADDS = MOVED | problems(400, 401, 403, 404, 409, 413, 415, 422, 503)
MERGES = ADDS
