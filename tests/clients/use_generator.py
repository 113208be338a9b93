"""Uses the Python client that openapi-generator made: typed answers, typed errors, a webhook.

It runs in an environment of its own (`.venv/generator`) against a live server.
"""

import json
import os
from pathlib import Path

from openapi_client import ApiClient, Configuration, QuestionsApi
from openapi_client.exceptions import NotFoundException, UnprocessableEntityException
from openapi_client.models import (
    AskCreate,
    InvalidProblem,
    Problem,
    QuestionCreate,
    QuestionRead,
    QuestionStateChangedEvent,
)
from standardwebhooks import Webhook, WebhookVerificationError

configuration = Configuration(host=os.environ["URL"], access_token=os.environ["KEY"])
questions = QuestionsApi(ApiClient(configuration))


def all_declined() -> tuple[list[QuestionRead], int]:
    """List through all pages; return the questions and how many pages there were."""
    found: list[QuestionRead] = []
    cursor, pages = None, 0
    while True:
        page = questions.list_questions(
            state="declined", company="microsoft", limit=2, cursor=cursor
        )
        found += page.data
        pages += 1
        cursor = page.next_cursor
        if cursor is None:
            return found, pages


def new(company: str) -> QuestionCreate:
    source = {"url": "https://example.org/2025/05/article"}
    asked = {"asker": "associated-press", "asked_on": "2025-05", "source": source}
    ask = AskCreate.from_dict(asked)
    assert ask is not None
    return QuestionCreate(company=company, text="Who audited it?", lang="en", asks=[ask])


def missing() -> Problem:
    try:
        questions.get_question("no-such-question")
    except NotFoundException as error:
        return Problem.model_validate(error.data, strict=True)
    raise AssertionError("it is there")


def wrong() -> InvalidProblem:
    try:
        questions.create_question(new("no-such-company"))
    except UnprocessableEntityException as error:
        return InvalidProblem.model_validate(error.data, strict=True)
    raise AssertionError("it was taken")


def verified() -> tuple[QuestionStateChangedEvent, str]:
    """Verify the delivery, and try a forged one."""
    sent = json.loads(Path(os.environ["DELIVERY"]).read_text("utf-8"))
    webhook = Webhook(os.environ["SECRET"])
    event = QuestionStateChangedEvent.from_dict(webhook.verify(sent["body"], sent["headers"]))
    assert event is not None
    try:
        webhook.verify(sent["body"] + " ", sent["headers"])
    except WebhookVerificationError:
        return event, "refused"
    return event, "taken"


listed, count = all_declined()
read = questions.get_question(listed[0].id)
made = questions.create_question(new("microsoft"))
not_found, invalid = missing(), wrong()
event, forged = verified()
told = {
    "listed": [question.slug for question in listed],
    "pages": count,
    "read": read.text,
    "made": made.id,
    "not_found": [not_found.status, not_found.type],
    "invalid": [invalid.status, invalid.errors[0].pointer, invalid.errors[0].code],
    "event": [event.seq, event.data.var_from, event.data.to],
    "forged": forged,
}
print(json.dumps(told))
