"""`answerable drafts`: writes that are kept until they are published."""

from typing import Annotated

import typer

from app.commands import doing
from app.commands.options import As, DryRun, Every, Id, Json, Limit, Text, Url
from app.commands.remote import path_of

app = typer.Typer(no_args_is_help=True, help="Writes that are kept until they are published.")

DRAFT = ("id", "title", "kind", "status", "publish_at", "updated_by", "problem.detail")

PublishAt = Annotated[
    str | None,
    typer.Option(metavar="INSTANT", help="When it is published; left out: by `drafts publish`."),
]


@app.command("list")
def list_drafts(
    status: Annotated[str | None, typer.Option(help="waiting, failed or published.")] = None,
    kind: Text = None,
    limit: Limit = 50,
    every: Every = False,
    url: Url = "",
    form: As = None,
) -> None:
    """List drafts, oldest first."""
    filters = {"status": status, "kind": kind, "limit": limit}
    doing.show_list(path_of("drafts"), DRAFT, filters, every=every, url=url, form=form)


@app.command("show")
def show_draft(draft: Id, url: Url = "", form: As = None) -> None:
    """Show a draft: what it holds, and what became of it."""
    doing.show_one(path_of("drafts", draft), url=url, form=form)


@app.command("add")
def add_draft(
    kind: Annotated[
        str | None,
        typer.Option(help="Such as statement: --json is then the body of that write alone."),
    ] = None,
    title: Text = None,
    publish_at: PublishAt = None,
    json: Json = None,
    dry_run: DryRun = False,
    url: Url = "",
    form: As = None,
) -> None:
    """Keep a write until it is published; it is checked now, and again at its hour."""
    if kind is None:
        body = doing.body(json, title=title, publish_at=publish_at)
    else:
        write = {"kind": kind, "body": doing.body(json)}
        body = doing.body(None, write=write, title=title, publish_at=publish_at)
    doing.add(path_of("drafts"), body, dry_run=dry_run, url=url, form=form)


@app.command("edit")
def edit_draft(
    draft: Id,
    title: Text = None,
    publish_at: PublishAt = None,
    json: Json = None,
    dry_run: DryRun = False,
    url: Url = "",
    form: As = None,
) -> None:
    """Change a draft; what it holds (`write`) is replaced as a whole, by --json."""
    body = doing.body(json, title=title, publish_at=publish_at)
    doing.edit(path_of("drafts", draft), body, dry_run=dry_run, url=url, form=form)


@app.command("delete")
def delete_draft(draft: Id, dry_run: DryRun = False, url: Url = "") -> None:
    """Delete a draft for good; what a published one became stays on the record."""
    doing.delete("drafts", draft, dry_run=dry_run, url=url)


@app.command("publish")
def publish_draft(draft: Id, dry_run: DryRun = False, url: Url = "", form: As = None) -> None:
    """Put on the record at once what a draft holds, whatever its hour."""
    path = path_of("drafts", draft, "publish")
    doing.add(path, None, dry_run=dry_run, url=url, form=form)
