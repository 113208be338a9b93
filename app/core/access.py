"""The access log of answers that cost less than a log line does: gathered, and written together."""

import asyncio
import json
import logging
import sys
import time
from datetime import UTC, datetime
from functools import lru_cache

import structlog
from starlette.types import Scope

from app.core.settings import Settings

GATHER = 0.25
"""Seconds for which lines are gathered."""
log = structlog.get_logger("answerable.http")


class AccessLog:
    """Writes the same lines as the boundary does, some at a time."""

    def __init__(self, settings: Settings) -> None:
        self._is_json = settings.log_format == "json"
        self._answers: list[tuple[float, float, str, str, int, bytes]] = []

    def write(self, scope: Scope, status: int, request_id: bytes, started: float) -> None:
        """Write the line of one answer. started: by `time.perf_counter`."""
        if not logging.root.isEnabledFor(logging.INFO):
            return
        took = time.perf_counter() - started
        if not self._answers:
            asyncio.get_running_loop().call_later(GATHER, self._flush)
        self._answers.append(
            (time.time(), took, scope["method"], scope["path"], status, request_id)
        )

    def _flush(self) -> None:
        answers, self._answers = self._answers, []
        if self._is_json:
            sys.stderr.write("".join(_line(*answer) for answer in answers))
            return
        for _, took, method, path, status, request_id in answers:
            log.info(
                "request",
                method=method,
                path=path,
                status=status,
                milliseconds=round(took * 1000, 2),
                request_id=request_id.decode("ascii"),
            )


def _line(at: float, took: float, method: str, path: str, status: int, request_id: bytes) -> str:
    second = _second(int(at))
    return (
        f'{{"method": "{method}", "path": {_quoted(path)}, "status": {status}, "milliseconds":'
        f' {took * 1000:.2f}, "event": "request", "request_id": "{request_id.decode("ascii")}",'
        f' "level": "info", "timestamp": "{second}.{int(at % 1 * 1_000_000):06d}Z"}}\n'
    )


@lru_cache(maxsize=4)
def _second(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S")


_quoted = lru_cache(maxsize=1024)(json.dumps)
