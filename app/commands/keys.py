"""`answerable keys`: making, listing and revoking API keys, and reporting stolen ones."""

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from app.auth import queries, service
from app.auth.models import ApiKey
from app.auth.schemas import CompromiseCreate, KeyCreate, Scope
from app.auth.secrets import load_pepper
from app.commands import remote_keys
from app.commands.common import Failure, opened, opened_to_record, run
from app.core import clock
from app.core.dates import format_instant
from app.core.settings import Settings
from app.ledger import flags, recorder

app = typer.Typer(no_args_is_help=True, help="Make, list, rotate and revoke API keys.")
SINCE = "Give a day, such as 2026-11-01, or an RFC 3339 instant, such as 2026-11-01T09:00:00Z."
ONCE = "This is the only time that the key is shown. Keep it safe."
DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)

Key = Annotated[str, typer.Argument(help="The key's id or name.")]
Url = Annotated[
    str,
    typer.Option(
        "--url", help="A running server, by a key of the scope admin, instead of the database here."
    ),
]


@app.command("create")
def create_key(
    name: Annotated[str, typer.Argument(help="Public: the actor of what the key writes.")],
    scope: Annotated[list[Scope], typer.Option(help="What it may do; may be repeated.")],
    expires_in_days: Annotated[int | None, typer.Option(min=1, help="Default: never.")] = None,
    url: Url = "",
) -> None:
    """Make an API key and print it, once."""
    expires_at = clock.now() + timedelta(days=expires_in_days) if expires_in_days else None
    try:
        new = KeyCreate(name=name, scopes=scope, expires_at=expires_at)
    except ValidationError as error:
        raise Failure(error.errors()[0]["msg"]) from None
    if url:
        secret = remote_keys.create(url, new)
    else:
        settings = Settings()
        secret = run(_create(settings, new, load_pepper(settings)))
    print(secret)
    typer.echo(ONCE, err=True)


@app.command("list")
def list_keys(url: Url = "") -> None:
    """List API keys: id, name, scopes, prefix, state."""
    found = remote_keys.every(url) if url else run(_list(Settings()))
    for row in map(_row, found):
        print("\t".join(row))


@app.command("revoke")
def revoke_key(key: Key, url: Url = "") -> None:
    """Revoke an API key at once and for good."""
    name = remote_keys.revoke(url, key) if url else run(_revoke(Settings(), key))
    print(f"Revoked {name}.")


@app.command("rotate")
def rotate_key(
    key: Key,
    overlap_hours: Annotated[
        int, typer.Option(min=0, max=168, help="How long the former secret stays good.")
    ] = 24,
    url: Url = "",
) -> None:
    """Give an API key a new secret, and print it, once."""
    if url:
        secret = remote_keys.rotate(url, key, overlap_hours)
    else:
        settings = Settings()
        overlap = timedelta(hours=overlap_hours)
        secret = run(_rotate(settings, key, overlap, load_pepper(settings)))
    print(secret)
    typer.echo(ONCE, err=True)


@app.command("compromised")
def report_compromised_key(
    key: Key,
    since: Annotated[
        str,
        typer.Option(
            help="Since when somebody else may have had it: 2026-11-01, or 2026-11-01T09:00:00Z."
        ),
    ],
    reason: Annotated[str | None, typer.Option(help="Public: why.")] = None,
    url: Url = "",
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
    if url:
        told = _compromised_there(url, key, report)
    else:
        told = run(_compromised(Settings(), key, report))
    print("\n".join(told))


async def _create(settings: Settings, new: KeyCreate, pepper: bytes) -> str:
    async with opened(settings) as database, database.writing() as session:
        _, secret = await service.create(session, new, created_by="cli", pepper=pepper)
    return secret


async def _list(settings: Settings) -> Sequence[Any]:
    async with opened(settings) as database, database.reading() as session:
        return await queries.page(session, after=None, limit=10_000)


async def _rotate(settings: Settings, reference: str, overlap: timedelta, pepper: bytes) -> str:
    async with opened(settings) as database, database.writing() as session:
        key = await _named(session, reference)
        return service.rotate(key, overlap=overlap, pepper=pepper)


def _row(key: Any) -> tuple[str, ...]:
    return key.id, key.name, ",".join(key.scopes), key.prefix, _state(key)


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
    url = f"{settings.public_url}{flags.REVIEW}"
    told = _told(report, key.id, key.name, report.version, count, url)
    return told + _made(made)


def _compromised_there(url: str, reference: str, new: CompromiseCreate) -> list[str]:
    report = remote_keys.compromised(url, reference, new)
    told = _told(
        report, report.key, report.actor, report.seq, report.flagged_count, report.review_url
    )
    ids = {one.id for one in report.keys_made}
    return told + _made([one for one in remote_keys.every(url) if one.id in ids])


def _told(report: Any, key: str, name: str, seq: int, count: int, review: str) -> list[str]:
    window = f"from {format_instant(report.since)} to {format_instant(report.until)}"
    return [
        f"Revoked {name} ({key}) and reported it stolen, as event {seq}.",
        f"What it wrote {window} is flagged for review.",
        f"Flagged events: {count}. See {review}",
    ]


def _made(made: Sequence[Any]) -> list[str]:
    if not made:
        return []
    head = "Keys that it has made since, which this does not revoke; look at them:"
    return [head, *(f"{one.id}\t{one.name}\t{_state(one)}" for one in made)]


async def _named(session: AsyncSession, reference: str) -> ApiKey:
    return await queries.by_name(session, reference) or await queries.get(session, reference)
