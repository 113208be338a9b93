"""The rules for subscriptions: making, changing, testing, enabling and replaying them."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Text, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.askers import service as askers
from app.companies import service as companies
from app.core import clock, ids
from app.core.errors import Conflict, Invalid
from app.core.routing import Precondition
from app.core.sealing import seal
from app.dossiers import queries as dossiers
from app.ledger import queries as ledger
from app.ledger.models import REDACTED
from app.ledger.schemas import EventType
from app.questions import service as questions
from app.webhooks import matching, queries, queueing, replays, signing
from app.webhooks.models import Delivery, DeliveryStatus, Priority, Webhook
from app.webhooks.queueing import Due
from app.webhooks.schemas import ReplayCreate, WebhookCreate, WebhookFilter, WebhookPatch
from app.webhooks.sender import PURPOSE, TEST
from app.webhooks.tables import ATTEMPT, DELIVERY, WEBHOOK, has

MOST = 100
OVERLAP = timedelta(hours=24)
TOGETHER = 500
"""Events whose attempts are looked for in one statement."""
FILTERED = ("company", "dossier", "question", "asker")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)  # nothing was recorded before


async def subscribe(
    session: AsyncSession, key_id: str, new: WebhookCreate, pepper: bytes
) -> tuple[Webhook, str]:
    """Make a webhook and return it with its secret, of which only a sealed copy is kept.

    Raises:
        Invalid: the filter names something that is not there.
        Conflict: the key has too many.
    """
    if await queries.count(session, key_id) >= MOST:
        raise Conflict(f"A key may have {MOST} webhooks, and yours has as many. Delete one first.")
    secret = signing.new_secret()
    now = clock.now()
    webhook = Webhook(
        id=ids.new("webhook"),
        key_id=key_id,
        **new.model_dump(include={"url", "ordered", "max_in_flight", "description"}),
        format=new.format.value,
        secret=seal(pepper, PURPOSE, secret.encode("ascii")),
        after_seq=await ledger.head(session),
        created_at=now,
        updated_at=now,
        **type_columns(new.event_types),
        **await filter_columns(session, new.filter),
    )
    session.add(webhook)
    return webhook, secret


async def edit(
    session: AsyncSession, webhook: Webhook, patch: WebhookPatch, seen: Precondition
) -> Webhook:
    """Change a webhook. Deliveries that wait go to the new address, in the new format.

    Raises:
        PreconditionFailed: it has changed since the client read it.
        Invalid: the filter names something that is not there.
    """
    seen.check(webhook.version)
    changes = patch.model_dump(mode="json", exclude_unset=True, exclude={"filter", "event_types"})
    if "event_types" in patch.model_fields_set:
        changes |= type_columns(patch.event_types)
    if "filter" in patch.model_fields_set:
        changes |= await filter_columns(session, patch.filter)
    if changes.get("url", webhook.url) != webhook.url:  # what another address did does not count
        changes |= {"paused_until": None, "failures": 0, "failing_since": None, "last_error": None}
    webhook.sqlmodel_update(changes)
    _touch(webhook)
    return webhook


def rotate_secret(webhook: Webhook, pepper: bytes) -> str:
    """Give a webhook a new secret; for a day deliveries are signed under the former one, too."""
    secret = signing.new_secret()
    webhook.former_secret = webhook.secret
    webhook.former_expires_at = clock.now() + OVERLAP
    webhook.secret = seal(pepper, PURPOSE, secret.encode("ascii"))
    _touch(webhook)
    return secret


def delete(webhook: Webhook) -> None:
    """Delete a webhook. Nothing more is sent; the worker clears away its deliveries."""
    webhook.deleted_at = clock.now()


async def enable(session: AsyncSession, webhook: Webhook, *, replay_held: bool) -> Webhook:
    """Let deliveries go to a webhook again, and forget what went wrong.

    replay_held: send what was held meanwhile, and what failed since it began to fail, behind what
    comes now; otherwise it stays as it is.
    """
    was_disabled, failing_since = webhook.disabled_at is not None, webhook.failing_since
    webhook.failures, webhook.failing_since, webhook.last_error = 0, None, None
    webhook.disabled_at, webhook.disabled_reason, webhook.paused_until = None, None, None
    _touch(webhook)
    await session.flush()
    waiting = update(DELIVERY).where(DELIVERY.c.webhook_id == webhook.id)
    if replay_held:
        wanted = [has(DeliveryStatus.HELD)]
        if was_disabled:
            wanted.append(has(DeliveryStatus.PENDING))
        if failing_since is not None:
            wanted.append(has(DeliveryStatus.FAILED) & (DELIVERY.c.finished_at >= failing_since))
        held = waiting.where(or_(*wanted))
        await session.run_sync(queueing.again, held, clock.now(), Priority.REPLAY)
    elif was_disabled:
        pending = waiting.where(has(DeliveryStatus.PENDING))
        await session.execute(pending.values(status=DeliveryStatus.HELD.value))
    return webhook


async def test(session: AsyncSession, webhook: Webhook) -> Delivery:
    """Queue a delivery that is only a test.

    Raises:
        Conflict: the webhook is disabled.
    """
    _refuse_disabled(webhook)
    due = [Due(webhook.id, 0, TEST, clock.now())]
    (delivery_id,) = await session.run_sync(queueing.add, due, clock.now(), Priority.LIVE)
    return await queries.delivery(session, webhook.id, delivery_id)


async def replay_one(session: AsyncSession, webhook: Webhook, delivery: Delivery) -> None:
    """Send a delivery again now, under the same id, whatever became of it before.

    Raises:
        Conflict: the webhook is disabled.
    """
    _refuse_disabled(webhook)
    chosen = update(DELIVERY).where(DELIVERY.c.id == delivery.id)
    await session.run_sync(queueing.again, chosen, clock.now(), Priority.LIVE)
    await session.refresh(delivery)


async def replay(
    session: AsyncSession, webhook: Webhook, wanted: ReplayCreate
) -> tuple[int, int, int]:
    """Have the worker send events again; return the count, and the seqs between which they are.

    Deliveries that there were keep their ids. A replay that is under way goes on as part of this.

    Raises:
        Invalid: the point from which to replay has not been reached yet.
        Conflict: the webhook is disabled.
    """
    _refuse_disabled(webhook)
    head = await ledger.head(session)
    after = await _start(session, wanted, head)
    condition = replays.among_replayed(webhook, after, head)
    count: int = (await session.execute(replays.count(condition))).scalar_one()
    if count and not wanted.dry_run:
        under_way = webhook.replay_after
        webhook.replay_after = after if under_way is None else min(after, under_way)
        webhook.replay_until = head
    return count, after, head


async def _start(session: AsyncSession, wanted: ReplayCreate, head: int) -> int:
    if wanted.since is not None:
        _refuse_future(wanted.since)
        return await ledger.position(session, max(wanted.since, EPOCH) - timedelta(microseconds=1))
    assert wanted.after_seq is not None
    if wanted.after_seq > head:
        detail = f"The newest event is {head}. Give a smaller number."
        raise Invalid.at("/after_seq", detail, code="future")
    return wanted.after_seq


def _refuse_disabled(webhook: Webhook) -> None:
    if webhook.disabled_at is not None:
        raise Conflict(
            f"This webhook is disabled: {webhook.disabled_reason} Enable it first, with"
            f" POST /v1/webhooks/{webhook.id}/enable."
        )


def _refuse_future(since: datetime) -> None:
    if since > clock.now():
        raise Invalid.at("/since", "Give an instant of the past.", code="future")


def type_columns(event_types: Sequence[EventType] | None) -> dict[str, Any]:
    """Return a list of event types as it is stored."""
    values = None if event_types is None else [kind.value for kind in event_types]
    return {"event_types": values, "types": matching.as_list(values)}


async def filter_columns(session: AsyncSession, wanted: WebhookFilter | None) -> dict[str, Any]:
    """Return a filter as it is stored: as it was sent, and the ids that it stands for.

    Raises:
        Invalid: it names something that is not there; says where.
    """
    given = wanted or WebhookFilter()
    columns: dict[str, Any] = {
        "filter": given.model_dump(exclude_none=True) or None,
        "company_id": None,
        "dossier_id": None,
        "question_id": None,
        "asker_id": None,
        "topic": given.topic,
        "states": matching.as_list(given.state.split(",")) if given.state else None,
    }
    if given.company:
        company = await companies.referred(session, given.company, "/filter/company")
        columns["company_id"] = company.id
    if given.question:
        question = await questions.referred(session, given.question, "/filter/question")
        columns["question_id"] = question.id
    if given.asker:
        columns["asker_id"] = (await askers.referred(session, given.asker, "/filter/asker")).id
    if given.dossier:
        dossier = await dossiers.find(session, given.dossier)
        if dossier is None:
            detail = "There is no such dossier. GET /v1/dossiers lists them."
            raise Invalid.at("/filter/dossier", detail, code="unknown_reference")
        columns["dossier_id"] = dossier.id
    return columns


async def forget(session: AsyncSession, seqs: Sequence[int]) -> None:
    """Take out what receivers answered to events: it may repeat what was sent to them."""
    for start in range(0, len(seqs), TOGETHER):
        sent = select(DELIVERY.c.id).where(DELIVERY.c.seq.in_(seqs[start : start + TOGETHER]))
        told = update(ATTEMPT).where(ATTEMPT.c.delivery_id.in_(sent), ATTEMPT.c.answer != "")
        await session.execute(told.values(answer=REDACTED))


async def forget_slug(session: AsyncSession, slug: str, target: str) -> None:
    """Put a thing's id in place of a slug of it by which filters name it."""
    query = select(Webhook).where(WEBHOOK.c.filter.cast(Text).contains(slug, autoescape=True))
    for webhook in (await session.execute(query)).scalars():
        given = webhook.filter or {}
        kind = next((kind for kind in FILTERED if getattr(webhook, f"{kind}_id") == target), "")
        if given.get(kind) == slug:
            webhook.filter = {**given, kind: target}


def _touch(webhook: Webhook) -> None:
    webhook.version += 1
    webhook.updated_at = clock.now()
