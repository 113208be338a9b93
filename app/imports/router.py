"""`/v1/imports`: spreadsheets brought onto the record, and taken back."""

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Form, Header, Path, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.auth.sessions import (
    DryRun,
    EditorCaller,
    EditorReadSession,
    EditorSession,
    IdempotencyKey,
)
from app.core import idempotency, ids
from app.core.docs import problems
from app.core.holding import is_held
from app.core.pagination import PageQuery
from app.core.routing import StrictRoute
from app.core.sessions import Paging, PublicUrl, database_of, secret_of
from app.imports import columns, jobs, queries, service, undoing
from app.imports.columns import described
from app.imports.form import ImportForm
from app.imports.jobs import Running
from app.imports.models import ImportKind, ImportStatus
from app.imports.queries import Known
from app.imports.schemas import (
    ImportPage,
    ImportRead,
    ImportReport,
    ImportSummary,
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
PRIVATE = {"Cache-Control": "private, no-cache"}
ASYNC = "respond-async"
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


def _running(request: Request) -> Running:
    found: Running = request.app.state.imports
    return found


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
    importing = Importing(request, public_url, job, claimed)
    with idempotency.alone(request.app.state.running, claimed):
        if claimed is not None:
            async with database_of(request).reading() as session:
                await idempotency.recall(session, claimed, secret_of(request))
        if prefer is not None and ASYNC in prefer.lower():
            return await importing.later()
        return await importing.now()


class Importing:
    """Does one import, and answers."""

    def __init__(
        self,
        request: Request,
        public_url: str,
        job: Job,
        claimed: idempotency.Claim | None,
    ) -> None:
        self._database, self._running = database_of(request), _running(request)
        self._secret, self._job, self._claimed = secret_of(request), job, claimed
        self._public_url = public_url
        self._answer: Response | None = None

    async def now(self) -> Response:
        """Do it, and answer with the report."""
        async with jobs.begun(self._database, self._running, self._job, _nothing):
            report = await jobs.work(self._database, self._job, self._remember)
        if self._answer is None:
            async with self._database.reading() as session:
                self._answer = await self._answered(session, 201, report)
        return self._answer

    async def later(self) -> Response:
        """Have it done, and answer that it is under way."""
        begun: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._job.upload = await asyncio.to_thread(service.copied, self._job.upload)
        self._running.start(self._do(begun))
        await begun
        assert self._answer is not None
        return self._answer

    async def _do(self, begun: "asyncio.Future[None]") -> None:
        try:
            async with jobs.begun(self._database, self._running, self._job, self._accept):
                begun.set_result(None)
                await jobs.work(self._database, self._job, _nothing)
        except BaseException as error:
            if not begun.done():
                begun.set_exception(error)
                return
            raise
        finally:
            self._job.upload.file.close()

    async def _accept(self, session: AsyncSession) -> None:
        self._answer = await self._answered(session, 202, None)
        await self._store(session)

    async def _remember(self, session: AsyncSession, report: ImportReport) -> None:
        self._answer = await self._answered(session, 201, report)
        await self._store(session)

    async def _store(self, session: AsyncSession) -> None:
        if self._claimed is not None and self._answer is not None:
            await idempotency.recall(session, self._claimed, self._secret)  # of another process
            await idempotency.remember(session, self._claimed, self._answer, self._secret)

    async def _answered(
        self, session: AsyncSession, status: int, report: ImportReport | None
    ) -> Response:
        await session.flush()
        known = await queries.get(session, self._job.id)
        summary = _summary(known, self._public_url, known[0].status, self._job.done)
        read = ImportRead(**summary.model_dump(), report=report)
        headers = {"Location": f"/v1/imports/{self._job.id}", **PRIVATE}
        if self._job.dry_run:
            headers["Dry-Run"] = "true"
        if status == 202:
            headers["Preference-Applied"] = ASYNC
        return Response(read.model_dump_json(), status, headers, "application/json")


async def _nothing(*_: Any) -> None:
    """Add nothing to a transaction."""


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
    data = [await _seen(request, known, public_url) for known in shown]
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
    summary = await _seen(request, known, public_url)
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


async def _seen(request: Request, known: Known, public_url: str) -> ImportSummary:
    """Show an import as it stands now."""
    job, row = known
    status, done = job.status, job.rows_done
    if status == ImportStatus.RUNNING:
        here = _running(request).done(job.id)
        if here is not None:
            done = here
        elif not await is_held(database_of(request), job.id):
            status = ImportStatus.INTERRUPTED
    if row is not None and row.undone_last_seq is not None:
        status = ImportStatus.UNDONE
    return _summary(known, public_url, status, done)


def _summary(known: Known, public_url: str, status: str, done: int) -> ImportSummary:
    job, row = known
    on_record = {
        name: getattr(row, name, None)
        for name in (
            "first_seq", "last_seq", "undone_first_seq", "undone_last_seq", "undone_reason",
        )
    }  # fmt: skip
    said = job.model_dump(exclude={"report", "status", "rows_done"})
    return ImportSummary(
        **said, **on_record, status=status, rows_done=done, url=f"{public_url}/v1/imports/{job.id}"
    )
