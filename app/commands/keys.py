"""`answerable keys`: making, listing and revoking API keys, and reporting stolen ones."""

import re
from datetime import timedelta
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from app.auth import queries, service
from app.auth.models import ApiKey
from app.auth.schemas import CompromiseCreate, KeyCreate, Scope
from app.auth.secrets import load_pepper
from app.commands.common import Failure, opened, opened_to_record, run
from app.core import clock
from app.core.dates import format_instant
from app.core.settings import Settings
from app.ledger import flags, recorder

app = typer.Typer(no_args_is_help=True, help="Make, list and revoke API keys.")
SINCE = "Give a day, such as 2026-11-01, or an RFC 3339 instant, such as 2026-11-01T09:00:00Z."
DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


@app.command("create")
def create_key(
    name: Annotated[str, typer.Argument(help="Public: the actor of what the key writes.")],
    scope: Annotated[list[Scope], typer.Option(help="What it may do; may be repeated.")],
    expires_in_days: Annotated[int | None, typer.Option(min=1, help="Default: never.")] = None,
) -> None:
    """Make an API key and print it, once."""
    expires_at = clock.now() + timedelta(days=expires_in_days) if expires_in_days else None
    try:
        new = KeyCreate(name=name, scopes=scope, expires_at=expires_at)
    except ValidationError as error:
        raise Failure(error.errors()[0]["msg"]) from None
    settings = Settings()
    secret = run(_create(settings, new, load_pepper(settings)))
    print(secret)
    typer.echo("This is the only time that the key is shown. Keep it safe.", err=True)


@app.command("list")
def list_keys() -> None:
    """List API keys: id, name, scopes, prefix, state."""
    for row in run(_list(Settings())):
        print("\t".join(row))


@app.command("revoke")
def revoke_key(key: Annotated[str, typer.Argument(help="The key's id or name.")]) -> None:
    """Revoke an API key at once and for good."""
    print(f"Revoked {run(_revoke(Settings(), key))}.")


@app.command("compromised")
def report_compromised_key(
    key: Annotated[str, typer.Argument(help="The key's id or name.")],
    since: Annotated[
        str,
        typer.Option(
            help="Since when somebody else may have had it: 2026-11-01, or 2026-11-01T09:00:00Z."
        ),
    ],
    reason: Annotated[str | None, typer.Option(help="Public: why.")] = None,
) -> None:
    """Report an API key stolen: revoke it, and flag what it has written since for review.

    Nothing is deleted. The report is public. Another one with an earlier instant flags more.
    """
    instant = f"{since}T00:00:00Z" if DAY.fullmatch(since) else since
    try:
        report = CompromiseCreate.model_validate({"since": instant, "reason": reason})
    except ValidationError as error:
        fault = error.errors()[0]
        detail = SINCE if fault["loc"] == ("since",) else fault["msg"]
        raise Failure(f"--{fault['loc'][0]}: {detail}") from None
    for said in run(_compromised(Settings(), key, report)):
        print(said)


async def _create(settings: Settings, new: KeyCreate, pepper: bytes) -> str:
    async with opened(settings) as database, database.writing() as session:
        _, secret = await service.create(session, new, created_by="cli", pepper=pepper)
    return secret


async def _list(settings: Settings) -> list[tuple[str, ...]]:
    async with opened(settings) as database, database.reading() as session:
        found = await queries.page(session, after=None, limit=10_000)
    return [(key.id, key.name, ",".join(key.scopes), key.prefix, _state(key)) for key in found]


def _state(key: Any) -> str:
    if key.revoked_at is not None:
        return f"revoked {format_instant(key.revoked_at)}"
    if key.expires_at is not None:
        verb = "expired" if key.expires_at <= clock.now() else "expires"
        return f"{verb} {format_instant(key.expires_at)}"
    return "good"


async def _revoke(settings: Settings, reference: str) -> str:
    async with opened(settings) as database, database.writing() as session:
        key = await _named(session, reference)
        service.revoke(key)
    return key.name


async def _compromised(settings: Settings, reference: str, new: CompromiseCreate) -> list[str]:
    """Report a key, and return what to tell of it."""
    async with (
        opened_to_record(settings) as database,
        recorder.recording(database, actor=service.CLI) as session,
    ):
        key = await _named(session, reference)
        report = await service.compromised(session, key, since=new.since, reason=new.reason)
        count = await flags.count(session, report)
        made = await queries.made_by(session, key.name, report.since)
    window = f"from {format_instant(report.since)} to {format_instant(report.until)}"
    told = [
        f"Revoked {key.name} ({key.id}) and reported it stolen, as event {report.version}.",
        f"What it wrote {window} is flagged for review.",
        f"Flagged events: {count}. See {settings.public_url}{flags.REVIEW}",
    ]
    if made:
        told.append("Keys that it has made since, which this does not revoke; look at them:")
    return told + [f"{one.id}\t{one.name}\t{_state(one)}" for one in made]


async def _named(session: AsyncSession, reference: str) -> ApiKey:
    return await queries.by_name(session, reference) or await queries.get(session, reference)
