"""The composition root: settings in, an ASGI application out."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version

import structlog
from fastapi import FastAPI, Request, Response
from starlette.types import ASGIApp

from app.api import ROUTERS
from app.auth.known import KnownKeys
from app.auth.secrets import load_pepper
from app.core import problems
from app.core.boundary import Boundary, Upload
from app.core.counters import Counters
from app.core.db import Database
from app.core.idempotency import Replay
from app.core.ratelimit import Limiter
from app.core.settings import Settings
from app.core.slugs import Moved
from app.drafts.publishing import Embargoes
from app.imports.jobs import Running
from app.ledger.front import Front
from app.ledger.heads import Heads
from app.ledger.public import Tags
from app.openapi.document import describe
from app.pages import docs
from app.record.fragments import Fragments
from app.transparency.publishing import Publisher
from app.transparency.signing import SignedLog
from app.webhooks.worker import Worker

VERSION = version("answerable")
STREAMS = ("/v1/events/stream",)
log = structlog.get_logger("answerable")


def create_app(settings: Settings) -> ASGIApp:
    """Make the application that a server serves, with the boundary around it."""
    return surround(build(settings), settings)


def surround(app: FastAPI, settings: Settings) -> ASGIApp:
    """Put around an application what every request passes: limits, the cache, the boundary."""
    state = app.state
    uploads = {"/v1/imports": Upload(settings.max_import_bytes)}
    inner = Front(Boundary(app, settings, uploads), settings, state)
    if settings.rate_limits is None:
        return inner
    return Limiter(inner, settings, settings.rate_limits, state, KnownKeys(state), STREAMS)


def build(settings: Settings) -> FastAPI:
    """Make the application without the boundary, as the OpenAPI document is made from it."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.secret = load_pepper(app.state.settings)
        app.state.database = Database(app.state.settings)
        app.state.heads = Heads(app.state.database)
        await app.state.heads.start()
        app.state.tags = Tags(app.state.secret, VERSION, app.state.settings.public_url)
        app.state.fragments = Fragments(app.state.settings.cache_bytes // 2)
        app.state.log = SignedLog(app.state.settings, app.state.database)
        await app.state.log.start()
        app.state.counters = Counters(app.state.settings)
        app.state.running = set()
        app.state.imports = Running()
        async with _working(app):
            yield
        await app.state.imports.close()
        await app.state.counters.close()
        await app.state.heads.close()
        await app.state.database.close()

    app = FastAPI(
        title="Answerable",
        version=VERSION,
        summary="The public record of questions put to companies.",
        lifespan=lifespan,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        separate_input_output_schemas=False,
    )
    app.state.settings = settings
    problems.install(app)
    app.add_exception_handler(Replay, _replay)
    app.add_exception_handler(Moved, _redirect)
    for router in ROUTERS:
        app.router.routes.extend(router.routes)  # `include_router` would match twice a request
    describe(app)
    docs.mount(app)
    return app


@asynccontextmanager
async def _working(app: FastAPI) -> AsyncIterator[None]:
    """Run the worker beside the application, where the settings say so."""
    if not app.state.settings.runs_worker:
        yield
        return
    state = app.state
    found = jobs(state.settings, state.database, state.secret, state.log)
    running = [asyncio.create_task(job.run()) for job in found]
    for task in running:
        task.add_done_callback(_say_why_it_ended)
    yield
    for job in found:
        job.stop()
    await asyncio.gather(*running)


def jobs(
    settings: Settings, database: Database, secret: bytes, signed: SignedLog
) -> list[Worker | Publisher | Embargoes]:
    """Return what a worker runs until it is stopped.

    Raises:
        RuntimeError: a witness is not set as it should be.
    """
    return [
        Worker(settings, database, secret),
        Publisher(settings, database, signed),
        Embargoes(database, secret),
    ]


def _say_why_it_ended(running: asyncio.Task[None]) -> None:
    """Log a failure of the worker when it happens, not when the server ends."""
    if not running.cancelled() and running.exception() is not None:
        log.critical("a part of the worker has ended", exc_info=running.exception())


async def _replay(request: Request, error: Exception) -> Response:
    assert isinstance(error, Replay)
    return error.response


async def _redirect(request: Request, error: Exception) -> Response:
    assert isinstance(error, Moved)
    return Response(status_code=308, headers={"Location": error.location})
