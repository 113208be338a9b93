"""`/v1/webhooks`: a key's own subscriptions."""

import json
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Query, Request, Response

from app.auth.sessions import (
    CurrentCaller,
    WebhookCaller,
    WebhookReadSession,
    WebhookSession,
)
from app.core import clock
from app.core.docs import ADDS, CREATES, EDITS, problems
from app.core.errors import Invalid
from app.core.guard import Guard
from app.core.pagination import PageQuery
from app.core.routing import StrictRoute
from app.core.sessions import IfMatch, Paging, PublicUrl, secret_of
from app.ledger.schemas import EventRead
from app.webhooks import queries, service
from app.webhooks.formats import render
from app.webhooks.matching import Wanted
from app.webhooks.models import DeliveryStatus, Webhook
from app.webhooks.schedule import FAILING
from app.webhooks.schemas import (
    PREVIEW_DAYS,
    SAMPLES,
    PreviewRead,
    PreviewSample,
    WebhookCreate,
    WebhookCreated,
    WebhookDetail,
    WebhookEnable,
    WebhookPage,
    WebhookPatch,
    WebhookPreview,
    WebhookRead,
    WebhookStatus,
)

router = APIRouter(prefix="/v1/webhooks", tags=["webhooks"], route_class=StrictRoute)

PRIVATE = {"Cache-Control": "private, no-cache"}
ONCE = {"Cache-Control": "no-store"}
OWN = problems(400, 401, 403, 404, 422, 503)
ACTS = problems(400, 401, 403, 404, 409, 422, 503)
DOES = {status: answer for status, answer in ADDS.items() if status != 308}
CHANGES = {status: answer for status, answer in EDITS.items() if status not in (308, 409)}
WAITING = (DeliveryStatus.PENDING, DeliveryStatus.SENDING)


async def _reachable(request: Request, url: str) -> None:
    """Refuse an address to which nothing would be sent, before a transaction is open.

    Raises:
        Invalid: says what is wrong with it.
    """
    settings = request.app.state.settings
    guard = Guard(settings.webhook_allow_networks, settings.webhook_allow_http)
    wrong = guard.check_url(url) or await guard.check_names(url)
    if wrong is not None:
        raise Invalid.at("/url", wrong, code="unreachable")


async def _new(request: Request, caller: WebhookCaller, new: WebhookCreate) -> WebhookCreate:
    await _reachable(request, new.url)
    return new


async def _patch(request: Request, caller: WebhookCaller, patch: WebhookPatch) -> WebhookPatch:
    if "url" in patch.model_fields_set:
        await _reachable(request, patch.url)
    return patch


@router.post("", status_code=201, operation_id="createWebhook", responses=CREATES)
async def create_webhook(
    new: Annotated[WebhookCreate, Depends(_new)],
    session: WebhookSession,
    caller: CurrentCaller,
    request: Request,
    response: Response,
) -> WebhookCreated:
    """Subscribe to events. The answer holds the secret that verifies them, this once."""
    webhook, secret = await service.subscribe(session, caller.key_id, new, secret_of(request))
    await session.flush()
    request.state.version = webhook.version
    response.headers["Location"] = f"/v1/webhooks/{webhook.id}"
    response.headers.update(ONCE)
    return WebhookCreated(**_values(webhook), secret=secret)


@router.post(
    "/preview", operation_id="previewWebhook", responses=problems(400, 401, 403, 413, 415, 422, 503)
)
async def preview_webhook(
    session: WebhookReadSession, public_url: PublicUrl, wanted: WebhookPreview
) -> PreviewRead:
    """Try a subscription out: how many events of the last 30 days match, with three samples."""
    columns = await service.filter_columns(session, wanted.filter)
    columns |= service.type_columns(wanted.event_types)
    since = clock.now() - timedelta(days=PREVIEW_DAYS)
    asked = Wanted(**{name: columns[name] for name in Wanted.__dataclass_fields__})
    matched, rows = await queries.matched_since(session, asked, since, SAMPLES)
    events = [EventRead.of(row, public_url) for row in rows]
    samples = [
        PreviewSample(
            event=event, body=json.loads(render(wanted.format, event, source=public_url).body)
        )
        for event in events
    ]
    return PreviewRead(days=PREVIEW_DAYS, matched=matched, samples=samples)


@router.get("", operation_id="listWebhooks", responses=problems(400, 401, 403, 422, 503))
async def list_webhooks(
    session: WebhookReadSession,
    caller: CurrentCaller,
    pager: Paging,
    response: Response,
    query: Annotated[PageQuery, Query()],
) -> WebhookPage:
    """List your key's subscriptions, oldest first."""
    after = pager.read(query.cursor)
    rows = await queries.page(
        session, caller.key_id, after=after[0] if after else None, limit=query.limit
    )
    shown, cursor = pager.cut(response, rows, query.limit, lambda row: [row.id])
    response.headers.update(PRIVATE)
    data = [WebhookRead(**_values(row)) for row in shown]
    return WebhookPage(data=data, has_more=cursor is not None, next_cursor=cursor)


@router.get("/{webhook}", operation_id="getWebhook", responses=OWN)
async def get_webhook(
    session: WebhookReadSession,
    caller: CurrentCaller,
    request: Request,
    response: Response,
    webhook: str,
) -> WebhookDetail:
    """Get a subscription: how it is, and how many deliveries wait."""
    row = await queries.get(session, caller.key_id, webhook)
    request.state.version = row.version
    response.headers.update(PRIVATE)
    return await _detail(session, row)


@router.patch("/{webhook}", operation_id="updateWebhook", responses=CHANGES)
async def update_webhook(
    patch: Annotated[WebhookPatch, Depends(_patch)],
    session: WebhookSession,
    caller: CurrentCaller,
    seen: IfMatch,
    request: Request,
    webhook: str,
) -> WebhookRead:
    """Edit a subscription. What waits to be sent goes to the new address in the new format."""
    row = await queries.lock(session, caller.key_id, webhook)
    await service.edit(session, row, patch, seen)
    request.state.version = row.version
    return WebhookRead(**_values(row))


@router.delete("/{webhook}", status_code=204, operation_id="deleteWebhook", responses=OWN)
async def delete_webhook(session: WebhookSession, caller: CurrentCaller, webhook: str) -> None:
    """Delete a subscription with all its deliveries. Nothing more is sent."""
    service.delete(await queries.lock(session, caller.key_id, webhook))


@router.post("/{webhook}/rotate-secret", operation_id="rotateWebhookSecret", responses=ACTS)
async def rotate_webhook_secret(
    session: WebhookSession,
    caller: CurrentCaller,
    request: Request,
    response: Response,
    webhook: str,
) -> WebhookCreated:
    """Make a new secret. For 24 hours deliveries are signed under the former one, too."""
    row = await queries.lock(session, caller.key_id, webhook)
    secret = service.rotate_secret(row, secret_of(request))
    request.state.version = row.version
    response.headers.update(ONCE)
    return WebhookCreated(**_values(row), secret=secret)


@router.post("/{webhook}/enable", operation_id="enableWebhook", responses=DOES)
async def enable_webhook(
    session: WebhookSession,
    caller: CurrentCaller,
    request: Request,
    webhook: str,
    options: Annotated[WebhookEnable | None, Body()] = None,
) -> WebhookDetail:
    """Enable a subscription again.

    `replay_held` sends what was held while it was disabled, and what failed since it began to fail.
    """
    row = await queries.lock(session, caller.key_id, webhook)
    wanted = options or WebhookEnable()
    await service.enable(session, row, replay_held=wanted.replay_held)
    request.state.version = row.version
    return await _detail(session, row)


async def _detail(session: Any, row: Webhook) -> WebhookDetail:
    return WebhookDetail(
        **_values(row),
        pending_count=await queries.waiting(session, row, *WAITING),
        held_count=await queries.waiting(session, row, DeliveryStatus.HELD),
    )


def _values(row: Webhook) -> dict[str, Any]:
    values = row.model_dump(include=set(WebhookRead.model_fields))
    expires = row.former_expires_at
    return values | {
        "status": _status(row),
        "former_secret_expires_at": expires if expires and expires > clock.now() else None,
        "replaying": row.replay_after is not None,
    }


def _status(row: Webhook) -> WebhookStatus:
    if row.disabled_at is not None:
        return WebhookStatus.DISABLED
    if row.paused_until is not None and row.paused_until > clock.now():
        return WebhookStatus.PAUSED
    return WebhookStatus.FAILING if row.failures >= FAILING else WebhookStatus.ENABLED
