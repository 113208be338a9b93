"""The rules for putting companies on the record."""

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from app.companies import queries
from app.companies.models import Company, CompanyIdentifier
from app.companies.schemas import CompanyCreate, CompanyPatch
from app.core import ids, mergers, slugs
from app.core.errors import Conflict, Invalid
from app.core.routing import Precondition
from app.core.schemas import MergeCreate
from app.ledger import recorder


async def add(session: AsyncSession, new: CompanyCreate) -> Company:
    """Put a company on the record.

    Raises:
        Conflict: another company has the slug or an identifier.
    """
    company_id = ids.new("company")
    company = Company(
        id=company_id,
        slug=await slugs.give(session, "company", company_id, new.slug, new.name, is_new=True),
        name=new.name,
        names=new.names,
        identifiers=new.identifiers.model_dump(exclude_none=True),
        description=new.description,
    )
    session.add(company)
    await _index_identifiers(session, company)
    return company


async def edit(
    session: AsyncSession, company: Company, patch: CompanyPatch, seen: Precondition
) -> Company:
    """Change what a company is called or how it is identified.

    Raises:
        PreconditionFailed: it has changed since the client read it.
        Conflict: another company has the slug or an identifier.
    """
    seen.check(company.version)
    changes = patch.changes()
    if "slug" in changes:
        await slugs.give(session, "company", company.id, changes["slug"], company.name)
    if "identifiers" in changes:
        kept = {**company.identifiers, **changes["identifiers"]}
        changes["identifiers"] = {scheme: value for scheme, value in kept.items() if value}
    recorder.note(session, company, reason=patch.reason)
    company.sqlmodel_update(changes)
    if "identifiers" in changes:
        await _index_identifiers(session, company)
    return company


async def merge(session: AsyncSession, company: Company, new: MergeCreate) -> Company:
    """Merge a company into another one, and return that one: it takes names and identifiers over.

    An identifier of which the other has one already stays with it and leads there all the same.

    Raises:
        Invalid: there is no company to merge it into.
        Conflict: they are one company already.
    """
    target = await referred(session, new.into, "/into")
    if target.id == company.id:
        raise Conflict("A company cannot be merged into itself. Name the one that stays as into.")
    instant = recorder.current(session).instant
    note = {"into_name": target.name, "into_slug": target.slug}
    recorder.note(session, company, reason=new.reason, **note)
    recorder.note(session, target, reason=new.reason)
    company.merged_into = target.id
    await mergers.add(session, company.id, target.id, instant)
    known = {target.name, *target.names}
    names = [name for name in (company.name, *company.names) if name not in known]
    target.names = [*target.names, *dict.fromkeys(names)]
    taken = company.identifiers.keys() - target.identifiers.keys()
    if taken:
        target.identifiers = {**company.identifiers, **target.identifiers}
        table = queries.IDENTIFIER
        given = (table.c.company_id == company.id) & table.c.scheme.in_(taken)
        await session.execute(delete(table).where(given))
        await _index_identifiers(session, target)
    return target


async def referred(session: AsyncSession, reference: str, pointer: str = "/company") -> Company:
    """Return the company that a body refers to; of one that was merged, the one that stayed.

    Raises:
        Invalid: there is no such company; names the place in the body.
    """
    company = await queries.find(session, reference)
    if company is None:
        detail = "There is no such company. GET /v1/companies lists them; POST there adds one."
        raise Invalid.at(pointer, detail, code="unknown_reference")
    return company


async def _index_identifiers(session: AsyncSession, company: Company) -> None:
    for scheme, value in company.identifiers.items():
        taken = await session.get(CompanyIdentifier, (scheme, value))
        if taken is not None and taken.company_id != company.id:
            raise Conflict(f"{taken.company_id} has the identifier {scheme}:{value} already.")
    await session.flush()
    table = queries.IDENTIFIER
    await session.execute(delete(table).where(table.c.company_id == company.id))
    for scheme, value in company.identifiers.items():
        await session.execute(
            table.insert().values(scheme=scheme, value=value, company_id=company.id)
        )
