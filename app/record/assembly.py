"""Making what readers see out of rows, in a fixed number of queries however many there are."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.askers.models import Asker
from app.companies.models import Company
from app.companies.schemas import CompanyRead
from app.core import mergers
from app.core.dates import EdtfDate
from app.core.schemas import Ref
from app.core.tables import table_of
from app.corrections.models import Correction
from app.questions.models import Ask, Response
from app.questions.schemas import AskerRef, AskRead, CorrectedRead
from app.record import viewpoint
from app.record.viewpoint import Viewpoint
from app.sources.models import Source
from app.sources.schemas import SourceRead, SourceRef
from app.statements.models import Statement
from app.statements.schemas import QuestionRef, ResponseRead, StatementRead, StatementRef

ASK = table_of(Ask)
RESPONSE = table_of(Response)
Rows = dict[str, Any]


@dataclass
class Reading:
    """One answer in the making: from where one looks, what is expanded, and the rows it needs.

    merged: what was recorded under one id and is shown under another one.
    """

    session: AsyncSession
    view: Viewpoint
    public_url: str
    expand: frozenset[str] = frozenset()
    languages: tuple[str, ...] = ()
    sources: Rows = field(default_factory=dict)
    askers: Rows = field(default_factory=dict)
    statements: Rows = field(default_factory=dict)
    companies: Rows = field(default_factory=dict)
    corrections: Rows = field(default_factory=dict)
    questions: Rows = field(default_factory=dict)
    merged: dict[str, str] = field(default_factory=dict)

    def shown(self, row_id: str) -> str:
        """Return the id under which something is shown: its own unless it was merged."""
        return self.merged.get(row_id, row_id)

    async def load_mergers(self, ids: Iterable[str]) -> None:
        """Find out under which ids some things are shown."""
        known_at = self.view.known_at
        self.merged |= await self.session.run_sync(mergers.holders, list(ids), known_at)

    async def load_members(self, question_ids: Iterable[str]) -> list[str]:
        """Return questions and all others that are shown under their ids."""
        wanted, known_at = list(question_ids), self.view.known_at
        found = await self.session.run_sync(mergers.members, wanted, known_at)
        self.merged |= found
        return [*wanted, *found]

    async def load_sources(self, ids: Iterable[str | None]) -> None:
        """Load sources."""
        self.sources |= await self.view.load(self.session, Source, ids)

    async def load_askers(self, ids: Iterable[str]) -> None:
        """Load askers; `merged` has to know as whom they are shown."""
        shown = {self.shown(row_id) for row_id in ids}
        self.askers |= await self.view.load(self.session, Asker, shown)

    async def load_companies(self, ids: Iterable[str]) -> None:
        """Load companies."""
        self.companies |= await self.view.load(self.session, Company, ids)

    async def load_statements(self, ids: Iterable[str]) -> None:
        """Load statements, which never change."""
        self.statements |= await viewpoint.rows(self.session, Statement, ids)

    async def load_corrections(self, entries: Iterable[Any]) -> None:
        """Load the corrections of those entries that are struck."""
        ids = [row["corrected_by"] for row in entries if self.view.is_corrected(row)]
        self.corrections |= await viewpoint.rows(self.session, Correction, ids)

    def company(self, company_id: str) -> CompanyRead | Ref:
        """Show a company, short unless expanded."""
        row = self.companies[company_id]
        if "company" in self.expand:
            url = f"{self.public_url}/v1/companies/{company_id}"
            return CompanyRead.model_validate({**row, "url": url})
        return Ref(id=row["id"], slug=row["slug"], name=row["name"])

    def source(self, source_id: str, quote: str | None) -> SourceRead | SourceRef:
        """Show a source with the passage that is cited, short unless expanded."""
        row = {**self.sources[source_id], "quote": quote}
        return (SourceRead if "source" in self.expand else SourceRef).model_validate(row)

    def asker(self, asker_id: str) -> AskerRef:
        """Show an asker, short."""
        return AskerRef.model_validate(dict(self.askers[self.shown(asker_id)]))

    def ask(self, row: Any) -> AskRead:
        """Show an ask."""
        return AskRead(
            id=row["id"],
            asker=self.asker(row["asker_id"]),
            asked_on=EdtfDate(row["asked_on"]),
            channel=row["channel"],
            source=self.source(row["source_id"], row["quote"]),
        )

    def corrected(self, row: Any) -> CorrectedRead | None:
        """Show how an entry was retracted, if it was."""
        if not self.view.is_corrected(row):
            return None
        correction = self.corrections[row["corrected_by"]]
        return CorrectedRead(
            id=correction["id"],
            reason=correction["reason"],
            recorded_at=correction["created_at"],
            replacement=correction["replacement_id"],
        )

    def statement_ref(self, statement_id: str) -> StatementRef:
        """Show a statement, short."""
        row = self.statements[statement_id]
        url = f"{self.public_url}/v1/statements/{statement_id}"
        return StatementRef.model_validate({**row, "url": url})

    def statement(self, statement_id: str, response_count: int) -> StatementRead:
        """Show a statement."""
        row = self.statements[statement_id]
        company = self.companies[self.shown(row["company_id"])]
        values = {
            **row,
            "url": f"{self.public_url}/v1/statements/{statement_id}",
            "company": Ref(id=company["id"], slug=company["slug"], name=company["name"]),
            "source": self.source(row["source_id"], row["quote"]),
            "response_count": response_count,
            "recorded_at": row["created_at"],
            "corrected": self.corrected(row),
        }
        return StatementRead.model_validate(values)

    def response(self, row: Any, counts: Mapping[str, int]) -> ResponseRead:
        """Show a response, with its statement, short unless expanded."""
        question = self.questions[self.shown(row["question_id"])]
        statement_id = row["statement_id"]
        return ResponseRead(
            id=row["id"],
            question=QuestionRef.model_validate(dict(question)),
            verdict=row["verdict"],
            effective_on=EdtfDate(row["effective_on"]),
            excerpt=row["excerpt"],
            rationale=row["rationale"],
            recorded_at=row["created_at"],
            corrected=self.corrected(row),
            statement=self.statement(statement_id, counts[statement_id])
            if "statement" in self.expand
            else self.statement_ref(statement_id),
        )
