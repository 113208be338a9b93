"""A second, plainer telling of the fold, against which the real one is checked.

It replays PRODUCT.md's pseudocode line by line over plain dictionaries, knows nothing of spans,
columns or SQL, and is slow.
"""

from datetime import date, datetime
from typing import Any

from hypothesis import strategies as st

ORDER = ["unanswered", "acknowledged", "declined", "nonresponsive", "partial", "answered"]
KINDS = ["ask", "response", "ruling"]


def first_day(text: str) -> date:
    """Return the first day of an EDTF date."""
    return date.fromisoformat((text + "-01-01")[:10])


def brute_force(
    entries: list[dict[str, Any]], as_of: date, known_at: datetime | None
) -> str | None:
    """Replay a timeline; None when the question had not been asked.

    entries: `kind`, `id`, `effective_on`, `recorded_at`, `state`, `corrected_at` (or None).
    """
    seen = [
        entry
        for entry in entries
        if first_day(entry["effective_on"]) <= as_of
        and (known_at is None or entry["recorded_at"] <= known_at)
        and not (
            entry["corrected_at"] is not None
            and (known_at is None or entry["corrected_at"] <= known_at)
        )
    ]
    if not any(entry["kind"] == "ask" for entry in seen):
        return None
    seen.sort(
        key=lambda entry: (first_day(entry["effective_on"]), entry["recorded_at"], entry["id"])
    )
    state = "unanswered"
    for entry in seen:
        if entry["kind"] == "response" and state != "withdrawn":
            state = ORDER[max(ORDER.index(state), ORDER.index(entry["state"]))]
        elif entry["kind"] == "ruling":
            state = entry["state"]
        elif entry["kind"] == "ask" and state == "withdrawn":
            state = "unanswered"
    return state


@st.composite
def edtf_dates(draw: st.DrawFn) -> str:
    """Draw dates close together, in all three precisions."""
    day = draw(st.dates(date(2024, 11, 1), date(2025, 3, 31))).isoformat()
    return day[: draw(st.sampled_from([4, 7, 10]))]
