"""Badges of questions, companies and dossiers: a picture, and the same for shields.io."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response

from app.badges import colours, queries, wording
from app.badges.drawing import draw
from app.badges.schemas import BadgeOptions, ShieldsRead
from app.badges.wording import Badge
from app.core import slugs
from app.core.docs import READS_BY_SLUG
from app.core.sessions import ReadSession, database_of
from app.ledger.public import PublicRoute
from app.record import viewpoint

SVG = "image/svg+xml"
CACHE_SECONDS = 300
HEADERS = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}
"""For whoever opens the picture by itself, as a document."""
PICTURE: dict[int | str, dict[str, Any]] = {
    200: {"description": "The picture.", "content": {SVG: {"schema": {"type": "string"}}}}
}
Options = Annotated[BadgeOptions, Query()]

router = APIRouter(tags=["badges"], route_class=PublicRoute)


async def _of_question(
    session: ReadSession, request: Request, question: str, options: Options
) -> Badge:
    view = await viewpoint.look(database_of(request), session, options.as_of, options.known_at)
    question_id = await slugs.locate(request, session, "question", question, view.known_at)
    name, standing = await queries.question(session, view, question_id)
    return wording.of_question(options.label or name, standing, options.lang, view.as_of)


async def _of_company(
    session: ReadSession, request: Request, company: str, options: Options
) -> Badge:
    view = await viewpoint.look(database_of(request), session, options.as_of, options.known_at)
    company_id = await slugs.locate(request, session, "company", company, view.known_at)
    name = await queries.company(session, view, company_id)
    tally = await queries.of_company(session, view, company_id)
    return wording.of_many(options.label or name, tally, options.lang, view.as_of)


async def _of_dossier(
    session: ReadSession, request: Request, dossier: str, options: Options
) -> Badge:
    view = await viewpoint.look(database_of(request), session, options.as_of, options.known_at)
    dossier_id = await slugs.locate(request, session, "dossier", dossier, view.known_at)
    title = await queries.dossier(session, view, dossier_id, options.lang)
    tally = await queries.of_dossier(session, view, dossier_id)
    return wording.of_many(options.label or title, tally, options.lang, view.as_of)


OfQuestion = Annotated[Badge, Depends(_of_question)]
OfCompany = Annotated[Badge, Depends(_of_company)]
OfDossier = Annotated[Badge, Depends(_of_dossier)]


@router.get(
    "/v1/questions/{question}/badge.svg",
    operation_id="getQuestionBadge",
    response_class=Response,
    responses=PICTURE | READS_BY_SLUG,
)
async def get_question_badge(badge: OfQuestion) -> Response:
    """Get a picture of where a question stands, such as “Microsoft: unanswered · 557 days”.

    The days are `days_open` of the question: from its first ask until today, or until it was
    answered. With `as_of` or `known_at` the picture names the day.
    """
    return _picture(badge)


@router.get(
    "/v1/questions/{question}/badge.json",
    operation_id="getQuestionBadgeJson",
    responses=READS_BY_SLUG,
)
async def get_question_badge_json(badge: OfQuestion) -> ShieldsRead:
    """Get where a question stands, for shields.io: `img.shields.io/endpoint?url=…`."""
    return _shields(badge)


@router.get(
    "/v1/companies/{company}/badge.svg",
    operation_id="getCompanyBadge",
    response_class=Response,
    responses=PICTURE | READS_BY_SLUG,
)
async def get_company_badge(badge: OfCompany) -> Response:
    """Get a picture of how many questions to a company stand unanswered: “7 of 12 unanswered”.

    Counted are its questions that were not withdrawn (12), and among them those whose state is
    `unanswered` (7): what was acknowledged, declined or answered in part is not among the 7.
    """
    return _picture(badge)


@router.get(
    "/v1/companies/{company}/badge.json",
    operation_id="getCompanyBadgeJson",
    responses=READS_BY_SLUG,
)
async def get_company_badge_json(badge: OfCompany) -> ShieldsRead:
    """Get how many questions to a company stand unanswered, for shields.io."""
    return _shields(badge)


@router.get(
    "/v1/dossiers/{dossier}/badge.svg",
    operation_id="getDossierBadge",
    response_class=Response,
    responses=PICTURE | READS_BY_SLUG,
)
async def get_dossier_badge(badge: OfDossier) -> Response:
    """Get a picture of how many questions in a dossier stand unanswered: “7 of 12 unanswered”.

    Counted are its questions that were not withdrawn (12), and among them those whose state is
    `unanswered` (7): what was acknowledged, declined or answered in part is not among the 7.
    """
    return _picture(badge)


@router.get(
    "/v1/dossiers/{dossier}/badge.json",
    operation_id="getDossierBadgeJson",
    responses=READS_BY_SLUG,
)
async def get_dossier_badge_json(badge: OfDossier) -> ShieldsRead:
    """Get how many questions in a dossier stand unanswered, for shields.io."""
    return _shields(badge)


def _picture(badge: Badge) -> Response:
    return Response(draw(badge), media_type=f"{SVG}; charset=utf-8", headers=HEADERS)


def _shields(badge: Badge) -> ShieldsRead:
    return ShieldsRead(
        schema_version=1,
        label=badge.label,
        message=badge.message,
        color=badge.colour,
        label_color=colours.LABEL,
        cache_seconds=CACHE_SECONDS,
    )
