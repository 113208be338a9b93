"""TypeScript clients, and those of openapi-generator, compile strictly and work: `make clients`.

They take minutes and need Node and Java, so they are no part of `make test`.
"""

import json
import shutil
from pathlib import Path

import pytest

from tests.clients.conftest import Live
from tests.clients.using import ENVIRONMENTS, HERE, ROOT, compare, run, shown_in_readme

MODULES = ENVIRONMENTS / "node" / "node_modules"
GENERATOR = ENVIRONMENTS / "generator" / "bin"
DOCUMENT = ROOT / "openapi.json"
needs_node = pytest.mark.skipif(not MODULES.exists(), reason="Node 20 or later is not here")
needs_java = pytest.mark.skipif(
    not GENERATOR.exists() or shutil.which("java") is None, reason="Java is not here"
)


@pytest.fixture(scope="session")
def without_webhooks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The document as openapi-generator reads it: it takes webhooks for operations without path."""
    document = json.loads(DOCUMENT.read_text("utf-8"))
    del document["webhooks"]
    path = tmp_path_factory.mktemp("document") / "openapi.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def typescript(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the programs, to which the clients are generated."""
    folder = tmp_path_factory.mktemp("typescript")
    shutil.copytree(HERE / "typescript", folder, dirs_exist_ok=True)
    (folder / "generated").mkdir()
    (folder / "package.json").write_text('{"type": "module"}', encoding="utf-8")
    (folder / "node_modules").symlink_to(MODULES.resolve())
    return folder


def compile_strictly(program: str, folder: Path) -> None:
    """Check the types of a program and of the client that it uses."""
    strict = ("--noEmit", "--strict", "--project", folder / f"{program}.json")
    config = {"extends": "./tsconfig.json", "files": [f"{program}.ts"]}
    (folder / f"{program}.json").write_text(json.dumps(config), encoding="utf-8")
    run(MODULES / ".bin" / "tsc", *strict, folder=folder)


async def use(program: str, folder: Path, live: Live) -> None:
    """Compile a program with the client that it uses, run it, and compare what it saw."""
    compile_strictly(program, folder)
    told = run(MODULES / ".bin" / "tsx", f"{program}.ts", folder=folder, **live.environment())
    await compare(told, live)


@needs_node
async def test_openapi_typescript(typescript: Path, live: Live) -> None:
    output = ("--output", typescript / "generated" / "schema.ts")
    tool = MODULES / ".bin" / "openapi-typescript"
    run(tool, DOCUMENT, *output, "--default-non-nullable=false", folder=typescript)
    await use("use_fetch", typescript, live)
    shown = shown_in_readme("ts", live).replace("./schema", "./generated/schema")
    (typescript / "readme.ts").write_text(shown, encoding="utf-8")
    compile_strictly("readme", typescript)
    told = run(MODULES / ".bin" / "tsx", "readme.ts", folder=typescript)
    page = await live.api.get("/v1/questions", state="declined", limit=2)
    assert told.splitlines() == [question["text"] for question in page["data"]]


@needs_node
async def test_hey_api(typescript: Path, live: Live) -> None:
    output = ("--output", typescript / "generated" / "hey")
    client = ("--client", "@hey-api/client-fetch", "--no-log-file")
    run(MODULES / ".bin" / "openapi-ts", "-i", DOCUMENT, *output, *client, folder=typescript)
    await use("use_hey", typescript, live)


@needs_node
@needs_java
async def test_openapi_generator_for_typescript(
    typescript: Path, without_webhooks: Path, live: Live
) -> None:
    output = typescript / "generated" / "openapi-generator"
    generate = ("generate", "-g", "typescript-fetch", "-i", without_webhooks, "-o", output)
    run(GENERATOR / "openapi-generator-cli", *generate, folder=typescript)
    await use("use_generator", typescript, live)


@needs_java
async def test_openapi_generator_for_python(
    tmp_path: Path, without_webhooks: Path, live: Live
) -> None:
    generate = ("generate", "-g", "python", "-i", without_webhooks, "-o", tmp_path / "client")
    run(GENERATOR / "openapi-generator-cli", *generate, folder=tmp_path)
    program = (GENERATOR / "python", HERE / "use_generator.py")
    path = {"PYTHONPATH": str(tmp_path / "client")}
    told = run(*program, folder=tmp_path, **path, **live.environment())
    await compare(told, live)
