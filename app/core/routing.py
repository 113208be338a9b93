"""What every endpoint does alike: refuses unknown parameters, answers with an ETag, says 304."""

import base64
import hashlib
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import replace
from typing import Any

from fastapi import Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.responses import StreamingResponse
from fastapi.routing import APIRoute
from pydantic import BaseModel, ValidationError
from starlette.datastructures import MutableHeaders

from app.core.deprecation import noted
from app.core.errors import Fault, Invalid, PreconditionFailed, Problem
from app.core.strict_json import pointer_token

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class StrictRoute(APIRoute):
    """The route class of every router. An endpoint that streams its answer may give it an ETag.

    An endpoint may set `request.state.version`, the version of the resource that it answers with:
    it begins the ETag, and is what `If-Match` compares.
    """

    def get_route_handler(self) -> Handler:
        """Wrap the endpoint's handler in what every endpoint does."""
        declared = self.dependant
        self.dependant = _quick(declared)
        handle = super().get_route_handler()
        self.dependant = declared  # as the document shows it
        known = frozenset(_query_names(self.dependant))
        operation = self.operation_id or self.name

        async def strict(request: Request) -> Response:
            _refuse_unknown(request, known)
            request.state.operation = operation
            try:
                response = await handle(request)
            except Problem as problem:
                said = MutableHeaders(problem.headers)
                for deprecation in noted(request):
                    deprecation.say(said)
                problem.headers = dict(said.items())
                raise
            if response.status_code == 204:
                del response.headers["content-type"]  # there is nothing that could be of a type
            if getattr(request.state, "dry_run", False):
                response.headers["Dry-Run"] = "true"
                del response.headers["location"]
            elif response.status_code in (200, 201):
                await self.tag(request, response)
                response = _unless_matched(request, response)
            for deprecation in noted(request):
                deprecation.say(response.headers)
            request.state.response = response
            return response

        return strict

    async def tag(self, request: Request, response: Response) -> None:
        """Give an answer its ETag: of its bytes, so that it changes when they do."""
        version = getattr(request.state, "version", None)
        if isinstance(response, StreamingResponse) or (request.method != "GET" and version is None):
            return
        digest = hashlib.sha256(bytes(response.body)).digest()[:15]
        tag = base64.urlsafe_b64encode(digest).decode("ascii")
        response.headers["ETag"] = f'"{tag}"' if version is None else f'"{version}.{tag}"'
        response.headers.setdefault("Cache-Control", "no-cache")


def _quick(dependant: Dependant) -> Dependant:
    """Have pydantic read a model of query parameters at once.

    FastAPI looks at each of its fields anew for every request, which takes longer than a list.
    """
    models = [field for field in dependant.query_params if _model(field) is not None]
    read = [
        Dependant(name=field.name, call=_reader(field), request_param_name="request")
        for field in models
    ]
    rest = [field for field in dependant.query_params if field not in models]
    return replace(dependant, query_params=rest, dependencies=[*dependant.dependencies, *read])


def _reader(field: Any) -> Callable[[Request], Coroutine[Any, Any, BaseModel]]:
    model = _model(field)
    assert model is not None
    names = frozenset(member.alias or name for name, member in model.model_fields.items())

    async def read(request: Request) -> BaseModel:
        given = {name: value for name, value in request.query_params.items() if name in names}
        try:
            return model.model_validate(given)
        except ValidationError as error:
            faults = [{**fault, "loc": ("query", *fault["loc"])} for fault in error.errors()]
            raise RequestValidationError(faults) from None

    return read


def _model(field: Any) -> type[BaseModel] | None:
    annotation = field.field_info.annotation
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return None


def _query_names(dependant: Dependant) -> Iterator[str]:
    for field in dependant.query_params:
        model = _model(field)
        if model is not None:
            for name, member in model.model_fields.items():
                yield member.alias or name
        else:
            yield field.alias
    for dependency in dependant.dependencies:
        yield from _query_names(dependency)


def _refuse_unknown(request: Request, known: frozenset[str]) -> None:
    unknown = [name for name in request.query_params if name not in known]
    if not unknown:
        return
    takes = f"It takes: {', '.join(sorted(known))}." if known else "It takes none."
    faults = [
        Fault(
            **{"in": "query"},
            pointer=f"/{pointer_token(name)}",
            detail=f"This address has no such parameter. {takes}",
            code="unknown_parameter",
        )
        for name in unknown[:3]
    ]
    raise Invalid(f"Unknown parameter {faults[0].pointer[1:]}. {takes}", errors=faults)


def _unless_matched(request: Request, response: Response) -> Response:
    """Return the answer, or 304 when the client has it already."""
    if request.method == "GET" and _matches(request.headers.get("if-none-match"), response):
        kept = ("etag", "cache-control", "link", "vary")
        headers = {name: value for name, value in response.headers.items() if name in kept}
        return Response(status_code=304, headers=headers)
    return response


def _matches(condition: str | None, response: Response) -> bool:
    """Compare weakly, as RFC 9110 section 13.1.2 says."""
    tag = response.headers.get("etag")
    if condition is None or tag is None:
        return False
    tags = [one.strip().removeprefix("W/") for one in condition.split(",")]
    return "*" in tags or tag in tags


class Precondition:
    """What a client says that it last saw (`If-Match`, RFC 9110 section 13.1.1)."""

    def __init__(self, condition: str) -> None:
        self._tags = [tag.strip() for tag in condition.split(",")]

    def check(self, version: int) -> None:
        """Compare with the version as it is now; call it inside the transaction that edits.

        Raises:
            PreconditionFailed: the resource has changed since.
        """
        if "*" in self._tags:
            return
        if not all(len(tag) > 1 and tag[0] == tag[-1] == '"' for tag in self._tags):
            raise PreconditionFailed(
                "If-Match must be the ETag exactly as you received it: in quotes, without W/."
            )
        if f'"{version}' not in [tag.partition(".")[0].rstrip('"') for tag in self._tags]:
            raise PreconditionFailed(
                "It was changed since you read it. GET it again, then repeat the edit with the"
                " new ETag in If-Match."
            )
