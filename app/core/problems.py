"""How errors become answers: RFC 9457 problems for everything that is not a success."""

import json
from collections.abc import Mapping
from typing import Any

import asyncpg
import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.routing import Match, Mount

from app.core import db
from app.core.errors import (
    BY_STATUS,
    MEDIA_TYPE,
    Fault,
    Internal,
    Invalid,
    Location,
    Problem,
    Unavailable,
)
from app.core.strict_json import pointer_token
from app.core.text import FORMS, shorten

log = structlog.get_logger("answerable.http")

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
FAULTS = 20
ECHO = 160
"""How many characters of an input a list of faults may repeat in all."""


def render(problem: Problem, request_id: str) -> Response:
    """Write a problem as an answer."""
    return Response(
        json.dumps(problem.body(request_id), ensure_ascii=False, separators=(",", ":")),
        status_code=problem.status,
        headers={"Cache-Control": "no-store", **problem.headers},
        media_type=MEDIA_TYPE,
    )


def install(app: FastAPI) -> None:
    """Make every exception of the application a problem."""
    app.add_exception_handler(Problem, _answer)
    app.add_exception_handler(RequestValidationError, _answer_invalid)
    app.add_exception_handler(HTTPException, _answer_http)
    for failure in (SQLAlchemyError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
        app.add_exception_handler(failure, _answer_failure)
    app.add_exception_handler(Exception, _answer_unexpected)


async def _answer(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    return render(error, request.state.request_id)


async def _answer_invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    body = dict(error.body) if isinstance(error.body, Mapping) else error.body  # it may be a form
    return await _answer(request, invalid(error.errors(), body))


async def _answer_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    kind = BY_STATUS.get(error.status_code, Internal)
    headers = dict(error.headers or {})
    detail = kind.advice
    if error.status_code == 404:
        detail = "Nothing is at this address. /docs lists every address there is."
        headers["Link"] = '</openapi.json>; rel="service-desc"; type="application/json"'
    elif error.status_code == 405:
        headers["Allow"] = ", ".join(_methods(request))
        detail = f"{request.method} is not possible here, only {headers['Allow']}."
    problem = kind.__new__(kind)
    Problem.__init__(problem, detail, headers=headers)
    return await _answer(request, problem)


def _methods(request: Request) -> list[str]:
    """Name every method that the address takes; the router itself names those of one route."""
    routes = [
        route
        for group in request.app.routes
        for route in getattr(getattr(group, "original_router", None), "routes", [group])
        if not isinstance(route, Mount)
    ]
    first = next((one for one in routes if one.matches(request.scope)[0] is not Match.NONE), None)
    path = getattr(first, "path", None)  # `/preview` is not also a `/{webhook}`
    taken = [
        method
        for method in METHODS
        if any(
            route.matches({**request.scope, "method": method})[0] is Match.FULL
            for route in routes
            if getattr(route, "path", None) == path
        )
    ] or ["GET"]  # files take no other
    return ["GET", "HEAD", *taken[1:]] if taken[0] == "GET" else taken


async def _answer_failure(request: Request, error: Exception) -> Response:
    if db.is_passing(error):
        log.warning("database unavailable", error=shorten(repr(error), 300))
        return await _answer(
            request, Unavailable("The database does not answer. Send the request again shortly.")
        )
    log.error("request failed", path=request.scope["path"], exc_info=error)
    return await _answer_unexpected(request, error)


async def _answer_unexpected(request: Request, error: Exception) -> Response:
    """Answer; what reaches this as the last handler is logged by the boundary."""
    return await _answer(request, Internal("The failure was logged under this request_id."))


def invalid(found: Any, body: Any) -> Invalid:
    """Make one problem of what pydantic found, repeating hardly any of the input."""
    faults: list[Fault] = []
    echoed = 0
    for entry in found[:FAULTS]:
        location: Location = entry["loc"][0] if entry["loc"] else "body"
        pointer = _pointer(entry, body)
        echoed += len(pointer)
        if faults and echoed > ECHO:
            break
        faults.append(
            Fault(
                **{"in": location},
                pointer=pointer[:ECHO],
                detail=_sentence(entry),
                code=entry["type"],
            )
        )
    more = len(found) - len(faults)
    first = faults[0]
    detail = f"{shorten(first.pointer, 40) or 'The body'}: {first.detail}"
    if len(found) > 1:
        detail += f" ({len(found)} faults in all" + (f", {more} not listed)" if more else ")")
    return Invalid(detail, errors=faults)


def _pointer(entry: Any, body: Any) -> str:
    """Turn pydantic's location into a JSON Pointer, without the names of union members in it."""
    location, *steps = entry["loc"]
    if location != "body":
        return "".join(f"/{pointer_token(step)}" for step in steps[:1])
    if entry["type"] == "json_invalid":
        return ""
    pointer, value = "", body
    for step in steps:
        if (isinstance(value, dict) and step in value) or (
            isinstance(value, list) and isinstance(step, int) and step < len(value)
        ):
            value = value[step]
        elif not (isinstance(value, dict) and step == steps[-1] and entry["type"] == "missing"):
            continue
        pointer += f"/{pointer_token(step)}"
    return pointer


MESSAGES = {
    "too_short": "Give at least {min_length}.",
    "too_long": "Give at most {max_length}.",
    "string_too_short": "Give some text; it is empty.",
    "string_too_long": "Give at most {max_length} characters.",
    "missing": "This is required.",
    "extra_forbidden": "There is no such field. Take it out, or check its spelling.",
    "string_type": "Give a text.",
    "int_type": "Give a whole number.",
    "bool_type": "Give true or false.",
    "list_type": "Give a list.",
    "dict_type": "Give an object.",
    "model_attributes_type": "Give an object.",
    "model_type": "Give an object.",
}


def _sentence(entry: Any) -> str:
    context = entry.get("ctx", {})
    if entry["type"] in MESSAGES:
        return MESSAGES[entry["type"]].format(**context)
    message: str = FORMS.get(context.get("pattern"), "")
    if not message:
        message = entry["msg"].removeprefix("Value error, ")
        message = message.replace("Input should be", "It should be")
    return shorten(message if message.endswith((".", "…", "?")) else f"{message}.", 400)
