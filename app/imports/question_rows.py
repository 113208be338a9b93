"""Rows of questions: a new one is put, one that is there gets what the row says otherwise."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.askers.models import Asker
from app.companies.models import Company
from app.core.routing import Precondition
from app.imports import checking, reports
from app.imports.checking import made
from app.imports.entries import Entries
from app.imports.names import Names
from app.imports.reading import Line, Refused, note
from app.imports.schemas import RowChange, RowNote, RowOutcome, RowReport
from app.questions import service as questions
from app.questions.models import Question
from app.questions.schemas import QuestionCreate, QuestionPatch, RulingCreate
from app.questions.state import State
from app.sources import service as sources

PLACES = {
    "text": "question",
    "asks": "askers",
    "asks/asker": "askers",
    "asks/source/url": "source_url",
    "asks/source/archived_url": "archived_url",
    "asks/source/quote": "source_quote",
    "asks/source": "source_url",
    "source": "source_url",
    "source/url": "source_url",
    "effective_on": "last_checked_on",
    "asker": "askers",
    "slug": "question",
}
NEEDED = ("external_id", "company", "question", "lang", "askers", "asked_on", "source_url")
EDITED = ("text", "lang", "topics", "last_checked_on")
COLUMN = {"text": "question"}
REASON = "An imported list gives this state as of {day}, with the source that is cited."


class QuestionRows:
    """Brings rows of questions onto the record."""

    def __init__(
        self,
        session: AsyncSession,
        companies: Names[Company],
        askers: Names[Asker],
        of_askers: dict[str, Any],
    ) -> None:
        """of_askers: what is said of new askers besides their names."""
        self._session, self._companies, self._askers = session, companies, askers
        self._of_askers = of_askers
        self._lines: dict[str, int] = {}
        self._known: dict[str, Question] = {}
        self._entries = Entries(session)

    async def foresee(self, lines: Sequence[Line]) -> None:
        """Look up at once what some rows will need."""
        cells = [line.cells for line in lines]
        texts = [str(each.get("question", "")) for each in cells]
        wanted = [str(each["external_id"]) for each in cells if each.get("external_id")]
        self._known = await questions.foresee(self._session, wanted, texts)
        await self._companies.foresee(each.get("company") for each in cells)
        await self._askers.foresee(name for each in cells for name in each.get("askers", ()))
        await sources.foresee(
            self._session, [str(each["source_url"]) for each in cells if "source_url" in each]
        )
        await self._entries.foresee([question.id for question in self._known.values()])

    async def take(self, line: Line) -> RowReport:
        """Bring one row onto the record.

        Raises:
            Refused, Problem: it is not right.
        """
        new = await self._read(line)
        state = self._state(line, new)
        external_id = str(new.external_id)
        if external_id in self._lines:
            message = f"Line {self._lines[external_id]} has this external_id too. Use each once."
            raise Refused(note(line.number, "external_id", external_id, "repeated", message))
        self._lines[external_id] = line.number
        question = self._known.get(external_id)
        if question is not None and question.merged_into is not None:
            return _left_alone(line, question)
        if question is not None:
            return await self._update(line, question, new, state)
        question = await questions.put(self._session, new)
        if state is not None and state is not State.UNANSWERED:
            await questions.rule(self._session, question, self._ruling(line, new, state))
        return reports.row(line.number, RowOutcome.CREATED, external_id, question.id)

    async def _read(self, line: Line) -> QuestionCreate:
        """Read a row, and say all at once that is wrong with it."""
        cells, wrong = line.cells, checking.missing(line, *NEEDED)
        company: Company | None = None
        named: list[Asker] = []
        dates: dict[str, str | None] = {}
        for column in ("asked_on", "last_checked_on"):
            try:
                dates[column] = checking.date(line, column)
            except Refused as refused:
                wrong += refused.notes
        try:
            if "company" in cells:
                company = await self._companies.get(line, "company", str(cells["company"]))
        except Refused as refused:
            wrong += refused.notes
        for name in cells.get("askers", ()):
            try:
                named.append(await self._askers.get(line, "askers", name, **self._of_askers))
            except Refused as refused:
                wrong += refused.notes
        values = self._values(line, company, named, dates)
        try:
            new: QuestionCreate = made(QuestionCreate, values, line, PLACES)
        except Refused as refused:
            told = {one.column for one in wrong}
            wrong += [one for one in refused.notes if one.column not in told]
        if wrong:
            raise Refused(*wrong)
        return new

    def _values(
        self,
        line: Line,
        company: Company | None,
        named: list[Asker],
        dates: dict[str, str | None],
    ) -> dict[str, Any]:
        cells = line.cells
        source = {
            "url": cells.get("source_url"),
            "archived_url": cells.get("archived_url"),
            "quote": cells.get("source_quote"),
        }
        ask = {"asked_on": dates.get("asked_on"), "channel": cells.get("channel")}
        return {
            "company": company.id if company is not None else "unknown",
            "text": cells.get("question"),
            "lang": cells.get("lang"),
            "topics": cells.get("topics", []),
            "external_id": cells.get("external_id"),
            "last_checked_on": dates.get("last_checked_on"),
            "asks": [{**ask, "asker": asker.id, "source": source} for asker in named],
        }

    def _state(self, line: Line, new: QuestionCreate) -> State | None:
        value = line.cells.get("state")
        if value is None:
            return None
        if value not in list(State):
            message = f"There is no such state. There are: {', '.join(State)}."
            raise Refused(note(line.number, "state", value, "enum", message))
        return State(str(value))

    def _ruling(self, line: Line, new: QuestionCreate, state: State) -> RulingCreate:
        """Make the ruling by which a new question comes to the state that the row gives it."""
        day = new.last_checked_on or new.asks[0].asked_on
        values = {
            "state": state.value,
            "effective_on": day,
            "reason": REASON.format(day=day),
            "source": new.asks[0].source,
        }
        ruling: RulingCreate = made(RulingCreate, values, line, PLACES)
        return ruling

    async def _update(
        self, line: Line, question: Question, new: QuestionCreate, state: State | None
    ) -> RowReport:
        if new.company != question.company_id:
            message = (
                f"This question was put to {question.company.slug}, and stays with it. A question"
                " to another company is another one: give it an external_id of its own."
            )
            told = str(line.cells["company"])
            raise Refused(note(line.number, "company", told, "other_company", message))
        changes = await self._edit(line, question, new)
        for asked in new.asks:
            if not self._entries.has_ask(line, question, asked):
                row = await questions.ask(self._session, question, asked)
                self._entries.add_ask(row)
                changes.append(RowChange(column="askers", before=None, after=row.asker.slug))
        outcome = RowOutcome.UPDATED if changes else RowOutcome.UNCHANGED
        return reports.row(
            line.number,
            outcome,
            new.external_id,
            question.id,
            changes=changes,
            notes=_kept(line, question, state),
        )

    async def _edit(self, line: Line, question: Question, new: QuestionCreate) -> list[RowChange]:
        """Edit what the row says otherwise; what its cells do not say stays as it is."""
        wanted: dict[str, Any] = {}
        changes = []
        for name in EDITED:
            column = COLUMN.get(name, name)
            after, before = getattr(new, name), getattr(question, name)
            after = sorted(after) if isinstance(after, list) else after
            if column in line.cells and after != before:
                wanted[name] = after
                changes.append(RowChange(column=column, before=before, after=after))
        if wanted:
            patch = QuestionPatch.model_validate(wanted)
            await questions.edit(self._session, question, patch, Precondition("*"))
        return changes


def _left_alone(line: Line, question: Question) -> RowReport:
    """Say that a question was merged: what the row says of it belongs to the other one."""
    message = (
        f"This question was merged into {question.merged_into}, and the row is left alone. Bring"
        " what is new with the external_id of that one."
    )
    told = note(line.number, "external_id", question.external_id, "merged", message)
    external_id, question_id = question.external_id, question.merged_into
    return reports.row(line.number, RowOutcome.UNCHANGED, external_id, question_id, notes=[told])


def _kept(line: Line, question: Question, state: State | None) -> list[RowNote]:
    """Say that the record's state stays, where a row gives another one."""
    if question.state == State.WITHDRAWN and state is not State.WITHDRAWN:
        message = (
            "This question is withdrawn, and stays so. If it is asked again, bring that with a file"
            " of the timeline."
        )
        return [note(line.number, "external_id", question.external_id, "withdrawn", message)]
    if state is None or state.value == question.state:
        return []
    message = (
        f"The record says {question.state} since {question.state_since}, and that stays. Bring what"
        " has happened since with a file of the timeline."
    )
    return [note(line.number, "state", state.value, "state_kept", message)]
