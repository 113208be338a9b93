"""Permalinks, and the probes of an operator."""

from typing import Any, Literal

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field

from app.core.docs import problems
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


@router.get("/healthz", operation_id="getHealth", responses=problems(400, 422))
async def get_health() -> Health:
    """Tell that the process runs."""
    return Health(status="ok")


@router.get("/readyz", operation_id="getReadiness", responses=problems(400, 422, 503))
async def get_readiness(session: ReadSession) -> Readiness:
    """Tell that the database answers and is migrated."""
    return Readiness(status="ready", seq=await ledger.head(session))


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
