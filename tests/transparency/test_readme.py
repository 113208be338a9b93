"""The README's six lines verify a record, and find one that was altered."""

import re
import subprocess
import sys
from pathlib import Path

from app.core.db import Database
from app.core.settings import Settings
from tests.conftest import ROOT
from tests.support.make import Make
from tests.support.server import serving
from tests.support.tampering import rewrite

README = (ROOT / "README.md").read_text("utf-8")


def six_lines() -> list[str]:
    section = README.split("## Verify this record yourself", 1)[1]
    found = re.search(r"```sh\n(.*?)```", section, re.DOTALL)
    assert found is not None
    return found[1].strip().splitlines()


def run(lines: list[str], url: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run lines of the README as somebody would paste them, in a folder of their own."""
    script = "\n".join(["set -e", f"URL={url}", *lines])
    return subprocess.run(
        ["bash", "-c", script], cwd=folder, capture_output=True, text=True, timeout=100, check=False
    )


async def test_the_six_lines_verify_a_record_and_find_one_that_was_altered(
    settings: Settings, make: Make, database: Database, tmp_path: Path
) -> None:
    await make.question(state="declined")
    lines = six_lines()
    assert len(lines) == 6
    assert lines[0].endswith("pip install --quiet cryptography")
    here = f"mkdir -p check/bin && ln -sf {sys.executable} check/bin/python"  # it has cryptography
    folder = tmp_path / "reader"
    folder.mkdir()
    with serving(settings) as server:
        done = run([here, *lines[1:]], server.url, folder)
        assert done.returncode == 0, done.stderr
        assert done.stdout.count("VERIFIED.") == 3
        assert "when you kept it" in done.stdout

    await rewrite(database, 2, actor="editor-paris")
    forger = settings.model_copy(update={"log_dir": str(tmp_path / "forger")})  # with the true key
    with serving(forger) as server:
        again = run(lines[3:4], server.url, folder)

    assert again.returncode == 1
    assert "history was rewritten" in again.stderr
