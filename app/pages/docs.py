"""`/docs`: the interactive documentation, whose assets are served from here, not from a CDN."""

from pathlib import Path

from fastapi import APIRouter, FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse, JSONResponse
from starlette.staticfiles import StaticFiles

from app.core.routing import StrictRoute

STATIC = Path(__file__).parent / "static"


def mount(app: FastAPI) -> None:
    """Serve the documentation page and its assets."""
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    router = APIRouter(route_class=StrictRoute, include_in_schema=False)

    @router.get("/openapi.json")
    async def openapi() -> JSONResponse:
        return JSONResponse(app.openapi())

    @router.get("/docs")
    async def docs() -> HTMLResponse:
        return get_swagger_ui_html(
            openapi_url="/openapi.json",
            title="Answerable API",
            swagger_js_url="/static/swagger-ui-bundle.js",
            swagger_css_url="/static/swagger-ui.css",
            swagger_favicon_url="/static/icon.svg",
        )

    app.include_router(router)
