"""`answerable webhooks`: subscriptions of the key in use, and what became of their deliveries."""

from typing import Annotated

import typer

from app.commands import doing
from app.commands.options import (
    As,
    Asker,
    Company,
    Dossier,
    DryRun,
    Every,
    Json,
    Limit,
    Question,
    Text,
    Url,
)
from app.commands.remote import path_of

app = typer.Typer(no_args_is_help=True, help="Who is told of events, and what became of it.")

WEBHOOK = ("id", "url", "status", "event_types", "description", "last_error")
DELIVERY = ("id", "number", "seq", "event_type", "status", "attempt_count", "last_error")

Webhook = Annotated[str, typer.Argument(help="Its id.")]
Endpoint = Annotated[str | None, typer.Option(help="Where to post.")]
Types = Annotated[
    list[str] | None,
    typer.Option("--type", help="Such as question.state_changed; may be repeated."),
]
State = Annotated[
    str | None, typer.Option(help="Where the question stands after it; several by commas.")
]
Format = Annotated[
    str | None,
    typer.Option("--body", help="standard, cloudevents, slack, discord, teams or mattermost."),
]
Ordered = Annotated[bool | None, typer.Option("--ordered/--unordered", help="One at a time.")]


@app.command("list")
def list_webhooks(limit: Limit = 50, every: Every = False, url: Url = "", form: As = None) -> None:
    """List the subscriptions of the key in use."""
    filters = {"limit": limit}
    doing.show_list(path_of("webhooks"), WEBHOOK, filters, every=every, url=url, form=form)


@app.command("show")
def show_webhook(webhook: Webhook, url: Url = "", form: As = None) -> None:
    """Show a subscription, and how much is waiting."""
    doing.show_one(path_of("webhooks", webhook), url=url, form=form)


@app.command("add")
def add_webhook(
    endpoint: Endpoint = None,
    kind: Types = None,
    company: Company = None,
    dossier: Dossier = None,
    topic: Text = None,
    question: Question = None,
    asker: Asker = None,
    state: State = None,
    body_format: Format = None,
    ordered: Ordered = None,
    description: Text = None,
    json: Json = None,
    dry_run: DryRun = False,
    url: Url = "",
    form: As = None,
) -> None:
    """Subscribe to events; the answer has the secret, this once."""
    wanted = {
        "company": company,
        "dossier": dossier,
        "topic": topic,
        "question": question,
        "asker": asker,
        "state": state,
    }
    body = doing.body(
        json,
        url=endpoint,
        event_types=kind,
        filter={name: value for name, value in wanted.items() if value is not None},
        format=body_format,
        ordered=ordered,
        description=description,
    )
    doing.add(path_of("webhooks"), body, dry_run=dry_run, url=url, form=form)


@app.command("edit")
def edit_webhook(
    webhook: Webhook,
    endpoint: Endpoint = None,
    kind: Types = None,
    body_format: Format = None,
    ordered: Ordered = None,
    description: Text = None,
    json: Json = None,
    dry_run: DryRun = False,
    url: Url = "",
    form: As = None,
) -> None:
    """Change a subscription; its filter by --json."""
    body = doing.body(
        json,
        url=endpoint,
        event_types=kind,
        format=body_format,
        ordered=ordered,
        description=description,
    )
    doing.edit(path_of("webhooks", webhook), body, dry_run=dry_run, url=url, form=form)


@app.command("delete")
def delete_webhook(webhook: Webhook, dry_run: DryRun = False, url: Url = "") -> None:
    """End a subscription."""
    doing.delete("webhooks", webhook, dry_run=dry_run, url=url)


@app.command("test")
def send_test(webhook: Webhook, dry_run: DryRun = False, url: Url = "", form: As = None) -> None:
    """Send a test that nothing on the record stands behind."""
    path = path_of("webhooks", webhook, "test")
    doing.add(path, None, dry_run=dry_run, url=url, form=form)


@app.command("enable")
def enable_webhook(
    webhook: Webhook,
    replay_held: Annotated[
        bool, typer.Option("--replay-held", help="Send what was held, too.")
    ] = False,
    dry_run: DryRun = False,
    url: Url = "",
    form: As = None,
) -> None:
    """Enable a subscription again."""
    path = path_of("webhooks", webhook, "enable")
    body = {"replay_held": replay_held}
    doing.add(path, body, dry_run=dry_run, url=url, form=form)


@app.command("rotate-secret")
def rotate_secret(
    webhook: Webhook, dry_run: DryRun = False, url: Url = "", form: As = None
) -> None:
    """Make a new secret, shown this once; for 24 hours the former one signs too."""
    path = path_of("webhooks", webhook, "rotate-secret")
    doing.add(path, None, dry_run=dry_run, url=url, form=form)


@app.command("deliveries")
def list_deliveries(
    webhook: Webhook,
    status: Text = None,
    limit: Limit = 50,
    every: Every = False,
    url: Url = "",
    form: As = None,
) -> None:
    """List deliveries, the newest first."""
    filters = {"status": status, "limit": limit}
    path = path_of("webhooks", webhook, "deliveries")
    doing.show_list(path, DELIVERY, filters, every=every, url=url, form=form)


@app.command("replay")
def replay_webhook(
    webhook: Webhook,
    delivery: Annotated[str | None, typer.Option(help="Only this one, by its id.")] = None,
    after: Annotated[int | None, typer.Option(min=0, help="All events after this seq.")] = None,
    since: Annotated[
        str | None, typer.Option(metavar="INSTANT", help="Or all that were recorded since.")
    ] = None,
    dry_run: DryRun = False,
    url: Url = "",
    form: As = None,
) -> None:
    """Send again: one delivery, or all events from somewhere on; --dry-run counts them."""
    if delivery is not None:
        path = path_of("webhooks", webhook, "deliveries", delivery, "replay")
        doing.add(path, None, dry_run=dry_run, url=url, form=form)
        return
    body = doing.body(None, after_seq=after, since=since)
    path = path_of("webhooks", webhook, "replay")
    doing.add(path, body, dry_run=dry_run, url=url, form=form)
