"""The problem answers of all operations, each described once and referred to."""

from typing import Any

from app.core import docs
from app.core.errors import BY_STATUS

REF = "#/components/responses/{}"


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
