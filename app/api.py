"""Every router, in one list."""

from fastapi import APIRouter

from app.askers.router import router as askers
from app.auth.router import router as keys
from app.badges.router import router as badges
from app.companies.router import router as companies
from app.corrections.router import router as corrections
from app.drafts.router import router as drafts
from app.exports.router import router as exports
from app.feeds.router import router as feeds
from app.imports.router import router as imports
from app.imports.router import templates
from app.ledger.router import router as events
from app.pages.home import router as home
from app.pages.oembed import router as oembed
from app.pages.problems import router as problems
from app.pages.router import router as pages
from app.record.dossiers_router import router as dossiers
from app.record.merging_router import router as mergers
from app.record.questions_router import router as questions
from app.record.statements_router import router as statements
from app.redactions.router import router as redactions
from app.sources.router import router as sources
from app.stats.router import router as stats
from app.transparency.router import router as log
from app.vocabulary.router import router as vocabulary
from app.webhooks.deliveries_router import router as deliveries
from app.webhooks.router import router as webhooks

ROUTERS: tuple[APIRouter, ...] = (
    questions,
    statements,
    mergers,
    corrections,
    companies,
    askers,
    dossiers,
    sources,
    drafts,
    events,
    stats,
    exports,
    feeds,
    badges,
    vocabulary,
    redactions,
    templates,
    imports,
    webhooks,
    deliveries,
    log,
    keys,
    oembed,
    home,
    problems,
    pages,
)
