"""Taking an import back: what it recorded is corrected, in public. Nothing is deleted.

Asks, responses, rulings and statements get corrections; fields that it edited get their former
values where nobody has changed them since; a question that it created is withdrawn by a ruling, and
keeps the asks without which it would be none. What others have built on stays, and is named.
"""

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from sqlalchemy import select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock, mergers
from app.core.clock import FOREVER
from app.core.errors import Conflict
from app.core.lists import among
from app.core.routing import Precondition
from app.core.tables import table_of
from app.corrections import service as corrections
from app.corrections.schemas import (
    AskCorrection,
    ResponseCorrection,
    RulingCorrection,
    StatementCorrection,
)
from app.imports.models import Import
from app.imports.schemas import LISTED, UndoneEntry
from app.ledger import leaves, recorder
from app.ledger.queries import EVENT, WHOLE
from app.questions import queries as question_queries
from app.questions import service as questions
from app.questions.models import Ask, Response, Ruling
from app.questions.schemas import QuestionPatch, RulingCreate
from app.questions.state import State

PAGE = 500
CHUNK = 100
EDITED = ("text", "lang", "topics", "last_checked_on")
BODIES: dict[str, Any] = {
    "ask": AskCorrection,
    "response": ResponseCorrection,
    "ruling": RulingCorrection,
    "statement": StatementCorrection,
}
ASK, RESPONSE, RULING = table_of(Ask), table_of(Response), table_of(Ruling)
STANDING = union_all(
    *(
        select(table.c.id, table.c.question_id).where(
            among(table.c.question_id, "ids"), table.c.corrected_at == FOREVER
        )
        for table in (ASK, RESPONSE, RULING)
    )
)
OF_STATEMENTS = select(RESPONSE.c.id, RESPONSE.c.statement_id).where(
    among(RESPONSE.c.statement_id, "ids"), RESPONSE.c.corrected_at == FOREVER
)
CORRECTED = {
    "ask": ASK,
    "response": RESPONSE,
    "ruling": RULING,
}


@dataclass
class Recorded:
    """What a batch recorded: ids in the order of the ledger, and what it edited.

    entries: of the questions by the id of each ask, response and ruling. edits: what a question's
    fields were before and after.
    """

    questions: list[str] = field(default_factory=list)
    entries: dict[str, str] = field(default_factory=dict)
    statements: list[str] = field(default_factory=list)
    edits: dict[str, tuple[dict[str, Any], dict[str, Any]]] = field(default_factory=dict)
    names: list[str] = field(default_factory=list)


@dataclass
class Undone:
    """What was taken back, and what is left."""

    corrected: int = 0
    withdrawn: int = 0
    restored: int = 0
    left: list[UndoneEntry] = field(default_factory=list)

    def leave(self, target: str, detail: str) -> None:
        """Name something that stays."""
        if len(self.left) < LISTED:
            self.left.append(UndoneEntry(target=target, detail=detail))


async def undo(session: AsyncSession, row: Import | None, reason: str) -> Undone:
    """Take back what an import recorded, as one batch that ends with the event that says so.

    Raises:
        Conflict: it recorded nothing, or was undone before.
    """
    if row is None:
        raise Conflict("This import recorded nothing, so that there is nothing to undo.")
    if row.undone_last_seq is not None:
        raise Conflict(
            f"This import was undone before, by events {row.undone_first_seq} to"
            f" {row.undone_last_seq}."
        )
    head = recorder.current(session).head
    before = head.seq
    undoing = Undoing(session, await _recorded(session, row), reason)
    await undoing.run()
    await session.flush()
    row.undone_first_seq, row.undone_last_seq = before + 1, head.seq
    row.undone_reason = reason
    await session.flush()
    return undoing.undone


async def _recorded(session: AsyncSession, row: Import) -> Recorded:
    """Read the events of a batch."""
    found = Recorded()
    created = set[str]()
    async for event in _events(session, row.first_seq, row.last_seq):
        kind, image = event["subject"]["type"], event["data"]["object"]
        if kind == "question" and event["type"] == "question.created":
            found.questions.append(image["id"])
            created.add(image["id"])
        elif kind == "question" and image["id"] not in created:
            before = event["data"]["previous"]
            edited = [name for name in EDITED if name in before]
            if edited:
                found.edits[image["id"]] = (
                    {name: before[name] for name in edited},
                    {name: image[name] for name in edited},
                )
        elif kind in CORRECTED:
            found.entries[image["id"]] = image["question"]
        elif kind == "statement":
            found.statements.append(image["id"])
        elif kind in ("company", "asker"):
            found.names.append(image["id"])
    return found


async def _events(session: AsyncSession, first: int, last: int) -> AsyncIterator[dict[str, Any]]:
    while first <= last:
        query = WHOLE.where(EVENT.c.seq >= first, EVENT.c.seq <= min(last, first + PAGE - 1))
        for row in await session.execute(query.order_by(EVENT.c.seq)):
            yield leaves.opened(row.leaf, row.content)[0]
        first += PAGE


class Undoing:
    """Takes one batch back."""

    def __init__(self, session: AsyncSession, batch: Recorded, reason: str) -> None:
        self.undone = Undone()
        self._session, self._batch, self._reason = session, batch, reason
        self._created = set(batch.questions)
        self._merged: dict[str, str] = {}

    async def run(self) -> None:
        """Take it back, entries first.

        The asks of a question that it created go too where it was merged: the other one has others.
        """
        batch = self._batch
        for ids in _chunks((*batch.questions, *batch.edits)):
            self._merged |= await self._session.run_sync(mergers.holders, ids)
        self._created -= self._merged.keys()
        for ids in _chunks(batch.statements):
            await self._retract_statements(ids)
        for kind in ("response", "ruling"):
            for ids in _chunks(_of_kind(batch.entries, kind)):
                await self._retract(kind, ids)
        for ids in _chunks(
            one for one in _of_kind(batch.entries, "ask") if batch.entries[one] not in self._created
        ):
            await self._retract("ask", ids)
        for question_id in batch.edits:
            await self._restore(question_id)
        for ids in _chunks(batch.questions):
            await self._withdraw(ids)
        for name in batch.names:
            self.undone.leave(name, "It stays: others may name it by now.")

    async def _retract_statements(self, ids: list[str]) -> None:
        """Retract statements with their responses, unless others let them bear on more."""
        others = dict[str, str]()
        for row in await self._session.execute(OF_STATEMENTS, {"ids": ids}):
            if row.id not in self._batch.entries:
                others[row.statement_id] = row.id
        for statement_id in ids:
            if statement_id in others:
                said = f"It stays: {others[statement_id]} was recorded of it since."
                self.undone.leave(statement_id, said)
            else:
                await self._correct("statement", statement_id)
        await self._session.flush()

    async def _retract(self, kind: str, ids: list[str]) -> None:
        """Retract entries that still stand."""
        table = CORRECTED[kind]
        query = select(table.c.id).where(among(table.c.id, "ids"), table.c.corrected_at == FOREVER)
        standing = set((await self._session.execute(query, {"ids": ids})).scalars())
        for entry_id in ids:
            if entry_id in standing:
                await self._correct(kind, entry_id)
        await self._session.flush()

    async def _correct(self, kind: str, target: str) -> None:
        body = BODIES[kind](target=target, reason=self._reason)
        try:
            await corrections.correct(self._session, body)
        except Conflict as conflict:
            self.undone.leave(target, f"It stays: {conflict.detail}")
        else:
            self.undone.corrected += 1

    async def _restore(self, question_id: str) -> None:
        """Give a question's fields their former values, those that nobody has changed since."""
        if question_id in self._merged:
            self._leave_merged(question_id)
            return
        before, after = self._batch.edits[question_id]
        question = await question_queries.get(self._session, question_id)
        changed = [name for name in after if getattr(question, name) != after[name]]
        for name in changed:
            self.undone.leave(question_id, f"Its {name} stays: it was changed since.")
        wanted = {name: value for name, value in before.items() if name not in changed}
        if wanted:
            patch = QuestionPatch.model_validate({**wanted, "reason": self._reason})
            await questions.edit(self._session, question, patch, Precondition("*"))
            self.undone.restored += 1

    def _leave_merged(self, question_id: str) -> None:
        into = self._merged[question_id]
        self.undone.leave(question_id, f"It was merged into {into} since, and stays so.")

    async def _withdraw(self, ids: list[str]) -> None:
        """Withdraw questions that the batch created, unless others have built on them."""
        merged = await self._session.run_sync(mergers.members, ids)
        others = {into: row_id for row_id, into in merged.items()}
        for row in await self._session.execute(STANDING, {"ids": ids}):
            if row.id not in self._batch.entries:
                others[row.question_id] = row.id
        for question_id in ids:
            if question_id in self._merged:
                self._leave_merged(question_id)
                continue
            question = await question_queries.get(self._session, question_id)
            if question.state == State.WITHDRAWN:
                continue
            if question_id in others:
                said = f"It stays: {others[question_id]} belongs to it since."
                self.undone.leave(question_id, said)
                continue
            ruling = RulingCreate.model_validate(
                {
                    "state": State.WITHDRAWN.value,
                    "effective_on": str(clock.today()),
                    "reason": self._reason,
                }
            )
            await questions.rule(self._session, question, ruling)
            self.undone.withdrawn += 1
        await self._session.flush()


def _of_kind(entries: Iterable[str], kind: str) -> list[str]:
    return [one for one in entries if one.startswith(f"{kind}_")]


def _chunks(ids: Iterable[str]) -> Iterable[list[str]]:
    waiting = iter(ids)
    while chunk := list(islice(waiting, CHUNK)):
        yield chunk
