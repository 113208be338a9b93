"""Links: what can be done with what was just made, for readers and for tools that try it."""

from typing import Any


def add(document: dict[str, Any]) -> None:
    """Link the answer of each POST that makes something to the operations on it."""
    paths = document["paths"]
    for path, item in paths.items():
        made = item.get("post", {}).get("responses", {}).get("201")
        member = next((one for one in paths if one.startswith(f"{path}/{{")), None)
        if made is None or member is None:
            continue
        parameter = member.removeprefix(f"{path}/{{").partition("}")[0]
        prefix = f"{path}/{{{parameter}}}"
        made["links"] = {
            operation["operationId"]: {
                "operationId": operation["operationId"],
                "parameters": {parameter: "$response.body#/id"},
            }
            for other, methods in paths.items()
            if other == prefix or (other.startswith(f"{prefix}/") and other.count("{") == 1)
            for operation in methods.values()
        }
