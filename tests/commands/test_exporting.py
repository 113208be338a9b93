"""`answerable export` brings a table over whole or not at all; `events follow` misses nothing."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx
from aiohttp import web

from tests.commands.conftest import Served
from tests.commands.test_remote import verb
from tests.commands.test_terminal import START, in_a_terminal, variables
from tests.support.receiver import receiving

FOLLOW = ("events", "follow", "--after", "0", "--type", "asker.created")


def test_a_table_is_written_to_a_file(served: Served, tmp_path: Path) -> None:
    file = tmp_path / "questions.csv"
    ended = served("export", "questions", "--state", "partial", "--output", str(file))
    assert ended.returncode == 0, ended.stderr
    there = httpx.get(f"{served.url}/v1/exports/questions.csv?state=partial").content
    assert file.read_bytes() == there
    assert ended.stderr == f"{file}: {len(there):,} bytes.\n"
    assert ended.stdout == ""
    umask = os.umask(0)
    os.umask(umask)
    assert file.stat().st_mode & 0o777 == 0o666 & ~umask


def test_a_table_goes_to_standard_output(served: Served) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", START, "export", "timeline", "--as", "jsonl"],
        env=variables(served),
        capture_output=True,
        check=True,
    )
    assert ended.stdout == httpx.get(f"{served.url}/v1/exports/timeline.jsonl").content


def test_a_terminal_shows_how_far_it_is(served: Served, tmp_path: Path) -> None:
    text = in_a_terminal(served, "export", "events", "--output", str(tmp_path / "events.jsonl"))
    assert "events.jsonl" in text
    assert "bytes." in text


def test_what_cannot_be_written_is_a_clear_error(served: Served, tmp_path: Path) -> None:
    nowhere = tmp_path / "none" / "questions.csv"
    ended = served("export", "questions", "--output", str(nowhere))
    assert ended.stderr == f"error: {nowhere} cannot be written: No such file or directory\n"
    unknown = served("export", "questions", "--output", str(tmp_path / "questions.xls"))
    assert unknown.stderr.startswith("error: Say --as csv, jsonl or json")


async def test_an_export_that_breaks_off_leaves_what_was_there(tmp_path: Path) -> None:
    async def half(request: web.BaseRequest) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "1000"})
        await response.prepare(request)
        await response.write(b"half")
        assert request.transport is not None
        request.transport.abort()
        return response

    file = tmp_path / "questions.csv"
    file.write_text("before", "utf-8")
    async with receiving() as server:
        server.answer = half
        ended = await verb(server, "export", "questions", "--output", str(file))

    assert ended.returncode == 1
    assert "did not answer as it should" in ended.stderr
    assert file.read_text("utf-8") == "before"
    assert os.listdir(tmp_path) == [file.name]  # noqa: PTH208


def test_an_archive_is_still_written_to_a_folder(tmp_path: Path, served: Served) -> None:
    url = f"sqlite:///{tmp_path}/empty.db"
    ended = served("export", str(tmp_path / "archive"), ANSWERABLE_DATABASE_URL=url)
    assert ended.returncode == 1
    assert "answerable migrate" in ended.stderr


def test_events_are_followed_as_they_are_recorded(served: Served) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", START, *FOLLOW],
        env=variables(served),
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        first = json.loads(process.stdout.readline())
        assert first["subject"]["slug"] == "associated-press"
        served("askers", "add", "--name", "Heard at once", "--kind", "ngo")
        slugs = [first["subject"]["slug"]]
        while slugs[-1] != "heard-at-once":
            slugs.append(json.loads(process.stdout.readline())["subject"]["slug"])
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 0
    assert len(slugs) == len(set(slugs))


async def test_a_stream_that_breaks_off_is_taken_up_where_it_was() -> None:
    asked: list[str | None] = []

    async def stream(request: web.BaseRequest) -> web.StreamResponse:
        asked.append(request.headers.get("Last-Event-ID"))
        text = f"id: {len(asked) + 6}\ndata: {len(asked)}\n\n" if len(asked) < 3 else None
        if text is None:
            return web.Response(status=400)
        return web.Response(text=": hello\n\n" + text, content_type="text/event-stream")

    async with receiving() as server:
        server.answer = stream
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", START, "events", "follow", "--url", server.url(""),
            stdout=subprocess.PIPE,
        )  # fmt: skip
        assert process.stdout is not None
        lines = [await process.stdout.readline() for _ in range(2)]
        process.terminate()
        await process.wait()

    assert lines == [b"1\n", b"2\n"]
    assert asked[:2] == [None, "7"]
