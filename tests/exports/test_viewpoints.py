"""Exports of the past, and of the world as it was: they say what the API says, in any batches."""

import random
from datetime import date, timedelta

import pytest

from app.exports import flat, questions, timeline
from tests.exports.reading import check_questions, check_timelines
from tests.record.test_history import Historian
from tests.support.client import Client
from tests.support.make import Make


async def change_everything(make: Make) -> None:
    """Put questions of all kinds on the record, and edit, answer and correct them."""
    historian = Historian(make, random.Random(5))
    for number in range(7):
        question = await make.question(
            on=historian.day(),
            slug=f"question-{number}",
            asker=["associated-press", "afp"][number // 2 % 2],
            dossiers=[await make.dossier()] if number % 3 == 0 else [],
            respond_by=historian.day() if number % 2 else None,
            external_id=f"row {number}" if number % 4 == 0 else None,
        )
        historian.questions.append(question)
    for number in range(30):
        await historian.change()
        if number % 10 == 0:
            for path, edited in (
                ("companies/microsoft", {"name": f"Name no. {number}"}),
                ("askers/afp", {"name": f"Name no. {number}"}),
                (f"questions/{historian.questions[0]['id']}", {"slug": f"edited-{number}"}),
            ):
                await make.editor.patch(f"/v1/{path}", edited)


async def test_at_every_viewpoint_an_export_says_what_the_api_says(
    reader: Client, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module, name in (
        (questions, "CSV_BATCH"), (questions, "JSON_BATCH"), (flat, "SOME"), (flat, "MOST_NAMES"),
        (timeline, "QUESTIONS"), (timeline, "ENTRIES"),
    ):  # fmt: skip
        monkeypatch.setattr(module, name, 2)
    await change_everything(make)
    chance = random.Random(6)
    instants = sorted({event["recorded_at"] for event in await reader.events()})
    moments: list[dict[str, str]] = [{}]
    for number in range(9):
        day = date(2025, 1, 1) + timedelta(days=chance.randrange(300))
        as_of = {"as_of": day.isoformat()[: chance.choice([7, 10])]}
        known_at = {"known_at": chance.choice(instants[:-1])}
        moments.append([as_of, known_at, as_of | known_at][number % 3])

    sizes = {len(await check_questions(reader, **moment)) for moment in moments}
    entries = [item for moment in moments[:5] for item in await check_timelines(reader, **moment)]

    assert len(sizes) > 2
    assert {item["type"] for item in entries} == {"ask", "response", "ruling"}
    assert {item["corrected"] is None for item in entries} == {True, False}
