"""Pages by keyset: a cursor says after which row to go on, so that a page costs the same anywhere.

A cursor is opaque, signed, and bound to the address, filters and order that it was made for.
"""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Generic, TypeVar
from urllib.parse import urlencode

from fastapi import Request, Response
from pydantic import BaseModel, BeforeValidator, Field
from pydantic_core import PydanticCustomError
from sqlalchemy import ColumnElement, and_, or_

from app.core.errors import Malformed

T = TypeVar("T")
R = TypeVar("R")
DEFAULT_LIMIT = 50
MAX_LIMIT = 200
SIGNATURE = 12


def _whole(value: Any) -> Any:
    if isinstance(value, str) and not re.fullmatch(r"0|[1-9]\d{0,18}", value, re.ASCII):
        raise PydanticCustomError("whole_number", "Give a whole number, such as 50.")
    return value


def _truth(value: Any) -> Any:
    if isinstance(value, str) and value not in ("true", "false"):
        raise PydanticCustomError("truth", "Give true or false.")
    return value


Whole = Annotated[int, BeforeValidator(_whole)]
"""A whole number in an address: digits and nothing else."""

Truth = Annotated[bool, BeforeValidator(_truth)]
"""True or false in an address: these two words and no others."""

Limit = Annotated[Whole, Field(ge=1, le=MAX_LIMIT, description="How many, at most 200.")]
CursorText = Annotated[
    str,
    Field(max_length=1000, description="The `next_cursor` of the page before, unchanged."),
]


class Page(BaseModel, Generic[T]):
    """One page of a list."""

    data: list[T]
    has_more: bool = Field(description="Whether another page follows.")
    next_cursor: str | None = Field(description="Send it as `cursor` to get the next page.")


class PageQuery(BaseModel):
    """The parameters that every list takes."""

    limit: Limit = DEFAULT_LIMIT
    cursor: CursorText | None = None


class Pager:
    """Reads and writes the cursors of one request."""

    def __init__(self, request: Request, secret: bytes) -> None:
        self._secret = secret
        self._path = request.url.path
        self._public = request.app.state.settings.public_url
        self._filters = sorted(
            item
            for item in request.query_params.multi_items()
            if item[0] not in ("cursor", "limit", "min_seq")
        )
        self._limit = request.query_params.get("limit")

    def read(self, cursor: str | None) -> list[Any] | None:
        """Return the key of the last row of the page before.

        Raises:
            Malformed: the cursor is not ours, was altered, or is of other filters.
        """
        if cursor is None:
            return None
        try:
            raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
            signature, payload = raw[:SIGNATURE], raw[SIGNATURE:]
            if hmac.compare_digest(signature, self._sign(payload)):
                key: list[Any] = json.loads(payload)
                return key
        except ValueError:
            pass
        raise Malformed(
            "This cursor does not belong to this list. Use `next_cursor` unchanged, with the same"
            " filters and sort, or leave it out to begin again."
        )

    def write(self, key: Sequence[Any]) -> str:
        """Make the cursor that goes on after the row with this key."""
        payload = json.dumps(list(key), separators=(",", ":")).encode()
        return base64.urlsafe_b64encode(self._sign(payload) + payload).rstrip(b"=").decode("ascii")

    def cut(
        self, response: Response, rows: Sequence[R], limit: int, key: Callable[[R], Sequence[Any]]
    ) -> tuple[Sequence[R], str | None]:
        """Cut the row too many off a page, and return the page with the cursor of the next.

        rows: up to `limit + 1` of them. key: what a cursor remembers of the last row shown.
        """
        cursor = self.write(key(rows[limit - 1])) if len(rows) > limit else None
        self.link(response, cursor)
        return rows[:limit], cursor

    def link(self, response: Response, cursor: str | None) -> None:
        """Announce the next page in the Link header (RFC 8288)."""
        if cursor is not None:
            response.headers["Link"] = f'<{self.url(cursor=cursor)}>; rel="next"'

    def url(self, **changes: str) -> str:
        """Return this request's public address with other parameters."""
        parameters = dict(self._filters)
        if self._limit is not None:
            parameters["limit"] = self._limit
        query = urlencode(sorted({**parameters, **changes}.items()), safe=",:")
        return f"{self._public}{self._path}?{query}"

    def _sign(self, payload: bytes) -> bytes:
        context = json.dumps([self._path, self._filters]).encode()
        return hmac.digest(self._secret, context + b"\0" + payload, hashlib.sha256)[:SIGNATURE]


def after(
    columns: Sequence[ColumnElement[Any]], key: Sequence[Any], *, descending: bool
) -> ColumnElement[bool]:
    """Return the condition that a row comes after `key` in the order of `columns`.

    Written out rather than as a row comparison, because the first column alone then bounds the
    index scan on both databases.
    """
    first, rest = columns[0], columns[1:]
    beyond: ColumnElement[bool] = first < key[0] if descending else first > key[0]
    if not rest:
        return beyond
    within = first <= key[0] if descending else first >= key[0]
    return and_(within, or_(beyond, after(rest, key[1:], descending=descending)))
