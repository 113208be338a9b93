"""`/v1/redactions`: taking personal data out of the record. Anybody can read what was redacted."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from app.auth.sessions import RedactSession
from app.core.docs import ADDS, LISTS, READS
from app.core.pagination import PageQuery
from app.core.sessions import Paging, ReadSession, secret_of
from app.ledger.public import TimelessRoute
from app.ledger.redaction import Redaction
from app.redactions import queries, service
from app.redactions.schemas import (
    Place,
    RedactionCreate,
    RedactionCreated,
    RedactionPage,
    RedactionRead,
)

router = APIRouter(prefix="/v1/redactions", tags=["redactions"], route_class=TimelessRoute)
REDACTS = {status: said for status, said in ADDS.items() if status != 308}


@router.post("", status_code=201, operation_id="createRedaction", responses=REDACTS)
async def create_redaction(
    session: RedactSession, request: Request, response: Response, new: RedactionCreate
) -> RedactionCreated:
    """Make fields of an event unreadable for good, in public. It cannot be undone.

    The same values of the same thing go with them, from other events and from what is shown today;
    every proof still verifies. Send it with `dry_run=true` first: the answer lists what would go,
    and where else on the record the same text stands.
    """
    done = await service.redact(session, new, secret_of(request))
    row, traces = done.records[0], done.traces
    request.state.version = row.version
    response.headers["Location"] = f"/v1/redactions/{row.id}"
    return RedactionCreated(
        **{**_values(row), "places": _places({s: c.pointers for s, c in traces.going.items()})},
        records=[record.id for record in done.records],
        remaining=_places(traces.remaining),
    )


@router.get("", operation_id="listRedactions", responses=LISTS)
async def list_redactions(
    session: ReadSession,
    pager: Paging,
    response: Response,
    query: Annotated[PageQuery, Query()],
) -> RedactionPage:
    """List what was redacted, on which legal basis and why, oldest first."""
    after = pager.read(query.cursor)
    rows = await queries.page(session, after=after[0] if after else None, limit=query.limit)
    shown, cursor = pager.cut(response, rows, query.limit, lambda row: [row.id])
    data = [RedactionRead(**_values(row)) for row in shown]
    return RedactionPage(data=data, has_more=cursor is not None, next_cursor=cursor)


@router.get("/{redaction}", operation_id="getRedaction", responses=READS)
async def get_redaction(session: ReadSession, request: Request, redaction: str) -> RedactionRead:
    """Get a redaction by its id: which fields of which events, on which legal basis and why."""
    row = await queries.get(session, redaction)
    request.state.version = row.version
    return RedactionRead(**_values(row))


def _places(pointers: dict[int, list[str]]) -> list[Place]:
    return [Place(seq=seq, pointers=named) for seq, named in pointers.items()]


def _values(row: Redaction) -> dict[str, Any]:
    return {**row.model_dump(), "recorded_at": row.created_at}
