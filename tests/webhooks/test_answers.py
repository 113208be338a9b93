"""Receivers that are slow, huge or sly: each is cut off, told of, and holds up no other."""

import json
import socket
from ipaddress import IPv4Network
from typing import Any

import pytest
from aiohttp import web
from sqlalchemy import make_url

from app.core.db import Database
from app.core.settings import Settings
from tests.support.receiver import Receiver, know_names, receiving
from tests.support.worker import working
from tests.webhooks.conftest import Bot, record, set_webhook
from tests.webhooks.test_transport import OK, Talk, dripping, talking

EVENTS = 20


def huge(received: list[int]) -> Talk:
    """Answer with 100 MB, and note how much of it was taken."""

    async def talk(reader: Any, writer: Any) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(OK + b"Content-Length: 100000000\r\n\r\n")
        received.append(0)
        place = len(received) - 1
        while received[place] < 100_000_000:
            writer.write(b"x" * 10_000)
            await writer.drain()
            received[place] += 10_000

    return talk


async def redirect(_: web.BaseRequest) -> web.StreamResponse:
    return web.Response(status=302, headers={"Location": "http://127.0.0.2:8080/latest/meta-data"})


async def first_attempt(bot: Bot, webhook: Any) -> tuple[int | None, str | None, str, str | None]:
    """Wait until the first delivery was tried, and return what is told of that."""
    found = await bot.settled(webhook, lambda found: any(one["last_status"] or one["last_error"]
                                                         for one in found))  # fmt: skip
    tried = next(one for one in found if one["last_status"] or one["last_error"])
    attempt = (await bot.delivery(webhook, tried))["attempts"][0]
    return attempt["status"], attempt["error"], attempt["answer"], attempt["address"]


async def test_bad_receivers_are_cut_off_and_recorded_and_a_healthy_one_gets_everything(
    settings: Settings,
    receiver: Receiver,
    bot: Bot,
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Only 127.0.0.1 is opened, so that the rest of loopback is as closed as it is by default.
    only = {"webhook_allow_networks": (IPv4Network("127.0.0.1/32"),), "webhook_timeout": 2.0}
    taken: list[int] = []
    here = {"127.0.0.2": ["127.0.0.2"], "inside.example": ["127.0.0.2"]}
    if host := make_url(settings.database_url).host:
        here[host] = [socket.gethostbyname(host)]
    receiver.answers["/redirect"] = redirect
    healthy = await bot.subscribe(receiver.url("/healthy"), ordered=True)
    async with (
        talking(dripping(b"HTTP/1.1 200", b" ")) as head,
        talking(dripping(OK + b"Content-Length: 9999\r\n\r\n", b"x")) as body,
        talking(huge(taken)) as much,
    ):
        bad = {
            "drips its head": f"http://127.0.0.1:{head}/",
            "drips its body": f"http://127.0.0.1:{body}/",
            "answers 100 MB": f"http://127.0.0.1:{much}/",
            "redirects": receiver.url("/redirect"),
            # as they may have been stored before there was a rule, or a name led there
            "is written oddly": f"http://0x7f.1:{receiver.port}/odd",
            "is closed": f"http://127.0.0.2:{receiver.port}/closed",
            "is closed and written oddly": f"http://0x7f.2:{receiver.port}/closed",
            "is closed and IPv6": f"http://[::ffff:127.0.0.2]:{receiver.port}/closed",
            "is a name": f"http://inside.example:{receiver.port}/name",
        }
        hooks = {}
        for name, url in bad.items():
            hooks[name] = await bot.subscribe(receiver.url("/never"), max_in_flight=2)
            await set_webhook(database, hooks[name], url=url)
        with monkeypatch.context() as patch:
            know_names(patch, here)
            async with working(settings.model_copy(update=only), database):
                await record(database, EVENTS)
                everything = await bot.settled(
                    healthy, lambda found: sum(one["status"] == "delivered" for one in found) == 20
                )
                told = {name: await first_attempt(bot, hook) for name, hook in hooks.items()}

    slow = "It did not answer completely within 2 s."
    closed = "127.0.0.2 is not a public address; use one that can be reached from the internet."
    assert told == {
        "drips its head": (None, slow, "", "127.0.0.1"),
        "drips its body": (200, slow, "", "127.0.0.1"),
        "answers 100 MB": (200, None, "x" * 2048, "127.0.0.1"),
        "redirects": (302, "It answered 302; redirects are not followed.", "", "127.0.0.1"),
        "is written oddly": (None, "Write the host as 127.0.0.1.", "", None),
        "is closed": (None, closed, "", None),
        "is closed and written oddly": (None, closed, "", None),
        "is closed and IPv6": (None, closed.replace("127.0.0.2", "::ffff:7f00:2"), "", None),
        "is a name": (
            None, "inside.example leads to what is not a public address; nothing is sent there.",
            "", None,
        ),
    }  # fmt: skip
    assert max(taken) < 20_000_000  # what fits into the buffers of both sockets
    assert len(everything) == EVENTS
    assert {one.path for one in receiver.requests} == {"/healthy", "/redirect"}
    came = [json.loads(one.body)["seq"] for one in receiver.requests if one.path == "/healthy"]
    assert came == list(range(1, EVENTS + 1))


async def test_under_the_default_guard_nothing_on_this_machine_is_reached(
    settings: Settings, bot: Bot, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = settings.model_copy(update={"webhook_allow_networks": ()})
    hosts = ["127.0.0.1", "0x7f.1", "2130706433", "[::ffff:127.0.0.1]", "[::1]", "localhost"]
    here = {"inside.example": ["127.0.0.1"], "both.example": ["127.0.0.1", "::1"]}
    if host := make_url(settings.database_url).host:
        here[host] = [socket.gethostbyname(host)]
    async with receiving() as receiver:
        hooks = []
        for name in [*hosts, "inside.example", "both.example"]:
            hooks.append(await bot.subscribe(receiver.url()))
            url = f"http://{name}:{receiver.port}/"
            await set_webhook(database, hooks[-1], url=url)
        with monkeypatch.context() as patch:
            know_names(patch, here)
            async with working(closed, database):
                await record(database, 1)
                told = [await first_attempt(bot, hook) for hook in hooks]

        assert receiver.requests == []
    for status, error, answer, address in told:
        assert (status, answer, address) == (None, "", None)
        assert error is not None
        assert "is not a public address" in error or "this service's own machine" in error
