"""Saying that an endpoint or a parameter will go: in the document, and in every answer.

`Deprecation` says since when it should not be used any more (RFC 9745), `Sunset` when it stops
working (RFC 8594), and a `Link` where that is explained.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, time
from datetime import date as Date  # noqa: N812  a field below is a date
from email.utils import format_datetime
from typing import Any

from fastapi import Depends, Request
from starlette.datastructures import MutableHeaders


@dataclass(frozen=True)
class Deprecation:
    """What is said of something that will go.

    since, sunset: days, in UTC; the sunset is None while no day is set. link: where it is
    explained, and what to use instead.
    """

    since: Date
    sunset: Date | None
    link: str

    def endpoint(self) -> dict[str, Any]:
        """Return the options of a route that will go: `@router.get("/old", **it.endpoint())`."""

        async def note(request: Request) -> None:
            _note(request, self)

        return {"deprecated": True, "dependencies": [Depends(note)]}

    def parameter(self, name: str) -> Any:
        """Return the dependency of a route whose query parameter will go.

        It speaks only to those who send the parameter, which is to be declared with
        `Query(deprecated=True)`.
        """

        async def note(request: Request) -> None:
            if name in request.query_params:
                _note(request, self)

        return Depends(note)

    def say(self, headers: MutableHeaders) -> None:
        """Write it into an answer's headers."""
        headers["Deprecation"] = f"@{int(_midnight(self.since).timestamp())}"
        if self.sunset is not None:
            headers["Sunset"] = format_datetime(_midnight(self.sunset), usegmt=True)
        link = f'<{self.link}>; rel="deprecation"; type="text/html"'
        headers["Link"] = f"{headers['Link']}, {link}" if "Link" in headers else link


def noted(request: Request) -> list[Deprecation]:
    """Return what is to be said of a request."""
    found: list[Deprecation] = getattr(request.state, "deprecations", [])
    return found


def _note(request: Request, deprecation: Deprecation) -> None:
    request.state.deprecations = [*noted(request), deprecation]


def _midnight(day: Date) -> datetime:
    return datetime.combine(day, time(), UTC)
