"""How each kind of draft is put on the record: by the service that its own address calls."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.askers import queries as asker_queries
from app.askers import service as askers
from app.companies import queries as company_queries
from app.companies import service as companies
from app.core.errors import Invalid, PreconditionFailed
from app.core.routing import Precondition
from app.corrections import service as corrections
from app.dossiers import queries as dossier_queries
from app.dossiers import service as dossiers
from app.drafts.writes import DraftKind, Write
from app.ledger.models import Recorded
from app.questions import queries as question_queries
from app.questions import service as questions
from app.sources import service as sources
from app.sources.models import Source
from app.sources.schemas import SourceCreate
from app.statements import queries as statement_queries
from app.statements import service as statements


@dataclass(frozen=True)
class Kind:
    """One kind of write.

    write: called with the session, the target if there is one, the body, and for an edit what its
    writer last saw. target: the member that names what is written to.
    """

    write: Callable[..., Awaitable[Recorded]]
    target: str | None = None
    is_edit: bool = False


async def _add_source(session: AsyncSession, new: SourceCreate) -> Source:
    source, _ = await sources.add(session, new)
    return source


async def _find_source(session: AsyncSession, reference: str) -> Source | None:
    return await session.get(Source, reference)


KINDS: dict[str, Kind] = {
    DraftKind.COMPANY: Kind(companies.add),
    DraftKind.COMPANY_EDIT: Kind(companies.edit, "company", is_edit=True),
    DraftKind.ASKER: Kind(askers.add),
    DraftKind.ASKER_EDIT: Kind(askers.edit, "asker", is_edit=True),
    DraftKind.DOSSIER: Kind(dossiers.open_),
    DraftKind.DOSSIER_EDIT: Kind(dossiers.edit, "dossier", is_edit=True),
    DraftKind.SOURCE: Kind(_add_source),
    DraftKind.SOURCE_EDIT: Kind(sources.edit, "source", is_edit=True),
    DraftKind.QUESTION: Kind(questions.put),
    DraftKind.QUESTION_EDIT: Kind(questions.edit, "question", is_edit=True),
    DraftKind.ASK: Kind(questions.ask, "question"),
    DraftKind.RULING: Kind(questions.rule, "question"),
    DraftKind.STATEMENT: Kind(statements.publish),
    DraftKind.RESPONSE: Kind(statements.respond, "statement"),
    DraftKind.CORRECTION: Kind(corrections.correct),
}
FIND: dict[str, tuple[Callable[[AsyncSession, str], Awaitable[Recorded | None]], str]] = {
    "company": (company_queries.find, "companies"),
    "asker": (asker_queries.find, "askers"),
    "dossier": (dossier_queries.find, "dossiers"),
    "source": (_find_source, "sources"),
    "question": (question_queries.find, "questions"),
    "statement": (statement_queries.find, "statements"),
}
"""How a target is found, and the collection that lists what there is."""

PATHS = {
    "company": "/v1/companies/{row.id}",
    "asker": "/v1/askers/{row.id}",
    "dossier": "/v1/dossiers/{row.id}",
    "source": "/v1/sources/{row.id}",
    "question": "/v1/questions/{row.id}",
    "ask": "/v1/questions/{row.question_id}/timeline",
    "ruling": "/v1/questions/{row.question_id}/timeline",
    "statement": "/v1/statements/{row.id}",
    "response": "/v1/statements/{row.statement_id}?expand=responses",
    "correction": "/v1/corrections/{row.id}",
}
"""Where what was made can be read."""


async def apply(session: AsyncSession, write: Write) -> Recorded:
    """Do a write in a recording session and return what it made or changed.

    Raises:
        Problem: the one that the write's own address would answer, its pointers from `write` on.
    """
    kind = KINDS[write.kind]
    target = await _target(session, kind.target, write) if kind.target else None
    given: list[Any] = [] if target is None else [target]
    given.append(write.body)
    if kind.is_edit:
        given.append(_seen(write))
    try:
        row = await kind.write(session, *given)
        await session.flush()
    except PreconditionFailed:
        assert target is not None
        raise PreconditionFailed(
            f"{target.id} was changed after the `version` of this draft; it is at {target.version}"
            " now. GET it, look at the change, and save the draft with the new version."
        ) from None
    except Invalid as problem:
        raise problem.under("/write/body") from None
    return row


async def _target(session: AsyncSession, name: str, write: Write) -> Recorded:
    find, collection = FIND[name]
    found = await find(session, getattr(write, name))
    if found is None:
        detail = f"There is no such {name}. GET /v1/{collection} lists what there is."
        raise Invalid.at(f"/write/{name}", detail, code="unknown_reference")
    return found


def _seen(write: Any) -> Precondition:
    return Precondition("*" if write.version is None else f'"{write.version}"')


def path(row: Recorded) -> str:
    """Return where what was made can be read, from the service's address on."""
    return PATHS[row.id.partition("_")[0]].format(row=row)
