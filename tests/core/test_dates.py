"""Dates as precise as what is known, and instants in UTC."""

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticCustomError

from app.core.dates import EdtfDate, Instant, format_instant, parse_instant

DAYS = st.dates().map(date.isoformat)
DATES = st.builds(lambda day, length: day[:length], DAYS, st.sampled_from([4, 7, 10]))
OFFSETS = st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes)))
INSTANTS = st.datetimes(datetime(1, 1, 3), datetime(9999, 12, 29), timezones=OFFSETS)  # noqa: DTZ001
DATE: TypeAdapter[EdtfDate] = TypeAdapter(EdtfDate)
INSTANT: TypeAdapter[datetime] = TypeAdapter(Instant)


@given(DATES)
def test_a_date_comes_back_as_it_went_in(text: str) -> None:
    found = DATE.validate_python(text)

    assert found == text
    assert isinstance(found, EdtfDate)
    assert DATE.dump_json(found) == f'"{text}"'.encode()
    assert DATE.validate_json(DATE.dump_json(found)) == found


@given(DATES)
def test_a_date_spans_from_its_first_day_to_its_last(text: str) -> None:
    found = EdtfDate(text)

    assert found.first_day <= found.last_day
    assert found.first_day.isoformat().startswith(text)
    assert found.last_day.isoformat().startswith(text)
    assert found.day == found.first_day.toordinal()
    for beyond, step in ((found.first_day, -1), (found.last_day, 1)):
        if beyond not in (date.min, date.max):
            assert not (beyond + timedelta(days=step)).isoformat().startswith(text)


@given(DATES, DATES)
def test_dates_sort_by_their_first_day(one: str, other: str) -> None:
    first, second = EdtfDate(one), EdtfDate(other)

    assert (first.day < second.day) == (first.first_day < second.first_day)


@given(st.text(alphabet="0123456789-TZ: +٢", max_size=12) | st.text(max_size=12))
def test_any_text_is_a_date_or_refused(text: str) -> None:
    try:
        found = DATE.validate_python(text)
    except ValidationError:
        return

    assert len(found) in (4, 7, 10)
    assert found.isascii()
    assert found.first_day <= found.last_day


@pytest.mark.parametrize("text", ["2024-02-29", "0001", "0001-01-01", "9999-12", "9999-12-31"])
def test_the_ends_of_the_calendar_are_dates(text: str) -> None:
    assert DATE.validate_python(text).last_day.isoformat().startswith(text)


@pytest.mark.parametrize(
    "value",
    [
        *("", "0000", "25", "202", "20255", "2025-00", "2025-13", "2025-1", "2025-02-29"),
        *("2025-02-30", "2025-04-31", "2025-05-00", "20250515", "2025/05", "2025-05-15T"),
        *("+2025", "2025 ", "2025\n", "2025-W20", "2025-135", "~2025", "2025?", "２０２５"),
        *(2025, 1747267200, 2025.5, True, None, [], b"2025", date(2025, 5, 15)),
    ],
)
def test_what_is_no_date_is_refused(value: Any) -> None:
    with pytest.raises(ValidationError):
        DATE.validate_python(value)


@given(INSTANTS)
def test_an_offset_becomes_utc(instant: datetime) -> None:
    text = instant.isoformat(timespec="microseconds")

    found = parse_instant(text)

    assert found == instant
    assert found.utcoffset() == timedelta(0)
    assert format_instant(found) == format_instant(instant)


@given(INSTANTS)
def test_an_instant_comes_back_as_it_went_in(instant: datetime) -> None:
    text = format_instant(instant)

    assert len(text) == len("2025-05-15T09:00:00.000000Z")
    assert format_instant(INSTANT.validate_python(text)) == text
    assert INSTANT.dump_json(INSTANT.validate_python(text)) == f'"{text}"'.encode()


@given(INSTANTS, INSTANTS)
def test_instants_sort_as_their_texts_do(one: datetime, other: datetime) -> None:
    assert (one < other) == (format_instant(one) < format_instant(other))


@pytest.mark.parametrize(
    ("text", "microsecond"),
    [
        ("2025-05-15T09:00:00Z", 0),
        ("2025-05-15t09:00:00z", 0),
        ("2025-05-15T09:00:00.5Z", 500_000),
        ("2025-05-15T09:00:00.123456789Z", 123_456),
        ("2025-05-15T11:00:00.1+02:00", 100_000),
    ],
)
def test_the_forms_of_rfc_3339_are_taken(text: str, microsecond: int) -> None:
    assert parse_instant(text) == datetime(2025, 5, 15, 9, 0, 0, microsecond, UTC)


@pytest.mark.parametrize(
    "value",
    [
        *("", "2025-05-15", "2025-05-15T09:00:00", "2025-05-15 09:00:00Z", "2025-05-15T09:00Z"),
        *("2025-05-15T24:00:01Z", "2025-05-15T09:60:00Z", "2025-02-30T09:00:00Z"),
        *("2025-05-15T09:00:00+2:00", "2025-05-15T09:00:00+24:00", "2025-05-15T09:00:00,5Z"),
        *("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "0000-01-01T00:00:00Z"),
        *(
            "2025-05-15T09:00:00Z\n",
            "２０２５-05-15T09:00:00Z",
            1747267200,
            1.5,
            True,
            None,
            [],
            {},
        ),
    ],
)
def test_what_is_no_instant_is_refused_with_an_example(value: Any) -> None:
    with pytest.raises(PydanticCustomError, match="2025-05-15T09:00:00Z"):
        parse_instant(value)
    with pytest.raises(ValidationError):
        INSTANT.validate_python(value)
