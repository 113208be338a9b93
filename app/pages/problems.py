"""`/problems`: what each kind of error means, what to do, and how one looks."""

import json
from html import escape
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from pydantic import BaseModel, Field

from app.core import codes, docs, errors, problems
from app.core.errors import Invalid, NotFound, Problem
from app.core.routing import StrictRoute
from app.pages import html
from app.pages.html import marked

REQUEST_ID = "0d5f2c1a9b8e47d3a6c4e1f0b7928d35"
"""Stands in every example."""
SHOWN = ("content-type", "retry-after", "www-authenticate")
AS_PAGE: dict[int | str, dict[str, Any]] = {200: {"content": html.DECLARED}}

router = APIRouter(tags=["service"], route_class=StrictRoute)


class ProblemCode(BaseModel):
    """A code of a fault, explained."""

    code: str = Field(examples=["unknown_reference"])
    meaning: str


class ProblemKind(BaseModel):
    """A kind of problem, explained."""

    type: str = Field(examples=["/problems/not-found"])
    title: str
    status: int
    meaning: str = Field(description="What has happened.")
    advice: str = Field(description="What to do.")
    example: errors.ProblemRead | errors.InvalidProblemRead = Field(
        description="An answer of this kind."
    )
    codes: list[ProblemCode] = Field(
        description="What `code` says in `errors`, where a problem has them. Not all there are."
    )


class ProblemKinds(BaseModel):
    """All kinds of problems."""

    data: list[ProblemKind]


@router.get(
    "/problems",
    operation_id="listProblems",
    response_model=ProblemKinds,
    responses=AS_PAGE | docs.problems(400, 422),
)
async def list_problems(request: Request, response: Response) -> ProblemKinds | Response:
    """List the kinds of problems that an answer may be, and what to do about each.

    A browser is shown a page.
    """
    if html.is_wanted(request):
        rows = "".join(
            f'<dt><a href="{_address(kind)}">{kind.status} {escape(kind.title)}</a></dt>'
            f"<dd>{marked(kind.meaning)}</dd>"
            for kind in errors.FAMILY
        )
        return html.page("Problems", f"<dl>{rows}</dl>")
    response.headers.update(html.VARY)
    return ProblemKinds(data=[_kind(problem) for problem in errors.FAMILY])


@router.get(
    "/problems/{slug}",
    operation_id="getProblem",
    response_model=ProblemKind,
    responses=AS_PAGE | docs.problems(400, 404, 422),
)
async def get_problem(
    request: Request,
    response: Response,
    slug: Annotated[str, Path(description="The last part of a problem's `type`.")],
) -> ProblemKind | Response:
    """Explain a kind of problem; this is where a problem's `type` leads.

    What has happened, what to do, and an answer as it looks. A browser is shown a page.
    """
    for problem in errors.FAMILY:
        if problem.slug == slug:
            if html.is_wanted(request):
                return html.page(f"{problem.status} {problem.title}", _explained(problem))
            response.headers.update(html.VARY)
            return _kind(problem)
    raise NotFound("There is no such kind of problem. GET /problems lists them.")


def _address(problem: type[Problem]) -> str:
    return f"{errors.PROBLEMS_PATH}/{problem.slug}"


def _kind(problem: type[Problem]) -> ProblemKind:
    return ProblemKind.model_validate(
        {
            "type": _address(problem),
            "title": problem.title,
            "status": problem.status,
            "meaning": problem.meaning,
            "advice": problem.advice,
            "example": problem.example().body(REQUEST_ID),
            "codes": [{"code": code, "meaning": said} for code, said in _codes(problem)],
        }
    )


def _codes(problem: type[Problem]) -> list[tuple[str, str]]:
    return sorted(codes.CODES.items()) if problem is Invalid else []


def _explained(problem: type[Problem]) -> str:
    """Write the page of one kind. The example is rendered as an answer is."""
    answer = problems.render(problem.example(), REQUEST_ID)
    head = [f"HTTP/1.1 {problem.status} {HTTPStatus(problem.status).phrase}"]
    head += [f"{name}: {answer.headers[name]}" for name in SHOWN if name in answer.headers]
    body = json.dumps(json.loads(bytes(answer.body)), indent=2, ensure_ascii=False)
    text = "\n".join([*head, "", body])
    rows = "".join(
        f"<dt><code>{code}</code></dt><dd>{marked(said)}</dd>" for code, said in _codes(problem)
    )
    return (
        f"<p>{marked(problem.meaning)}</p>\n<h2>What to do</h2>\n<p>{marked(problem.advice)}</p>\n"
        f"<h2>An example</h2>\n<pre><code>{escape(text, quote=False)}</code></pre>\n"
        + (f"<h2>Codes in <code>errors</code></h2>\n<dl>{rows}</dl>\n" if rows else "")
        + f'<p><a href="{errors.PROBLEMS_PATH}">All problems</a> · <a href="/docs">API</a></p>'
    )
