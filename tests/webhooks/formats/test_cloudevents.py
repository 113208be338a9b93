"""CloudEvents, read back by the project's own package."""

from datetime import timedelta
from typing import Any

from cloudevents.core.base import BaseCloudEvent
from cloudevents.core.bindings.http import HTTPMessage, from_structured_event
from hypothesis import given

from app.ledger.schemas import EventRead
from app.webhooks.formats import WebhookFormat, render
from tests.webhooks.formats.samples import QUESTION, SOURCE, any_event, event, said


def read(told: EventRead) -> BaseCloudEvent:
    message = render(WebhookFormat.CLOUDEVENTS, told, source=SOURCE)
    return from_structured_event(HTTPMessage({"content-type": message.content_type}, message.body))


def test_a_reader_of_cloudevents_finds_every_attribute() -> None:
    found = read(event())

    assert found.get_attributes() == {
        "specversion": "1.0",
        "id": "42",
        "source": SOURCE,
        "type": "answerable.question.state_changed",
        "subject": QUESTION,
        "time": event().recorded_at,
        "sequence": "00000000000000000042",
        "datacontenttype": "application/json",
    }


@given(any_event)
def test_its_data_is_what_the_standard_format_says(told: EventRead) -> None:
    data: Any = read(told).get_data()

    assert data == said(WebhookFormat.STANDARD, told)


def test_sequences_sort_as_numbers_do() -> None:
    numbers = [1, 9, 10, 2**31, 2**53]

    sequences = [read(event(seq=number)).get_extension("sequence") for number in numbers]

    assert sorted(sequences) == sequences


def test_tests_which_have_no_number_have_ids_of_their_own() -> None:
    first = event(seq=0)
    second = event(seq=0, recorded_at=first.recorded_at + timedelta(microseconds=1))

    assert read(first).get_id() == f"{QUESTION}/2025-05-16T09:00:00.123456Z"
    assert read(second).get_id() == f"{QUESTION}/2025-05-16T09:00:00.123457Z"
