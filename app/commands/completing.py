"""What a shell offers on TAB: slugs that a running server knows. It never fails."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import httpx
import typer

from app.commands.common import Failure
from app.commands.remote import Remote, path_of

BRIEFLY = httpx.Timeout(1)
SECONDS = 1.5
"""The most that a TAB may take beyond what starting the command takes."""


def companies(ctx: typer.Context, incomplete: str) -> list[str]:
    """Offer companies."""
    return list(_slugs(ctx, "companies", incomplete))


def askers(ctx: typer.Context, incomplete: str) -> list[str]:
    """Offer askers."""
    return list(_slugs(ctx, "askers", incomplete))


def dossiers(ctx: typer.Context, incomplete: str) -> list[str]:
    """Offer dossiers."""
    return list(_slugs(ctx, "dossiers", incomplete))


def questions(ctx: typer.Context, incomplete: str) -> list[str]:
    """Offer questions, of the 200 that were changed last."""
    return list(_slugs(ctx, "questions", incomplete, sort="-updated_at"))


def _slugs(ctx: typer.Context, kind: str, incomplete: str, **params: str) -> Iterator[str]:
    try:
        with (
            _no_longer_than(SECONDS),
            Remote(ctx.params.get("url") or "", timeout=BRIEFLY, patient=False) as server,
        ):
            found = server.get(path_of(kind), {"limit": 200, **params}).json()["data"]
            slugs = [str(each["slug"]) for each in found]
    except (Failure, TimeoutError, ValueError, LookupError, TypeError):
        return
    yield from (slug for slug in slugs if slug.startswith(incomplete))


@contextmanager
def _no_longer_than(seconds: float) -> Iterator[None]:
    """End the block with a TimeoutError, however slowly a server goes on answering."""
    former = signal.signal(signal.SIGALRM, _too_late)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, former)


def _too_late(*_: object) -> NoReturn:
    raise TimeoutError
