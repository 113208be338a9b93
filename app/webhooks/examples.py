"""Examples of events for the OpenAPI document, made from rows in the code's own words."""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from app.askers.models import Asker
from app.auth.service import CLOCK, SOURCE_CHECK
from app.companies.models import Company
from app.corrections.models import Correction
from app.dossiers.models import Dossier
from app.imports.models import Import
from app.ledger import leaves
from app.ledger.flags import Compromise
from app.ledger.models import Recorded
from app.ledger.redaction import Redaction
from app.ledger.schemas import EventRead
from app.questions.models import Ask, Question, Response, Ruling
from app.sources.models import Online, Source
from app.statements.models import Statement
from app.webhooks.sender import test_event

HERE = "https://answerable.example.org"
END = "01jv8z4x9kf3t8w2m5r7c1q0ab"
LEAF_HASH = "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
BEFORE = datetime(2026, 4, 27, 9, 0, tzinfo=UTC)
NOW = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)


def all_() -> Iterator[dict[str, Any]]:
    """Tell of rows as the ledger would; they are invented, so that nothing false is told."""
    company = _row(Company, slug="example-energy", name="Example Energy", names=[], identifiers={})
    asker = _row(Asker, slug="example-news", name="Example News", kind="newsroom")
    dossier = _row(Dossier, slug="gas-flaring", title="Gas flaring", translations={})
    source = _row(Source, url="https://news.example.org/flaring", title="Gas, flared", lang="en")
    for row in (company, asker, dossier, source):
        yield _example(row)
        yield _example(row, {"title" if row in (dossier, source) else "name": "An older name"})
    yield from _examples_of_checks(source)
    question = _row(
        Question, slug="example-energy-flaring-2025", lang="en", state="unanswered",
        text="How much gas did Example Energy flare in 2025?", topics=["climate"],
        company=company, company_id=company.id, dossier_ids=[dossier.id], translations={},
        respond_by="2026-05-03", first_asked_on="2026-04-04",
    )  # fmt: skip
    cited = {"source_id": source.id}
    asked = {"asker": asker, "asker_id": asker.id, "asked_on": "2026-04-04", "channel": "written"}
    yield _example(question)
    yield _example(question, {"respond_by": None})
    yield _example(_row(Ask, **asked, **cited, question=question, question_id=question.id))
    said = {"kind": "reply", "title": "Our answer on flaring", "published_on": "2026-05", **cited}
    yield _example(_row(Statement, company=company, company_id=company.id, lang="en", **said))
    yield from _examples_of_mergers(company, asker, question)
    yield from _examples_about(question)
    stolen = {"actor": "editor-paris", "since": BEFORE, "until": NOW, "after_seq": 17}
    yield _example(_row(Compromise, **stolen, reason="A laptop was stolen."), actor="admin-paris")
    imported = {
        "kind": "questions", "sha256": hashlib.sha256(b"a file").hexdigest(), "rows": 300,
        "created": 290, "updated": 4, "unchanged": 6, "first_seq": 17, "last_seq": 611,
    }  # fmt: skip
    yield _example(_row(Import, **imported))
    taken_back = {"undone_first_seq": 613, "undone_last_seq": 1207, "undone_reason": "Old dates."}
    yield _example(_row(Import, **imported, **taken_back), dict.fromkeys(taken_back))
    yield _example(_redaction(question), company_slug=company.slug)
    yield test_event(f"webhook_{END}", NOW, HERE).model_dump(mode="json")


def _examples_about(question: Question) -> Iterator[dict[str, Any]]:
    note = {"state": question.state, "effective_on": "2026-05-04"}
    question.overdue_since = "2026-05-04"
    yield _example(question, {"overdue_since": None}, **note)
    question.unanswered_for = 30
    yield _example(question, {"unanswered_for": None}, **note)
    about = {"question": question, "question_id": question.id, "effective_on": "2026-05"}
    excerpt = "At our largest site we flared 1,200 tonnes."
    answer = {"verdict": "partial", "excerpt": excerpt, "statement_id": f"statement_{END}"}
    response = _row(Response, **answer, **about)
    yield _example(response)
    question.state = "partial"
    yield _example(question, {"state": "unanswered"}, cause=response.id, effective_on="2026-05")
    reason = "The company spoke of one site only; the first verdict was too lenient."
    replaced = {"target_id": response.id, "replacement_id": f"{response.id[:-1]}c"}
    placed = {"company_id": question.company_id, "question_id": question.id, "reason": reason}
    company = question.company
    correction = _row(Correction, **replaced, **placed)
    yield _example(correction, company_name=company.name, company_slug=company.slug)
    reason = "The asker no longer seeks an answer."
    yield _example(_row(Ruling, state="withdrawn", reason=reason, **about))


def _examples_of_mergers(*rows: Any) -> Iterator[dict[str, Any]]:
    into = {"into_name": "Example", "into_slug": "example", "into_text": "How much was flared?"}
    for row in rows:
        row.merged_into = f"{row.id[:-1]}d"
        yield _example(row, {"merged_into": None}, reason="It was recorded twice.", **into)
        row.merged_into = None


def _examples_of_checks(source: Source) -> Iterator[dict[str, Any]]:
    hashes = [hashlib.sha256(words).hexdigest() for words in (b"as cited", b"as it is now")]
    source.sha256, source.found_sha256 = hashes
    source.online, source.found_at = Online.CHANGED, NOW
    previous = {"online": Online.SAME, "found_sha256": hashes[0], "found_at": BEFORE}
    yield _example(source, previous, actor=SOURCE_CHECK)
    source.online, source.found_sha256 = Online.GONE, None
    yield _example(source, previous, actor=SOURCE_CHECK)


def _redaction(question: Question) -> Redaction:
    pointers = ["/data/object/excerpt"]
    redaction: Redaction = _row(
        Redaction, seq=17, pointers=pointers, places=[{"seq": 17, "pointers": pointers}],
        company_id=question.company_id, question_id=question.id,
        legal_basis="GDPR, article 17 (1) (d)", reason="The excerpt named a private person.",
    )  # fmt: skip
    return redaction


def _row(model: Any, **values: Any) -> Any:
    blank = dict.fromkeys(model.recorded_columns())
    return model(**blank | {"id": f"{model.__tablename__}_{END}"} | values)


def _example(row: Recorded, previous: dict[str, Any] | None = None, **note: Any) -> dict[str, Any]:
    said = row.headline(previous, note)
    data = {"object": row.image(), **said.details}
    if previous is not None:
        data["previous"] = previous
    actor = note.get("actor", CLOCK if "state" in note else "editor-paris")
    event = leaves.compose(said, data, seq=42, recorded_at=NOW, actor=actor, subject_id=row.id)
    shown = EventRead.read(event, HERE, redacted=[], leaf_hash=LEAF_HASH)
    return shown.model_dump(mode="json")
