"""`answerable keys compromised`: what the command takes, does and prints."""

import asyncio
from typing import Any

import pytest

from app.auth import queries
from app.core.db import Database
from app.core.settings import Settings
from tests.auth.test_compromised_keys import REVIEW, Thief, flagged
from tests.support.client import Client
from tests.test_cli import answerable, of


@pytest.fixture
async def thief(admin: Client) -> Thief:
    body = {"name": "newsroom", "scopes": ["write"]}
    return Thief(admin, await admin.post("/v1/keys", body))


def command(settings: Settings, *arguments: str) -> Any:
    """Run `answerable keys compromised` in a thread, because a test's event loop is running."""
    variables = {**of(settings), "ANSWERABLE_PUBLIC_URL": settings.public_url}
    return asyncio.to_thread(answerable, "keys", "compromised", *arguments, **variables)


async def test_the_command_revokes_flags_and_says_where_to_look(
    admin: Client, thief: Thief, settings: Settings
) -> None:
    event = await thief.write()

    ended = await command(
        settings, "newsroom", "--since", event["recorded_at"], "--reason", "A laptop was stolen."
    )

    told = (await admin.events())[-1]
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.splitlines() == [
        f"Revoked newsroom ({thief.id}) and reported it stolen, as event {told['seq']}.",
        f"What it wrote from {event['recorded_at']} to {told['recorded_at']} is flagged for"
        " review.",
        f"Flagged events: 1. See {REVIEW}",
    ]
    assert (told["type"], told["actor"]) == ("key.compromised", "cli")
    assert told["reason"] == "A laptop was stolen."
    assert await flagged(admin) == [event["seq"]]
    await thief.post("/v1/companies", {"name": "Another"}, 401)


async def test_the_command_takes_an_id_and_a_day_and_names_the_keys_that_it_made(
    admin: Client, settings: Settings, database: Database
) -> None:
    async with database.reading() as session:
        key = await queries.by_name(session, "root")
    assert key is not None
    made = await admin.post("/v1/keys", {"name": "made since", "scopes": ["write"]})

    ended = await command(settings, key.id, "--since", "2020-01-01")

    lines = ended.stdout.splitlines()
    assert ended.returncode == 0, ended.stderr
    assert lines[0].startswith(f"Revoked root ({key.id})")
    assert "from 2020-01-01T00:00:00.000000Z to 20" in lines[1]
    assert lines[3:] == [
        "Keys that it has made since, which this does not revoke; look at them:",
        f"{made['id']}\tmade since\tgood",
    ]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("newsroom", "--since", "yesterday"), "error: --since: Give a day, such as 2026-11-01"),
        (("newsroom", "--since", "9999-01-01"), "error: Give the instant of the past"),
        (("newsroom", "--since", "2020-01-01", "--reason", " "), "error: --reason: Give some text"),
        (("nobody", "--since", "2020-01-01"), "error: There is no key with this id"),
    ],
)
async def test_the_command_says_what_is_wrong_and_revokes_nothing(
    thief: Thief, settings: Settings, arguments: tuple[str, ...], said: str
) -> None:
    ended = await command(settings, *arguments)

    assert ended.returncode == 1
    assert ended.stdout == ""
    assert ended.stderr.startswith(said)
    await thief.write()
