"""What was recorded twice is merged from the shell."""

import pytest

from tests.commands.conftest import Served
from tests.commands.test_verbs import made


@pytest.mark.parametrize(
    ("kind", "options"), [("companies", ()), ("askers", ("--kind", "newsroom"))]
)
def test_a_duplicate_leads_to_the_one_that_stays(
    served: Served, kind: str, options: tuple[str, ...]
) -> None:
    for slug in ("kept", "twice"):
        made(served, kind, "add", "--name", f"{kind} {slug}", "--slug", f"{kind}-{slug}", *options)
    merge = (kind, "merge", f"{kind}-twice", "--into", f"{kind}-kept", "--reason", "One and same.")
    assert made(served, *merge, "--dry-run")["slug"] == f"{kind}-kept"
    assert made(served, kind, "show", f"{kind}-twice")["slug"] == f"{kind}-twice"

    assert made(served, *merge)["slug"] == f"{kind}-kept"

    assert made(served, kind, "show", f"{kind}-twice")["slug"] == f"{kind}-kept"


def test_a_question_that_was_recorded_twice_becomes_one(served: Served) -> None:
    made(served, "companies", "add", "--name", "Twice Asked", "--slug", "twice-asked")
    made(served, "askers", "add", "--name", "Twice Asker", "--slug", "twice-asker", "--kind", "ngo")
    for slug in ("question-kept", "question-twice"):
        made(
            served, "questions", "add", "--company", "twice-asked", "--text", "Which firm?",
            "--lang", "en", "--asker", "twice-asker", "--asked-on", "2025-05", "--slug", slug,
            "--source-url", f"https://paper.example.org/{slug}",
        )  # fmt: skip
    merge = ("questions", "merge", "question-twice", "--into", "question-kept", "--reason", "Same.")
    assert len(made(served, *merge)["asks"]) == 2
    assert made(served, "questions", "show", "question-twice")["slug"] == "question-kept"
