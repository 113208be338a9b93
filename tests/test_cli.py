"""The commands of an operator."""

import io
import os
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import httpx
import pytest

from app import cli
from app.core.settings import Settings
from tests.conftest import ROOT
from tests.support.server import serving


def environment(**more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if "ANSWERABLE" not in name}
    return {**kept, **more}


def answerable(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command as the shell would, but in this process: starting Python takes seconds."""
    output, errors, status = io.StringIO(), io.StringIO(), 0
    with (
        pytest.MonkeyPatch.context() as patch,
        redirect_stdout(output),
        redirect_stderr(errors),
    ):
        patch.setattr(sys, "argv", ["answerable", *arguments])
        for name in set(os.environ) - set(environment()):
            patch.delenv(name)
        for name, value in variables.items():
            patch.setenv(name, value)
        try:
            cli.main()
        except SystemExit as ended:
            status = int(ended.code or 0)
    return subprocess.CompletedProcess(arguments, status, output.getvalue(), errors.getvalue())


def of(settings: Settings) -> dict[str, str]:
    pepper = settings.pepper.get_secret_value() if settings.pepper else ""
    return {"ANSWERABLE_DATABASE_URL": settings.database_url, "ANSWERABLE_PEPPER": pepper}


def test_keys_are_made_used_listed_and_revoked(settings: Settings) -> None:
    made = answerable("keys", "create", "editor", "--scope", "write", **of(settings))
    key = made.stdout.strip()
    assert made.returncode == 0, made.stderr
    assert re.fullmatch(r"ans_live_\w{8}_\w{38}", key)

    with serving(settings) as server:
        answer = httpx.post(f"{server.url}/v1/companies", json={"name": "Acme"}, auth=("", key))
        assert answer.status_code == 201
        healthy = answerable("health", "--url", server.url)
        assert healthy.returncode == 0
        assert '"seq":1' in healthy.stdout
        assert server.stop() in {0, -signal.SIGTERM}
    assert answerable("health", "--url", server.url).returncode == 1

    again = answerable("keys", "create", "editor", "--scope", "write", **of(settings))
    assert again.returncode == 1
    assert again.stderr.startswith("error: A key is named 'editor' already")
    revoked = answerable("keys", "revoke", "editor", **of(settings))
    assert revoked.stdout == "Revoked editor.\n"
    listed = answerable("keys", "list", **of(settings))
    assert "\teditor\twrite\t" in listed.stdout
    assert "\trevoked 20" in listed.stdout


def test_a_database_without_tables_is_a_clear_error(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/empty.db"
    ended = answerable("serve", ANSWERABLE_DATABASE_URL=url, PORT="0")
    assert ended.returncode == 1
    assert "answerable migrate" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_postgresql_without_a_pepper_is_a_clear_error() -> None:
    url = "postgresql://nobody@127.0.0.1:1/none"
    ended = answerable("keys", "create", "x", "--scope", "write", ANSWERABLE_DATABASE_URL=url)
    assert ended.returncode == 1
    assert ended.stderr.startswith("error: Set ANSWERABLE_PEPPER")


@pytest.mark.parametrize(
    ("name", "value"),
    [("DATABASE_URL", "mysql://x/y"), ("PORT", "http"), ("PEPPER", "short"), ("LOG_LEVEL", "loud")],
)
def test_a_wrong_setting_is_a_clear_error(name: str, value: str) -> None:
    ended = answerable("migrate", **{f"ANSWERABLE_{name}": value})
    assert ended.returncode == 2
    assert ended.stderr.startswith(f"error: ANSWERABLE_{name}: ")
    assert "Traceback" not in ended.stderr


class Demo:
    """`answerable demo`, while it serves."""

    def __init__(self, folder: Path, port: int) -> None:
        self._output = folder / "output.txt"
        self._file = self._output.open("w")
        database = f"sqlite:///{folder}/demo.db"
        self.process = subprocess.Popen(
            [sys.executable, "-m", "app.cli", "demo"],
            cwd=ROOT,
            stdout=self._file,
            stderr=subprocess.STDOUT,
            env=environment(PORT=str(port), ANSWERABLE_DATABASE_URL=database),
        )

    def output(self) -> str:
        """Wait until it serves, and return what it printed."""
        for _ in range(600):
            text = self._output.read_text()
            if "Application startup complete" in text:
                return text
            assert self.process.poll() is None, text
            time.sleep(0.1)
        raise AssertionError("the demo does not serve")

    def end(self) -> None:
        self.process.terminate()
        self.process.wait(timeout=30)
        self._file.close()


def test_the_demo_prints_lines_that_work_and_is_reused(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    first = Demo(tmp_path, port)
    try:
        output = first.output()
        lines = re.findall(r"^  (curl .*)$", output, re.MULTILINE)
        assert len(lines) >= 5
        for line in lines:
            ran = subprocess.run(
                f"{line} --silent --show-error --fail", shell=True, capture_output=True, check=False
            )
            assert ran.returncode == 0, (line, ran.stderr)
            assert b'"id"' in ran.stdout
        assert output.count("ans_live_") == 2
        assert "[warning" not in output

        taken = answerable("demo", PORT=str(port), ANSWERABLE_DATABASE_URL="sqlite:////nowhere/x")
        assert taken.returncode == 1
        assert f"Port {port} on 127.0.0.1 cannot be used" in taken.stderr
    finally:
        first.end()

    second = Demo(tmp_path, port)
    try:
        output = second.output()
        assert "on the record already" in output
        assert "ans_live_" not in output
        page = httpx.get(f"http://127.0.0.1:{port}/v1/questions").json()
        assert len(page["data"]) == 15
    finally:
        second.end()
    assert (tmp_path / "demo.db.pepper").stat().st_mode & 0o777 == 0o600
