"""What is refused: each with its line, column, value and code, and what would be right."""

import codecs
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

CELLS: list[tuple[dict[str, str], str, str]] = [
    ({"asked_on": "15/05/2025"}, "asked_on", "ambiguous_date"),
    ({"asked_on": "05/06/2025"}, "asked_on", "ambiguous_date"),
    ({"asked_on": "1.5.2025"}, "asked_on", "ambiguous_date"),
    ({"asked_on": "5-6-25"}, "asked_on", "ambiguous_date"),
    ({"asked_on": "05/2025"}, "asked_on", "ambiguous_date"),
    ({"asked_on": "45000"}, "asked_on", "ambiguous_date"),
    ({"last_checked_on": "45000.5"}, "last_checked_on", "ambiguous_date"),
    ({"asked_on": "2025/05/15"}, "asked_on", "date"),
    ({"asked_on": "15 May 2025"}, "asked_on", "date"),
    ({"asked_on": "2025-02-30"}, "asked_on", "date"),
    ({"asked_on": "２０２５"}, "asked_on", "date"),
    ({"asked_on": "2999"}, "asked_on", "future"),
    ({"last_checked_on": "2999"}, "last_checked_on", "future"),
    ({"asked_on": ""}, "asked_on", "missing"),
    ({"external_id": ""}, "external_id", "missing"),
    ({"company": ""}, "company", "missing"),
    ({"question": " "}, "question", "missing"),
    ({"source_url": ""}, "source_url", "missing"),
    ({"askers": " ; "}, "askers", "missing"),
    ({"company": "nobody"}, "company", "unknown_company"),
    ({"askers": "associated-press; nobody"}, "askers", "unknown_asker"),
    ({"lang": "English"}, "lang", "string_pattern_mismatch"),
    ({"channel": "By phone"}, "channel", "string_pattern_mismatch"),
    ({"state": "ignored"}, "state", "enum"),
    ({"source_url": "example.org"}, "source_url", "url"),
    ({"archived_url": "ftp://example.org"}, "archived_url", "url"),
    ({"topics": "Audit"}, "topics", "string_pattern_mismatch"),
    ({"topics": "audit; audit"}, "topics", "repeated"),
    ({"question": "x" * 2001}, "question", "too_long"),
    ({"question": "\u202eWhy?"}, "question", "character"),
    ({"question": "Why\x00?"}, "question", "character"),
    ({"external_id": "x" * 201}, "external_id", "too_long"),
]


@pytest.mark.parametrize(("cells", "column", "code"), CELLS)
async def test_a_wrong_cell_is_named(
    importer: Importer, cells: dict[str, str], column: str, code: str
) -> None:
    notes = await importer.refused(written([row(1), row(2, **cells)]))

    assert [(one["line"], one["column"], one["code"]) for one in notes] == [(3, column, code)]
    assert notes[0]["message"].endswith((".", "?", "…"))
    assert len(notes[0]["value"] or "") <= 80
    assert await importer.editor.events(type="question.created") == []


ENTRIES: list[tuple[dict[str, str], str, str]] = [
    ({"external_id": "row-9"}, "external_id", "unknown_question"),
    ({"type": "answer"}, "type", "enum"),
    ({"effective_on": "05/06/2025"}, "effective_on", "ambiguous_date"),
    ({"effective_on": "2999"}, "effective_on", "future"),
    ({"verdict": "withdrawn"}, "verdict", "enum"),
    ({"verdict": ""}, "verdict", "missing"),
    ({"source_url": ""}, "source_url", "missing"),
    ({"type": "ruling", "note": ""}, "note", "missing"),
    ({"type": "ruling", "verdict": "refused"}, "verdict", "enum"),
    ({"type": "ask"}, "verdict", "extra"),
]


@pytest.mark.parametrize(("cells", "column", "code"), ENTRIES)
async def test_a_wrong_entry_is_named(
    importer: Importer, cells: dict[str, str], column: str, code: str
) -> None:
    await importer.bring(written([row(1)]))
    before = await importer.editor.events()
    notes = await importer.refused(written([entry(**cells)]))

    assert [(one["line"], one["column"], one["code"]) for one in notes] == [(2, column, code)]
    assert await importer.editor.events() == before


async def test_everything_wrong_with_a_row_is_said_at_once(importer: Importer) -> None:
    cells = {"company": "nobody", "asked_on": "1.5.2025", "lang": "French", "topics": "A"}
    notes = await importer.refused(written([row(1, **cells)]))

    assert {one["column"] for one in notes} == set(cells)


async def test_a_question_cannot_be_in_a_file_twice_nor_change_its_company(
    importer: Importer, make: Any
) -> None:
    (twice,) = await importer.refused(written([row(1), row(2), row(1)]))
    assert (twice["line"], twice["code"]) == (4, "repeated")
    assert "Line 2" in twice["message"]

    await importer.bring(written([row(1)]))
    await make.company("acme")
    (other,) = await importer.refused(written([row(1, company="acme")]))
    assert other["code"] == "other_company"


async def test_a_verdict_that_the_record_has_otherwise_needs_a_correction(
    importer: Importer,
) -> None:
    await importer.bring(written([row(1)]))
    done = await importer.bring(written([entry()]))
    (one,) = await importer.refused(written([entry(verdict="answered")]))

    assert one["code"] == "other_verdict"
    assert done["report"]["rows"][0]["id"] in one["message"]


FILES: list[tuple[bytes, str, int]] = [
    (b"", "unknown_columns", 1),
    (b"\xef\xbb\xbf", "unknown_columns", 1),
    (b"a,b\r\n1,2\r\n", "unknown_columns", 1),
    (b"question\r\nWhy?\r\n", "missing_column", 1),
    (written([row(1)], header=[*QUESTIONS, "notes"]), "unknown_column", 1),
    (",".join([*QUESTIONS, "lang"]).encode() + b"\r\n", "repeated_column", 1),
    (written([row(1)])[: written([row(1)]).index(b"\n") + 1], "no_rows", 1),
    (codecs.BOM_UTF16_LE + "external_id\n".encode("utf-16-le"), "encoding", 1),
    (written([row(1, question="D\u00e9j\u00e0?")]).decode().encode("latin-1"), "encoding", 2),
    (written([row(1), row(2)]) + b"x,y\r\n", "cells", 4),
    (written([row(1)]) + b'"never closed', "quoting", 3),
    (written([row(1)]) + b'a"b"c,"d"e,\r\n', "quoting", 3),
    (written([row(1)]) + b'"' + b"a" * 1_000_000 + b'"\r\n', "cell_too_long", 3),
    (written([row(1)]) + b'"' + b'""' * 200_000 + b'"\r\n', "cell_too_long", 3),
    (b",".join(b"c%d" % n for n in range(100_000)) + b"\r\n", "unknown_columns", 1),
    (b"question," + b",".join(b"c%d" % n for n in range(100_000)), "unknown_column", 1),
    (b",".join(b"question" for _ in range(100_000)), "missing_column", 1),
    (b'{"external_id": "1"', "json", 1),
    (b'{"question": "a", "question": "b"}', "json", 1),
    (jsonl([row(1)]) + b"[]\n", "json", 2),
    (jsonl([row(1)]) + b'{"question": "\\ud800"}\n', "json", 2),
    (jsonl([row(1)]) + b'{"question": NaN}\n', "json", 2),
    (jsonl([row(1)]) + b"[" * 100_000 + b"\n", "json", 2),
    (jsonl([row(1)]) + b'{"question": "' + b"a" * 1_000_001 + b'"}\n', "line_too_long", 2),
    (jsonl([row(1)]) + b'{"nothing": "a"}\n', "unknown_column", 2),
    (jsonl([row(1)]) + b'{"question": 1}\n', "type", 2),
    (jsonl([row(1)]) + b'{"question": ["a"]}\n', "type", 2),
    (jsonl([row(1)]) + b'{"askers": [1]}\n', "type", 2),
    (b"PK\x03\x04\x14\x00\x06\x00\xff\xff", "encoding", 1),
]


@pytest.mark.parametrize(("content", "code", "line"), FILES)
async def test_a_file_that_cannot_be_read_is_refused_and_says_how_to_save_it(
    importer: Importer, content: bytes, code: str, line: int
) -> None:
    notes = await importer.refused(content)

    assert (notes[0]["code"], notes[0]["line"]) == (code, line)
    assert len(str(notes)) < 20_000
    assert await importer.editor.events(type="question.created") == []


async def test_formulas_are_text_and_stay_so(importer: Importer, reader: Any) -> None:
    text = '=HYPERLINK("https://evil.example","click") or is it \'-1?'
    done = await importer.bring(written([row(1, question=text)]))

    assert outcomes(done) == ["created"]
    assert (await reader.question(done["report"]["rows"][0]["id"]))["text"] == text


async def test_lines_are_those_of_the_file_though_cells_have_several(importer: Importer) -> None:
    rows = [row(1, question="One\nTwo\nThree?"), row(2, company="nobody")]
    (one,) = await importer.refused(written(rows))

    assert one["line"] == 5


async def test_empty_lines_and_a_spreadsheets_hint_are_passed_over(importer: Importer) -> None:
    content = b"sep=;\r\n" + written([row(1)], delimiter=";") + b"\r\n;;;;;;;;;;;;\r\n\r\n"
    done = await importer.bring(content)

    assert (done["rows_total"], outcomes(done)) == (1, ["created"])


async def test_a_file_of_more_rows_than_are_taken_is_refused_before_it_is_begun(
    importer: Importer,
) -> None:
    lines = b"".join(b"row-%d,a,b,en,c,2025,,,,u,,,\r\n" % n for n in range(100_001))
    (one,) = await importer.refused(",".join(QUESTIONS).encode() + b"\r\n" + lines)

    assert one["code"] == "too_many_rows"
    assert (await importer.editor.get("/v1/imports"))["data"] == []


async def test_many_wrong_rows_are_counted_and_a_thousand_are_listed(importer: Importer) -> None:
    content = written([row(n, lang="") for n in range(1, 1102)])
    problem = await importer.bring(content, 422)

    assert problem["report"]["refused"] == 1101
    assert len(problem["report"]["rows"]) == 1000
    assert problem["report"]["is_complete"] is False
    assert len(problem["errors"]) == 20
    assert "1,101 rows" in problem["detail"]


@pytest.mark.parametrize(
    ("form", "pointer"),
    [
        ({"kind": "answers"}, "/kind"),
        ({"create": "askers"}, "/asker_kind"),
        ({"create": "everything"}, "/create"),
        ({"more": "1"}, "/more"),
    ],
)
async def test_a_form_that_is_not_right_is_refused(
    importer: Importer, form: dict[str, str], pointer: str
) -> None:
    problem = await importer.bring(written([row(1)]), 422, form=form)

    assert [one["pointer"] for one in problem["errors"]] == [pointer]


async def test_a_body_that_is_no_form_with_a_file_is_refused(importer: Importer) -> None:
    send = importer.editor.send
    as_json = await send("POST", "/v1/imports", json={})
    without = await send("POST", "/v1/imports", files={"kind": (None, "questions")})
    broken = await send(
        "POST",
        "/v1/imports",
        content=b"--x\r\nnothing",
        headers={"Content-Type": "multipart/form-data; boundary=y"},
    )
    nameless = await send(
        "POST", "/v1/imports", content=b"x", headers={"Content-Type": "multipart/form-data"}
    )

    assert as_json.status_code == 415
    assert (without.status_code, without.json()["errors"][0]["pointer"]) == (422, "/file")
    for answer in (broken, nameless):
        assert answer.status_code in (400, 422)
        assert answer.headers["content-type"] == "application/problem+json"


async def test_a_file_larger_than_is_taken_is_refused(importer: Importer) -> None:
    answer = await importer.send(b"a" * (32 * 1024 * 1024))
    assert answer.status_code == 413
