"""Permalinks, the pages that explain problems, and the probes of an operator."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Request
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field

from app.core import errors
from app.core.docs import problems
from app.core.errors import NotFound
from app.core.routing import StrictRoute
from app.core.sessions import ReadSession
from app.ledger import queries as ledger

FOLLOWED: dict[int | str, dict[str, Any]] = {302: {"description": "`Location` is the question."}}

router = APIRouter(tags=["service"], route_class=StrictRoute)


class Health(BaseModel):
    """A sign of life."""

    status: Literal["ok"]


class Readiness(BaseModel):
    """Whether the service can answer."""

    status: Literal["ready"]
    seq: int = Field(description="How far the ledger has come.")


class ProblemKind(BaseModel):
    """A kind of problem, explained."""

    type: str = Field(examples=["/problems/not-found"])
    title: str
    status: int
    advice: str = Field(description="What to do.")


class ProblemKinds(BaseModel):
    """All kinds of problems."""

    data: list[ProblemKind]


@router.get("/healthz", operation_id="getHealth", responses=problems(400, 422))
async def get_health() -> Health:
    """Tell that the process runs."""
    return Health(status="ok")


@router.get("/readyz", operation_id="getReadiness", responses=problems(400, 422, 503))
async def get_readiness(session: ReadSession) -> Readiness:
    """Tell that the database answers and is migrated."""
    return Readiness(status="ready", seq=await ledger.head(session))


@router.get("/problems", operation_id="listProblems", responses=problems(400, 422))
async def list_problems() -> ProblemKinds:
    """List the kinds of problems that an answer may be, and what to do about each."""
    return ProblemKinds(data=[_kind(problem) for problem in errors.FAMILY])


@router.get("/problems/{slug}", operation_id="getProblem", responses=problems(400, 404, 422))
async def get_problem(
    slug: Annotated[str, Path(description="The last part of a problem's `type`.")],
) -> ProblemKind:
    """Explain a kind of problem; this is where a problem's `type` leads."""
    for problem in errors.FAMILY:
        if problem.slug == slug:
            return _kind(problem)
    raise NotFound("There is no such kind of problem. GET /problems lists them.")


@router.get(
    "/q/{question}",
    operation_id="followPermalink",
    status_code=302,
    response_class=RedirectResponse,
    responses=FOLLOWED | problems(400, 422),
)
async def follow_permalink(request: Request, question: str) -> RedirectResponse:
    """Follow the permalink of a question, as events carry it."""
    return RedirectResponse(f"/v1/questions/{question}", status_code=302)


def _kind(problem: type[errors.Problem]) -> ProblemKind:
    return ProblemKind(
        type=f"{errors.PROBLEMS_PATH}/{problem.slug}",
        title=problem.title,
        status=problem.status,
        advice=problem.advice,
    )
