"""`/v1/webhooks/{webhook}/…`: what was sent, tests, replays; and the keys that sign it all."""

import base64
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from app.auth.sessions import CurrentCaller, WebhookReadSession, WebhookSession
from app.core.docs import problems
from app.core.pagination import Pager
from app.core.routing import StrictRoute
from app.core.sessions import Paging, secret_of
from app.webhooks import queries, service, signing
from app.webhooks.models import Delivery, DeliveryStatus, Webhook
from app.webhooks.router import ACTS, DOES, OWN, PRIVATE
from app.webhooks.schemas import (
    AttemptRead,
    DeliveryDetail,
    DeliveryFilters,
    DeliveryPage,
    DeliveryRead,
    ReplayCreate,
    ReplayRead,
    WebhookKeyRead,
    WebhookKeys,
)

router = APIRouter(tags=["webhooks"], route_class=StrictRoute)
WEBHOOK = "/v1/webhooks/{webhook}"


@router.post(f"{WEBHOOK}/test", status_code=202, operation_id="testWebhook", responses=ACTS)
async def test_webhook(
    session: WebhookSession, caller: CurrentCaller, response: Response, webhook: str
) -> DeliveryRead:
    """Send a test, signed and in the format of the subscription, on the way that events take.

    Look at the delivery after a moment: it says what the endpoint answered.
    """
    row = await queries.lock(session, caller.key_id, webhook)
    delivery = await service.test(session, row)
    response.headers["Location"] = f"/v1/webhooks/{row.id}/deliveries/{delivery.id}"
    return DeliveryRead(**_values(row, delivery))


@router.post(f"{WEBHOOK}/replay", status_code=202, operation_id="replayWebhook", responses=DOES)
async def replay_webhook(
    session: WebhookSession,
    caller: CurrentCaller,
    request: Request,
    webhook: str,
    wanted: ReplayCreate,
) -> ReplayRead:
    """Send again all events after a `seq`, or since an instant, behind what comes now.

    (A subscription that is `ordered` gets them in order: what comes now follows them.)

    A delivery that was made before keeps its `webhook-id`, so that you can tell what you have.
    """
    row = await queries.lock(session, caller.key_id, webhook)
    count, after_seq, until_seq = await service.replay(session, row, wanted)
    is_dry = wanted.dry_run or request.state.dry_run
    return ReplayRead(count=count, after_seq=after_seq, until_seq=until_seq, dry_run=is_dry)


@router.get(f"{WEBHOOK}/deliveries", operation_id="listDeliveries", responses=OWN)
async def list_deliveries(
    session: WebhookReadSession,
    caller: CurrentCaller,
    pager: Paging,
    response: Response,
    webhook: str,
    filters: Annotated[DeliveryFilters, Query()],
) -> DeliveryPage:
    """List the deliveries of a subscription, newest first."""
    row = await queries.get(session, caller.key_id, webhook)
    return await _page(session, pager, response, row, filters)


async def _page(
    session: Any, pager: Pager, response: Response, webhook: Webhook, filters: DeliveryFilters
) -> DeliveryPage:
    before = pager.read(filters.cursor)
    rows = await queries.deliveries(session, webhook, filters, before[0] if before else None)
    shown, cursor = pager.cut(response, rows, filters.limit, lambda row: [row.number])
    response.headers.update(PRIVATE)
    data = [DeliveryRead(**_values(webhook, delivery)) for delivery in shown]
    return DeliveryPage(data=data, has_more=cursor is not None, next_cursor=cursor)


@router.get(f"{WEBHOOK}/deliveries/{{delivery}}", operation_id="getDelivery", responses=OWN)
async def get_delivery(
    session: WebhookReadSession,
    caller: CurrentCaller,
    response: Response,
    webhook: str,
    delivery: str,
) -> DeliveryDetail:
    """Get a delivery, with every attempt and what the endpoint answered."""
    row = await queries.get(session, caller.key_id, webhook)
    found = await queries.delivery(session, row.id, delivery)
    response.headers.update(PRIVATE)
    return DeliveryDetail(
        **_values(row, found),
        attempts=[
            AttemptRead.model_validate(attempt, from_attributes=True)
            for attempt in await queries.attempts(session, found.id)
        ],
    )


@router.post(
    f"{WEBHOOK}/deliveries/{{delivery}}/replay",
    status_code=202,
    operation_id="replayDelivery",
    responses=ACTS,
)
async def replay_delivery(
    session: WebhookSession, caller: CurrentCaller, webhook: str, delivery: str
) -> DeliveryRead:
    """Send one delivery again now, under the same `webhook-id`. One that is under way stays so."""
    row = await queries.lock(session, caller.key_id, webhook)
    found = await queries.delivery(session, row.id, delivery)
    await service.replay_one(session, row, found)
    return DeliveryRead(**_values(row, found))


@router.get(
    "/.well-known/webhook-keys.json", operation_id="getWebhookKeys", responses=problems(400, 422)
)
async def get_webhook_keys(request: Request) -> WebhookKeys:
    """Get the public key of the signatures `v1a` (Ed25519), which every delivery carries."""
    key = signing.service_key(secret_of(request))
    public = signing.public_bytes(key)
    read = WebhookKeyRead(
        kty="OKP",
        crv="Ed25519",
        alg="EdDSA",
        use="sig",
        kid=signing.key_id(key),
        x=base64.urlsafe_b64encode(public).rstrip(b"=").decode("ascii"),
        whpk="whpk_" + base64.b64encode(public).decode("ascii"),
    )
    return WebhookKeys(keys=[read])


def _values(webhook: Webhook, delivery: Delivery) -> dict[str, Any]:
    values = delivery.model_dump(include=set(DeliveryRead.model_fields))
    status = delivery.status
    if status == DeliveryStatus.PENDING and webhook.disabled_at is not None:
        status = DeliveryStatus.HELD
    due_at = delivery.due_at if status == DeliveryStatus.PENDING else None
    return values | {"status": status, "attempt_count": delivery.attempts, "due_at": due_at}
