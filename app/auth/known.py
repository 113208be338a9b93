"""Keys that were good a moment ago, so that a limit can be a key's without asking the database.

A key that is not known here is looked up once, however many requests bring it at the same time.
What is remembered decides about limits only; what a key may do is looked up in every request.
"""

import asyncio
import hashlib
import os
import time
from typing import Any

from app.auth import secrets, service
from app.core.errors import Unauthenticated

REMEMBERED = 300.0
"""Seconds for which a key is taken to be good; one that is refused meanwhile is forgotten."""
MOST = 10_000
"""Keys that are remembered at the most."""


class KnownKeys:
    """Whose key a text is, as far as it was looked up lately."""

    def __init__(self, state: Any) -> None:
        """state: the application's, which has `database` and `secret` once it is started."""
        self._state = state
        self._salt = os.urandom(32)
        self._known: dict[bytes, tuple[str, float]] = {}
        self._under_way: dict[bytes, asyncio.Task[str | None]] = {}

    def known(self, text: str) -> str | None:
        """Return the id of a key that was good lately, None when that is not known."""
        found = self._known.get(self._digest(text))
        return found[0] if found is not None and found[1] > time.monotonic() else None

    async def find(self, text: str) -> str | None:
        """Look a key up; return its id, None when it is not good."""
        if secrets.parse(text) is None:
            return None
        digest = self._digest(text)
        task = self._under_way.get(digest)
        if task is None:
            task = self._under_way[digest] = asyncio.create_task(self._look_up(text))
            task.add_done_callback(lambda _: self._under_way.pop(digest, None))
        key_id = await asyncio.shield(task)
        if key_id is not None:
            if len(self._known) >= MOST:
                self._known.clear()
            self._known[digest] = (key_id, time.monotonic() + REMEMBERED)
        return key_id

    def is_sought(self, text: str) -> bool:
        """Tell whether a key is being looked up for another request."""
        return self._digest(text) in self._under_way

    def forget(self, text: str) -> None:
        """Forget a key that was refused."""
        self._known.pop(self._digest(text), None)

    async def _look_up(self, text: str) -> str | None:
        async with self._state.database.reading() as session:
            try:
                return (await service.authenticate(session, text, pepper=self._state.secret)).key_id
            except Unauthenticated:
                return None

    def _digest(self, text: str) -> bytes:
        return hashlib.blake2b(
            text.encode("utf-8", "surrogatepass"), digest_size=16, key=self._salt
        ).digest()
