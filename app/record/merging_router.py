"""`POST …/merge` of questions and companies, which unites what was recorded twice."""

from fastapi import APIRouter, Request

from app.auth.sessions import EditorSession
from app.companies import queries as companies
from app.companies.router import to_read
from app.companies.schemas import CompanyRead
from app.core import slugs
from app.core.docs import MERGES
from app.core.schemas import MergeCreate
from app.core.sessions import PublicUrl
from app.ledger.public import PublicRoute
from app.questions import merging, queries
from app.record import questions
from app.record.assembly import Reading
from app.record.schemas import QuestionRead
from app.record.viewpoint import Viewpoint

router = APIRouter(route_class=PublicRoute)


@router.post(
    "/v1/questions/{question}/merge",
    operation_id="mergeQuestion",
    tags=["questions"],
    responses=MERGES,
)
async def merge_question(
    session: EditorSession, public_url: PublicUrl, request: Request, question: str, new: MergeCreate
) -> QuestionRead:
    """Merge a question that was recorded twice into the other one, and answer that one.

    Nothing is deleted. Asks, responses and rulings of both are one timeline from then on, from
    which the state follows; the other one is in the dossiers, and has the topics, of both. The id
    and the slugs of the merged one lead there (308). Answers for an earlier `known_at` stay as
    they were. Both have to be put to one company. It cannot be undone: try `dry_run` first.
    """
    question_id = await slugs.to_merge(request, session, "question", question)
    row = await merging.merge(session, await queries.get(session, question_id), new)
    await session.flush()
    found = await questions.get(Reading(session, Viewpoint(), public_url), row.id)
    request.state.version = found.version
    return found


@router.post(
    "/v1/companies/{company}/merge",
    operation_id="mergeCompany",
    tags=["companies"],
    responses=MERGES,
)
async def merge_company(
    session: EditorSession, public_url: PublicUrl, request: Request, company: str, new: MergeCreate
) -> CompanyRead:
    """Merge a company that was recorded twice into the other one, and answer that one.

    Nothing is deleted. The questions are put to the other one from then on, each with an event
    that says so; its statements are the other's; and the other one takes over names, and the
    identifiers of which it has none. The id and the slugs of the merged one lead there (308).
    Answers for an earlier `known_at` stay as they were. It cannot be undone: try `dry_run` first.
    """
    company_id = await slugs.to_merge(request, session, "company", company)
    row = await merging.merge_companies(session, await companies.get(session, company_id), new)
    await session.flush()
    request.state.version = row.version
    return to_read(row, public_url)
