"""The rules for taking personal data out of the record.

The value and its salt are forgotten, in the event named, in the others about the same thing, and in
the row itself. What is left is a digest that nobody can open, so that every proof still verifies;
and a public event that says what was redacted, on which legal basis and why.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.companies.models import Company
from app.core import idempotency, ids, mergers, slugs
from app.core.errors import Conflict, Invalid
from app.core.slugs import SLUG
from app.core.tables import table_of
from app.drafts import service as drafts
from app.imports import jobs as imports
from app.ledger import leaves
from app.ledger import queries as ledger
from app.ledger.leaves import Disclosed
from app.ledger.models import REDACTED, Recorded, model_of
from app.ledger.queries import DISCLOSURE
from app.ledger.recorder import current, erases, note
from app.ledger.redaction import Redaction
from app.questions import queries as questions
from app.questions.models import Question
from app.redactions import traces
from app.redactions.schemas import RedactionCreate
from app.redactions.traces import Change, Traces, Wanted
from app.search import keeping as search
from app.webhooks import service as webhooks

PLACES = 400
"""Events that one redaction names at the most; more are named by further ones."""
COMPANY = table_of(Company)
WORDS = dict.fromkeys(leaves.WORDS, REDACTED)


@dataclass(frozen=True)
class Redacted:
    """What a redaction did. records: of which the first is about what was asked for."""

    records: list[Redaction]
    traces: Traces


async def redact(session: AsyncSession, new: RedactionCreate, secret: bytes) -> Redacted:
    """Make fields of an event unreadable for good, and the same wherever it is about that thing.

    secret: opens drafts, which are looked through so that none brings the text back.

    Raises:
        NotFound: there is no such event.
        Invalid: it has nothing at a pointer that can be redacted.
        Conflict: all of it was redacted before, or a slug is still in use.
    """
    row = await ledger.get(session, new.seq)
    event, _ = leaves.opened(row.leaf, row.content)
    subject_id = event["subject"]["id"]
    model = model_of(subject_id)
    fields = _named(new, list(leaves.disclosed(row.content)))
    await _free_slug(session, model, subject_id, fields)
    wanted = Wanted.of(subject_id, fields)
    named = (new.seq, {one.pointer for one in fields})
    found = await traces.find(session, wanted, named, WORDS | model.__personal__)
    await _forget(session, model, wanted, found)
    await drafts.stop(session, wanted.quoted_in, secret)
    records = await _tell(session, new, found)
    await session.flush()
    for record in records:
        if record.question_id is not None:
            await _advance(session, record.question_id, record.version)
            await search.forget(session, record.question_id, ())
    return Redacted(records, found)


def _named(new: RedactionCreate, fields: list[Disclosed]) -> list[Disclosed]:
    """Return the fields that the pointers name."""
    by_pointer = {one.pointer: one for one in fields}
    can_be = ", ".join(one.pointer for one in fields if not one.is_redacted) or "nothing any more"
    for index, pointer in enumerate(new.pointers):
        if pointer not in by_pointer:
            detail = f"Event {new.seq} has nothing there to redact. It can be: {can_be}."
            raise Invalid.at(f"/pointers/{index}", detail, code="unknown_pointer")
    chosen = [by_pointer[pointer] for pointer in dict.fromkeys(new.pointers)]
    if all(one.is_redacted for one in chosen):
        raise Conflict(f"This was redacted before. Of event {new.seq} can be: {can_be}.")
    return [one for one in chosen if not one.is_redacted]


async def _free_slug(
    session: AsyncSession, model: type[Recorded], subject_id: str, fields: list[Disclosed]
) -> None:
    """See to it that a slug that is to go is not in use: what was merged gets another one."""
    given = [one.value for one in fields if one.name == "slug"]
    if not given:
        return
    if model is Question:
        row: Any = await questions.get(session, subject_id)
    else:
        row = await session.get(model, subject_id)
    if row.slug not in given:
        return
    if getattr(row, "merged_into", None) is None:
        raise Conflict(
            f"The slug {row.slug} is in use: its links would lead nowhere. Give {subject_id}"
            " another one first (PATCH), then redact this one."
        )
    kind = str(model.__tablename__)
    note(session, row, reason="Its slug is redacted.")
    row.slug = await slugs.give(session, kind, subject_id, None, kind)
    await session.flush()


async def _forget(
    session: AsyncSession, model: type[Recorded], wanted: Wanted, found: Traces
) -> None:
    """Take the values out of disclosures, of the row, and of what else is kept."""
    erases(session)
    connection = await session.connection()
    content = update(DISCLOSURE).where(DISCLOSURE.c.seq == bindparam("at"))
    await connection.execute(
        content.values(content=bindparam("new")),
        [{"at": seq, "new": change.content} for seq, change in found.going.items()],
    )
    table = table_of(model)
    query = select(table).where(table.c.id == wanted.subject_id)
    now = (await connection.execute(query)).one()._mapping
    stand_ins = {
        name: stand_in
        for name, stand_in in model.__personal__.items()
        if now[name] and now[name] in wanted.values
    }
    if stand_ins:
        change = update(table).where(table.c.id == wanted.subject_id)
        await connection.execute(change.values(**stand_ins))
    for slug in wanted.values:
        if isinstance(slug, str):
            gone = (SLUG.c.slug == slug) & (SLUG.c.target == wanted.subject_id)
            await connection.execute(delete(SLUG).where(gone, SLUG.c.is_current.is_(False)))
            await webhooks.forget_slug(session, slug, wanted.subject_id)
    await idempotency.forget(session)
    await imports.forget(session)
    await webhooks.forget(session, list(found.going))
    await search.forget(session, wanted.subject_id, wanted.texts)


async def _tell(session: AsyncSession, new: RedactionCreate, found: Traces) -> list[Redaction]:
    """Record what was redacted: once for each question or company that has a part in it.

    So whoever follows one of them, or what it was merged into, is told. Very many places of one
    take several records.
    """
    groups: dict[tuple[str | None, str | None], list[dict[str, Any]]] = {}
    concerned = {
        row_id
        for change in found.going.values()
        for row_id in (change.company_id, change.question_id)
        if row_id is not None
    }
    merged = await session.run_sync(mergers.holders, concerned)

    def about(change: Change) -> tuple[str | None, str | None]:
        company_id, question_id = change.company_id or "", change.question_id or ""
        return (
            merged.get(company_id, change.company_id), merged.get(question_id, change.question_id)
        )  # fmt: skip

    groups[about(found.going[new.seq])] = []
    for seq, change in found.going.items():
        groups.setdefault(about(change), []).append({"seq": seq, "pointers": change.pointers})
    named = await _company_slugs(session, {company for company, _ in groups if company})
    told = []
    for (company_id, question_id), places in groups.items():
        for start in range(0, len(places), PLACES):
            record = Redaction(
                id=ids.new("redaction"),
                seq=new.seq,
                pointers=list(dict.fromkeys(new.pointers)),
                places=places[start : start + PLACES],
                legal_basis=new.legal_basis,
                reason=new.reason,
                company_id=company_id,
                question_id=question_id,
            )
            note(session, record, company_slug=named.get(company_id))
            session.add(record)
            told.append(record)
    return told


async def _company_slugs(session: AsyncSession, ids_: set[str]) -> dict[str | None, str]:
    query = select(COMPANY.c.id, COMPANY.c.slug).where(COMPANY.c.id.in_(sorted(ids_)))
    return {row.id: row.slug for row in await session.execute(query)}


async def _advance(session: AsyncSession, question_id: str, seq: int) -> None:
    """Give the question the number of the event that is about it, as the recorder does."""
    table = table_of(Question)
    values = {"version": seq, "updated_at": current(session).instant}
    await (await session.connection()).execute(
        update(table).where(table.c.id == question_id).values(**values)
    )
