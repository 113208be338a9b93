"""`/v1/keys`: API keys, for administrators."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Body, Query, Request, Response

from app.auth import queries, service
from app.auth.models import ApiKey
from app.auth.schemas import (
    CompromiseCreate,
    CompromiseRead,
    KeyCreate,
    KeyCreated,
    KeyMade,
    KeyRead,
    KeyRotate,
)
from app.auth.sessions import AdminReadSession, AdminSession, CurrentCaller
from app.core.docs import problems
from app.core.pagination import Page, PageQuery
from app.core.routing import StrictRoute
from app.core.sessions import Paging, PublicUrl, secret_of
from app.ledger import flags

router = APIRouter(prefix="/v1/keys", tags=["keys"], route_class=StrictRoute)


class KeyPage(Page[KeyRead]):
    """A page of API keys."""


@router.post(
    "",
    status_code=201,
    operation_id="createKey",
    responses=problems(400, 401, 403, 409, 413, 415, 422, 503),
)
async def create_key(
    session: AdminSession,
    caller: CurrentCaller,
    request: Request,
    response: Response,
    new: KeyCreate,
) -> KeyCreated:
    """Make an API key. The answer holds its secret, as `key`, this once."""
    key, secret = await service.create(
        session, new, created_by=caller.name, pepper=secret_of(request)
    )
    response.headers["Location"] = f"/v1/keys/{key.id}"
    response.headers["Cache-Control"] = "no-store"
    return KeyCreated(**_values(key), key=secret)


@router.get("", operation_id="listKeys", responses=problems(400, 401, 403, 422, 503))
async def list_keys(
    session: AdminReadSession,
    pager: Paging,
    response: Response,
    query: Annotated[PageQuery, Query()],
) -> KeyPage:
    """List all API keys, oldest first, without their secrets."""
    after = pager.read(query.cursor)
    rows = await queries.page(session, after=after[0] if after else None, limit=query.limit)
    shown, cursor = pager.cut(response, rows, query.limit, lambda key: [key.id])
    response.headers["Cache-Control"] = "private, no-cache"
    data = [_read(key) for key in shown]
    return KeyPage(data=data, has_more=cursor is not None, next_cursor=cursor)


@router.get("/{key}", operation_id="getKey", responses=problems(400, 401, 403, 404, 422, 503))
async def get_key(session: AdminReadSession, response: Response, key: str) -> KeyRead:
    """Get an API key: what it may do, until when, and when it was last used; not its secret."""
    response.headers["Cache-Control"] = "private, no-cache"
    return _read(await queries.get(session, key))


@router.delete(
    "/{key}",
    status_code=204,
    operation_id="revokeKey",
    responses=problems(400, 401, 403, 404, 422, 503),
)
async def revoke_key(session: AdminSession, key: str) -> None:
    """Revoke an API key at once and for good. It stays listed, with `revoked_at`."""
    service.revoke(await queries.get(session, key))


@router.post(
    "/{key}/rotate",
    operation_id="rotateKey",
    responses=problems(400, 401, 403, 404, 409, 413, 415, 422, 503),
)
async def rotate_key(
    session: AdminSession,
    request: Request,
    response: Response,
    key: str,
    options: Annotated[KeyRotate | None, Body()] = None,
) -> KeyCreated:
    """Give an API key a new secret. The former one stays good for `overlap_hours`."""
    row = await queries.get(session, key)
    overlap = timedelta(hours=(options or KeyRotate()).overlap_hours)
    secret = service.rotate(row, overlap=overlap, pepper=secret_of(request))
    response.headers["Cache-Control"] = "no-store"
    return KeyCreated(**_values(row), key=secret)


@router.post(
    "/{key}/compromised",
    status_code=201,
    operation_id="reportCompromisedKey",
    responses=problems(400, 401, 403, 404, 409, 413, 415, 422, 503),
)
async def report_compromised_key(
    session: AdminSession,
    public_url: PublicUrl,
    response: Response,
    key: str,
    new: CompromiseCreate,
) -> CompromiseRead:
    """Report an API key stolen: it is revoked at once, and what it wrote is flagged for review.

    Nothing is deleted or changed. The report is public, as the event `key.compromised`. Send
    another one with an earlier `since` to flag more.
    """
    row = await queries.get(session, key)
    report = await service.compromised(session, row, since=new.since, reason=new.reason)
    made = await queries.made_by(session, row.name, report.since)
    response.headers["Location"] = f"/v1/events/{report.version}"
    return CompromiseRead(
        **report.model_dump(include={"id", "actor", "since", "until", "reason"}),
        key=row.id,
        seq=report.version,
        flagged_count=await flags.count(session, report),
        review_url=f"{public_url}{flags.REVIEW}",
        keys_made=[KeyMade(id=one.id, name=one.name) for one in made],
    )


def _read(key: ApiKey) -> KeyRead:
    return KeyRead(**_values(key))


def _values(key: ApiKey) -> dict[str, object]:
    return key.model_dump(include=set(KeyRead.model_fields))
