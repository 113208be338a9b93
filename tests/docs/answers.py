"""How an answer in the documentation is compared with the one that a server gives.

What differs from one run to the next (ids, instants, secrets, hashes, places in the ledger, days
that pass) is masked on both sides. Everything else must be equal, except where the documentation
cuts: `"…": "…"` in an object stands for its other fields, `"…"` at the end of a list for the
items that follow, `…` at the end of a text or line for the rest of it, and `…` as a line of its own
for any lines that follow.
"""

import json
import re
from collections.abc import Callable
from typing import Any

CUT = "…"
WIDTH = 110
COUNTED = {
    "seq",
    "version",
    "days_open",
    "after_seq",
    "until_seq",
    "first_seq",
    "last_seq",
    "number",
    "size",
    "index",
}
"""Fields whose numbers depend on what else happened, or on the day."""
KINDS = (
    "company|asker|question|ask|statement|response|ruling|correction|source|dossier|draft|webhook"
    "|delivery|key|import|compromise|redaction|merge|merger"
)
MASKS = (
    (re.compile(rf"\b({KINDS})_[0-9a-hjkmnp-tv-z]{{26}}\b"), r"<\1>"),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)"), "<instant>"),
    (re.compile(r"\S+\+[0-9a-f]{8}\+[A-Za-z0-9+/]{40,}=*"), "<verifier key>"),
    (re.compile(r"\b[0-9a-f]{64}\b"), "<sha256>"),
    (re.compile(r'W?/?"[^"\s]*[0-9a-f]{8,}[^"\s]*"(?=\s*$)', re.MULTILINE), "<etag>"),
)
SECRETS = (
    (re.compile(r"ans_live_\w{8}_\w{38}"), "ans_live_…"),
    (re.compile(r"whsec_[A-Za-z0-9+/=_-]{20,}"), "whsec_…"),
)


def without_secrets(text: str) -> str:
    """Return a text in which no secret stands that was good for a moment."""
    for pattern, shown in SECRETS:
        text = pattern.sub(shown, text)
    return text


def masked(value: Any, field: str = "") -> Any:
    """Return a value, such as JSON has it, with what differs between runs masked."""
    if isinstance(value, dict):
        return {name: masked(item, name) for name, item in value.items()}
    if isinstance(value, list):
        return [masked(item) for item in value]
    if isinstance(value, str):
        if (
            field in {"next_cursor", "prefix", "root_hash", "leaf_hash", "request_id"}
            and value != CUT
        ):
            return f"<{field}>"
        text = without_secrets(value)
        for pattern, shown in MASKS:
            text = pattern.sub(shown, text)
        return text
    if field in COUNTED and type(value) is int:
        return f"<{field}>"
    return value


def cut_like(shown: Any, actual: Any) -> Any:
    """Return an actual answer, cut where the one shown is."""
    if isinstance(shown, dict) and isinstance(actual, dict):
        if CUT not in shown:
            return {name: cut_like(shown.get(name), item) for name, item in actual.items()}
        kept = {name: cut_like(shown[name], actual[name]) for name in shown if name in actual}
        return {**kept, CUT: CUT}
    if isinstance(shown, list) and isinstance(actual, list):
        whole = not shown or shown[-1] != CUT
        items = list(zip(shown if whole else shown[:-1], actual, strict=False))
        cut = [cut_like(one, other) for one, other in items]
        return cut + actual[len(cut) :] if whole else [*cut, CUT]
    if isinstance(shown, str) and isinstance(actual, str) and shown.endswith(CUT):
        stem = masked(shown[:-1])
        return shown if masked(actual).startswith(stem) else actual
    return actual


def cut_lines_like(shown: str, actual: str) -> str:
    """Return lines as they were printed, cut where those shown are."""
    before, after = shown.splitlines(), actual.splitlines()
    if CUT in before:
        until = before.index(CUT)
        return "\n".join([*_lines(before[:until], after[:until]), CUT])
    return "\n".join(_lines(before, after))


def _lines(before: list[str], after: list[str]) -> list[str]:
    paired = [cut_like(one, other) for one, other in zip(before, after, strict=False)]
    return paired + after[len(paired) :]


def answered(kind: str, shown: str, printed: str) -> str:
    """Return what the documentation should show of what was printed.

    What it shows already is returned as it stands when it is right, so that a new run changes
    nothing but what changed.

    Raises:
        ValueError: JSON was to be printed, and was not.
    """
    printed = printed.rstrip("\n")
    if kind == "json":
        return _document(shown, json.loads(printed))
    new = cut_lines_like(shown, printed)
    return shown if masked(new) == masked(shown) else without_secrets(new)


def _document(shown: str, actual: Any) -> str:
    try:
        before = json.loads(shown)
    except ValueError:  # nothing is shown yet
        return _laid_out(actual)
    new = cut_like(before, actual)
    same: Callable[[Any], str] = lambda value: json.dumps(masked(value))  # noqa: E731
    return shown if same(new) == same(before) else _laid_out(new)


def _laid_out(value: Any) -> str:
    return without_secrets(layout(value))


def layout(value: Any, indent: str = "", before: int = 0) -> str:
    """Write JSON so that what fits stands on one line, and the rest is indented."""
    flat = json.dumps(value, ensure_ascii=False)
    if before + len(indent) + len(flat) <= WIDTH or not isinstance(value, dict | list) or not value:
        return flat
    deeper = indent + "  "
    if isinstance(value, list):
        lines = [f"{deeper}{layout(item, deeper)}" for item in value]
        return "[\n" + ",\n".join(lines) + f"\n{indent}]"
    named = [(json.dumps(name, ensure_ascii=False), item) for name, item in value.items()]
    lines = [f"{deeper}{name}: {layout(item, deeper, len(name) + 2)}" for name, item in named]
    return "{\n" + ",\n".join(lines) + f"\n{indent}}}"
