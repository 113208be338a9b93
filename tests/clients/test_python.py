"""The client that openapi-python-client makes of the document is strictly typed, and works."""

from pathlib import Path

import pytest

from tests.clients.conftest import Live
from tests.clients.using import ENVIRONMENTS, HERE, ROOT, compare, run, shown_in_readme

PYTHON = ENVIRONMENTS / "clients" / "bin"


@pytest.fixture(scope="session")
def client(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that holds the generated client."""
    assert (PYTHON / "openapi-python-client").exists(), "run `make .venv/.clients.stamp`"
    folder = tmp_path_factory.mktemp("python") / "client"
    generate = ("generate", "--path", ROOT / "openapi.json", "--output-path", folder)
    run(PYTHON / "openapi-python-client", *generate, "--meta", "setup", folder=ROOT)
    return folder


def test_it_is_strictly_typed_and_so_is_its_use(client: Path, tmp_path: Path) -> None:
    strict = ("-m", "mypy", "--strict", "--config-file", "", "--cache-dir", tmp_path)
    run(PYTHON / "python", *strict, "-p", "answerable_client", folder=client)
    run(PYTHON / "python", *strict, HERE / "use_python.py", folder=client)


async def test_the_readme_is_right(client: Path, live: Live, tmp_path: Path) -> None:
    program = tmp_path / "readme.py"
    program.write_text(shown_in_readme("python", live), encoding="utf-8")

    told = run(PYTHON / "python", program, folder=client, PYTHONPATH=str(client))

    page = await live.api.get("/v1/questions", state="declined", limit=2)
    assert told.splitlines() == [question["text"] for question in page["data"]]


async def test_it_is_used(client: Path, live: Live) -> None:
    told = run(
        PYTHON / "python",
        HERE / "use_python.py",
        folder=client,
        PYTHONPATH=str(client),
        **live.environment(),
    )
    await compare(told, live)
