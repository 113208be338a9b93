"""Which web pages may call the API: every one may read, only configured origins may write.

See the Fetch standard, "CORS protocol".
"""

from starlette.datastructures import Headers
from starlette.responses import Response

from app.core.settings import Settings

READ_METHODS = ("GET", "HEAD")
WRITE_METHODS = (*READ_METHODS, "POST", "PATCH", "DELETE")
EXPOSED = "ETag, Link, Location, RateLimit, RateLimit-Policy, Retry-After, X-Request-Id"
ACCEPTED = (
    "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, Last-Event-ID,"
    " X-Request-Id"
)


def headers(request: Headers, method: str, settings: Settings) -> dict[str, str]:
    """Return the headers that let the asking page read this answer, if it may."""
    origin = request.get("origin")
    if origin in settings.cors_write_origins:
        allowed = {"Access-Control-Allow-Origin": origin}
    elif method in READ_METHODS:
        allowed = {"Access-Control-Allow-Origin": "*"}
    else:
        return {}
    return {**allowed, "Access-Control-Expose-Headers": EXPOSED}


def preflight(request: Headers, method: str, settings: Settings) -> Response | None:
    """Answer a browser's question whether a page may send a request; None when it is not one.

    A refusal is an answer without the headers that would allow it, as the standard has it.
    """
    wanted = request.get("access-control-request-method")
    origin = request.get("origin")
    if method != "OPTIONS" or wanted is None or origin is None:
        return None
    writes = origin in settings.cors_write_origins
    response = Response(status_code=204, headers={"Vary": "Origin"})
    if writes or wanted in READ_METHODS:
        response.headers["Access-Control-Allow-Origin"] = origin if writes else "*"
        response.headers["Access-Control-Allow-Methods"] = ", ".join(
            WRITE_METHODS if writes else READ_METHODS
        )
        response.headers["Access-Control-Allow-Headers"] = ACCEPTED
        response.headers["Access-Control-Max-Age"] = "86400"
    return response
