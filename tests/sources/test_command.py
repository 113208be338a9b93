"""`answerable sources check`, as an operator runs it."""

import asyncio
import hashlib
import subprocess
from typing import Any

from app.core.settings import Settings
from tests.commands.test_verify import own
from tests.support.client import Client
from tests.support.receiver import Receiver
from tests.test_cli import answerable
from tests.webhooks.test_transport import answer

BODY = b"what was cited"
HASH = hashlib.sha256(BODY).hexdigest()


async def command(
    settings: Settings, *arguments: str, networks: str = "127.0.0.0/8"
) -> subprocess.CompletedProcess[str]:
    """Run it in a thread, so that the site can answer meanwhile."""
    return await asyncio.to_thread(
        answerable,
        "sources",
        "check",
        *arguments,
        **{**own(settings), "ANSWERABLE_WEBHOOK_ALLOW_NETWORKS": networks},
    )


async def cite(site: Receiver, editor: Client, path: str) -> Any:
    return await editor.post("/v1/sources", {"url": site.url(path), "sha256": HASH})


async def test_each_source_is_a_line_and_the_last_line_sums_up(
    settings: Settings, site: Receiver, editor: Client
) -> None:
    site.answers = {
        "/same": answer(200, body=BODY),
        "/changed": answer(200, body=b"others"),
        "/gone": answer(404),
        "/away": answer(503),
    }
    sources = {path: await cite(site, editor, path) for path in site.answers}

    ended = await command(settings)

    assert (ended.returncode, ended.stderr) == (0, "")
    *lines, last = ended.stdout.splitlines()
    said = {
        "/same": ["same", "recorded"],
        "/changed": ["changed", "recorded"],
        "/gone": ["gone", "recorded"],
        "/away": ["unreachable", "It answered 503."],
    }
    assert sorted(lines) == sorted(
        "\t".join([source["id"], said[path][0], site.url(path), said[path][1]])
        for path, source in sources.items()
    )
    assert last == "4 looked at: 1 same, 1 changed, 1 gone, 1 unreachable; 3 recorded."
    assert len(await editor.events(type="source.updated,source.changed,source.gone")) == 3

    again = await command(settings)
    assert again.stdout.splitlines()[-1] == (
        "1 looked at: 0 same, 0 changed, 0 gone, 1 unreachable; 0 recorded."
    )
    all_ = await command(settings, "--older-than", "0", "--limit", "3")
    *lines, last = all_.stdout.splitlines()
    assert len(lines) == 3
    assert not [line for line in lines if line.endswith("\trecorded")]
    assert last == "3 looked at: 1 same, 1 changed, 1 gone, 0 unreachable; 0 recorded."


async def test_one_source_is_looked_at_and_a_dry_run_keeps_nothing(
    settings: Settings, site: Receiver, editor: Client
) -> None:
    site.answer = answer(410)
    source, _ = await cite(site, editor, "/a"), await cite(site, editor, "/b")

    foreseen = await command(settings, source["id"], "--dry-run")

    assert foreseen.returncode == 0
    assert foreseen.stdout.splitlines() == [
        f"{source['id']}\tgone\t{site.url('/a')}\twould be recorded",
        "1 looked at: 0 same, 0 changed, 1 gone, 0 unreachable; nothing was recorded.",
    ]
    assert await editor.get(f"/v1/sources/{source['id']}") == source

    done = await command(settings, source["id"])
    assert done.stdout.splitlines()[0].endswith("\trecorded")
    again = await command(settings, source["id"])
    assert again.stdout.splitlines()[0] == f"{source['id']}\tgone\t{site.url('/a')}"
    assert [request.path for request in site.requests] == ["/a"] * 3


async def test_what_cannot_be_looked_at_at_all_is_a_clear_error(
    settings: Settings, editor: Client
) -> None:
    paper = await editor.post("/v1/sources", {"title": "On paper", "sha256": HASH})

    unknown = await command(settings, "source_01jv8z4x9kf3t8w2m5r7c1q0ab")
    without = await command(settings, paper["id"])

    assert (unknown.returncode, without.returncode) == (1, 1)
    assert unknown.stderr.startswith("error: There is no source with this id.")
    assert without.stderr == ("error: This source has no url, so there is nothing to look at.\n")


async def test_without_the_networks_opened_nothing_on_this_machine_is_looked_at(
    settings: Settings, site: Receiver, editor: Client
) -> None:
    source = await cite(site, editor, "/a")

    ended = await command(settings, networks="")

    assert ended.returncode == 0
    assert ended.stdout.splitlines()[0] == (
        f"{source['id']}\tunreachable\t{site.url('/a')}\t127.0.0.1 is not a public address;"
        " use one that can be reached from the internet."
    )
    assert site.requests == []
