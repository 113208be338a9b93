"""The rules for putting askers on the record."""

from sqlalchemy.ext.asyncio import AsyncSession

from app.askers import queries
from app.askers.models import Asker
from app.askers.schemas import AskerCreate, AskerPatch
from app.core import ids, mergers, slugs
from app.core.errors import Conflict, Invalid
from app.core.routing import Precondition
from app.core.schemas import MergeCreate
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


async def merge(session: AsyncSession, asker: Asker, new: MergeCreate) -> Asker:
    """Merge an asker into another one, as whose asks are shown from then on, and return that one.

    Raises:
        Invalid: there is no asker to merge it into.
        Conflict: they are one asker already.
    """
    target = await referred(session, new.into, "/into")
    if target.id == asker.id:
        raise Conflict("An asker cannot be merged into itself. Name the one that stays as into.")
    recorder.note(session, asker, reason=new.reason, into_name=target.name)
    asker.merged_into = target.id
    await mergers.add(session, asker.id, target.id, recorder.current(session).instant)
    return target


async def referred(session: AsyncSession, reference: str, pointer: str) -> Asker:
    """Return the asker that a body refers to; of one that was merged, the one that stayed.

    Raises:
        Invalid: there is no such asker; names the place in the body.
    """
    asker = await queries.find(session, reference)
    if asker is None:
        detail = "There is no such asker. GET /v1/askers lists them; POST there adds one."
        raise Invalid.at(pointer, detail, code="unknown_reference")
    return asker
