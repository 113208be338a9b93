"""`answerable questions`: what was asked, and where it stands."""

from typing import Annotated

import typer

from app.commands import doing
from app.commands.common import Failure
from app.commands.options import (
    As,
    Asker,
    AsOf,
    Company,
    Date,
    Dossier,
    DryRun,
    Every,
    Json,
    KnownAt,
    Lang,
    Limit,
    Reason,
    Slug,
    Source,
    SourceTitle,
    SourceUrl,
    Text,
    TheQuestion,
    Topics,
    Url,
    cited,
)
from app.commands.remote import path_of

app = typer.Typer(no_args_is_help=True, help="What was asked, and where it stands.")

QUESTION = ("slug", "text", "company.slug", "state", "state_since", "first_asked_on", "days_open")
TIMELINE = (
    "effective_on",
    "type",
    "verdict",
    "state_after",
    "asker",
    "excerpt",
    "corrected.reason",
)

State = Annotated[
    str | None, typer.Option(help="Such as unanswered, or unanswered,declined for either.")
]
Sort = Annotated[
    str | None,
    typer.Option(help="first_asked_on, state_since, days_open or updated_at; - before it: down."),
]
Dossiers = Annotated[
    list[str] | None, typer.Option("--dossier", help="Id or slug; may be repeated.")
]


@app.command("list")
def list_questions(
    company: Company = None,
    asker: Asker = None,
    dossier: Dossier = None,
    topic: Text = None,
    state: State = None,
    is_open: Annotated[bool | None, typer.Option("--open/--closed")] = None,
    overdue: Annotated[bool | None, typer.Option("--overdue/--not-overdue")] = None,
    asked_after: Date = None,
    asked_before: Date = None,
    q: Annotated[str | None, typer.Option("--search", "-q", help="Words to find.")] = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    sort: Sort = None,
    limit: Limit = 50,
    every: Every = False,
    url: Url = "",
    form: As = None,
) -> None:
    """List questions."""
    filters = {
        "company": company,
        "asker": asker,
        "dossier": dossier,
        "topic": topic,
        "state": state,
        "open": is_open,
        "overdue": overdue,
        "asked_after": asked_after,
        "asked_before": asked_before,
        "q": q,
        "as_of": as_of,
        "known_at": known_at,
        "sort": sort,
        "limit": limit,
    }
    doing.show_list(path_of("questions"), QUESTION, filters, every=every, url=url, form=form)


@app.command("show")
def show_question(
    question: TheQuestion,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    url: Url = "",
    form: As = None,
) -> None:
    """Show a question."""
    clocks = {"as_of": as_of, "known_at": known_at}
    doing.show_one(path_of("questions", question), clocks, url=url, form=form)


@app.command("timeline")
def show_timeline(
    question: TheQuestion,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    limit: Limit = 50,
    every: Every = False,
    url: Url = "",
    form: As = None,
) -> None:
    """Show a question's asks, responses and rulings in order, with the state after each."""
    filters = {"as_of": as_of, "known_at": known_at, "limit": limit}
    path = path_of("questions", question, "timeline")
    doing.show_list(path, TIMELINE, filters, every=every, url=url, form=form)


@app.command("add")
def add_question(
    company: Company = None,
    text: Text = None,
    lang: Lang = None,
    asker: Asker = None,
    asked_on: Date = None,
    channel: Text = None,
    source: Source = None,
    source_url: SourceUrl = None,
    source_title: SourceTitle = None,
    slug: Slug = None,
    context: Text = None,
    dossier: Dossiers = None,
    topic: Topics = None,
    respond_by: Date = None,
    external_id: Text = None,
    json: Json = None,
    dry_run: DryRun = False,
    url: Url = "",
    form: As = None,
) -> None:
    """Put a question on the record, with the ask by which it was put."""
    ask = _ask(asker, asked_on, channel, cited(source, source_url, source_title))
    body = doing.body(
        json,
        company=company,
        text=text,
        lang=lang,
        asks=[ask] if ask else None,
        slug=slug,
        context=context,
        dossiers=dossier,
        topics=topic,
        respond_by=respond_by,
        external_id=external_id,
    )
    doing.add(path_of("questions"), body, dry_run=dry_run, url=url, form=form)


@app.command("edit")
def edit_question(
    question: TheQuestion,
    text: Text = None,
    lang: Lang = None,
    slug: Text = None,
    context: Text = None,
    dossier: Dossiers = None,
    topic: Topics = None,
    respond_by: Date = None,
    last_checked_on: Date = None,
    external_id: Text = None,
    reason: Reason = None,
    json: Json = None,
    dry_run: DryRun = False,
    url: Url = "",
    form: As = None,
) -> None:
    """Change what is said of a question; dossiers and topics are replaced as a whole."""
    body = doing.body(
        json,
        text=text,
        lang=lang,
        slug=slug,
        context=context,
        dossiers=dossier,
        topics=topic,
        respond_by=respond_by,
        last_checked_on=last_checked_on,
        external_id=external_id,
        reason=reason,
    )
    doing.edit(path_of("questions", question), body, dry_run=dry_run, url=url, form=form)


@app.command("ask")
def ask_question(
    question: TheQuestion,
    asker: Asker = None,
    asked_on: Date = None,
    channel: Text = None,
    source: Source = None,
    source_url: SourceUrl = None,
    source_title: SourceTitle = None,
    json: Json = None,
    dry_run: DryRun = False,
    url: Url = "",
    form: As = None,
) -> None:
    """Record that somebody put a question that is on the record already."""
    given = _ask(asker, asked_on, channel, cited(source, source_url, source_title))
    body = doing.body(json, **given)
    doing.add(path_of("questions", question, "asks"), body, dry_run=dry_run, url=url, form=form)


@app.command("rule")
def rule_on_question(
    question: TheQuestion,
    state: Text = None,
    effective_on: Date = None,
    reason: Reason = None,
    source: Source = None,
    source_url: SourceUrl = None,
    source_title: SourceTitle = None,
    json: Json = None,
    dry_run: DryRun = False,
    url: Url = "",
    form: As = None,
) -> None:
    """Set a question's state by an editor's decision, with the reason."""
    body = doing.body(
        json,
        state=state,
        effective_on=effective_on,
        reason=reason,
        source=cited(source, source_url, source_title),
    )
    doing.add(path_of("questions", question, "rulings"), body, dry_run=dry_run, url=url, form=form)


def search(
    words: Annotated[list[str], typer.Argument(help="What to find; -word leaves out.")],
    company: Company = None,
    state: State = None,
    limit: Limit = 50,
    every: Every = False,
    url: Url = "",
    form: As = None,
) -> None:
    """Find questions by words, the best match first."""
    text = " ".join(words).strip()
    if not text:
        raise Failure("Give words to find.")
    filters = {"q": text, "company": company, "state": state, "limit": limit}
    doing.show_list(path_of("questions"), QUESTION, filters, every=every, url=url, form=form)


def _ask(asker: object, asked_on: object, channel: object, source: object) -> dict[str, object]:
    given = {"asker": asker, "asked_on": asked_on, "channel": channel, "source": source}
    return {name: value for name, value in given.items() if value is not None}
