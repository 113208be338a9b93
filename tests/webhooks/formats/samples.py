"""Events to write in every format: a real one, a hostile one, and any that can be thought of."""

import json
from datetime import UTC, datetime
from typing import Any

from hypothesis import example
from hypothesis import strategies as st

from app.core.dates import EdtfDate
from app.ledger.schemas import EventRead, EventType, SubjectRead
from app.webhooks.formats import WebhookFormat, render

SOURCE = "https://answerable.test"
QUESTION = "question_01jv8z4x9kf3t8w2m5r7c1q0ab"
TEXT = "Which external firm did Microsoft hire for the additional fact-finding?"
HOSTILE = (
    "@everyone @channel @here <!channel> <!here|x> <@U123> <@&42> <#C1> <at>Ada</at> &#64;all\n"
    "# Heading\n> quote\n- item\n1. one\n```code``` `a` **b** __c__ ~~d~~ ||e|| $x$ :tada: ;) <3\n"
    "~town-square #tag [click](javascript:alert(1)) <https://a.example|b> www.a.example "
    "<script>x</script> {{DATE(2025-05-16T09:00:00Z)}} \u202egnp.exe\u202c שלום\u200f "
    "C:\\new a@b.org"
)


def event(**changes: Any) -> EventRead:
    """Microsoft's refusal to name the firm, with any changes, which are not checked."""
    image = {
        "id": QUESTION,
        "slug": "microsoft-external-firm-name",
        "company": "company_01jv8z4x9kf3t8w2m5r7c1q0aa",
        "text": TEXT,
        "lang": "en",
        "context": "Microsoft said that it had engaged an outside firm.",
        "translations": {
            "fr": {"text": "Quelle société externe Microsoft a-t-elle engagée ?", "machine": False}
        },
        "topics": ["audit", "transparency"],
        "dossiers": ["dossier_01jv8z4x9kf3t8w2m5r7c1q0ac"],
        "state": "declined",
    }
    told = EventRead(
        seq=42,
        type=EventType.QUESTION_STATE_CHANGED,
        recorded_at=datetime(2025, 5, 16, 9, 0, 0, 123456, tzinfo=UTC),
        effective_on=EdtfDate("2025-05"),
        actor="editor-paris",
        reason=None,
        subject=SubjectRead(type="question", id=QUESTION, slug="microsoft-external-firm-name"),
        company="microsoft",
        question=QUESTION,
        summary=f"Microsoft declined to answer: {TEXT}",
        url=f"{SOURCE}/q/{QUESTION}",
        data={
            "object": image,
            "previous": {"state": "unanswered"},
            "from": "unanswered",
            "to": "declined",
            "cause": "response_01jv8z4x9kf3t8w2m5r7c1q0ad",
        },
        redacted=[],
        leaf_hash="6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    )
    return told.model_copy(update=changes)


def said(wanted: WebhookFormat, told: EventRead) -> dict[str, Any]:
    """What a receiver reads of an event: strict UTF-8, strict JSON, an object."""
    body = render(wanted, told, source=SOURCE).body
    value = json.loads(body.decode("utf-8", errors="strict"))
    assert isinstance(value, dict)
    return value


def units(text: str) -> int:
    """The length of a text in UTF-16 code units."""
    return len(text.encode("utf-16-le")) // 2


PIECES = [*HOSTILE.split(), "\\", "@", "://", "😀" * 300, "<", "."]
any_text = st.lists(st.text(max_size=40) | st.sampled_from(PIECES), max_size=40).map("".join) | (
    st.builds(
        lambda piece, times: piece * times, st.text(min_size=1, max_size=8), st.integers(1, 3_000)
    )
)
any_event = st.builds(
    event,
    summary=any_text,
    company=st.none() | st.just("a-1-b"),
    question=st.none(),
    effective_on=st.none() | st.just(EdtfDate("2025")),
    actor=any_text,
    reason=st.none() | any_text,
    seq=st.integers(0, 2**53),
)
hostile = example(told=event(summary=HOSTILE))
"""Never leaves the hostile event to chance."""
