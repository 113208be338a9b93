"""`/v1/imports`: spreadsheets brought onto the record, and taken back."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Header, Path, Query, Request, Response

from app.auth.sessions import (
    DryRun,
    EditorCaller,
    EditorReadSession,
    EditorSession,
    IdempotencyKey,
)
from app.core import idempotency, ids
from app.core.docs import problems
from app.core.pagination import PageQuery
from app.core.routing import StrictRoute
from app.core.sessions import Paging, PublicUrl, database_of, secret_of
from app.imports import columns, queries, service, undoing
from app.imports.answering import ASYNC, PRIVATE, Importing, seen
from app.imports.columns import described
from app.imports.form import ImportForm
from app.imports.models import ImportKind
from app.imports.schemas import (
    ImportPage,
    ImportRead,
    ImportReport,
    ImportUndo,
    ImportUndone,
)
from app.imports.service import Job
from app.ledger.public import TimelessRoute

router = APIRouter(prefix="/v1/imports", tags=["imports"], route_class=StrictRoute)
templates = APIRouter(prefix="/v1/imports", tags=["imports"], route_class=TimelessRoute)

LISTS = problems(400, 401, 403, 422, 503)
READS = problems(400, 401, 403, 404, 422, 503)
ACTS = problems(400, 401, 403, 404, 409, 413, 415, 422, 503)
ACCEPTED = {"model": ImportRead, "description": "It is under way: see `Location`."}
REFUSED = {
    "description": "The file is refused, or the request is not valid. Nothing was imported.",
    "content": {
        "application/problem+json": {
            "schema": {
                "anyOf": [
                    {"$ref": "#/components/schemas/ImportProblem"},
                    {"$ref": "#/components/schemas/InvalidProblem"},
                ]
            }
        }
    },
}
CREATES: dict[int | str, dict[str, Any]] = {
    201: {"model": ImportRead},
    202: ACCEPTED,
    **problems(400, 401, 403, 408, 409, 413, 415, 503),
    422: REFUSED,
}
CSV = "text/csv"
ImportId = Annotated[str, Path(alias="import")]
HOW = f"""\
The file is CSV (comma, semicolon or tab, found by itself) or JSONL (one object a line, with the
same names), in UTF-8. Its first line names the columns. All of it comes onto the record, as one
batch, or nothing: a row that is not right refuses the file, and the problem's `report` says of each
row what is wrong, and what would be right. The same file once more changes nothing. Send it with
`dry_run=true` first: that takes the same way, and is rolled back.

Columns of questions, which are found again by `external_id`:

{described(ImportKind.QUESTIONS)}

Columns of a timeline:

{described(ImportKind.TIMELINE)}

An empty cell says nothing: what is on the record stays. Dates that a spreadsheet wrote in its own
way are refused rather than guessed. While an import is under way other writes wait, and get 503
with `Retry-After` when it takes long. With `Prefer: respond-async` the answer is 202 at once, and
`GET` of its `Location` says how far it has come."""


@router.post(
    "",
    status_code=201,
    operation_id="createImport",
    response_class=Response,
    responses=CREATES,
    description=HOW,
)
async def create_import(
    request: Request,
    caller: EditorCaller,
    public_url: PublicUrl,
    form: Annotated[ImportForm, Form(media_type="multipart/form-data")],
    dry_run: DryRun = False,
    idempotency_key: IdempotencyKey = None,
    prefer: Annotated[
        str | None, Header(description="`respond-async`: answer before it is done (RFC 7240).")
    ] = None,
) -> Response:
    """Bring a file onto the record, all of its rows or none."""
    upload = await service.receive(
        form.file.file, kind=form.kind, create=form.create, kind_of_askers=form.asker_kind
    )
    job = Job(ids.new("import"), caller.name, upload, dry_run)
    content = f"{upload.sha256} {form.kind} {form.create} {form.asker_kind}".encode()
    claimed = None if dry_run else await idempotency.claim(request, caller.key_id, content)
    doing = Importing(request, public_url, job, claimed)
    with idempotency.alone(request.app.state.running, claimed):
        if claimed is not None:
            async with database_of(request).reading() as session:
                await idempotency.recall(session, claimed, secret_of(request))
        if prefer is not None and ASYNC in prefer.lower():
            return await doing.later()
        return await doing.now()


@router.get("", operation_id="listImports", responses=LISTS)
async def list_imports(
    session: EditorReadSession,
    pager: Paging,
    public_url: PublicUrl,
    request: Request,
    response: Response,
    query: Annotated[PageQuery, Query()],
) -> ImportPage:
    """List imports, newest first: those on the record, dry runs, and those that were refused."""
    before = pager.read(query.cursor)
    found = await queries.page(session, before=before[0] if before else None, limit=query.limit)
    shown, cursor = pager.cut(response, found, query.limit, lambda known: [known[0].id])
    data = [await seen(request, known, public_url) for known in shown]
    response.headers.update(PRIVATE)
    return ImportPage(data=data, has_more=cursor is not None, next_cursor=cursor)


@templates.get(
    "/template.questions.csv",
    operation_id="getQuestionsTemplate",
    response_class=Response,
    responses={200: {"content": {CSV: {"schema": {"type": "string"}}}}, **problems(400, 422, 503)},
    description=f"Get a file of questions to begin with.\n\n{described(ImportKind.QUESTIONS)}",
)
async def get_questions_template(request: Request) -> Response:
    """Get a file of questions to begin with: the columns, and a row that is invented."""
    return _template(ImportKind.QUESTIONS)


@templates.get(
    "/template.timeline.csv",
    operation_id="getTimelineTemplate",
    response_class=Response,
    responses={200: {"content": {CSV: {"schema": {"type": "string"}}}}, **problems(400, 422, 503)},
    description=f"Get a file of a timeline to begin with.\n\n{described(ImportKind.TIMELINE)}",
)
async def get_timeline_template(request: Request) -> Response:
    """Get a file of a timeline to begin with: the columns, and a row that is invented."""
    return _template(ImportKind.TIMELINE)


def _template(kind: ImportKind) -> Response:
    name = f'attachment; filename="template.{kind}.csv"'
    media_type = f"{CSV}; charset=utf-8; header=present"
    headers = {"Content-Disposition": name}
    return Response(columns.template(kind), headers=headers, media_type=media_type)


@router.get("/{import}", operation_id="getImport", responses=READS)
async def get_import(
    session: EditorReadSession,
    public_url: PublicUrl,
    request: Request,
    response: Response,
    import_id: ImportId,
) -> ImportRead:
    """Get an import: how far it has come, and the report of its rows when it is done."""
    known = await queries.get(session, import_id)
    summary = await seen(request, known, public_url)
    kept = known[0].report
    response.headers.update(PRIVATE)
    return ImportRead(
        **summary.model_dump(),
        report=ImportReport.model_validate_json(kept) if kept is not None else None,
    )


@router.post("/{import}/undo", status_code=201, operation_id="undoImport", responses=ACTS)
async def undo_import(
    session: EditorSession,
    public_url: PublicUrl,
    request: Request,
    response: Response,
    import_id: ImportId,
    why: ImportUndo,
) -> ImportUndone:
    """Take an import back: all that it recorded is corrected, with your reason. Nothing is deleted.

    Edited fields get their former values where nobody has changed them since. A question that it
    created is withdrawn by a ruling and keeps its asks; companies, askers and sources stay. What
    others have built on since stays too, and is listed. Send it with `dry_run=true` first.
    """
    _, row = await queries.get(session, import_id)
    undone = await undoing.undo(session, row, why.reason)
    assert row is not None
    request.state.version = row.version
    response.headers["Location"] = f"/v1/imports/{row.id}"
    return ImportUndone(
        id=row.id,
        url=f"{public_url}/v1/imports/{row.id}",
        first_seq=row.undone_first_seq,
        last_seq=row.undone_last_seq,
        corrected=undone.corrected,
        withdrawn=undone.withdrawn,
        restored=undone.restored,
        left=undone.left,
        version=row.version,
    )
