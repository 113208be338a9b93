"""The composition root: settings in, an ASGI application out."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version

import structlog
from fastapi import FastAPI, Request, Response
from starlette.types import ASGIApp

from app.api import ROUTERS
from app.auth.secrets import load_pepper
from app.core import problems
from app.core.boundary import Boundary
from app.core.db import Database
from app.core.idempotency import Replay
from app.core.settings import Settings
from app.core.slugs import Moved
from app.openapi import describe
from app.pages import docs
from app.webhooks.worker import Worker

VERSION = version("answerable")
log = structlog.get_logger("answerable")


def create_app(settings: Settings) -> ASGIApp:
    """Make the application that a server serves, with the boundary around it."""
    return Boundary(build(settings), settings)


def build(settings: Settings) -> FastAPI:
    """Make the application without the boundary, as the OpenAPI document is made from it."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.secret = load_pepper(app.state.settings)
        app.state.database = Database(app.state.settings)
        app.state.running = set()
        async with _working(app):
            yield
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
        app.include_router(router)
    describe(app)
    docs.mount(app)
    return app


@asynccontextmanager
async def _working(app: FastAPI) -> AsyncIterator[None]:
    """Run the worker beside the application, where the settings say so."""
    if not app.state.settings.runs_worker:
        yield
        return
    worker = Worker(app.state.settings, app.state.database, app.state.secret)
    running = asyncio.create_task(worker.run())
    running.add_done_callback(_say_why_it_ended)
    yield
    worker.stop()
    await running


def _say_why_it_ended(running: asyncio.Task[None]) -> None:
    """Log a failure of the worker when it happens, not when the server ends."""
    if not running.cancelled() and running.exception() is not None:
        log.critical("worker ended; webhooks are not sent", exc_info=running.exception())


async def _replay(request: Request, error: Exception) -> Response:
    assert isinstance(error, Replay)
    return error.response


async def _redirect(request: Request, error: Exception) -> Response:
    assert isinstance(error, Moved)
    return Response(status_code=308, headers={"Location": error.location})
