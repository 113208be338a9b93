"""The rules for putting askers on the record."""

from sqlalchemy.ext.asyncio import AsyncSession

from app.askers import queries
from app.askers.models import Asker
from app.askers.schemas import AskerCreate, AskerPatch
from app.core import ids, slugs
from app.core.errors import Invalid
from app.core.routing import Precondition
from app.ledger import recorder


async def add(session: AsyncSession, new: AskerCreate) -> Asker:
    """Put an asker on the record.

    Raises:
        Conflict: another asker has the slug.
    """
    asker_id = ids.new("asker")
    asker = Asker(
        id=asker_id,
        slug=await slugs.give(session, "asker", asker_id, new.slug, new.name, is_new=True),
        name=new.name,
        kind=new.kind.value,
        description=new.description,
        website=new.website,
    )
    session.add(asker)
    return asker


async def edit(session: AsyncSession, asker: Asker, patch: AskerPatch, seen: Precondition) -> Asker:
    """Change what is said of an asker.

    Raises:
        PreconditionFailed: it has changed since the client read it.
        Conflict: another asker has the slug.
    """
    seen.check(asker.version)
    changes = patch.changes()
    if "slug" in changes:
        await slugs.give(session, "asker", asker.id, changes["slug"], asker.name)
    recorder.note(session, asker, reason=patch.reason)
    asker.sqlmodel_update(changes)
    return asker


async def referred(session: AsyncSession, reference: str, pointer: str) -> Asker:
    """Return the asker that a body refers to.

    Raises:
        Invalid: there is no such asker; names the place in the body.
    """
    asker = await queries.find(session, reference)
    if asker is None:
        detail = "There is no such asker. GET /v1/askers lists them; POST there adds one."
        raise Invalid.at(pointer, detail, code="unknown_reference")
    return asker
