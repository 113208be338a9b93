"""The receivers that the README shows: they take what is genuine, and nothing else."""

import asyncio
import re
import shutil
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import httpx
import pytest

from app.webhooks.worker import Worker
from tests.webhooks.conftest import Bot, all_are

README = Path(__file__).parent.parent.parent / "README.md"
RECEIVERS = {"python": sys.executable}
if node := shutil.which("node"):
    RECEIVERS["js"] = node


@asynccontextmanager
async def running(language: str, folder: Path, port: int, secret: str) -> AsyncIterator[Path]:
    """Run a receiver of the README on a port; yield the file that it prints to."""
    shown = re.search(rf"```{language}\n(.*?)```", README.read_text("utf-8"), re.DOTALL)
    assert shown is not None
    program = folder / {"python": "receive.py", "js": "receive.mjs"}[language]
    program.write_text(shown[1].replace("9000", str(port)), "utf-8")
    printed = folder / "printed.txt"
    with printed.open("w") as output:
        process = await asyncio.create_subprocess_exec(
            RECEIVERS[language],
            str(program),
            env={"SECRET": secret},
            stdout=output,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            yield printed
        finally:
            process.kill()
            await process.wait()


async def listens(port: int) -> None:
    """Wait until something takes connections on a port."""
    for _ in range(600):
        with suppress(OSError):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
            await writer.wait_closed()
            return
        await asyncio.sleep(0.05)
    raise AssertionError("the receiver does not listen")


async def post(port: int) -> httpx.Response | None:
    """Post what is not genuine; return the answer, or None when there is none."""
    async with httpx.AsyncClient() as client:
        try:
            headers = {"webhook-id": "delivery_x", "webhook-timestamp": "1"}
            return await client.post(f"http://127.0.0.1:{port}/", content=b"{}", headers=headers)
        except httpx.TransportError:
            return None


@pytest.mark.parametrize("language", RECEIVERS)
async def test_a_receiver_of_the_readme_takes_a_delivery_and_nothing_else(
    language: str, tmp_path: Path, bot: Bot, worker: Worker
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    webhook = await bot.subscribe(f"http://127.0.0.1:{port}/")
    async with running(language, tmp_path, port, webhook["secret"]) as printed:
        await listens(port)
        refused = await post(port)
        await bot.post(f"/v1/webhooks/{webhook['id']}/test", expect=202)
        await bot.settled(webhook, all_are("delivered"))

    assert refused is None or refused.status_code >= 400
    assert printed.read_text("utf-8").strip() == (
        "0 This is a test of a webhook. Nothing has happened on the record."
    )
