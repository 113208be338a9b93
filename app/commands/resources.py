"""`answerable companies`, `askers`, `dossiers`, `sources`: whom and what questions are about."""

from typing import Annotated

import typer

from app.commands import doing
from app.commands.options import (
    As,
    Date,
    DryRun,
    Every,
    Id,
    Json,
    Lang,
    Limit,
    Reason,
    Slug,
    Text,
    TheAsker,
    TheCompany,
    TheDossier,
    Url,
)
from app.commands.remote import path_of
from app.commands.sources import app as sources

companies = typer.Typer(no_args_is_help=True, help="Whom questions are put to.")
askers = typer.Typer(no_args_is_help=True, help="Who puts questions.")
dossiers = typer.Typer(no_args_is_help=True, help="Named sets of questions.")

COMPANY = ("slug", "name", "identifiers", "description")
ASKER = ("slug", "name", "kind", "description")
DOSSIER = ("slug", "title", "description")
SOURCE = ("id", "title", "publisher", "published_on", "url", "online")

Identifiers = Annotated[
    list[str] | None,
    typer.Option("--identifier", help="Such as wikidata=Q2283; may be repeated."),
]
AskerKind = Annotated[
    str | None,
    typer.Option(
        help="newsroom, ngo, employees, investor, regulator, lawmaker, researcher, individual or"
        " anonymous."
    ),
]


@companies.command("list")
def list_companies(
    identifier: Annotated[
        str | None, typer.Option(help="Such as lei:INR2EJN1ERAN0W5ZP974.")
    ] = None,
    limit: Limit = 50,
    every: Every = False,
    url: Url = "",
    form: As = None,
) -> None:
    """List companies."""
    filters = {"identifier": identifier, "limit": limit}
    doing.show_list(path_of("companies"), COMPANY, filters, every=every, url=url, form=form)


@companies.command("show")
def show_company(company: TheCompany, url: Url = "", form: As = None) -> None:
    """Show a company."""
    doing.show_one(path_of("companies", company), url=url, form=form)


@companies.command("add")
def add_company(
    name: Text = None,
    slug: Slug = None,
    description: Text = None,
    identifier: Identifiers = None,
    json: Json = None,
    dry_run: DryRun = False,
    url: Url = "",
    form: As = None,
) -> None:
    """Put a company on the record."""
    body = doing.body(
        json,
        name=name,
        slug=slug,
        description=description,
        identifiers=doing.pairs("identifier", identifier),
    )
    doing.add(path_of("companies"), body, dry_run=dry_run, url=url, form=form)


@companies.command("edit")
def edit_company(
    company: TheCompany,
    name: Text = None,
    slug: Text = None,
    description: Text = None,
    identifier: Identifiers = None,
    reason: Reason = None,
    json: Json = None,
    dry_run: DryRun = False,
    url: Url = "",
    form: As = None,
) -> None:
    """Change what is said of a company; identifiers are replaced as a whole."""
    body = doing.body(
        json,
        name=name,
        slug=slug,
        description=description,
        identifiers=doing.pairs("identifier", identifier),
        reason=reason,
    )
    doing.edit(path_of("companies", company), body, dry_run=dry_run, url=url, form=form)


@askers.command("list")
def list_askers(
    kind: AskerKind = None,
    limit: Limit = 50,
    every: Every = False,
    url: Url = "",
    form: As = None,
) -> None:
    """List askers."""
    filters = {"kind": kind, "limit": limit}
    doing.show_list(path_of("askers"), ASKER, filters, every=every, url=url, form=form)


@askers.command("show")
def show_asker(asker: TheAsker, url: Url = "", form: As = None) -> None:
    """Show an asker."""
    doing.show_one(path_of("askers", asker), url=url, form=form)


@askers.command("add")
def add_asker(
    name: Text = None,
    kind: AskerKind = None,
    slug: Slug = None,
    description: Text = None,
    website: Text = None,
    json: Json = None,
    dry_run: DryRun = False,
    url: Url = "",
    form: As = None,
) -> None:
    """Put an asker on the record."""
    body = doing.body(
        json, name=name, kind=kind, slug=slug, description=description, website=website
    )
    doing.add(path_of("askers"), body, dry_run=dry_run, url=url, form=form)


@askers.command("edit")
def edit_asker(
    asker: TheAsker,
    name: Text = None,
    kind: AskerKind = None,
    slug: Text = None,
    description: Text = None,
    website: Text = None,
    reason: Reason = None,
    json: Json = None,
    dry_run: DryRun = False,
    url: Url = "",
    form: As = None,
) -> None:
    """Change what is said of an asker."""
    body = doing.body(
        json,
        name=name,
        kind=kind,
        slug=slug,
        description=description,
        website=website,
        reason=reason,
    )
    doing.edit(path_of("askers", asker), body, dry_run=dry_run, url=url, form=form)


@dossiers.command("list")
def list_dossiers(limit: Limit = 50, every: Every = False, url: Url = "", form: As = None) -> None:
    """List dossiers."""
    filters = {"limit": limit}
    doing.show_list(path_of("dossiers"), DOSSIER, filters, every=every, url=url, form=form)


@dossiers.command("show")
def show_dossier(dossier: TheDossier, url: Url = "", form: As = None) -> None:
    """Show a dossier with its questions."""
    doing.show_one(path_of("dossiers", dossier), {"expand": "questions"}, url=url, form=form)


@dossiers.command("add")
def add_dossier(
    title: Text = None,
    slug: Slug = None,
    description: Text = None,
    json: Json = None,
    dry_run: DryRun = False,
    url: Url = "",
    form: As = None,
) -> None:
    """Put a dossier on the record."""
    body = doing.body(json, title=title, slug=slug, description=description)
    doing.add(path_of("dossiers"), body, dry_run=dry_run, url=url, form=form)


@dossiers.command("edit")
def edit_dossier(
    dossier: TheDossier,
    title: Text = None,
    slug: Text = None,
    description: Text = None,
    reason: Reason = None,
    json: Json = None,
    dry_run: DryRun = False,
    url: Url = "",
    form: As = None,
) -> None:
    """Change what is said of a dossier."""
    body = doing.body(json, title=title, slug=slug, description=description, reason=reason)
    doing.edit(path_of("dossiers", dossier), body, dry_run=dry_run, url=url, form=form)


@sources.command("list")
def list_sources(
    cited: Annotated[str | None, typer.Option(help="Those with this address.")] = None,
    sha256: Annotated[str | None, typer.Option(help="Those with this hash.")] = None,
    limit: Limit = 50,
    every: Every = False,
    url: Url = "",
    form: As = None,
) -> None:
    """List sources."""
    filters = {"url": cited, "sha256": sha256, "limit": limit}
    doing.show_list(path_of("sources"), SOURCE, filters, every=every, url=url, form=form)


@sources.command("show")
def show_source(source: Id, url: Url = "", form: As = None) -> None:
    """Show a source."""
    doing.show_one(path_of("sources", source), url=url, form=form)


@sources.command("add")
def add_source(
    cited: Annotated[str | None, typer.Option(help="Its address.")] = None,
    title: Text = None,
    publisher: Text = None,
    published_on: Date = None,
    lang: Lang = None,
    quote: Text = None,
    archived_url: Text = None,
    sha256: Annotated[str | None, typer.Option(help="Hash of what was seen.")] = None,
    json: Json = None,
    dry_run: DryRun = False,
    url: Url = "",
    form: As = None,
) -> None:
    """Put a source on the record; the same address and hash is the same source."""
    body = doing.body(
        json,
        url=cited,
        title=title,
        publisher=publisher,
        published_on=published_on,
        lang=lang,
        quote=quote,
        archived_url=archived_url,
        sha256=sha256,
    )
    doing.add(path_of("sources"), body, dry_run=dry_run, url=url, form=form)
