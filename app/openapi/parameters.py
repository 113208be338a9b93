"""What FastAPI says of parameters, mended to what can be sent."""

from typing import Any

NULL = {"type": "null"}


def mend(method: str, operation: dict[str, Any]) -> None:
    """Leave out what an operation does not take, and say what it needs."""
    found = []
    for parameter in operation.get("parameters", ()):
        if parameter["name"] == "idempotency-key" and method != "post":
            continue  # only a POST needs it; the session type offers it to all
        if parameter["name"] == "if-match":
            parameter["required"] = True  # without it the answer is 428, which FastAPI cannot know
        parameter["schema"] = _without_null(parameter["schema"])
        found.append(parameter)
    if found:
        operation["parameters"] = found
    else:
        operation.pop("parameters", None)


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """Take null away: an address or a header cannot say it, it leaves the parameter out."""
    kept = [one for one in schema.get("anyOf", ()) if one != NULL]
    if not kept:
        return schema
    rest = {key: value for key, value in schema.items() if key != "anyOf"}
    return {**kept[0], **rest} if len(kept) == 1 else {**rest, "anyOf": kept}
