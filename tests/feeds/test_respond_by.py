"""The calendar of what is due, as calendars see it."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from app.feeds import ical, queries
from tests.support.client import Client
from tests.support.make import Make

ICS = "/v1/feeds/respond_by.ics"


async def calendar(reader: Client, **params: Any) -> Any:
    """Read the calendar, which is written as RFC 5545 says."""
    answer = await reader.send("GET", ICS, params=params)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    lines = answer.content.split(b"\r\n")
    assert lines.pop() == b""
    for line in lines:
        assert len(line) <= 75
        assert b"\n" not in line
        assert b"\r" not in line
        line.decode()  # no character is broken in two
    return Calendar.from_ical(answer.content)


async def due(reader: Client, **params: Any) -> list[str]:
    """Return the questions in the calendar."""
    events = (await calendar(reader, **params)).walk("VEVENT")
    return [str(event["URL"]).rpartition("/")[2] for event in events]


async def test_a_question_is_on_the_last_day_on_which_an_answer_is_in_time(
    reader: Client, make: Make
) -> None:
    given_ = {
        "2025-06-15": date(2025, 6, 15),
        "2024-02": date(2024, 2, 29),
        "2026": date(2026, 12, 31),
    }
    for number, respond_by in enumerate([*given_, None]):
        await make.question(slug=f"question-{number}", respond_by=respond_by)

    events = (await calendar(reader)).walk("VEVENT")

    days = {
        str(event["DESCRIPTION"]).partition("by ")[2].partition(".")[0]: event for event in events
    }
    assert {text: event["DTSTART"].dt for text, event in days.items()} == given_
    assert len({str(event["UID"]) for event in events}) == 3


async def test_an_event_says_what_is_asked_of_whom(reader: Client, make: Make) -> None:
    text = "Which firm; and, “why” \\n? " + "Für ihn, 这家公司 🧾 " * 9
    question = await make.question(text=text, respond_by="2025-06", topics=["audit", "cloud"])

    [event] = (await calendar(reader)).walk("VEVENT")

    assert str(event["SUMMARY"]).startswith(
        "Answer due: Microsoft — Which firm; and, “why” \\n? Für"
    )
    assert len(str(event["SUMMARY"])) <= 200
    assert str(event["DESCRIPTION"]).startswith(f"{text.strip()}\n\nAsked to answer by 2025-06. It")
    assert str(event["URL"]) == f"https://answerable.test/q/{question['id']}"
    assert str(event["UID"]) == f"respond-by-{question['id']}"
    assert event["STATUS"] == "CONFIRMED"
    assert event["TRANSP"] == "TRANSPARENT"
    assert event["CATEGORIES"].cats == ["audit", "cloud"]
    assert event["SEQUENCE"] == question["version"]
    updated = question["updated_at"].partition(".")[0].replace("-", "").replace(":", "")
    assert event["DTSTAMP"].to_ical().decode() == f"{updated}Z"


async def test_a_moved_date_is_the_same_event_in_a_later_revision(
    reader: Client, editor: Client, make: Make
) -> None:
    await make.question(slug="asked", respond_by="2025-06-15")
    [before] = (await calendar(reader)).walk("VEVENT")

    await editor.patch("/v1/questions/asked", {"respond_by": "2025-07-15"})

    [after] = (await calendar(reader)).walk("VEVENT")
    assert after["UID"] == before["UID"]
    assert after["SEQUENCE"] > before["SEQUENCE"]
    assert after["DTSTART"].dt == date(2025, 7, 15)


async def test_open_questions_are_shown_and_withdrawn_ones_never(
    reader: Client, make: Make
) -> None:
    ids = {
        state: (await make.question(slug=state, state=state, respond_by="2025-06"))["id"]
        for state in ("unanswered", "declined", "answered", "withdrawn")
    }

    assert await due(reader) == [ids["declined"], ids["unanswered"]]
    assert await due(reader, open="false") == [ids["answered"]]
    assert await due(reader, state="answered,withdrawn") == [ids["answered"]]
    assert await due(reader, state="unanswered") == [ids["unanswered"]]
    assert await due(reader, overdue="true") == [ids["declined"], ids["unanswered"]]
    assert await due(reader, overdue="false") == []


async def test_filters_are_those_of_questions_and_name_the_calendar(
    reader: Client, make: Make
) -> None:
    dossier = await make.dossier()
    mine = await make.question(
        slug="mine", respond_by="2025-06", dossiers=[dossier], topics=["audit"], on="2025-01"
    )
    other = await make.question(slug="other", company="google", asker="ngo", respond_by="2025-06")

    for chosen in (
        {"company": "microsoft"}, {"dossier": dossier}, {"topic": "audit"},
        {"asker": "associated-press"}, {"asked_before": "2025-02"},
    ):  # fmt: skip
        assert await due(reader, **chosen) == [mine["id"]], chosen
    assert await due(reader, asked_after="2025-05") == [other["id"]]
    named = await calendar(reader, company="microsoft", topic="audit")
    assert str(named["X-WR-CALNAME"]) == "Answers due · company microsoft · topic audit"
    assert str(named["SOURCE"]) == f"https://answerable.test{ICS}?company=microsoft&topic=audit"


async def test_a_calendar_is_bounded_and_says_so(
    reader: Client, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "MOST", 2)
    monkeypatch.setattr(ical, "MOST", 2)
    for month in range(1, 4):
        await make.question(slug=f"question-{month}", on=f"2025-0{month}", respond_by="2025-06")
    newest = [row["id"] for row in (await reader.get("/v1/questions"))["data"]]

    assert await due(reader) == newest[:2]
    assert "There are more" in str((await calendar(reader))["X-WR-CALDESC"])
    await due(reader, asked_before="2025-03")
    fitting = await calendar(reader, asked_before="2025-03")
    assert "There are more" not in str(fitting["X-WR-CALDESC"])


async def test_the_first_and_the_last_year_are_dates_too(reader: Client, make: Make) -> None:
    await make.question(slug="last", respond_by="9999")
    [event] = (await calendar(reader)).walk("VEVENT")
    assert event["DTSTART"].dt == date(9999, 12, 31)


@pytest.mark.parametrize(
    "params",
    [{"company": "nobody"}, {"state": "lost"}, {"open": "1"}, {"known_at": "2025-01-01T00:00:00Z"},
     {"limit": "3"}, {"asked_after": "soon"}],
)  # fmt: skip
async def test_a_wrong_filter_is_a_problem_that_names_it(
    reader: Client, params: dict[str, str]
) -> None:
    problem = await reader.get(ICS, expect=422, **params)
    assert problem["errors"][0]["pointer"] == f"/{next(iter(params))}"


async def test_a_poll_that_finds_nothing_new_is_304(reader: Client, make: Make) -> None:
    await make.question(slug="asked", respond_by="2025-06")
    for url in (ICS, f"{ICS}?overdue=true"):
        tag = (await reader.send("GET", url)).headers["etag"]
        again = await reader.send("GET", url, headers={"If-None-Match": tag})
        assert again.status_code == 304


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=400))
def test_any_line_is_folded_and_unfolds_to_what_it_was(line: str) -> None:
    folded = ical.fold(line)

    assert folded.endswith(b"\r\n")
    parts = folded.removesuffix(b"\r\n").split(b"\r\n")
    assert all(len(part) <= 75 for part in parts)
    assert all(part.decode().startswith(" ") for part in parts[1:])
    assert "".join([parts[0].decode(), *(part.decode()[1:] for part in parts[1:])]) == line
