"""Reading companies."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.companies.models import Company, CompanyIdentifier
from app.companies.schemas import CompanyFilters
from app.core import foresight, mergers, slugs
from app.core.errors import NotFound
from app.core.tables import table_of

KIND = "company"
COMPANY = table_of(Company)
IDENTIFIER = table_of(CompanyIdentifier)


async def get(session: AsyncSession, company_id: str) -> Company:
    """Return the company with this id.

    Raises:
        NotFound: there is none.
    """
    company = await session.get(Company, company_id)
    if company is None:
        raise NotFound("There is no company with this id. GET /v1/companies lists them.")
    return company


async def find(session: AsyncSession, reference: str) -> Company | None:
    """Return the company that an id, a slug or a former slug stands for, even if it was merged."""
    known = foresight.ask(session, KIND, reference)
    if isinstance(known, Company):
        return known
    target = await slugs.resolve(session, "company", reference)
    return await session.get(Company, target) if target else None


async def current(session: AsyncSession, company: Company) -> Company:
    """Return the company under which one is found: itself, unless it was merged."""
    while company.merged_into is not None:
        company = await get(session, company.merged_into)
    return company


async def page(
    session: AsyncSession, filters: CompanyFilters, after: str | None
) -> Sequence[Company]:
    """Return companies, oldest first, one more than asked for when there are more."""
    query = select(Company).where(COMPANY.c.merged_into.is_(None))
    query = query.order_by(COMPANY.c.id).limit(filters.limit + 1)
    if after is not None:
        query = query.where(COMPANY.c.id > after)
    if filters.identifier is not None:
        scheme, _, value = filters.identifier.partition(":")
        query = query.where(COMPANY.c.id == await _identified(session, scheme, value))
    return (await session.execute(query)).scalars().all()


async def _identified(session: AsyncSession, scheme: str, value: str) -> str:
    """Return the id of the company that an identifier leads to, an empty one when to none."""
    query = select(IDENTIFIER.c.company_id)
    query = query.where(IDENTIFIER.c.scheme == scheme, IDENTIFIER.c.value == value)
    found: str | None = (await session.execute(query)).scalar_one_or_none()
    return await session.run_sync(mergers.shown, found) if found is not None else ""
