"""Dates as precise as what is known (EDTF level 0), and instants (RFC 3339 in UTC).

A date such as `2025-05` comes back as it went in, sorts by its first day, and has passed after its
last. Days are stored as integers (`date.toordinal`), so that both databases subtract them alike.
"""

import calendar
import re
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, GetCoreSchemaHandler, PlainSerializer, WithJsonSchema
from pydantic_core import PydanticCustomError, core_schema

EDTF = r"^\d{4}(-\d{2}(-\d{2})?)?$"
INSTANT = re.compile(
    r"^(\d{4}-\d{2}-\d{2})[Tt](\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?([Zz]|[+-]\d{2}:\d{2})$", re.ASCII
)


class EdtfDate(str):
    """A calendar date of EDTF level 0: `2025`, `2025-05` or `2025-05-15` (ISO 8601-2, annex A)."""

    __slots__ = ()

    def __new__(cls, value: str) -> Self:
        """Check and keep the text.

        Raises:
            ValueError: the text is not a date of that form, or there is no such day.
        """
        if not re.fullmatch(EDTF, value, re.ASCII):
            raise ValueError(f"{value[:40]!r} is not of the form 2025, 2025-05 or 2025-05-15")
        text = super().__new__(cls, value)
        _ = text.first_day
        return text

    @property
    def first_day(self) -> date:
        """The day by which it sorts."""
        return _first_day(str(self))

    @property
    def last_day(self) -> date:
        """The day after which it has passed."""
        first = self.first_day
        match len(self):
            case 4:
                return date(first.year, 12, 31)
            case 7:
                return first.replace(day=calendar.monthrange(first.year, first.month)[1])
            case _:
                return first

    @property
    def day(self) -> int:
        """The first day as the integer that is stored and compared."""
        return self.first_day.toordinal()

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: Any, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        return core_schema.no_info_after_validator_function(
            cls._validate,
            core_schema.str_schema(strict=True, max_length=40),
            serialization=core_schema.to_string_ser_schema(when_used="json"),
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: Any, handler: Any) -> dict[str, Any]:
        return {
            "type": "string",
            "title": "Date",
            "pattern": EDTF,
            "description": "A date as precise as what is known: 2025, 2025-05 or 2025-05-15.",
            "examples": ["2025-05"],
        }

    @classmethod
    def _validate(cls, value: str) -> Self:
        try:
            return cls(value)
        except ValueError:
            raise PydanticCustomError(
                "date", "Give a date of the calendar as 2025, 2025-05 or 2025-05-15."
            ) from None


@lru_cache(maxsize=4096)
def _first_day(text: str) -> date:
    year, month, day = (*(int(part) for part in text.split("-")), 1, 1)[:3]
    return date(year, month, day)


def parse_instant(value: Any) -> datetime:
    """Read an RFC 3339 instant; an offset is converted to UTC, digits past the sixth are cut off.

    Raises:
        PydanticCustomError: it is not one, which pydantic reports as a validation error.
    """
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    match = INSTANT.fullmatch(value) if isinstance(value, str) else None
    if match:
        day, time, fraction, offset = match.groups()
        offset = "+00:00" if offset in "Zz" else offset
        try:
            fraction = (fraction or "0")[:6].ljust(6, "0")
            return datetime.fromisoformat(f"{day}T{time}.{fraction}{offset}").astimezone(UTC)
        except (ValueError, OverflowError):
            pass
    raise PydanticCustomError(
        "instant",
        "Give an RFC 3339 instant such as 2025-05-15T09:00:00Z (in a URL, write + as %2B).",
    )


def format_instant(value: datetime) -> str:
    """Write an instant as clients see it, always with microseconds."""
    return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


Instant = Annotated[
    datetime,
    BeforeValidator(parse_instant),
    PlainSerializer(format_instant, return_type=str, when_used="json"),
    WithJsonSchema(
        {"type": "string", "format": "date-time", "examples": ["2025-05-15T09:00:00.000000Z"]}
    ),
]
