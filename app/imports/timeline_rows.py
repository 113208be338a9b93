"""Rows of timelines: asks, responses and rulings of questions that are on the record."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.askers.models import Asker
from app.core.text import shorten
from app.imports import checking, reports
from app.imports.checking import made
from app.imports.entries import Entries
from app.imports.names import Names
from app.imports.reading import Line, Refused, note
from app.imports.schemas import RowOutcome, RowReport
from app.questions import queries as question_queries
from app.questions import service as questions
from app.questions.models import Question
from app.questions.schemas import AskCreate, ResponseCreate, RulingCreate
from app.questions.state import Verdict
from app.sources import service as sources
from app.statements import service as statements
from app.statements.models import Statement, StatementKind
from app.statements.schemas import StatementCreate

KINDS = {
    Verdict.ACKNOWLEDGED.value: StatementKind.REPLY,
    Verdict.DECLINED.value: StatementKind.NO_COMMENT,
}
"""What a statement is by the verdict of its row; any other is a publication."""
PLACES = {
    "state": "verdict",
    "reason": "note",
    "rationale": "note",
    "published_on": "effective_on",
    "asked_on": "effective_on",
    "asker": "askers",
    "source": "source_url",
    "source/url": "source_url",
    "source/archived_url": "archived_url",
    "source/quote": "source_quote",
    "url": "source_url",
    "quote": "source_quote",
    "title": "source_quote",
}
TITLE = 120


class RowType(StrEnum):
    """What a row of a timeline is."""

    ASK = "ask"
    RESPONSE = "response"
    RULING = "ruling"


NEEDED = {
    RowType.ASK: ("source_url",),
    RowType.RESPONSE: ("verdict", "source_url"),
    RowType.RULING: ("verdict", "note"),
}


class TimelineRows:
    """Brings rows of timelines onto the record."""

    def __init__(
        self, session: AsyncSession, askers: Names[Asker], of_askers: dict[str, Any]
    ) -> None:
        """of_askers: what is said of new askers besides their names."""
        self._session, self._askers, self._of_askers = session, askers, of_askers
        self._known: dict[str, Question] = {}
        self._entries = Entries(session)

    async def foresee(self, lines: Sequence[Line]) -> None:
        """Look up at once what some rows will need."""
        cells = [line.cells for line in lines]
        wanted = [str(each["external_id"]) for each in cells if each.get("external_id")]
        urls = [str(each["source_url"]) for each in cells if "source_url" in each]
        known = await questions.foresee(self._session, wanted, ())
        self._known = {
            name: await question_queries.current(self._session, row) for name, row in known.items()
        }
        await self._askers.foresee(name for each in cells for name in each.get("askers", ()))
        await sources.foresee(self._session, urls)
        await self._entries.foresee([question.id for question in self._known.values()])
        await self._entries.foresee_statements(urls)

    async def take(self, line: Line) -> RowReport:
        """Bring one row onto the record.

        Raises:
            Refused, Problem: it is not right.
        """
        question, kind, day = self._read(line)
        record = {
            RowType.ASK: self._ask,
            RowType.RESPONSE: self._respond,
            RowType.RULING: self._rule,
        }[kind]
        row_id, is_new = await record(line, question, day)
        outcome = RowOutcome.CREATED if is_new else RowOutcome.UNCHANGED
        return reports.row(line.number, outcome, str(line.cells["external_id"]), row_id)

    def _read(self, line: Line) -> tuple[Question, RowType, str | None]:
        """Read what all rows have, and say all at once that is wrong with it."""
        cells = line.cells
        wrong = checking.missing(line, "external_id", "effective_on", "type")
        kind = cells.get("type")
        if kind is not None and kind not in list(RowType):
            message = f"There is no such type. There are: {', '.join(RowType)}."
            wrong.append(note(line.number, "type", kind, "enum", message))
        elif kind is not None:
            wrong += checking.missing(line, *NEEDED[RowType(str(kind))])
        day = None
        try:
            day = checking.date(line, "effective_on")
        except Refused as refused:
            wrong += refused.notes
        external_id = cells.get("external_id")
        question = self._known.get(str(external_id))
        if external_id and question is None:
            message = (
                "No question has this external_id. Import the questions first, or check its"
                " spelling."
            )
            wrong.append(note(line.number, "external_id", external_id, "unknown_question", message))
        if wrong:
            raise Refused(*wrong)
        assert question is not None
        return question, RowType(str(kind)), day

    def _source(self, line: Line) -> dict[str, Any] | None:
        cells = line.cells
        if "source_url" not in cells:
            return None
        return {
            "url": cells["source_url"],
            "archived_url": cells.get("archived_url"),
            "quote": cells.get("source_quote"),
        }

    async def _ask(self, line: Line, question: Question, day: str | None) -> tuple[str, bool]:
        if "verdict" in line.cells:
            message = "An ask has no verdict. Leave the cell empty."
            raise Refused(note(line.number, "verdict", line.cells["verdict"], "extra", message))
        first = [known.asker_id for known in self._entries.of(question).asks]
        asker_ids = [
            (await self._askers.get(line, "askers", name, **self._of_askers)).id
            for name in line.cells.get("askers", ())
        ] or list(dict.fromkeys(first))
        found: list[tuple[str, bool]] = []
        for asker_id in asker_ids:
            values = {"asker": asker_id, "asked_on": day, "channel": line.cells.get("channel")}
            new = made(AskCreate, {**values, "source": self._source(line)}, line, PLACES)
            same = self._entries.has_ask(line, question, new)
            if same is None:
                row = await questions.ask(self._session, question, new)
                self._entries.add_ask(row)
            found.append((same or row.id, same is None))
        return next((one for one in found if one[1]), found[0])

    async def _rule(self, line: Line, question: Question, day: str | None) -> tuple[str, bool]:
        cells = line.cells
        values = {"state": cells["verdict"], "effective_on": day, "reason": cells["note"]}
        new = made(RulingCreate, {**values, "source": self._source(line)}, line, PLACES)
        same = self._entries.has_ruling(question, new)
        if same is not None:
            return same, False
        row = await questions.rule(self._session, question, new)
        self._entries.add_ruling(question, row)
        return row.id, True

    async def _respond(self, line: Line, question: Question, day: str | None) -> tuple[str, bool]:
        verdict = line.cells["verdict"]
        answer = {"question": question.id, "verdict": verdict, "rationale": line.cells.get("note")}
        response: ResponseCreate = made(ResponseCreate, answer, line, PLACES)
        new: StatementCreate = made(StatementCreate, self._said(line, question, day), line, PLACES)
        assert not isinstance(new.source, str)
        made_on = str(new.published_on)
        statement = self._entries.statement(question.company_id, made_on, str(new.source.url))
        if statement is None:
            statement = await statements.publish(self._session, new)
            self._entries.add_statement(statement)
        same = self._entries.of(question).responses.get(statement.id)
        if same is None:
            row = await statements.respond(self._session, statement, response)
            self._entries.of(question).responses[statement.id] = (row.id, row.verdict)
            return row.id, True
        self._check_verdict(line, statement, same, response.verdict)
        return same[0], False

    def _check_verdict(
        self, line: Line, statement: Statement, same: tuple[str, str], verdict: Verdict
    ) -> None:
        if same[1] == verdict:
            return
        message = (
            f"On the record the statement of {statement.published_on} has the verdict {same[1]}"
            f" here. If that is wrong, correct it: POST /v1/corrections with target {same[0]}."
        )
        raise Refused(note(line.number, "verdict", str(verdict), "other_verdict", message))

    def _said(self, line: Line, question: Question, day: str | None) -> dict[str, Any]:
        """Return the statement that a response needs, as far as a row tells it."""
        cells = line.cells
        quote = str(cells.get("source_quote", ""))
        return {
            "company": question.company_id,
            "kind": KINDS.get(str(cells["verdict"]), StatementKind.PUBLICATION).value,
            "title": shorten(quote, TITLE) or f"Statement of {day}",
            "published_on": day,
            "lang": question.lang,
            "source": self._source(line),
        }
