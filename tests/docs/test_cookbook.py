"""Every recipe of the cookbook runs, and answers what the cookbook shows."""

import asyncio
import json
import shutil
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.core.settings import Settings
from tests.docs.answers import answered, masked
from tests.docs.cookbook import PATH, run

ID = "question_01m8559bvke07sv752tskafvm2"


def at_home(settings: Settings, folder: Path) -> Settings:
    """Return settings under which the record is kept in a folder, as in an admin's home."""
    folder.mkdir()
    if not settings.is_sqlite:
        return settings
    shutil.copy(settings.database_url.split(":///")[1], folder / "answerable.db")
    own = {
        "database_url": f"sqlite:///{folder}/answerable.db",
        "log_dir": f"{folder}/answerable.db.tlog",
    }
    return settings.model_copy(update=own)


@pytest.fixture
async def restored(request: pytest.FixtureRequest, settings: Settings) -> AsyncIterator[str]:
    """The address of an empty database, into which a dump is restored; none with SQLite."""
    if settings.is_sqlite:
        yield ""
        return
    server, _ = request.getfixturevalue("postgres_server")
    name = f"restored_{uuid.uuid4().hex[:12]}"
    await server.run(f"CREATE DATABASE {name}")
    yield server.database(name)
    await server.run(f"DROP DATABASE {name} WITH (FORCE)")


async def test_every_recipe_answers_what_is_shown(
    settings: Settings, restored: str, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    own = at_home(settings, home)

    ran = await asyncio.to_thread(run, PATH.read_text("utf-8"), own, home, restored)

    assert len(ran) > 20
    for one in ran:
        assert one.answer == one.recipe.answer, f"line {one.recipe.line}"


def test_ids_instants_and_places_in_the_ledger_are_masked() -> None:
    value = {"id": ID, "at": "2026-11-24T18:28:45.000001Z", "seq": 7, "count": 7}
    assert masked(value) == {"id": "<question>", "at": "<instant>", "seq": "<seq>", "count": 7}


def test_an_answer_that_is_right_stays_as_it_is() -> None:
    shown = json.dumps({"id": ID, "list": [1, "…"], "text": "Which …", "…": "…"})
    given = {
        "id": "question_01m8559bvke07sv752tskafvm3",
        "list": [1, 2, 3],
        "text": "Which firm?",
        "more": None,
    }
    assert answered("json", shown, json.dumps(given)) == shown


@pytest.mark.parametrize(
    "given",
    [
        {"a": 2, "list": [1], "text": "Which firm?"},
        {"a": 1, "list": [2], "text": "Which firm?"},
        {"a": 1, "list": [1], "text": "What firm?"},
        {"a": 1, "list": [1], "text": "Which firm?", "more": 1},
        {"a": 1, "list": [1]},
    ],
)
def test_an_answer_that_differs_is_shown_anew(given: object) -> None:
    shown = json.dumps({"a": 1, "list": [1], "text": "Which …"})
    assert answered("json", shown, json.dumps(given)) != shown


def test_lines_are_compared_up_to_where_they_are_cut() -> None:
    shown = "first\nsecond …\n…"
    assert answered("text", shown, "first\nsecond line\nthird\n") == shown
    assert answered("text", shown, "first\nother line\nthird\n") == "first\nother line\n…"


def test_secrets_are_not_written_down() -> None:
    key = "ans_live_abcdefgh_" + "x" * 38
    assert answered("json", "", json.dumps({"key": key})) == '{"key": "ans_live_…"}'
