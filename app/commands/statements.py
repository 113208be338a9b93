"""`answerable statements` and `corrections`: what companies said, and what was wrong."""

from typing import Annotated

import typer

from app.commands import doing
from app.commands.options import (
    As,
    Company,
    Date,
    DryRun,
    Every,
    Id,
    Json,
    Lang,
    Limit,
    Question,
    Reason,
    Source,
    SourceTitle,
    SourceUrl,
    Text,
    Url,
    cited,
)
from app.commands.remote import path_of

statements = typer.Typer(no_args_is_help=True, help="What companies said.")
corrections = typer.Typer(no_args_is_help=True, help="What was wrong, retracted in public.")

STATEMENT = ("id", "company.slug", "kind", "title", "published_on", "response_count")
CORRECTION = ("id", "target", "reason", "replacement", "recorded_at")

Kind = Annotated[
    str | None,
    typer.Option(help="publication, reply, no_comment, filing, testimony or interview."),
]
Responses = Annotated[
    list[str] | None,
    typer.Option(
        "--response",
        metavar="QUESTION=VERDICT",
        help="How it bears on a question: acknowledged, declined, nonresponsive, partial or"
        " answered; may be repeated.",
    ),
]


@statements.command("list")
def list_statements(
    company: Company = None,
    question: Question = None,
    kind: Kind = None,
    limit: Limit = 50,
    every: Every = False,
    url: Url = "",
    form: As = None,
) -> None:
    """List statements."""
    filters = {"company": company, "question": question, "kind": kind, "limit": limit}
    doing.show_list(path_of("statements"), STATEMENT, filters, every=every, url=url, form=form)


@statements.command("show")
def show_statement(statement: Id, url: Url = "", form: As = None) -> None:
    """Show a statement with its responses."""
    path = path_of("statements", statement)
    doing.show_one(path, {"expand": "responses"}, url=url, form=form)


@statements.command("publish")
def publish_statement(
    company: Company = None,
    kind: Kind = None,
    title: Text = None,
    published_on: Date = None,
    lang: Lang = None,
    summary: Text = None,
    attributed_to: Annotated[str | None, typer.Option(help="Who said it, if it is signed.")] = None,
    source: Source = None,
    source_url: SourceUrl = None,
    source_title: SourceTitle = None,
    response: Responses = None,
    json: Json = None,
    dry_run: DryRun = False,
    url: Url = "",
    form: As = None,
) -> None:
    """Publish what a company said, and how it bears on questions."""
    responses = [
        {"question": question, "verdict": verdict}
        for question, verdict in doing.pairs("response", response).items()
    ]
    body = doing.body(
        json,
        company=company,
        kind=kind,
        title=title,
        published_on=published_on,
        lang=lang,
        summary=summary,
        attributed_to=attributed_to,
        source=cited(source, source_url, source_title),
        responses=responses,
    )
    doing.add(path_of("statements"), body, dry_run=dry_run, url=url, form=form)


@statements.command("respond")
def add_response(
    statement: Id,
    question: Question = None,
    verdict: Text = None,
    excerpt: Text = None,
    rationale: Text = None,
    json: Json = None,
    dry_run: DryRun = False,
    url: Url = "",
    form: As = None,
) -> None:
    """Add how a statement bears on one more question."""
    body = doing.body(
        json, question=question, verdict=verdict, excerpt=excerpt, rationale=rationale
    )
    path = path_of("statements", statement, "responses")
    doing.add(path, body, dry_run=dry_run, url=url, form=form)


@corrections.command("list")
def list_corrections(
    company: Company = None,
    question: Question = None,
    limit: Limit = 50,
    every: Every = False,
    url: Url = "",
    form: As = None,
) -> None:
    """List corrections."""
    filters = {"company": company, "question": question, "limit": limit}
    doing.show_list(path_of("corrections"), CORRECTION, filters, every=every, url=url, form=form)


@corrections.command("show")
def show_correction(correction: Id, url: Url = "", form: As = None) -> None:
    """Show a correction."""
    doing.show_one(path_of("corrections", correction), url=url, form=form)


@corrections.command("add")
def correct(
    target: Annotated[
        str | None, typer.Argument(help="Id of an ask, statement, response or ruling.")
    ] = None,
    reason: Reason = None,
    replace: Annotated[
        list[str] | None,
        typer.Option(
            "--replace",
            metavar="FIELD=VALUE",
            help="A corrected field, such as verdict=partial; may be repeated.",
        ),
    ] = None,
    json: Json = None,
    dry_run: DryRun = False,
    url: Url = "",
    form: As = None,
) -> None:
    """Retract in public what was wrong; with --replace the corrected entry takes its place."""
    body = doing.body(
        json, target=target, reason=reason, replacement=doing.pairs("replace", replace)
    )
    doing.add(path_of("corrections"), body, dry_run=dry_run, url=url, form=form)
