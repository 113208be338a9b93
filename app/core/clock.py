"""The one place that asks what time it is."""

from datetime import UTC, date, datetime

FOREVER = datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)
"""Stands for "not yet ended" in a column that holds the end of an interval."""

LAST_DAY = date.max.toordinal()
"""The same for a day."""


def now() -> datetime:
    """Return this instant, in UTC."""
    return datetime.now(UTC)


def today() -> date:
    """Return the present day, in UTC."""
    return now().date()
