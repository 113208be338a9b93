"""`answerable sources`: looking whether what is cited is still at its address."""

from collections import Counter
from contextlib import aclosing
from datetime import timedelta
from typing import Annotated

import typer

from app.commands.common import opened_to_record, run
from app.core.logging import configure
from app.core.settings import Settings
from app.sources import checking
from app.sources.checking import Checked
from app.sources.models import Online

UNREACHABLE = "unreachable"

app = typer.Typer(no_args_is_help=True, help="Look at what the record cites.")


@app.command("check")
def check_sources(
    source: Annotated[str | None, typer.Argument(help="The id of one. Default: all due.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="The most to look at.")] = 500,
    older_than: Annotated[
        int, typer.Option(min=0, max=36_500, help="Days since the last result.")
    ] = 7,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Write nothing.")] = False,
) -> None:
    """Fetch what sources cite, and record which have changed, are gone, or are back.

    Prints id, finding, address, and what else there is to say of each. A source that cannot be
    reached is no failure: nothing is recorded of it, and it is looked at again next time.
    """
    settings = Settings()
    configure(settings)
    found, news = run(_check(settings, source, limit, timedelta(days=older_than), dry_run))
    counts = ", ".join(f"{found[name]} {name}" for name in (*Online, UNREACHABLE))
    recorded = "nothing was recorded" if dry_run else f"{news} recorded"
    print(f"{found.total()} looked at: {counts}; {recorded}.")


async def _check(
    settings: Settings, source: str | None, limit: int, older_than: timedelta, dry_run: bool
) -> tuple[Counter[str], int]:
    """Look and print; return how many there were of each finding, and how many were news."""
    found: Counter[str] = Counter()
    news = 0
    async with opened_to_record(settings) as database, checking.fetcher(settings) as fetching:
        if source is not None:
            chosen = [await checking.one(database, source)]
        else:
            chosen = await checking.due(database, older_than=older_than, limit=limit)
        async with aclosing(checking.check(database, fetching, chosen, dry_run=dry_run)) as results:
            async for checked in results:
                print("\t".join(_shown(checked, dry_run)), flush=True)
                found[checked.online or UNREACHABLE] += 1
                news += checked.is_news
    return found, news


def _shown(checked: Checked, dry_run: bool) -> list[str]:
    shown = [checked.source.id, checked.online or UNREACHABLE, checked.source.url]
    if checked.why is not None:
        shown.append(checked.why)
    elif checked.is_news:
        shown.append("would be recorded" if dry_run else "recorded")
    return shown
