"""Taking an import back: corrected in public, never deleted, and never what others built on it."""

from typing import Any

from app.core.db import Database
from app.transparency import audit
from tests.imports.conftest import Importer, entry, outcomes, row, written
from tests.support.client import Client
from tests.support.make import SOURCE, Make


async def test_questions_that_it_created_are_withdrawn_and_keep_their_asks(
    importer: Importer, reader: Client
) -> None:
    done = await importer.bring(written([row(1), row(2, state="declined")]))
    undone = await importer.undo(done)

    assert (undone["withdrawn"], undone["corrected"], undone["restored"]) == (2, 1, 0)
    assert undone["left"] == []
    for one in done["report"]["rows"]:
        question = await reader.question(one["id"])
        assert question["state"] == "withdrawn"
        assert len(question["asks"]) == 1
        *_, last = await reader.timeline(one["id"])
        assert (last["type"], last["state"], last["reason"]) == (
            "ruling",
            "withdrawn",
            "An old list.",
        )


async def test_it_is_a_batch_that_ends_with_its_own_event(
    importer: Importer, reader: Client
) -> None:
    done = await importer.bring(written([row(1)]))
    before = (await reader.events())[-1]["seq"]
    undone = await importer.undo(done)

    events = [event for event in await reader.events() if event["seq"] > before]
    assert undone["first_seq"] == before + 1
    assert undone["last_seq"] == events[-2]["seq"]
    last = events[-1]
    assert (last["type"], last["reason"]) == ("import.undone", "An old list.")
    assert last["data"]["object"]["undone_last_seq"] == undone["last_seq"]
    read = await importer.editor.get(f"/v1/imports/{done['id']}")
    assert (read["status"], read["undone_reason"]) == ("undone", "An old list.")


async def test_entries_are_corrected_and_states_are_as_before(
    importer: Importer, reader: Client, make: Make
) -> None:
    first = await importer.bring(written([row(1), row(2)]))
    done = await importer.bring(
        written(
            [
                entry(),
                entry(external_id="row-2", verdict="answered"),
                entry(
                    type="ruling", verdict="nonresponsive", note="Not so.", effective_on="2025-07"
                ),
                entry(type="ask", verdict="", note="", effective_on="2025-08"),
            ]
        )
    )
    undone = await importer.undo(done)

    assert undone["withdrawn"] == 0
    assert undone["corrected"] == 3  # the statement takes both responses with it
    for one in first["report"]["rows"]:
        assert (await reader.question(one["id"]))["state"] == "unanswered"
        entries = await reader.timeline(one["id"])
        assert [bool(found["corrected"]) for found in entries] == [False] + [True] * (
            len(entries) - 1
        )
    again = await importer.bring(written([entry()]))
    assert outcomes(again) == ["created"]


async def test_edited_fields_get_their_former_values_unless_they_were_changed_since(
    importer: Importer, reader: Client
) -> None:
    await importer.bring(written([row(1), row(2)]))
    done = await importer.bring(
        written([row(1, topics="gas", question="Why?"), row(2, topics="gas", asked_on="2025-07")])
    )
    first, second = [one["id"] for one in done["report"]["rows"]]
    await importer.editor.patch(f"/v1/questions/{first}", {"text": "Why not?"})
    undone = await importer.undo(done)

    assert (undone["restored"], undone["corrected"], undone["withdrawn"]) == (2, 1, 0)
    assert [(one["target"], "text" in one["detail"]) for one in undone["left"]] == [(first, True)]
    question = await reader.question(first)
    assert (question["text"], question["topics"]) == ("Why not?", ["audit", "cloud"])
    question = await reader.question(second)
    assert question["topics"] == ["audit", "cloud"]
    assert [ask["asked_on"] for ask in question["asks"]] == ["2025-05-15"]


async def test_what_others_have_built_on_stays_and_is_named(
    importer: Importer, reader: Client, make: Make
) -> None:
    done = await importer.bring(written([row(1), row(2)]))
    entries = await importer.bring(written([entry()]))
    first, second = [one["id"] for one in done["report"]["rows"]]
    response = entries["report"]["rows"][0]["id"]
    ((_, found),) = [tuple(await reader.timeline(first))]
    assert found["id"] == response
    more = {"question": second, "verdict": "partial"}
    path = f"/v1/statements/{found['statement']['id']}/responses"
    await make.editor.post(path, more)

    undone = await importer.undo(entries)
    assert [one["target"] for one in undone["left"]] == [found["statement"]["id"]]
    assert (await reader.question(first))["state"] == "unanswered"
    assert (await reader.question(second))["state"] == "partial"
    undone = await importer.undo(done)
    assert [one["target"] for one in undone["left"]] == [second]
    assert (await reader.question(first))["state"] == "withdrawn"
    assert (await reader.question(second))["state"] == "partial"


async def test_companies_and_askers_stay(importer: Importer, reader: Client) -> None:
    form = {"create": "companies,askers", "asker_kind": "ngo"}
    done = await importer.bring(written([row(1, company="Acme", askers="Watch")]), form=form)
    undone = await importer.undo(done)

    assert [one["target"].partition("_")[0] for one in undone["left"]] == ["company", "asker"]
    await reader.get("/v1/companies/acme")


async def test_it_can_be_undone_once(importer: Importer) -> None:
    done = await importer.bring(written([row(1)]))
    await importer.undo(done)
    before = await importer.editor.events()

    problem = await importer.undo(done, expect=409)
    assert "undone before" in problem["detail"]
    assert await importer.editor.events() == before


async def test_what_recorded_nothing_cannot_be_undone(importer: Importer) -> None:
    dry = await importer.dry(written([row(1)]))
    await importer.undo(dry, expect=409)
    await importer.bring(written([row(1)]))
    nothing = await importer.bring(written([row(1)]))
    await importer.undo(nothing, expect=409)
    await importer.undo({"id": "import_01jv8z4x9kf3t8w2m5r7c1q0ab"}, expect=404)


async def test_a_dry_run_tells_what_would_be_undone_and_changes_nothing(
    importer: Importer,
) -> None:
    done = await importer.bring(written([row(1), row(2, state="declined")]))
    before = await importer.editor.events()
    dry = await importer.undo(done, params={"dry_run": "true"})

    assert await importer.editor.events() == before
    assert (await importer.editor.get(f"/v1/imports/{done['id']}"))["status"] == "done"
    assert dry == await importer.undo(done)


async def test_a_list_that_was_taken_back_says_so_when_it_comes_again(importer: Importer) -> None:
    content = written([row(1)])
    await importer.undo(await importer.bring(content))
    again = await importer.bring(content)

    (one,) = again["report"]["rows"]
    assert one["outcome"] == "unchanged"
    assert [kept["code"] for kept in one["notes"]] == ["withdrawn"]


async def test_the_whole_database_verifies_after_all_that(
    importer: Importer, database: Database, make: Make
) -> None:
    done = await importer.bring(written([row(n, state="declined") for n in range(1, 120)]))
    entries = [entry(external_id=f"row-{n}") for n in range(1, 120)]
    more = await importer.bring(written(entries))
    question: Any = done["report"]["rows"][0]
    body = {"asker": "associated-press", "asked_on": "2025-09", "source": SOURCE}
    await make.editor.post(f"/v1/questions/{question['id']}/asks", body)
    await importer.undo(more)
    await importer.undo(done)

    async with database.reading() as session:
        checker = await audit.check(session, set())
    assert checker.events == (await make.editor.events(limit=1, type="import.undone"))[-1]["seq"]
