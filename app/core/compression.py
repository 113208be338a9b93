"""Compressed forms of an answer's bytes."""

import gzip
from collections.abc import Callable

import zstandard

SMALLEST = 1024
"""Bytes under which compressing saves nothing that counts."""


def _zstd(body: bytes) -> bytes:
    return zstandard.ZstdCompressor(level=3).compress(body)


def _gzip(body: bytes) -> bytes:
    return gzip.compress(body, compresslevel=5, mtime=0)  # without the time: the same bytes always


PACKERS: dict[str, Callable[[bytes], bytes]] = {"zstd": _zstd, "gzip": _gzip}
"""By content coding (RFC 8878, RFC 1952), the one that is preferred first."""

CODINGS = tuple(PACKERS)
