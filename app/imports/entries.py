"""What is on the timelines of a batch's questions, so that nothing is recorded there twice."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from app.core import mergers
from app.core.clock import FOREVER
from app.core.lists import among
from app.core.tables import table_of
from app.imports.reading import Line, Refused, note
from app.questions.models import Ask, Question, Response, Ruling
from app.questions.schemas import AskCreate, RulingCreate
from app.sources.models import Source
from app.sources.schemas import SourceCreate
from app.statements.models import Statement

ASK, RESPONSE, RULING = table_of(Ask), table_of(Response), table_of(Ruling)
SOURCE, STATEMENT = table_of(Source), table_of(Statement)
ASKS = (
    select(ASK.c.id, ASK.c.question_id, ASK.c.asker_id, ASK.c.asked_on, ASK.c.channel, SOURCE.c.url)
    .join(SOURCE, SOURCE.c.id == ASK.c.source_id)
    .where(among(ASK.c.question_id, "ids"), ASK.c.corrected_at == FOREVER)
    .order_by(ASK.c.effective_day, ASK.c.id)
)
RESPONSES = select(
    RESPONSE.c.id, RESPONSE.c.question_id, RESPONSE.c.statement_id, RESPONSE.c.verdict
).where(among(RESPONSE.c.question_id, "ids"), RESPONSE.c.corrected_at == FOREVER)
RULINGS = (
    select(RULING.c.id, RULING.c.question_id, RULING.c.state, RULING.c.effective_on, SOURCE.c.url)
    .join(SOURCE, SOURCE.c.id == RULING.c.source_id, isouter=True)
    .where(among(RULING.c.question_id, "ids"), RULING.c.corrected_at == FOREVER)
)
STATEMENTS = (
    select(Statement)
    .join(SOURCE, SOURCE.c.id == STATEMENT.c.source_id)
    .where(among(SOURCE.c.url, "urls"), STATEMENT.c.corrected_at == FOREVER)
    .order_by(STATEMENT.c.id.desc())
    .options(joinedload(Statement.company), joinedload(Statement.source))  # type: ignore[arg-type]
)


@dataclass(frozen=True)
class KnownAsk:
    """An ask that stands."""

    id: str
    asker_id: str
    asked_on: str
    channel: str | None
    url: str | None


@dataclass
class Timeline:
    """What stands on one timeline. responses: id and verdict, by statement."""

    asks: list[KnownAsk] = field(default_factory=list)
    responses: dict[str, tuple[str, str]] = field(default_factory=dict)
    rulings: dict[tuple[str, str, str | None], str] = field(default_factory=dict)


class Entries:
    """The timelines of the questions of a batch, and the statements that it may cite."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._of: dict[str, Timeline] = {}
        self._statements: dict[tuple[str, str, str], Statement] = {}

    async def foresee(self, question_ids: Sequence[str]) -> None:
        """Look up the timelines of some questions, with those that were merged into them."""
        self._of = {question_id: Timeline() for question_id in question_ids}
        if not question_ids:
            return
        merged = await self._session.run_sync(mergers.members, question_ids)
        of = self._of | {row_id: self._of[into_id] for row_id, into_id in merged.items()}
        given = {"ids": sorted(of)}
        asks = (await self._session.execute(ASKS, given)).all()
        askers = await self._session.run_sync(mergers.holders, [ask.asker_id for ask in asks])
        for ask in asks:
            asker_id = askers.get(ask.asker_id, ask.asker_id)
            known = KnownAsk(ask.id, asker_id, ask.asked_on, ask.channel, ask.url)
            of[ask.question_id].asks.append(known)
        for one in await self._session.execute(RESPONSES, given):
            of[one.question_id].responses[one.statement_id] = (one.id, one.verdict)
        for ruled in await self._session.execute(RULINGS, given):
            key = (ruled.state, ruled.effective_on, ruled.url)
            of[ruled.question_id].rulings[key] = ruled.id

    async def foresee_statements(self, urls: Sequence[str]) -> None:
        """Look up the statements that cite some addresses."""
        found = (await self._session.execute(STATEMENTS, {"urls": list(urls)})).scalars().all()
        companies = await self._session.run_sync(mergers.holders, [row.company_id for row in found])
        self._statements = {
            (companies.get(row.company_id, row.company_id), *_key(row)[1:]): row for row in found
        }

    def of(self, question: Question) -> Timeline:
        """Return what stands on a question's timeline."""
        return self._of.setdefault(question.id, Timeline())

    def has_ask(self, line: Line, question: Question, new: AskCreate) -> str | None:
        """Return the id of the same ask, if it stands already.

        Raises:
            Refused: it was put in another way, by the record.
        """
        for known in self.of(question).asks:
            same = (known.asker_id, known.asked_on, known.url)
            if same != (new.asker, new.asked_on, cited(new.source)):
                continue
            if new.channel is not None and new.channel != known.channel:
                message = (
                    f"This ask is on the record with the channel {known.channel or '(none)'}. If"
                    f" that is wrong, correct it: POST /v1/corrections with target {known.id}."
                )
                raise Refused(note(line.number, "channel", new.channel, "other_channel", message))
            return known.id
        return None

    def add_ask(self, row: Ask) -> None:
        """Take in an ask that was recorded."""
        known = KnownAsk(row.id, row.asker_id, row.asked_on, row.channel, row.source.url)
        self.of(row.question).asks.append(known)

    def has_ruling(self, question: Question, new: RulingCreate) -> str | None:
        """Return the id of the same ruling, if it stands already."""
        key = (new.state.value, str(new.effective_on), cited(new.source) if new.source else None)
        return self.of(question).rulings.get(key)

    def add_ruling(self, question: Question, row: Ruling) -> None:
        """Take in a ruling that was recorded."""
        url = row.source.url if row.source is not None else None
        self.of(question).rulings[row.state, row.effective_on, url] = row.id

    def statement(self, company_id: str, made_on: str, url: str) -> Statement | None:
        """Return the statement that a company made on a date, by what is cited."""
        return self._statements.get((company_id, made_on, url))

    def add_statement(self, row: Statement) -> None:
        """Take in a statement that was published."""
        self._statements[_key(row)] = row


def _key(row: Statement) -> tuple[str, str, str]:
    return row.company_id, row.published_on, row.source.url or ""


def cited(source: str | SourceCreate) -> str | None:
    """Return the address that is cited; a file always gives its sources inline."""
    return source.url if isinstance(source, SourceCreate) else None
