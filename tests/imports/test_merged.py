"""What was merged stays merged when the file from before is imported again."""

from typing import Any

from tests.imports.conftest import Importer, entry, outcomes, row, written
from tests.support.make import Make

WHY = {"reason": "It was recorded twice."}


async def merge(importer: Importer, path: str, into: str) -> Any:
    return await importer.editor.post(f"/v1/{path}/merge", {"into": into, **WHY}, 200)


async def test_a_row_of_a_merged_question_is_left_alone_and_says_so(importer: Importer) -> None:
    content = written([row(1), row(2)])
    first, second = (await importer.bring(content))["report"]["rows"]
    await merge(importer, f"questions/{second['id']}", first["id"])
    before = await importer.editor.events()

    again = await importer.bring(written([row(1), row(2, topics="other")]))

    assert outcomes(again) == ["unchanged", "unchanged"]
    [note] = again["report"]["rows"][1]["notes"]
    assert note["code"] == "merged"
    assert first["id"] in note["message"]
    assert await importer.editor.events() == before


async def test_a_timeline_of_a_merged_question_goes_on_at_the_other_one(
    importer: Importer,
) -> None:
    first, second = (await importer.bring(written([row(1), row(2)])))["report"]["rows"]
    told = entry(external_id="row-2")
    await importer.bring(written([told]))
    await merge(importer, f"questions/{second['id']}", first["id"])

    later = entry(external_id="row-2", effective_on="2025-07-01", verdict="answered")
    again = await importer.bring(written([told, later]))

    assert outcomes(again) == ["unchanged", "created"]
    assert (await importer.editor.question(first))["state"] == "answered"


async def test_a_file_that_names_a_merged_company_and_asker_changes_nothing(
    importer: Importer, make: Make
) -> None:
    await make.company(slug="msft", name="MSFT")
    await make.asker(slug="ap", name="AP")
    content = written([row(1, company="msft", askers="ap"), row(2, company="MSFT", askers="AP")])
    answers = written([entry()])
    await importer.bring(content)
    await importer.bring(answers)
    await merge(importer, "companies/msft", "microsoft")
    await merge(importer, "askers/ap", "associated-press")
    before = await importer.editor.events()

    assert outcomes(await importer.bring(content)) == ["unchanged", "unchanged"]
    assert outcomes(await importer.bring(answers)) == ["unchanged"]
    assert await importer.editor.events() == before


async def test_undoing_takes_its_asks_from_the_question_that_another_was_merged_into(
    importer: Importer, make: Make
) -> None:
    kept = await make.question(slug="kept", on="2025-05-20")
    imported = await importer.bring(written([row(1), row(2)]))
    twin, other = imported["report"]["rows"]
    await merge(importer, f"questions/{twin['id']}", "kept")
    united = await importer.editor.question(kept)
    assert [one["asked_on"] for one in united["asks"]] == ["2025-05-15", "2025-05-20"]

    undone = await importer.undo(imported)

    assert [one["target"] for one in undone["left"]] == [twin["id"]]
    assert kept["id"] in undone["left"][0]["detail"]
    assert (undone["corrected"], undone["withdrawn"]) == (1, 1)
    united = await importer.editor.question(kept)
    assert [one["asked_on"] for one in united["asks"]] == ["2025-05-20"]
    assert united["state"] == "unanswered"
    assert (await importer.editor.question(other))["state"] == "withdrawn"


async def test_undoing_leaves_a_question_into_which_another_was_merged(
    importer: Importer, make: Make
) -> None:
    imported = await importer.bring(written([row(1)]))
    [created] = imported["report"]["rows"]
    twin = await make.question(slug="twin", on="2025-05-20")
    await merge(importer, "questions/twin", created["id"])

    undone = await importer.undo(imported)

    assert undone["withdrawn"] == 0
    assert twin["id"] in undone["left"][0]["detail"]
    assert (await importer.editor.question(created))["state"] == "unanswered"
