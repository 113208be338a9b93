"""The one place that asks what time it is."""

import time
from datetime import UTC, date, datetime

FOREVER = datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)
"""Stands for "not yet ended" in a column that holds the end of an interval."""

FIRST_DAY = date(1970, 1, 1).toordinal()
LAST_DAY = date.max.toordinal()
"""The same for a day."""


def now() -> datetime:
    """Return this instant, in UTC."""
    return datetime.now(UTC)


def day() -> int:
    """Return the present day, in UTC, as `date.toordinal` numbers it; quickly."""
    return int(time.time()) // 86_400 + FIRST_DAY


def today() -> date:
    """Return the present day, in UTC."""
    return now().date()
