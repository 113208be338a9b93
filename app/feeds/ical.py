"""iCalendar (RFC 5545): one day for each question that is to be answered by a date.

A date that is a month or a year is its last day here, as it is when a question becomes overdue.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from typing import Any

from app.core.text import shorten
from app.feeds.entries import address, title
from app.feeds.queries import MOST
from app.feeds.schemas import CalendarFilters

MEDIA_TYPE = "text/calendar"
PATH = "/v1/feeds/respond_by.ics"
OCTETS = 75
"""Of a line, without its end (section 3.1)."""
AGAIN = "PT6H"
"""How often a calendar should look for changes."""
SUMMARY = 200


def write(rows: Sequence[Any], filters: CalendarFilters, public_url: str) -> bytes:
    """Write a calendar of up to one row more than it may have."""
    lines = [*_head(filters, public_url, is_cut=len(rows) > MOST)]
    for row in rows[:MOST]:
        lines += _event(row, public_url)
    lines.append("END:VCALENDAR")
    return b"".join(fold(line) for line in lines)


def fold(line: str) -> bytes:
    """End a line, broken where it is too long, but never within a character."""
    written, length = bytearray(), 0
    for character in line:
        octets = character.encode()
        if length + len(octets) > OCTETS:
            written += b"\r\n "
            length = 1
        written += octets
        length += len(octets)
    return bytes(written) + b"\r\n"


def text(value: str) -> str:
    """Escape a text (section 3.3.11)."""
    value = value.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return "\\n".join(value.splitlines())


def _head(filters: CalendarFilters, public_url: str, *, is_cut: bool) -> Iterator[str]:
    """Begin the calendar; its name and the like are of RFC 7986, and before it of usage."""
    name = text(title("Answers due", filters))
    about = "Questions put to companies, each on the last day on which an answer is in time."
    if is_cut:
        about += f" These are the {MOST:,} that were asked last. There are more: choose some."
    yield "BEGIN:VCALENDAR"
    yield "VERSION:2.0"
    yield "PRODID:-//Answerable//Respond by//EN"
    yield "CALSCALE:GREGORIAN"
    yield f"NAME:{name}"
    yield f"X-WR-CALNAME:{name}"
    yield f"DESCRIPTION:{text(about)}"
    yield f"X-WR-CALDESC:{text(about)}"
    yield f"SOURCE;VALUE=URI:{address(f'{public_url}{PATH}', filters)}"
    yield f"REFRESH-INTERVAL;VALUE=DURATION:{AGAIN}"
    yield f"X-PUBLISHED-TTL:{AGAIN}"


def _event(row: Any, public_url: str) -> Iterator[str]:
    """Make the day of a question, which blocks nobody's time."""
    url = f"{public_url}/q/{row.id}"
    about = (
        f"{row.text}\n\nAsked to answer by {row.respond_by}. It stands as “{row.state}”"
        f" since {row.state_since}.\n{url}"
    )
    yield "BEGIN:VEVENT"
    yield f"UID:respond-by-{row.id}"
    yield f"DTSTAMP:{_instant(row.updated_at)}"
    yield f"LAST-MODIFIED:{_instant(row.updated_at)}"
    yield f"SEQUENCE:{row.version}"
    yield f"DTSTART;VALUE=DATE:{_day(row.respond_by_day)}"
    yield f"SUMMARY:{text(shorten(f'Answer due: {row.company_name} — {row.text}', SUMMARY))}"
    yield f"DESCRIPTION:{text(about)}"
    yield f"URL:{url}"
    yield "STATUS:CONFIRMED"
    yield "TRANSP:TRANSPARENT"
    if row.topics:
        yield f"CATEGORIES:{','.join(map(text, row.topics))}"
    yield "END:VEVENT"


def _day(ordinal: int) -> str:
    return date.fromordinal(ordinal).isoformat().replace("-", "")


def _instant(value: datetime) -> str:
    return f"{value.astimezone(UTC):%Y%m%dT%H%M%SZ}"
