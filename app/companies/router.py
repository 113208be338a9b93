"""`/v1/companies`."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from app.auth.sessions import EditorSession
from app.companies import queries, service
from app.companies.models import Company
from app.companies.schemas import (
    CompanyCreate,
    CompanyFilters,
    CompanyPage,
    CompanyPatch,
    CompanyRead,
)
from app.core import slugs
from app.core.docs import CREATES, EDITS, LISTS, READS_BY_SLUG
from app.core.sessions import IfMatch, Paging, PublicUrl, ReadSession, announced
from app.ledger.public import TimelessRoute

router = APIRouter(prefix="/v1/companies", tags=["companies"], route_class=TimelessRoute)


@router.get("", operation_id="listCompanies", responses=LISTS)
async def list_companies(
    session: ReadSession,
    pager: Paging,
    public_url: PublicUrl,
    response: Response,
    filters: Annotated[CompanyFilters, Query()],
) -> CompanyPage:
    """List companies, oldest first; `identifier` finds the one that has it."""
    after = pager.read(filters.cursor)
    rows = await queries.page(session, filters, after[0] if after else None)
    shown, cursor = pager.cut(response, rows, filters.limit, lambda row: [row.id])
    data = [to_read(row, public_url) for row in shown]
    return CompanyPage(data=data, has_more=cursor is not None, next_cursor=cursor)


@router.get("/{company}", operation_id="getCompany", responses=READS_BY_SLUG)
async def get_company(
    session: ReadSession,
    public_url: PublicUrl,
    request: Request,
    response: Response,
    company: str,
) -> CompanyRead:
    """Get a company by its id or slug. A former slug leads to the one that it has now."""
    company_id = await slugs.locate(request, session, "company", company)
    response.headers["Link"] = announced(public_url, "company", f"/v1/companies/{company_id}")
    row = await queries.get(session, company_id)
    request.state.version = row.version
    return to_read(row, public_url)


@router.post("", status_code=201, operation_id="createCompany", responses=CREATES)
async def create_company(
    session: EditorSession,
    public_url: PublicUrl,
    request: Request,
    response: Response,
    new: CompanyCreate,
) -> CompanyRead:
    """Put a company on the record, to which questions can then be put.

    Its slug is made of its name, unless you give one.
    """
    row = await service.add(session, new)
    await session.flush()
    request.state.version = row.version
    response.headers["Location"] = f"/v1/companies/{row.id}"
    return to_read(row, public_url)


@router.patch("/{company}", operation_id="updateCompany", responses=EDITS)
async def update_company(
    session: EditorSession,
    seen: IfMatch,
    public_url: PublicUrl,
    request: Request,
    company: str,
    patch: CompanyPatch,
) -> CompanyRead:
    """Edit a company. A former slug goes on leading to it."""
    company_id = await slugs.locate(request, session, "company", company)
    row = await service.edit(session, await queries.get(session, company_id), patch, seen)
    await session.flush()
    request.state.version = row.version
    return to_read(row, public_url)


def to_read(row: Company, public_url: str) -> CompanyRead:
    """Show a company as clients see it."""
    return CompanyRead(
        **row.model_dump(exclude={"merged_into"}), url=f"{public_url}/v1/companies/{row.id}"
    )
