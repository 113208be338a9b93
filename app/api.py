"""Every router, in one list."""

from fastapi import APIRouter

from app.askers.router import router as askers
from app.auth.router import router as keys
from app.companies.router import router as companies
from app.corrections.router import router as corrections
from app.ledger.router import router as events
from app.pages.router import router as pages
from app.record.dossiers_router import router as dossiers
from app.record.questions_router import router as questions
from app.record.statements_router import router as statements
from app.sources.router import router as sources
from app.webhooks.deliveries_router import router as deliveries
from app.webhooks.router import router as webhooks

ROUTERS: tuple[APIRouter, ...] = (
    questions,
    statements,
    corrections,
    companies,
    askers,
    dossiers,
    sources,
    events,
    webhooks,
    deliveries,
    keys,
    pages,
)
