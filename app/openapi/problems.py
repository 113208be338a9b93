"""The problem answers of all operations, each described once and referred to."""

from typing import Any

from app.core import docs
from app.core.errors import BY_STATUS, MEDIA_TYPE, TooManyRequests

REF = "#/components/responses/{}"
LIMITED: dict[str, Any] = {
    TooManyRequests.__name__: {
        "description": f"{TooManyRequests.title}. {TooManyRequests.advice}",
        "headers": {
            "Retry-After": {
                "description": "Seconds after which to come back.",
                "schema": {"type": "integer", "minimum": 1},
            },
            "RateLimit-Policy": {
                "description": "What applies: so many requests (`q`) in so many seconds (`w`).",
                "schema": {"type": "string", "examples": ['"reads";q=600;w=60']},
            },
            "RateLimit": {
                "description": "What is left (`r`) until so many seconds have passed (`t`).",
                "schema": {"type": "string", "examples": ['"reads";r=0;t=42']},
            },
        },
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
}
"""The answer to who asks too much, alike for every operation."""
TOO_MANY = {"$ref": REF.format(TooManyRequests.__name__)}


def shared(paths: dict[str, Any]) -> dict[str, Any]:
    """Replace the problems that operations declare by references; return what they refer to.

    One whose description is its own stays where it is.
    """
    found = {}
    for item in paths.values():
        for operation in item.values():
            for status, answer in operation["responses"].items():
                kind = BY_STATUS.get(int(status)) if status.isdigit() else None
                if kind is not None and answer == docs.problems(int(status))[int(status)]:
                    found[kind.__name__] = answer
                    operation["responses"][status] = {"$ref": REF.format(kind.__name__)}
    return dict(sorted(found.items()))
