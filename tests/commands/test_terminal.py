"""What a verb looks like in a terminal, and what a shell completes."""

import asyncio
import json
import os
import pty
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stderr, redirect_stdout, suppress
from pathlib import Path

import pytest
import typer
from aiohttp import web

from app import cli
from app.commands import completing
from tests.commands.conftest import Served
from tests.conftest import ROOT
from tests.support.receiver import receiving
from tests.test_cli import environment

START = "import sys; sys.argv[0] = 'answerable'; from app.cli import main; main()"


def variables(served: Served, **more: str) -> dict[str, str]:
    own = {"ANSWERABLE_URL": served.url, "ANSWERABLE_KEY": served.key, "HOME": str(served.home)}
    known = environment(**own, TERM="xterm-256color", COLUMNS="140", LINES="40")
    return {**known, "PYTHONPATH": str(ROOT), **more}


def in_a_terminal(served: Served, *arguments: str, **more: str) -> str:
    """Run a verb in a pseudo-terminal of its own, and return what appeared in it."""
    ours, theirs = pty.openpty()
    with ThreadPoolExecutor(1) as thread, os.fdopen(theirs, "w") as terminal:
        appeared = thread.submit(read_all, ours)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sys, "argv", ["answerable", *arguments])
            for name, value in variables(served, **more).items():
                patch.setenv(name, value)
            with redirect_stdout(terminal), redirect_stderr(terminal), suppress(SystemExit):
                cli.main()
        terminal.close()
        text = appeared.result(timeout=60)
    os.close(ours)
    return text.replace("\r\n", "\n")


def read_all(terminal: int) -> str:
    """Read until the other end is closed."""
    pieces = []
    with suppress(OSError):  # which is how Linux says that it is
        while piece := os.read(terminal, 65_536):
            pieces.append(piece)
    return b"".join(pieces).decode()


def test_a_list_is_a_table(served: Served) -> None:
    text = in_a_terminal(served, "companies", "list")
    assert "\x1b[" in text
    plain = in_a_terminal(served, "companies", "list", "--limit", "2", NO_COLOR="1")
    assert "\x1b[3" not in plain
    assert [word in plain for word in ("slug", "name", "identifiers")] == [True] * 3
    assert "There are more: take --all, or a larger --limit." in plain
    assert "{" not in plain


def test_one_thing_is_a_table_of_its_fields(served: Served) -> None:
    text = in_a_terminal(served, "questions", "show", "microsoft-external-firm-name")
    assert "Which external firm did Microsoft hire" in text
    assert "nonresponsive" in text
    assert '{"' not in text


def test_json_in_a_terminal_is_laid_out(served: Served) -> None:
    text = in_a_terminal(served, "companies", "show", "microsoft", "--format", "json")
    assert json.loads(text)["slug"] == "microsoft"
    assert text.startswith('{\n  "id": ')


def test_a_table_in_a_pipe_has_no_colours_and_text_as_it_is(served: Served) -> None:
    served("companies", "add", "--name", "[red]Tag[/red] Ltd")
    text = served("companies", "list", "--all", "--format", "table").stdout
    assert "[red]Tag[/red] Ltd" in text
    assert "\x1b" not in text


def test_figures_are_a_table(served: Served) -> None:
    text = served("stats", "--company", "microsoft", "--format", "table").stdout
    assert "states.unanswered" in text
    assert "denominator" in text


def completed(served: Served, *words: str, **more: str) -> list[str]:
    """Return what bash would offer for the last word of a line."""
    ended = subprocess.run(
        [sys.executable, "-c", START],
        env=variables(
            served,
            _ANSWERABLE_COMPLETE="complete_bash",
            COMP_WORDS=" ".join(["answerable", *words]),
            COMP_CWORD=str(len(words)),
            **more,
        ),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.stderr == ""
    return ended.stdout.split()


def test_slugs_are_completed_from_the_server(served: Served) -> None:
    assert completed(served, "questions", "list", "--company", "mic") == ["microsoft"]


def test_without_a_server_nothing_is_completed_and_nothing_is_said(served: Served) -> None:
    nowhere = "http://127.0.0.1:1"
    assert completed(served, "companies", "show", "mic", ANSWERABLE_URL=nowhere) == []


@pytest.mark.parametrize("url", ["nonsense", "http://[::1", "http://127.0.0.1:1"])
def test_a_slug_is_completed_or_left_alone(served: Served, url: str, tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(tmp_path))
        for complete, begun, slug in [
            (completing.companies, "mic", "microsoft"),
            (completing.askers, "assoc", "associated-press"),
            (completing.dossiers, "", "microsoft-imod"),
            (completing.questions, "microsoft-external-firm-n", "microsoft-external-firm-name"),
        ]:
            assert complete(context(served.url), begun) == [slug]
            assert complete(context(url), begun) == []


def context(url: str) -> typer.Context:
    """Return what a completion knows of the words before it."""
    made = typer.Context(typer.main.get_command(cli.app))
    made.params = {"url": url}
    return made


async def test_a_server_that_is_slow_is_not_waited_for() -> None:
    waiting = asyncio.Event()

    async def never(_: web.BaseRequest) -> web.StreamResponse:
        await waiting.wait()
        return web.Response()

    async with receiving() as server:
        server.answer = never
        code = (
            "import typer; from app.commands import completing; from app.commands.remote import *;"
            "c = typer.Context(typer.main.TyperCommand('x'));"
            f"c.params = {{'url': {server.url('')!r}}}; print(completing.companies(c, ''))"
        )
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", code, cwd=ROOT, stdout=subprocess.PIPE
        )
        printed, _ = await process.communicate()
        waiting.set()

    assert printed == b"[]\n"


def test_a_verb_leaves_nothing_behind(served: Served, tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", START, "companies", "list"],
        env=variables(served, PYTHONDONTWRITEBYTECODE="1"),
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )
    assert ended.returncode == 0
    assert list(tmp_path.iterdir()) == []
