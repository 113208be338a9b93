"""Bringing a file onto the record: all of it or nothing, once, as one batch."""

from typing import Any

import pytest

from tests.imports.conftest import (
    QUESTIONS,
    Importer,
    entry,
    jsonl,
    outcomes,
    row,
    written,
)
from tests.support.client import Client
from tests.support.make import Make


async def test_rows_become_questions_with_their_asks_and_sources(
    importer: Importer, make: Make
) -> None:
    await make.asker("le-monde")
    cells = {
        "askers": "Associated-Press; le-monde",
        "source_quote": "We asked.",
        "archived_url": "https://archive.example.org/a",
        "last_checked_on": "2025-06",
    }
    done = await importer.bring(written([row(1, **cells), row(2)]))

    assert (done["status"], done["kind"], done["dry_run"]) == ("done", "questions", False)
    assert (done["rows_done"], done["rows_total"]) == (2, 2)
    assert outcomes(done) == ["created", "created"]
    assert done["report"]["created"] == 2
    question = await make.editor.question(done["report"]["rows"][0]["id"], expand="source")
    assert question["external_id"] == "row-1"
    assert question["topics"] == ["audit", "cloud"]
    assert question["last_checked_on"] == "2025-06"
    assert {ask["asker"]["slug"] for ask in question["asks"]} == {"associated-press", "le-monde"}
    ask = question["asks"][0]
    assert (ask["asked_on"], ask["channel"]) == ("2025-05-15", "written")
    assert ask["source"]["quote"] == "We asked."
    assert ask["source"]["archived_url"] == "https://archive.example.org/a"


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("bom", [False, True])
@pytest.mark.parametrize("end", ["\r\n", "\n"])
async def test_any_dialect_says_the_same(
    importer: Importer, delimiter: str, bom: bool, end: str
) -> None:
    text = 'Is it "so", or\nnot; that\tis: what?'
    content = written([row(1, question=text)], delimiter=delimiter, bom=bom, end=end)
    done = await importer.bring(content)

    question = await importer.editor.question(done["report"]["rows"][0]["id"])
    assert question["text"] == text
    assert question["topics"] == ["audit", "cloud"]


async def test_jsonl_says_the_same_as_csv(importer: Importer) -> None:
    await importer.bring(written([row(1), row(2, topics="")]))
    rows: list[Any] = [{**row(1), "topics": ["cloud", "audit"]}, {**row(2), "topics": None}]
    again = await importer.bring(jsonl(rows))

    assert outcomes(again) == ["unchanged", "unchanged"]


async def test_the_same_file_twice_changes_nothing(importer: Importer) -> None:
    content = written([row(1, state="declined"), row(2), row(3, state="unanswered")])
    first = await importer.bring(content)
    before = await importer.editor.events()
    again = await importer.bring(content)

    assert outcomes(again) == ["unchanged"] * 3
    assert [one["notes"] for one in again["report"]["rows"]] == [[], [], []]
    assert again["first_seq"] is None
    assert await importer.editor.events() == before
    assert before[-1]["subject"]["id"] == first["id"]


async def test_the_same_timeline_twice_changes_nothing(importer: Importer) -> None:
    await importer.bring(written([row(1), row(2)]))
    content = written(
        [
            entry(),
            entry(external_id="row-2"),
            entry(type="ruling", verdict="withdrawn", note="Taken back.", effective_on="2025-07"),
            entry(type="ask", verdict="", note="", effective_on="2025-08"),
        ]
    )
    first = await importer.bring(content)
    before = await importer.editor.events()
    again = await importer.bring(content)

    assert outcomes(first) == ["created"] * 4
    assert outcomes(again) == ["unchanged"] * 4
    assert await importer.editor.events() == before
    assert [one["id"] for one in again["report"]["rows"]] == [
        one["id"] for one in first["report"]["rows"]
    ]


async def test_an_import_is_one_batch_that_ends_with_its_own_event(
    importer: Importer, reader: Client
) -> None:
    before = (await reader.events())[-1]["seq"]
    done = await importer.bring(written([row(1), row(2, state="declined")]))
    events = [event for event in await reader.events() if event["seq"] > before]

    assert done["first_seq"] == before + 1
    assert done["last_seq"] == events[-2]["seq"]
    assert len({event["recorded_at"] for event in events}) == 1
    last = events[-1]
    assert last["type"] == "import.recorded"
    assert last["subject"]["id"] == done["id"]
    assert last["data"]["object"] == {
        "id": done["id"],
        "kind": "questions",
        "sha256": done["sha256"],
        "rows": 2,
        "created": 2,
        "updated": 0,
        "unchanged": 0,
        "first_seq": done["first_seq"],
        "last_seq": done["last_seq"],
        "undone_first_seq": None,
        "undone_last_seq": None,
        "undone_reason": None,
    }
    assert "private-name" not in str(events)


async def test_a_dry_run_says_what_the_real_run_then_does_and_keeps_nothing(
    importer: Importer,
) -> None:
    await importer.bring(written([row(1), row(2)]))
    before = await importer.editor.events()
    content = written([row(1, topics="audit"), row(2), row(3, state="answered")])
    dry = await importer.dry(content)

    assert await importer.editor.events() == before
    assert (dry["dry_run"], dry["status"], dry["first_seq"]) == (True, "done", None)
    real = await importer.bring(content)
    assert outcomes(real) == ["updated", "unchanged", "created"]
    assert dry["report"]["rows"][2]["id"] is None
    real["report"]["rows"][2]["id"] = None
    assert dry["report"] == real["report"]


async def test_an_update_shows_its_difference_and_leaves_what_cells_do_not_say(
    importer: Importer,
) -> None:
    await importer.bring(written([row(1, last_checked_on="2025-06")]))
    done = await importer.bring(written([row(1, topics="audit; gas", question="Which firm?")]))

    (one,) = done["report"]["rows"]
    assert one["outcome"] == "updated"
    assert one["changes"] == [
        {
            "column": "question",
            "before": "Which external firm did Microsoft hire in year 1?",
            "after": "Which firm?",
        },
        {"column": "topics", "before": ["audit", "cloud"], "after": ["audit", "gas"]},
    ]
    assert (await importer.editor.question(one["id"]))["last_checked_on"] == "2025-06"


async def test_a_question_that_was_asked_again_gets_an_ask(importer: Importer) -> None:
    await importer.bring(written([row(1)]))
    done = await importer.bring(written([row(1, asked_on="2025-07")]))

    (one,) = done["report"]["rows"]
    assert one["changes"] == [{"column": "askers", "before": None, "after": "associated-press"}]
    asks = (await importer.editor.question(one["id"]))["asks"]
    assert [ask["asked_on"] for ask in asks] == ["2025-05-15", "2025-07"]


async def test_a_state_becomes_a_ruling_with_the_source(importer: Importer) -> None:
    done = await importer.bring(
        written([row(1, state="declined", last_checked_on="2025-06-01"), row(2, state="answered")])
    )

    first, second = [one["id"] for one in done["report"]["rows"]]
    question = await importer.editor.question(first)
    assert (question["state"], question["state_since"]) == ("declined", "2025-06-01")
    assert (await importer.editor.question(second))["state_since"] == "2025-05-15"
    _, ruling = await importer.editor.timeline(first)
    assert ruling["type"] == "ruling"
    assert ruling["source"]["url"] == "https://example.org/2025/05/article"
    assert "2025-06-01" in ruling["reason"]


async def test_a_state_on_the_record_is_never_overruled_by_a_list(
    importer: Importer, make: Make
) -> None:
    done = await importer.bring(written([row(1, state="declined")]))
    question = await make.editor.question(done["report"]["rows"][0]["id"])
    await make.statement(question, verdict="answered", on="2025-07")
    again = await importer.bring(written([row(1, state="declined")]))

    (one,) = again["report"]["rows"]
    assert one["outcome"] == "unchanged"
    assert [(kept["column"], kept["code"]) for kept in one["notes"]] == [("state", "state_kept")]
    assert (await make.editor.question(question))["state"] == "answered"


async def test_one_wrong_row_leaves_nothing_of_the_file(importer: Importer) -> None:
    before = await importer.editor.events()
    rows = [row(number) for number in range(1, 251)]
    rows[201]["company"] = "mikrosoft"
    problem = await importer.bring(written(rows), 422)

    assert await importer.editor.events() == before
    assert problem["type"] == "/problems/invalid"
    assert problem["report"]["created"] == 249
    assert problem["report"]["refused"] == 1
    (fault,) = problem["errors"]
    assert (fault["pointer"], fault["code"]) == ("/203/company", "unknown_company")
    assert "microsoft" in fault["detail"]
    assert (await importer.editor.get("/v1/questions"))["data"] == []
    (noted,) = (await importer.editor.get("/v1/imports"))["data"]
    assert noted["status"] == "refused"
    kept = await importer.editor.get(f"/v1/imports/{noted['id']}")
    assert kept["report"] == problem["report"]


async def test_companies_and_askers_are_made_where_that_is_asked_for(importer: Importer) -> None:
    content = written([row(1, company="Example Energy", askers="Example News")])
    form = {"create": "companies,askers", "asker_kind": "newsroom"}
    refused = await importer.refused(content)
    dry = await importer.dry(content, form=form)
    done = await importer.bring(content, form=form)

    assert {one["code"] for one in refused} == {"unknown_company", "unknown_asker"}
    assert dry["report"]["companies"] == done["report"]["companies"] == ["Example Energy"]
    assert done["report"]["askers"] == ["Example News"]
    question = await importer.editor.question(done["report"]["rows"][0]["id"])
    assert question["company"]["slug"] == "example-energy"
    assert question["asks"][0]["asker"]["kind"] == "newsroom"


async def test_companies_are_found_by_name_former_slug_and_id(
    importer: Importer, make: Make
) -> None:
    await make.company("acme", name="Acme, Inc.")
    await make.editor.patch("/v1/companies/acme", {"slug": "acme-inc"})
    company = (await make.editor.get("/v1/companies/acme-inc"))["id"]
    names = ["Acme, Inc.", "acme", "acme-inc", company]
    content = written([row(n, company=name) for n, name in enumerate(names, 1)])
    done = await importer.bring(content)

    assert done["report"]["created"] == 4
    assert len((await make.editor.get("/v1/questions?company=acme-inc"))["data"]) == 4


async def test_a_name_that_several_have_is_not_guessed(importer: Importer, make: Make) -> None:
    await make.company("acme-1", name="Acme")
    await make.company("acme-2", name="Acme")
    (one,) = await importer.refused(written([row(1, company="Acme")]))

    assert one["code"] == "ambiguous_company"
    assert "acme-1, acme-2" in one["message"]


async def test_cells_that_our_own_exports_guard_come_back_as_they_were(
    importer: Importer, reader: Client
) -> None:
    text = "=1+1 is it; -2\n@home?"
    first = await importer.bring(written([row(1, question=text)]))
    exported = await reader.send("GET", "/v1/exports/questions.csv")
    assert "'=1+1 is it; '-2" in exported.text
    again = await importer.bring(written([row(1, question="'=1+1 is it; '-2\n'@home?")]))

    assert outcomes(first) == ["created"]
    assert outcomes(again) == ["unchanged"]


async def test_questions_of_the_same_text_have_slugs_of_their_own(importer: Importer) -> None:
    rows = [row(n, question="Why?") for n in range(1, 130)]
    done = await importer.bring(written(rows))
    more = await importer.bring(written([row(1000, question="Why?")]))

    assert done["report"]["created"] == 129
    question = await importer.editor.question(more["report"]["rows"][0]["id"])
    assert question["slug"] == "why-130"


async def test_imported_questions_are_found_by_search(importer: Importer, reader: Client) -> None:
    await importer.bring(written([row(n, question=f"Unusualword {n}?") for n in range(1, 120)]))

    found = await reader.pages("/v1/questions", q="unusualword")
    assert len(found) == 119


async def test_a_key_that_may_not_write_imports_nothing(importer: Importer, reader: Client) -> None:
    files = {"file": ("a.csv", written([row(1)]), "text/csv")}
    answer = await reader.send("POST", "/v1/imports", files=files)
    assert answer.status_code == 401
    assert (await reader.send("GET", "/v1/imports")).status_code == 401


async def test_the_same_idempotency_key_gets_the_first_answer(importer: Importer) -> None:
    headers = {"Idempotency-Key": "one"}
    first = await importer.send(written([row(1)]), headers=headers)
    again = await importer.send(written([row(1)]), headers=headers)
    other = await importer.send(written([row(2)]), headers=headers)

    assert first.status_code == again.status_code == 201
    assert again.content == first.content
    assert again.headers["idempotent-replayed"] == "true"
    assert other.status_code == 422
    assert other.json()["type"] == "/problems/idempotency-key-reused"
    assert len(await importer.editor.events(type="import.recorded")) == 1


@pytest.mark.parametrize("kind", ["questions", "timeline"])
async def test_the_templates_can_be_imported_as_they_are(
    importer: Importer, reader: Client, kind: str
) -> None:
    names = ("questions", "timeline") if kind == "timeline" else ("questions",)
    form = {"create": "companies,askers", "asker_kind": "newsroom"}
    for name in names:
        answer = await reader.send("GET", f"/v1/imports/template.{name}.csv")
        assert answer.headers["content-type"] == "text/csv; charset=utf-8; header=present"
        done = await importer.bring(answer.content, form=form)

        assert done["kind"] == name
        assert outcomes(done) == ["created"]
    assert answer.text.splitlines()[0].split(",")[0] == QUESTIONS[0]
