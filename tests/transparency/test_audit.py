"""Whoever has the database itself may change it, but not unnoticed: each change is found."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import (
    Executable,
    String,
    cast,
    delete,
    literal_column,
    null,
    text,
    update,
)
from sqlalchemy.exc import DBAPIError

from app.core import clock
from app.core.db import Database
from app.core.mergers import MERGER
from app.core.tables import table_of
from app.ledger import tree
from app.ledger.models import recorded_models
from app.ledger.queries import DISCLOSURE, EVENT, HEAD
from app.questions import reminders
from app.questions.models import StandingSpan
from app.questions.queries import QUESTION
from app.sources import checking
from app.sources.checking import Due
from app.sources.fetching import Fetched
from app.transparency import audit
from app.transparency.queries import NODE
from app.transparency.verify import Failed
from tests.imports.conftest import Importer, row, written
from tests.support.client import Client
from tests.support.make import Make
from tests.support.tampering import tampered

SPAN = table_of(StandingSpan)
CHANGES: dict[str, dict[str, Any]] = {
    "company": {"name": "Macrosoft"},
    "asker": {"name": "Nobody"},
    "dossier": {"title": "Another"},
    "source": {"url": "https://example.org/another"},
    "question": {"text": "Is all well?"},
    "ask": {"asked_on": "2024"},
    "statement": {"title": "Another"},
    "response": {"verdict": "answered"},
    "ruling": {"state": "answered"},
    "correction": {"reason": "None."},
    "redaction": {"legal_basis": "None."},
    "compromise": {"actor": "somebody-else"},
    "import": {"rows": 1000},
}


@dataclass
class Record:
    """A record in which everything has happened, and its events."""

    database: Database
    events: list[Any]

    def seq(self, kind: str) -> int:
        """Return the number of the first event of a kind."""
        return int(next(event["seq"] for event in self.events if event["type"] == kind))

    def rows(self, kind: str) -> list[str]:
        """Return the ids of rows of a table, those recorded first at the beginning."""
        found = (one["subject"] for one in self.events)
        return list(dict.fromkeys(one["id"] for one in found if one["type"] == kind))

    def last(self, subject_id: str) -> int:
        """Return the number of the last event about a row."""
        return max(int(one["seq"]) for one in self.events if one["subject"]["id"] == subject_id)

    @asynccontextmanager
    async def found(self, *changes: Executable) -> AsyncIterator[list[Failed]]:
        """Make changes, give what the audit finds, and take all back."""
        found: list[Failed] = []
        async with tampered(self.database, *changes) as session:
            try:
                await audit.check(session, set())
            except Failed as failure:
                found.append(failure)
        yield found

    async def expect(self, seq: int | None, *changes: Executable, why: str = "") -> None:
        """Make changes; the audit has to name this event."""
        async with self.found(*changes) as found:
            what = [str(change) for change in changes]
            assert found, f"not found: {what}"
            assert found[0].seq == seq, (found[0], what)
            assert why in str(found[0])


async def everything(make: Make, admin: Client, database: Database) -> None:
    """Put on the record every kind of thing that there is."""
    dossier = await make.dossier()
    answered = await make.question(state="answered", dossiers=[dossier])
    other = await make.question(respond_by="2025-06-01", on="2025-05-01", company="google")
    wrong = await make.statement(other, verdict="partial", on="2025-06-02")
    await make.editor.correct(wrong["id"])
    await make.ruling(answered, state="withdrawn", on="2025-07-01")
    await make.ask(answered, on="2025-08-01")
    await make.editor.patch("/v1/companies/microsoft", {"name": "Microsoft Corporation"})
    await reminders.tell(database, today=date(2025, 7, 1))
    source = (await make.editor.pages("/v1/sources"))[0]
    gone = Fetched(at=clock.now(), is_gone=True)
    await checking.note(database, Due(source["id"], source["url"]), gone)
    corrected = (await make.editor.events(type="correction.recorded"))[0]["seq"]
    body = {"seq": corrected, "pointers": ["/reason", "/data/object/reason"]}
    why = {"legal_basis": "GDPR, article 17", "reason": "It named somebody."}
    await admin.post("/v1/redactions", {**body, **why})
    importer = Importer(make.editor)
    await importer.undo(await importer.bring(written([row(1)])))
    made = await admin.post("/v1/keys", {"name": "lent", "scopes": ["write"]})
    await admin.post(f"/v1/keys/{made['id']}/compromised", {"since": "2020-01-01T00:00:00Z"})


@pytest.fixture
async def record(make: Make, admin: Client, database: Database) -> Record:
    await everything(make, admin, database)
    return Record(database, await admin.events())


def event(seq: int, **values: Any) -> Executable:
    return update(EVENT).where(EVENT.c.seq == seq).values(**values)


def opens(seq: int, old: str, new: str) -> Executable:
    """Change a text in what opens an event."""
    content = text(f"replace(content, '{old}', '{new}')")
    return update(DISCLOSURE).where(DISCLOSURE.c.seq == seq).values(content=content)


def renumber(old: int, new: int) -> list[Executable]:
    """Give an event, with what opens it, another number."""
    return [update(one).where(one.c.seq == old).values(seq=new) for one in (EVENT, DISCLOSURE)]


async def leaf_of(database: Database, seq: int) -> bytes:
    async with database.reading() as session:
        query = text("SELECT leaf FROM event WHERE seq = :seq")
        return bytes((await session.execute(query, {"seq": seq})).scalar_one())


async def test_a_record_on_which_everything_has_happened_verifies(record: Record) -> None:
    kinds = {one["type"] for one in record.events}
    assert kinds >= {
        "correction.recorded", "ruling.recorded", "record.redacted", "source.gone",
        "key.compromised", "question.overdue", "question.unanswered_for", "company.updated",
    }  # fmt: skip
    async with record.database.reading() as session:
        checker = await audit.check(session, {1, len(record.events)})

    assert checker.events == len(record.events)
    assert checker.redacted == sum(len(one["redacted"]) for one in record.events) > 1
    leaves = [bytes.fromhex(one["leaf_hash"]) for one in record.events]
    assert checker.roots[1][0] == leaves[0]
    assert checker.roots[len(leaves)][0] == tree.root(tree.append(0, [], leaves)[1])


async def test_a_changed_event_is_found(record: Record) -> None:
    database, seq = record.database, record.seq("response.recorded")
    leaf = await leaf_of(database, seq)
    for old, new in ((b'"editor-paris"', b'"editor-lyons"'), (b'"answered"', b'"declined"'),
                     (b'"seq":', b'"seq":1'), (b"{", b"[")):  # fmt: skip
        assert old in leaf
        await record.expect(seq, event(seq, leaf=leaf.replace(old, new, 1)))
    if database.is_sqlite:  # which lets a column hold a text where bytes belong
        await record.expect(seq, event(seq, leaf=cast(EVENT.c.leaf, String)))
        await record.expect(seq, event(seq, recorded_at=literal_column("'yesterday'")))
    columns = {
        "type": "response.updated",
        "recorded_at": datetime(2025, 1, 1, tzinfo=UTC),
        "actor": "editor-lyons",
        "subject_id": "response_1",
        "company_id": null(),
        "question_id": "question_1",
    }
    for name, value in columns.items():
        await record.expect(seq, event(seq, **{name: value}), why=name)


async def test_of_two_changes_the_first_is_named(record: Record) -> None:
    leaf = await leaf_of(record.database, 3)
    changed = event(3, leaf=leaf.replace(b'"editor-paris"', b'"editor-lyons"'))

    await record.expect(3, event(7, actor="editor-lyons"), changed)
    await record.expect(2, event(2, actor="editor-lyons"), changed)


async def test_events_taken_out_put_in_or_moved_are_found(record: Record) -> None:
    last = len(record.events)
    for seq in (1, 4, last):
        gone = [delete(EVENT).where(EVENT.c.seq == seq)]
        await record.expect(seq, *gone)
        await record.expect(seq, *gone, delete(DISCLOSURE).where(DISCLOSURE.c.seq == seq))
    rest = ", ".join(column.name for column in EVENT.c if column.name != "seq")
    for seq, named in ((last + 1, last + 1), (0, 1), (-5, 1)):
        copy = text(f"INSERT INTO event (seq, {rest}) SELECT {seq}, {rest} FROM event"
                    " WHERE seq = 1")  # fmt: skip
        await record.expect(named, copy)
    swap = [*renumber(4, -4), *renumber(5, 4), *renumber(-4, 5)]
    await record.expect(4, *swap)


async def test_a_changed_or_withheld_text_is_found(record: Record) -> None:
    asked = record.seq("question.created")
    await record.expect(asked, opens(asked, "external firm", "internal firm"))
    await record.expect(asked, opens(asked, "object\t", "\t"))
    await record.expect(asked, opens(asked, "object\t", "else\t"))
    await record.expect(asked, opens(asked, "[", "{"))
    await record.expect(asked, delete(DISCLOSURE).where(DISCLOSURE.c.seq == asked))
    withheld = update(DISCLOSURE).where(DISCLOSURE.c.seq == asked)
    await record.expect(asked, withheld.values(content='\t["summary","[redacted]"]'))


async def test_what_stands_for_a_redacted_text_says_nothing_else(record: Record) -> None:
    seq = record.seq("correction.recorded")
    await record.expect(seq, opens(seq, "[redacted]", "It was right."))
    await record.expect(seq, opens(seq, '"reason","[redacted]"', '"target","[redacted]"'))
    await record.expect(seq, opens(seq, '\t["reason","[redacted]"]', '\t["actor","[redacted]"]'))
    forged = update(DISCLOSURE).where(DISCLOSURE.c.seq == seq)
    more = DISCLOSURE.c.content + '\nobject\t["reason","[redacted]"]\n\t["summary","[redacted]"]'
    await record.expect(seq, forged.values(content=more))


async def test_a_changed_tree_is_found(record: Record) -> None:
    def node(level: int, position: int) -> Any:
        return NODE.c.address == tree.key((level, position))

    zeros = {"hash": bytes(32)}
    await record.expect(6, update(NODE).where(node(0, 5)).values(zeros))
    await record.expect(5, update(NODE).where(node(2, 1)).values(zeros))
    await record.expect(3, delete(NODE).where(node(1, 1)))
    size = len(record.events)
    await record.expect(size + 1, update(HEAD).values(peaks=bytes(32)))
    await record.expect(size, update(HEAD).values(seq=size - 1))
    await record.expect(size + 1, update(HEAD).values(seq=size + 1))


async def test_a_changed_row_of_every_table_is_found(record: Record) -> None:
    models = {str(model.__tablename__): table_of(model) for model in recorded_models()}
    assert models.keys() == CHANGES.keys()
    for name, values in CHANGES.items():
        table = models[name]
        row = record.rows(name)[-1]
        at = table.c.id == row
        await record.expect(record.last(row), update(table).where(at).values(values), why=row)
        born = update(table).where(at).values(created_at=datetime(2020, 1, 1, tzinfo=UTC))
        await record.expect(record.last(row), born, why="created_at")


async def test_rows_without_events_and_events_without_rows_are_found(record: Record) -> None:
    models = {str(model.__tablename__): table_of(model) for model in recorded_models()}
    for name in ("compromise", "redaction", "correction"):
        table = models[name]
        row = record.rows(name)[0]
        await record.expect(record.last(row), delete(table).where(table.c.id == row))
        renamed = update(table).where(table.c.id == row).values(id=f"{name}_0")
        await record.expect(None, renamed, why="no event")


async def test_a_changed_standing_is_found(record: Record) -> None:
    row = record.rows("question")[0]
    version = max(one["seq"] for one in record.events if one["question"] == row)
    now = (SPAN.c.question_id == row) & (SPAN.c.known_to == clock.FOREVER)
    changed = update(SPAN).where(now & (SPAN.c.to_day == clock.LAST_DAY)).values(state="declined")
    await record.expect(version, changed)
    counted = update(QUESTION).where(QUESTION.c.id == row).values(response_count=7)
    await record.expect(version, counted)
    await record.expect(version, delete(SPAN).where(SPAN.c.question_id == row))
    state = update(QUESTION).where(QUESTION.c.id == row).values(state="declined")
    await record.expect(record.last(row), state)


async def test_a_changed_merger_is_found(make: Make, admin: Client, database: Database) -> None:
    one, two, three = [await make.question(slug=name) for name in ("one", "two", "three")]
    await make.merge(one, two)
    await make.merge(two, three)
    record = Record(database, await admin.events())
    async with record.found() as found:
        assert found == []
    at = MERGER.c.merged_id == one["id"]
    ended = at & (MERGER.c.known_to != clock.FOREVER)
    for change in (
        delete(MERGER).where(at),
        update(MERGER).where(at & ~ended).values(into_id=two["id"]),
        update(MERGER).where(ended).values(known_to=datetime(2020, 1, 1, tzinfo=UTC)),
        MERGER.insert().values(
            merged_id=three["id"],
            into_id=one["id"],
            known_from=clock.now(),
            known_to=clock.FOREVER,
        ),
    ):
        await record.expect(None, change, why="is shown is not what events say")
    hidden = update(QUESTION).where(QUESTION.c.id == one["id"]).values(merged_into=null())
    await record.expect(record.last(one["id"]), hidden, why="merged_into")
    stands = update(SPAN).where(SPAN.c.question_id == one["id"])
    await record.expect(record.last(one["id"]), stands.values(known_to=clock.FOREVER))


async def test_an_entry_that_seems_corrected_or_no_longer_so_is_found(record: Record) -> None:
    models = {str(model.__tablename__): table_of(model) for model in recorded_models()}
    response, retracted = record.rows("response")
    table = models["response"]
    hidden = update(table).where(table.c.id == response)
    await record.expect(record.last(response), hidden.values(corrected_by="correction_0"))
    await record.expect(record.last(response), hidden.values(corrected_at=clock.now()))
    back = update(table).where(table.c.id == retracted)
    values = {"corrected_by": null(), "corrected_at": clock.FOREVER}
    await record.expect(record.last(retracted), back.values(values))


@pytest.mark.parametrize(
    "change", ["DELETE FROM disclosure", "DELETE FROM event", "UPDATE event SET actor = 'x'"]
)
async def test_while_the_triggers_are_there_they_refuse(
    make: Make, database: Database, change: str
) -> None:
    await make.company()
    with pytest.raises(DBAPIError, match="append-only"):
        async with database.writing() as session:
            await session.execute(text(change))
