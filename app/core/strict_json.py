"""JSON as strictly as RFC 7493 (I-JSON) has it, and no deeper than any of our bodies."""

import json
import math
from typing import Any

from app.core import text
from app.core.errors import Invalid, Malformed

DEPTH = 32
LARGEST = 2**53 - 1


def check_json(body: bytes) -> None:
    """Refuse a body that is not strict JSON, before anything else reads it.

    Raises:
        Malformed: it is not UTF-8 or not JSON, nests too deep, or repeats a key.
        Invalid: a text or a number in it cannot be stored faithfully; says where.
    """
    try:
        document = json.loads(
            body.decode("utf-8"), object_pairs_hook=_object, parse_constant=_constant
        )
    except UnicodeDecodeError as error:
        raise Malformed(f"The body is not UTF-8: see byte {error.start}.") from None
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise Malformed(f"The body is not JSON: {error.msg} at {place}.") from None
    except RecursionError:
        raise _too_deep() from None
    except ValueError:
        raise Malformed("The body has a number with too many digits.") from None
    _walk(document)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members: dict[str, Any] = dict(pairs)
    if len(members) != len(pairs):
        seen: set[str] = set()
        twice = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        printable = text.shorten(text.FORBIDDEN.sub("?", twice), 40)
        raise Malformed(f"An object of the body has the key {printable!r} twice.")
    return members


def _constant(name: str) -> Any:
    raise Malformed(f"The body has {name}, which is not JSON. Leave the field out or send null.")


def _walk(document: Any) -> None:
    pending: list[tuple[Any, str, int]] = [(document, "", 1)]
    while pending:
        value, pointer, depth = pending.pop()
        if isinstance(value, str):
            _check_text(value, pointer)
        elif isinstance(value, dict | list):
            if depth > DEPTH:
                raise _too_deep()
            members = value.items() if isinstance(value, dict) else enumerate(value)
            for name, member in members:
                if isinstance(name, str):
                    _check_text(name, pointer or "/")
                pending.append((member, f"{pointer}/{pointer_token(name)}", depth + 1))
        elif isinstance(value, float) and not math.isfinite(value):
            raise _unfit(pointer, "Send a number that fits a double.", "number")
        elif isinstance(value, int) and abs(value) > LARGEST:
            raise _unfit(pointer, "Send a whole number below 2^53.", "number")


def pointer_token(name: str | int) -> str:
    """Write one step of a JSON Pointer, no longer than 40 characters of foreign text."""
    return str(name)[:40].replace("~", "~0").replace("/", "~1")


def _check_text(value: str, pointer: str) -> None:
    if found := text.flaw(value):
        raise _unfit(pointer, f"The text contains {found}. Take it out.", "character")


def _unfit(pointer: str, detail: str, code: str) -> Invalid:
    pointer = text.FORBIDDEN.sub("?", pointer)[:200]
    return Invalid.at(pointer, detail, code=code)


def _too_deep() -> Malformed:
    return Malformed(f"The body nests deeper than {DEPTH} levels.")
