"""`/`, and what programs look for at well-known places: the catalog, and whom to tell of a flaw."""

from datetime import UTC, datetime, time, timedelta
from html import escape
from typing import Any, Literal

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel, Field

from app.core import clock
from app.core.docs import problems
from app.core.errors import NotFound
from app.core.routing import StrictRoute
from app.core.sessions import PublicUrl
from app.pages import html

CATALOG = "/.well-known/api-catalog"
CATALOG_TYPE = 'application/linkset+json; profile="https://www.rfc-editor.org/info/rfc9727"'
LINKS = (
    '</openapi.json>; rel="service-desc"; type="application/json",'
    ' </docs>; rel="service-doc"; type="text/html",'
    ' </readyz>; rel="status"; type="application/json",'
    f' <{CATALOG}>; rel="api-catalog"; type="application/linkset+json"'
)
"""Where the description of the API is (RFC 8631, RFC 9727)."""
GOOD_FOR = timedelta(days=180)
"""How long what `security.txt` says is to be relied on, from the day it is read."""
AS_PAGE: dict[int | str, dict[str, Any]] = {200: {"content": html.DECLARED}}
AS_TEXT: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {"text/plain": {"schema": {"type": "string"}}},
        "description": "Whom to tell of a flaw (RFC 9116).",
    }
}

router = APIRouter(tags=["service"], route_class=StrictRoute)


class ServiceMap(BaseModel):
    """What this service is, and where to begin."""

    name: Literal["Answerable"]
    summary: str
    version: str
    documentation: str
    openapi: str
    questions: str
    companies: str
    statements: str
    dossiers: str
    stats: str
    events: str
    stream: str = Field(description="Server-Sent Events.")
    feed: str = Field(description="Atom.")
    export: str = Field(description="CSV.")
    vocabulary: str
    problems: str
    checkpoint: str = Field(description="The head of the transparency log, signed.")
    status: str
    api_catalog: str


PLACES = {
    "documentation": ("/docs", "The API, to be tried out"),
    "openapi": ("/openapi.json", "OpenAPI 3.1, for programs that make clients"),
    "questions": ("/v1/questions", "Questions, with filters and search"),
    "companies": ("/v1/companies", "Companies"),
    "statements": ("/v1/statements", "What companies said"),
    "dossiers": ("/v1/dossiers", "Dossiers"),
    "stats": ("/v1/stats", "Figures, each with its definition"),
    "events": ("/v1/events", "Everything that changed, in order"),
    "stream": ("/v1/events/stream", "The same as it happens (Server-Sent Events)"),
    "feed": ("/v1/feeds/events.atom", "The same for feed readers (Atom)"),
    "export": ("/v1/exports/questions.csv", "Questions for a spreadsheet (CSV)"),
    "vocabulary": ("/v1/vocabulary", "Every word explained, in English and French"),
    "problems": ("/problems", "Errors explained"),
    "checkpoint": ("/log/checkpoint", "The head of the transparency log, signed"),
    "status": ("/readyz", "Whether the service is well"),
    "api_catalog": (CATALOG, "The catalog of this API (RFC 9727)"),
}
"""By the name in the map: path, and what is there."""


class Link(BaseModel):
    """A link of the catalog."""

    href: str
    type: str


class ApiLinks(BaseModel):
    """What belongs to an API."""

    anchor: str = Field(description="The API's address.")
    service_desc: list[Link] = Field(alias="service-desc")
    service_doc: list[Link] = Field(alias="service-doc")
    status: list[Link]


class ApiCatalog(BaseModel):
    """Links, as RFC 9264 has them."""

    linkset: list[ApiLinks]


@router.get(
    "/",
    operation_id="getServiceMap",
    response_model=ServiceMap,
    responses=AS_PAGE | problems(400, 422),
)
async def get_service_map(
    request: Request, response: Response, public_url: PublicUrl
) -> ServiceMap | Response:
    """Get a map of the service: where to begin.

    A browser is shown a page. `Link` leads to the description of the API (RFC 8631).
    """
    summary: str = request.app.summary
    if html.is_wanted(request):
        rows = "".join(
            f'<dt><a href="{path}">{path}</a></dt><dd>{escape(said)}</dd>'
            for path, said in PLACES.values()
        )
        return html.page(
            "The public record of questions", f"<p>{summary}</p>\n<dl>{rows}</dl>", LINKS
        )
    response.headers.update(html.VARY | {"Link": LINKS})
    return ServiceMap(
        name="Answerable",
        summary=summary,
        version=request.app.version,
        **{name: f"{public_url}{path}" for name, (path, _) in PLACES.items()},
    )


@router.get(
    CATALOG,
    operation_id="getApiCatalog",
    response_class=Response,
    responses={
        200: {
            "description": "The catalog.",
            "content": {
                "application/linkset+json": {"schema": {"$ref": "#/components/schemas/ApiCatalog"}}
            },
        },
        **problems(400, 422),
    },
)
async def get_api_catalog(public_url: PublicUrl) -> Response:
    """Get the catalog of this API (RFC 9727): where its description and documentation are.

    It is a set of links (RFC 9264), and always at this place, so that programs find it.
    """
    links = ApiLinks.model_validate(
        {
            "anchor": f"{public_url}/v1",
            "service-desc": [{"href": f"{public_url}/openapi.json", "type": "application/json"}],
            "service-doc": [{"href": f"{public_url}/docs", "type": "text/html"}],
            "status": [{"href": f"{public_url}/readyz", "type": "application/json"}],
        }
    )
    body = ApiCatalog(linkset=[links]).model_dump_json(by_alias=True)
    link = f'<{public_url}{CATALOG}>; rel="api-catalog"; type="application/linkset+json"'
    return Response(body, media_type=CATALOG_TYPE, headers={"Link": link})


@router.get(
    "/.well-known/security.txt",
    operation_id="getSecurityContact",
    response_class=PlainTextResponse,
    responses=AS_TEXT | problems(400, 404, 422),
)
async def get_security_contact(request: Request, public_url: PublicUrl) -> PlainTextResponse:
    """Get whom to tell of a flaw in this service's security (RFC 9116).

    404 where the operator has named nobody.
    """
    contact = request.app.state.settings.security_contact
    if not contact:
        raise NotFound(
            "Nobody is named here to be told of flaws. The operator names somebody with"
            " ANSWERABLE_SECURITY_CONTACT, such as security@example.org."
        )
    midnight = datetime.combine(clock.today(), time(), UTC)
    lines = [
        f"Contact: {contact}",
        f"Expires: {midnight + GOOD_FOR:%Y-%m-%dT%H:%M:%SZ}",
        "Preferred-Languages: en, fr",
        f"Canonical: {public_url}/.well-known/security.txt",
    ]
    return PlainTextResponse("\n".join([*lines, ""]))
