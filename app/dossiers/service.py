"""The rules for opening and editing dossiers."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from app.core import ids, slugs
from app.core.errors import Invalid
from app.core.routing import Precondition
from app.core.schemas import merge_translations
from app.dossiers import queries
from app.dossiers.models import Dossier
from app.dossiers.schemas import DossierCreate, DossierPatch
from app.ledger import recorder


async def open_(session: AsyncSession, new: DossierCreate) -> Dossier:
    """Open a dossier.

    Raises:
        Conflict: another dossier has the slug.
    """
    dossier_id = ids.new("dossier")
    dossier = Dossier(
        id=dossier_id,
        slug=await slugs.give(session, "dossier", dossier_id, new.slug, new.title),
        title=new.title,
        description=new.description,
        translations={key: text.model_dump() for key, text in new.translations.items()},
    )
    session.add(dossier)
    return dossier


async def edit(
    session: AsyncSession, dossier: Dossier, patch: DossierPatch, seen: Precondition
) -> Dossier:
    """Change a dossier's texts.

    Raises:
        PreconditionFailed: it has changed since the client read it.
        Conflict: another dossier has the slug.
    """
    seen.check(dossier.version)
    changes = patch.changes()
    if "slug" in changes:
        await slugs.give(session, "dossier", dossier.id, changes["slug"], dossier.title)
    if "translations" in changes:
        changes["translations"] = merge_translations(dossier.translations, changes["translations"])
    recorder.note(session, dossier, reason=patch.reason)
    dossier.sqlmodel_update(changes)
    return dossier


async def referred(session: AsyncSession, references: Sequence[str], pointer: str) -> list[str]:
    """Return the ids of the dossiers that a body refers to, each once.

    Raises:
        Invalid: there is no such dossier; names the place in the body.
    """
    found: list[str] = []
    for index, reference in enumerate(references):
        dossier = await queries.find(session, reference)
        if dossier is None:
            detail = "There is no such dossier. GET /v1/dossiers lists them; POST there opens one."
            raise Invalid.at(f"{pointer}/{index}", detail, code="unknown_reference")
        if dossier.id not in found:
            found.append(dossier.id)
    return found
