"""The standard format: the event itself, smaller than 20,000 bytes whatever it holds."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from app.ledger.schemas import EventRead
from app.webhooks.formats import WebhookFormat, render
from tests.webhooks.formats.samples import SOURCE, event, said

FACTS = {"from": "unanswered", "to": "declined", "cause": "ruling_1", "days": 30}


def long(pieces: st.SearchStrategy[str], most: int) -> st.SearchStrategy[str]:
    return st.builds(lambda piece, times: (piece * times)[:most], pieces, st.integers(0, 4_000))


pieces = st.text(min_size=1, max_size=12)
values = st.dictionaries(pieces, long(pieces, 40_000) | st.lists(st.integers()), max_size=4)
events = st.builds(
    lambda data, reason, summary, actor: event(
        data=FACTS | data, reason=reason, summary=summary[:280], actor=actor[:100]
    ),
    st.fixed_dictionaries({}, optional={"object": values, "previous": values}),
    st.none() | long(pieces, 10_000),
    long(pieces, 280),
    long(pieces, 100),
)


def test_the_body_is_the_event() -> None:
    body = render(WebhookFormat.STANDARD, event(), source=SOURCE).body

    assert body == event().model_dump_json().encode()


@given(events)
def test_the_body_is_small_and_says_what_it_left_out(told: EventRead) -> None:
    body = render(WebhookFormat.STANDARD, told, source=SOURCE).body
    shown = said(WebhookFormat.STANDARD, told)
    whole = told.model_dump(mode="json")

    assert len(body) < 20_000
    omitted = shown["data"].pop("omitted", [])
    assert (omitted == []) == (len(told.model_dump_json().encode()) < 20_000)
    for key in omitted:
        if key == "reason":
            short, full = shown.pop(key), whole.pop(key)
            assert short.endswith("…") or short == " ".join(full.split())
        else:
            assert key not in shown["data"]
            whole["data"].pop(key)
    assert shown == whole


def large(**data: Any) -> dict[str, Any]:
    return said(WebhookFormat.STANDARD, event(data=FACTS | data))["data"]  # type: ignore[no-any-return]


def test_values_before_and_after_are_left_out_together() -> None:
    assert large(object={"text": "é" * 10_000}, previous={"state": "partial"}) == {
        "omitted": ["object", "previous"], **FACTS,
    }  # fmt: skip


def test_only_what_was_there_is_said_to_be_left_out() -> None:
    assert large(object={"text": "é" * 10_000}) == {"omitted": ["object"], **FACTS}


def test_a_long_reason_is_shortened_before_it_is_lost() -> None:
    reason = "Die Begründung " * 600
    shown = said(WebhookFormat.STANDARD, event(reason=reason + "語" * 9_000))

    assert shown["data"]["omitted"] == ["object", "previous", "reason"]
    assert shown["reason"].startswith(reason.strip())
    assert shown["reason"].endswith("…")


def test_a_body_of_one_byte_less_than_the_limit_is_whole() -> None:
    def sized(length: int) -> EventRead:
        return event(data={"object": {"text": "x" * length}})

    room = 19_999 - len(sized(0).model_dump_json())
    assert "omitted" not in said(WebhookFormat.STANDARD, sized(room))["data"]
    assert said(WebhookFormat.STANDARD, sized(room + 1))["data"] == {"omitted": ["object"]}
