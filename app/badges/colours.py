"""The colours of badges.

Each is dark enough for white text (WCAG 2.2, contrast of 4.5), which is also what shields.io writes
in; and each differs from every other by a colour difference of 14 (CIE 1976) or more to people who
see no red, no green or no blue. Still a badge says in words what its colour says.
"""

from app.questions.state import State

TEXT = "#ffffff"
LABEL = "#2f2f2f"
NEUTRAL = "#545454"
"""Of what is neither good nor bad."""

STATES: dict[State, str] = {
    State.UNANSWERED: "#c15410",
    State.ACKNOWLEDGED: "#975683",
    State.DECLINED: "#704600",
    State.NONRESPONSIVE: "#373300",
    State.PARTIAL: "#135890",
    State.ANSWERED: "#277f57",
    State.WITHDRAWN: NEUTRAL,
}
