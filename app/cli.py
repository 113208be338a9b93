"""`answerable`: the commands of an operator."""

import asyncio
import json
import resource
import signal
import socket
import sys
from pathlib import Path
from typing import Annotated

import httpx
import structlog
import typer
import uvicorn
from alembic import command
from alembic.config import Config
from pydantic import ValidationError
from pydantic_settings import SettingsError
from uvicorn.loops.auto import auto_loop_factory

from app.auth.secrets import load_pepper
from app.commands import (
    backup,
    demonstration,
    drafts,
    events,
    exporting,
    imports,
    keys,
    log,
    merging,
    questions,
    resources,
    sources,
    statements,
    verify,
    webhooks,
)
from app.commands.common import Failure, check_migrated, run, shown
from app.core import memory
from app.core.db import Database, is_passing
from app.core.errors import Problem
from app.core.logging import configure
from app.core.server import ProblemProtocol, Server
from app.core.settings import Settings
from app.main import build, create_app, jobs
from app.search import filling
from app.transparency import publishing
from app.transparency.signing import SignedLog
from app.transparency.vault import Vault

ROOT = Path(__file__).parent.parent
FILES = 65_536

app = typer.Typer(no_args_is_help=True, help=__doc__, pretty_exceptions_enable=False)
app.add_typer(keys.app, name="keys")
app.add_typer(log.app, name="log")
app.command("verify")(verify.verify_record)
app.command("backup")(backup.back_up)
app.command("export")(exporting.export)
app.command("import")(imports.import_file)
app.command("undo-import")(imports.undo_import)
app.add_typer(resources.companies, name="companies")
app.add_typer(resources.askers, name="askers")
app.add_typer(resources.dossiers, name="dossiers")
app.add_typer(sources.app, name="sources")
app.add_typer(questions.app, name="questions")
app.add_typer(statements.statements, name="statements")
app.add_typer(statements.corrections, name="corrections")
app.add_typer(drafts.app, name="drafts")
app.add_typer(events.app, name="events")
app.add_typer(webhooks.app, name="webhooks")
merging.join(questions.app, resources.companies, resources.askers)
app.command("search")(questions.search)
app.command("stats")(events.stats)


def main() -> None:
    """Run the command line; an expected failure is one line, not a traceback."""
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(0)  # Ctrl-C is how one ends a server
    except SettingsError as error:
        name = str(error).split('"')[1].upper()
        print(f'error: ANSWERABLE_{name}: give a JSON list, such as ["…", "…"]', file=sys.stderr)
        sys.exit(2)
    except ValidationError as error:
        for fault in error.errors():
            name = "_".join(str(step) for step in fault["loc"]).upper().removeprefix("ANSWERABLE_")
            said = fault["msg"].removeprefix("Value error, ").replace(" items", " characters")
            print(f"error: ANSWERABLE_{name}: {said}", file=sys.stderr)
        sys.exit(2)
    except (Failure, Problem, RuntimeError) as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(1)
    except Exception as error:
        if not is_passing(error):
            raise
        print(f"error: the database does not answer: {error}", file=sys.stderr)
        sys.exit(1)


@app.command()
def serve() -> None:
    """Serve the API. Migrate first."""
    settings = Settings()
    configure(settings)
    with _listen(settings) as listener:
        run(check_migrated(settings))
        _check_log(settings)
        _serve(settings, listener)


@app.command()
def worker() -> None:
    """Send webhooks and publish drafts, until it is stopped. With SQLite `serve` does it too."""
    settings = Settings()
    configure(settings)
    pepper = load_pepper(settings)
    run(check_migrated(settings))
    _check_log(settings)
    memory.settle()
    with asyncio.Runner(loop_factory=auto_loop_factory()) as runner:
        runner.run(_work(settings, pepper))


@app.command()
def migrate() -> None:
    """Bring the database's tables up to date."""
    settings = Settings()
    _migrate(settings)
    print(f"The database is up to date: {shown(settings)}")


@app.command()
def demo() -> None:
    """Migrate, load the real case, print a key and lines to try, and serve."""
    settings = demonstration.with_receivers_here(Settings(log_format="console"))
    configure(settings)
    with _listen(settings) as listener:
        _migrate(settings)
        run(demonstration.prepare(settings))
        _serve(settings, listener)


@app.command()
def openapi() -> None:
    """Print the OpenAPI document."""
    print(json.dumps(build(Settings()).openapi(), indent=2, ensure_ascii=False))


@app.command()
def health(
    url: Annotated[str, typer.Option(help="Where the server is.")] = "",
) -> None:
    """Ask a running server whether it is ready; ends with status 1 when it is not."""
    address = (url or f"http://127.0.0.1:{Settings().port}").rstrip("/")
    try:
        answer = httpx.get(f"{address}/readyz", timeout=5)
    except httpx.HTTPError as error:
        raise Failure(f"{address} does not answer: {error}") from None
    print(answer.text)
    if answer.is_error:
        raise Failure(f"{address} is not ready.")


def _listen(settings: Settings) -> socket.socket:
    """Take the port before anything else, so that a taken one is a clear error.

    Raises:
        Failure: it is taken or may not be used.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
    except OSError as error:
        listener.close()
        raise Failure(
            f"Port {settings.port} on {settings.host} cannot be used: {error.strerror}."
            f" Choose another one, for example: PORT={settings.port + 1} make demo"
        ) from None
    return listener


def _check_log(settings: Settings) -> None:
    """Read the log's files and witnesses, so that what is wrong with them is a clear error.

    Raises:
        RuntimeError: something is.
    """
    vault = Vault(settings)
    vault.signers()
    vault.last()
    publishing.configured(settings)


def _serve(settings: Settings, listener: socket.socket) -> None:
    config = uvicorn.Config(
        create_app(settings),
        http=ProblemProtocol,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=10,
    )
    memory.settle()
    structlog.get_logger("answerable").info("serving", url=settings.public_url)
    _allow_files()
    Server(config).run(sockets=[listener])


def _allow_files() -> None:
    """Have as many files open as the system allows, within reason: each connection is one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = FILES if hard == resource.RLIM_INFINITY else min(hard, FILES)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def _migrate(settings: Settings) -> None:
    config = Config(ROOT / "alembic.ini")
    config.attributes["url"] = settings.database_url
    command.upgrade(config, "head")
    indexed = run(_fill(settings))
    if indexed:
        print(f"Indexed for search: {indexed:,} questions.")


async def _fill(settings: Settings) -> int:
    database = Database(settings)
    try:
        return await filling.fill(database)
    finally:
        await database.close()


async def _work(settings: Settings, pepper: bytes) -> None:
    database = Database(settings)
    signed = SignedLog(settings, database)
    await signed.start()
    found = jobs(settings, database, pepper, signed)
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, lambda: [job.stop() for job in found])
    try:
        await asyncio.gather(*(job.run() for job in found))
    finally:
        await database.close()


if __name__ == "__main__":
    main()
