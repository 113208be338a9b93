"""`answerable events`: what changed, and what changes while one watches. `answerable stats`."""

import json
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Annotated, Any

import httpx
import typer
from rich.text import Text as Plain

from app.commands import doing, shown
from app.commands.common import Failure
from app.commands.options import (
    As,
    Asker,
    AsOf,
    Company,
    Dossier,
    Every,
    KnownAt,
    Limit,
    Question,
    Text,
    Url,
)
from app.commands.remote import Remote, path_of
from app.commands.shown import Form

app = typer.Typer(no_args_is_help=True, help="What changed on the record.")

EVENT = ("seq", "recorded_at", "type", "actor", "summary")
FIGURES = ("figure", "value", "numerator", "denominator")
QUIET = httpx.Timeout(60, connect=10)
"""A stream says something every few seconds; a minute of silence means that it is gone."""
PATIENCE = 5
"""Seconds until a stream that broke off is taken up again."""

Types = Annotated[
    str | None, typer.Option("--type", help="Such as question.state_changed; several by commas.")
]
After = Annotated[int | None, typer.Option(min=0, help="Only what came after this seq.")]


@app.command("list")
def list_events(
    after: After = None,
    kind: Types = None,
    company: Company = None,
    question: Question = None,
    flagged: Annotated[bool | None, typer.Option("--flagged", help="To be reviewed.")] = None,
    limit: Limit = 50,
    every: Every = False,
    url: Url = "",
    form: As = None,
) -> None:
    """List events."""
    filters = {
        "after": after,
        "type": kind,
        "company": company,
        "question": question,
        "flagged": flagged,
        "limit": limit,
    }
    doing.show_list(path_of("events"), EVENT, filters, every=every, url=url, form=form)


@app.command("show")
def show_event(seq: Annotated[int, typer.Argument(min=1)], url: Url = "", form: As = None) -> None:
    """Show an event."""
    doing.show_one(path_of("events", seq), url=url, form=form)


@app.command("follow")
def follow_events(
    after: After = None,
    kind: Types = None,
    company: Company = None,
    question: Question = None,
    url: Url = "",
    form: As = None,
) -> None:
    """Show each event as it is recorded, until Ctrl-C; goes on after an interruption."""
    filters = {"type": kind, "company": company, "question": question}
    chosen = shown.chosen(form)
    with suppress(KeyboardInterrupt), Remote(url) as server:
        for event in _followed(server, filters, after):
            _show(event, chosen)


def stats(
    company: Company = None,
    asker: Asker = None,
    dossier: Dossier = None,
    topic: Text = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    min_age_days: Annotated[
        int | None, typer.Option(min=0, help="Leave out younger questions.")
    ] = None,
    url: Url = "",
    form: As = None,
) -> None:
    """Show how many questions stand where, and how long answers take; JSON has the definitions."""
    filters = {
        "company": company,
        "asker": asker,
        "dossier": dossier,
        "topic": topic,
        "as_of": as_of,
        "known_at": known_at,
        "min_age_days": min_age_days,
    }
    with Remote(url) as server:
        answer = server.get(path_of("stats"), filters)
    if shown.chosen(form) is Form.JSON:
        shown.one(answer, form)
    else:
        shown.rows(_figures(answer.json()["figures"]), FIGURES)


def _figures(found: dict[str, Any], within: str = "") -> Iterator[dict[str, Any]]:
    for name, figure in found.items():
        if not isinstance(figure, dict):
            continue
        if "definition" in figure:
            yield {"figure": f"{within}{name}", **figure}
        else:
            yield from _figures(figure, f"{within}{name}.")


def _followed(
    server: Remote, filters: dict[str, str | None], after: int | None
) -> Iterator[dict[str, Any]]:
    """Yield events for ever; a stream that breaks off is taken up where it was.

    Raises:
        Failure: there is no stream to begin with, or it is refused.
    """
    last: str | None = None
    begun = False
    while True:
        start = {"after": after} if last is None else {}
        headers = {} if last is None else {"Last-Event-ID": last}
        try:
            with server.streaming(
                path_of("events", "stream"), {**filters, **start}, headers, timeout=QUIET
            ) as response:
                begun = True
                for number, data in _messages(response.iter_lines()):
                    last = number or last
                    yield json.loads(data)
        except Failure:
            if not begun:
                raise
            shown.note("The stream broke off; taking it up again.")
        time.sleep(PATIENCE)


def _messages(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield id and data of every message in a stream (HTML Living Standard, 9.2.6)."""
    number = ""
    data: list[str] = []
    for line in lines:
        name, _, value = line.partition(":")
        if not line and data:
            yield number, "\n".join(data)
            data = []
        elif name == "id":
            number = value.removeprefix(" ")
        elif name == "data":
            data.append(value.removeprefix(" "))


def _show(event: dict[str, Any], form: Form) -> None:
    if form is Form.JSON:
        shown.line(event)
        return
    told = f"{event['seq']}  {event['recorded_at'][:19]}  {event['type']}  {event['summary']}"
    shown.console().print(Plain(told))
