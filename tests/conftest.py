"""What every test may use: both databases, the application with real keys, a real server.

A test that takes `database_url`, or anything made of it, runs on SQLite and on PostgreSQL.
"""

import asyncio
import os
import shutil
import sqlite3
import uuid
from collections.abc import AsyncIterator, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from hypothesis import settings as hypothesis
from starlette.types import ASGIApp

from app.auth import service
from app.auth.schemas import KeyCreate, Scope
from app.auth.secrets import load_pepper
from app.core.db import Database
from app.core.logging import configure
from app.core.settings import Settings
from app.main import build, surround
from app.transparency.notes import Signer
from app.transparency.signing import SignedLog
from tests.support import postgres
from tests.support.client import Client
from tests.support.make import Make
from tests.support.postgres import Postgres

ROOT = Path(__file__).parent.parent
PEPPER = "a pepper for tests, 32 characters or more"
LOG_KEY = Signer.generate("answerable.test/log").skey
hypothesis.register_profile("untimed", deadline=None)  # a busy machine is no failure
hypothesis.load_profile("untimed")
problem: pytest.StashKey[str] = pytest.StashKey()


def migrate(url: str) -> None:
    config = Config(ROOT / "alembic.ini")
    config.attributes["url"] = Settings(database_url=url).database_url
    with ThreadPoolExecutor(1) as thread:  # alembic runs an event loop of its own
        thread.submit(command.upgrade, config, "head").result()


async def begin_log(url: str) -> None:
    """Begin the log as a first start does, so that not every test has to."""
    own = Settings(database_url=url, log_key=LOG_KEY, log_dir="/nowhere")
    database = Database(own)
    await SignedLog(own, database).prepare()
    await database.close()


def apart(work: Coroutine[Any, Any, Any]) -> Any:
    """Run a coroutine in an event loop of its own, though a test's loop may be running."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


@pytest.fixture(scope="session", autouse=True)
def _quiet() -> None:
    configure(Settings(log_level="error"))


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "template.db"
    migrate(f"sqlite:///{path}")
    apart(begin_log(f"sqlite:///{path}"))
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return path


@pytest.fixture(scope="session")
def postgres_server(request: pytest.FixtureRequest) -> Iterator[tuple[Postgres, str]]:
    """A server with a migrated database to copy; skips where there is none, which is reported."""
    try:
        server = postgres.start()
        template = f"template_{uuid.uuid4().hex[:12]}"
        apart(server.run(f"CREATE DATABASE {template}"))
    except Exception as error:  # whatever it is, it is reported at the end
        request.config.stash[problem] = str(error)
        pytest.skip(f"no PostgreSQL: {error}")
    migrate(server.database(template))
    apart(begin_log(server.database(template)))
    yield server, template
    apart(server.run(f"DROP DATABASE {template} WITH (FORCE)"))


@pytest.fixture(params=["sqlite", "postgresql"])
async def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    """The address of a fresh, migrated database."""
    if request.param == "sqlite":
        path = tmp_path / "test.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    server, template = request.getfixturevalue("postgres_server")
    name = f"test_{uuid.uuid4().hex[:12]}"
    await server.run(f"CREATE DATABASE {name} TEMPLATE {template}")
    yield server.database(name)
    await server.run(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return Settings(
        database_url=database_url,
        pepper=PEPPER,
        public_url="https://answerable.test",
        database_timeout=20,
        log_key=LOG_KEY,
        log_dir=str(tmp_path / "tlog"),
        security_contact="security@example.org",
        rate_limits=None,  # a test of limits sets them
        serve_worker=False,  # a test that needs a worker starts one
    )


@pytest.fixture(scope="session")
def built() -> FastAPI:
    """The application, not started. FastAPI makes its routes ready once."""
    return build(Settings())


@pytest.fixture
async def web(built: FastAPI, settings: Settings) -> AsyncIterator[FastAPI]:
    """The application, started with this test's settings."""
    built.state.settings = settings
    async with built.router.lifespan_context(built):
        yield built


@pytest.fixture
def app(web: FastAPI, settings: Settings) -> ASGIApp:
    """The application with its cache and its boundary, as a server runs it."""
    return surround(web, settings)


@pytest.fixture
def database(web: FastAPI) -> Database:
    found: Database = web.state.database
    return found


@pytest.fixture
async def http(app: ASGIApp) -> AsyncIterator[AsyncClient]:
    """A client without a key."""
    transport = ASGITransport(app, raise_app_exceptions=False)
    async with AsyncClient(transport=transport, base_url="https://answerable.test") as client:
        yield client


async def new_key(settings: Settings, database: Database, name: str, *scopes: Scope) -> str:
    async with database.writing() as session:
        _, secret = await service.create(
            session,
            KeyCreate(name=name, scopes=list(scopes)),
            created_by="tests",
            pepper=load_pepper(settings),
        )
    return secret


@pytest.fixture
async def editor(http: AsyncClient, settings: Settings, database: Database) -> Client:
    """A client whose key may write."""
    return Client(http, await new_key(settings, database, "editor-paris", Scope.WRITE))


@pytest.fixture
async def admin(http: AsyncClient, settings: Settings, database: Database) -> Client:
    """A client whose key may do everything."""
    return Client(http, await new_key(settings, database, "root", Scope.ADMIN))


@pytest.fixture
def reader(http: AsyncClient) -> Client:
    """A client without a key."""
    return Client(http, None)


@pytest.fixture
def make(editor: Client) -> Make:
    """A factory of companies, questions and statements, made through the API."""
    return Make(editor)


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    if reason := _missing(config):
        terminalreporter.section("PostgreSQL was NOT tested", sep="!", red=True)
        terminalreporter.line(reason)


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    if _missing(session.config) and os.environ.get("REQUIRE_POSTGRES") and exitstatus == 0:
        session.exitstatus = 1


def _missing(config: pytest.Config) -> str | None:
    """Say why PostgreSQL was not tested, in whichever process that was found out."""
    workers = getattr(config, "missing_postgres", None)
    return workers or config.stash.get(problem, None)


def pytest_configure(config: pytest.Config) -> None:
    if config.pluginmanager.hasplugin("xdist"):
        config.pluginmanager.register(FromWorkers(config))


class FromWorkers:
    """Brings what the workers of pytest-xdist found out to the process that reports."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: Any) -> None:
        reason = getattr(node, "workeroutput", {}).get("missing_postgres")
        if reason:
            self._config.missing_postgres = reason  # type: ignore[attr-defined]

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        output = getattr(session.config, "workeroutput", None)
        if output is not None and problem in session.config.stash:
            output["missing_postgres"] = session.config.stash[problem]
