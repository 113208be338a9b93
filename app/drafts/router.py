"""`/v1/drafts`: writes kept outside the ledger until they are published."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from app.auth.sessions import CurrentCaller, EditorReadSession, EditorSession
from app.core.docs import CREATES, problems
from app.core.errors import Conflict
from app.core.routing import StrictRoute
from app.core.sessions import IfMatch, MaybeIfMatch, Paging, PublicUrl, secret_of
from app.drafts import contents, queries, service
from app.drafts.contents import Content
from app.drafts.models import Draft, DraftStatus
from app.drafts.schemas import (
    DraftCreate,
    DraftFilters,
    DraftPage,
    DraftPatch,
    DraftProblem,
    DraftRead,
    DraftResult,
)
from app.drafts.writes import DraftKind

router = APIRouter(prefix="/v1/drafts", tags=["drafts"], route_class=StrictRoute)

SECRET = {"Cache-Control": "private, no-store"}
SEES = problems(400, 401, 403, 404, 422, 503)
SAVES = CREATES | problems(412)
DELETES = problems(400, 401, 403, 404, 412, 422, 503)
CHANGES = problems(400, 401, 403, 404, 409, 412, 413, 415, 422, 428, 503)
PUBLISHES = problems(400, 401, 403, 404, 409, 412, 413, 415, 422, 503)


@router.post(
    "",
    status_code=201,
    operation_id="createDraft",
    responses=SAVES,
    response_model_exclude_unset=True,
)
async def create_draft(
    session: EditorSession,
    caller: CurrentCaller,
    public_url: PublicUrl,
    request: Request,
    response: Response,
    new: DraftCreate,
) -> DraftRead:
    """Keep a write until it is published: by hand, or by the worker at `publish_at` (an embargo).

    It is checked now by the rules that hold for the write itself, as if its hour had come, and gets
    the problem that it would get; at its hour it is checked again. Nobody without a key that may
    `write` sees anything of it. The record, its slugs included, is as if it were not there.
    """
    row = await service.save(session, new, caller, secret_of(request))
    response.headers["Location"] = f"/v1/drafts/{row.id}"
    return _shown(row, public_url, request, response)


@router.get(
    "",
    operation_id="listDrafts",
    responses=problems(400, 401, 403, 422, 503),
    response_model_exclude_unset=True,
)
async def list_drafts(
    session: EditorReadSession,
    pager: Paging,
    public_url: PublicUrl,
    request: Request,
    response: Response,
    filters: Annotated[DraftFilters, Query()],
) -> DraftPage:
    """List drafts, oldest first: those of every key, published ones until they are deleted."""
    after = pager.read(filters.cursor)
    rows = await queries.page(session, filters, after[0] if after else None)
    shown, cursor = pager.cut(response, rows, filters.limit, lambda row: [row.id])
    response.headers.update(SECRET)
    data = [to_read(row, public_url, secret_of(request)) for row in shown]
    return DraftPage(data=data, has_more=cursor is not None, next_cursor=cursor)


@router.get("/{draft}", operation_id="getDraft", responses=SEES, response_model_exclude_unset=True)
async def get_draft(
    session: EditorReadSession,
    public_url: PublicUrl,
    request: Request,
    response: Response,
    draft: str,
) -> DraftRead:
    """Get a draft: what it holds, what became of it, and what stopped it if it failed."""
    return _shown(await queries.get(session, draft), public_url, request, response)


@router.patch(
    "/{draft}", operation_id="updateDraft", responses=CHANGES, response_model_exclude_unset=True
)
async def update_draft(
    session: EditorSession,
    caller: CurrentCaller,
    seen: IfMatch,
    public_url: PublicUrl,
    request: Request,
    response: Response,
    draft: str,
    patch: DraftPatch,
) -> DraftRead:
    """Edit a draft. It is checked again, and waits again if it had failed.

    From then on your key answers for it. `write` is replaced as a whole. When its hour has passed,
    give another `publish_at`, or null.
    """
    row = await queries.lock(session, draft)
    await service.edit(session, row, patch, seen, caller, secret_of(request))
    return _shown(row, public_url, request, response)


@router.delete("/{draft}", status_code=204, operation_id="deleteDraft", responses=DELETES)
async def delete_draft(session: EditorSession, seen: MaybeIfMatch, draft: str) -> None:
    """Delete a draft for good. What a published one became stays on the record."""
    await service.delete(session, await queries.lock(session, draft), seen)


@router.post(
    "/{draft}/publish",
    operation_id="publishDraft",
    responses=PUBLISHES,
    response_model_exclude_unset=True,
)
async def publish_draft(
    session: EditorSession,
    seen: MaybeIfMatch,
    public_url: PublicUrl,
    request: Request,
    response: Response,
    draft: str,
) -> DraftRead:
    """Put on the record at once what a draft holds, in your key's name, whatever its hour.

    A draft that does not fit is refused with the problem that its write gets, and stays as it is.
    """
    row = await queries.lock(session, draft)
    await service.publish(session, row, seen, secret_of(request))
    return _shown(row, public_url, request, response)


def _shown(draft: Draft, public_url: str, request: Request, response: Response) -> DraftRead:
    request.state.version = draft.version
    response.headers.update(SECRET)
    return to_read(draft, public_url, secret_of(request))


def to_read(draft: Draft, public_url: str, secret: bytes) -> DraftRead:
    """Show a draft as clients see it."""
    status, write = DraftStatus(draft.status), None
    try:
        content = contents.open_(secret, draft)
        if status is not DraftStatus.PUBLISHED:
            write = contents.write_of(content)
    except Conflict as problem:
        content = Content(title=None, write=None, problem=contents.document(problem))
        status = DraftStatus.FAILED
    made = draft.result
    return DraftRead(
        id=draft.id,
        title=content.title,
        kind=DraftKind(draft.kind),
        status=status,
        publish_at=draft.publish_at,
        write=write,
        problem=DraftProblem.model_validate(content.problem) if content.problem else None,
        result=made
        and DraftResult(
            type=made["type"], id=made["id"], url=f"{public_url}{made['path']}", seq=made["seq"]
        ),
        created_by=draft.created_by,
        updated_by=draft.updated_by,
        created_at=draft.created_at,
        updated_at=draft.updated_at,
        version=draft.version,
    )
