"""A cache that holds so many bytes, and forgets first what was not asked for longest."""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

V = TypeVar("V")
OVERHEAD = 400
"""Bytes that an entry takes besides its content: key, headers, Python's own."""


class Lru(Generic[V]):
    """Values by key, with the bytes that each takes."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._kept: OrderedDict[Hashable, tuple[V, int]] = OrderedDict()
        self.size = 0
        """Bytes that are held."""

    def get(self, key: Hashable) -> V | None:
        """Return what is kept under a key, and remember that it was asked for."""
        found = self._kept.get(key)
        if found is None:
            return None
        self._kept.move_to_end(key)
        return found[0]

    def put(self, key: Hashable, value: V, size: int) -> None:
        """Keep a value in place of the one that was there; what alone is too large is not kept."""
        self.drop(key)
        size += OVERHEAD
        if size > self._limit // 4:
            return
        self._kept[key] = (value, size)
        self.size += size
        while self.size > self._limit:
            _, (_, gone) = self._kept.popitem(last=False)
            self.size -= gone

    def drop(self, key: Hashable) -> None:
        """Forget what is kept under a key."""
        _, size = self._kept.pop(key, (None, 0))
        self.size -= size
