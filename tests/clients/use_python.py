"""Uses the client that openapi-python-client made: typed answers, typed errors, a webhook.

It runs in an environment of its own (`.venv/clients`) against a live server.
"""

import json
import os
from pathlib import Path

from answerable_client import AuthenticatedClient, Client
from answerable_client.api.questions import create_question, get_question, list_questions
from answerable_client.models import (
    AskCreate,
    InvalidProblem,
    Problem,
    QuestionCreate,
    QuestionPage,
    QuestionRead,
    QuestionStateChangedEvent,
    SourceCreate,
)
from answerable_client.types import UNSET
from standardwebhooks import Webhook, WebhookVerificationError

reader = Client(base_url=os.environ["URL"])
editor = AuthenticatedClient(base_url=os.environ["URL"], token=os.environ["KEY"])


def all_declined() -> tuple[list[QuestionRead], int]:
    """List through all pages; return the questions and how many pages there were."""
    found: list[QuestionRead] = []
    cursor, pages = None, 0
    while True:
        page = list_questions.sync(
            client=reader, state="declined", company="microsoft", limit=2, cursor=cursor or UNSET
        )
        assert isinstance(page, QuestionPage), page
        found += page.data
        pages += 1
        cursor = page.next_cursor
        if cursor is None:
            return found, pages


def new(company: str) -> QuestionCreate:
    source = SourceCreate(url="https://example.org/2025/05/article")
    ask = AskCreate(asker="associated-press", asked_on="2025-05", source=source)
    return QuestionCreate(company=company, text="Who audited it?", lang="en", asks=[ask])


def verified() -> tuple[QuestionStateChangedEvent, str]:
    """Verify the delivery, and try a forged one."""
    sent = json.loads(Path(os.environ["DELIVERY"]).read_text("utf-8"))
    webhook = Webhook(os.environ["SECRET"])
    event = QuestionStateChangedEvent.from_dict(webhook.verify(sent["body"], sent["headers"]))
    try:
        webhook.verify(sent["body"] + " ", sent["headers"])
    except WebhookVerificationError:
        return event, "refused"
    return event, "taken"


questions, count = all_declined()
one = get_question.sync(questions[0].id, client=reader)
assert isinstance(one, QuestionRead), one
made = create_question.sync(client=editor, body=new("microsoft"))
assert isinstance(made, QuestionRead), made
missing = get_question.sync("no-such-question", client=reader)
assert isinstance(missing, Problem), missing
wrong = create_question.sync(client=editor, body=new("no-such-company"))
assert isinstance(wrong, InvalidProblem), wrong
fault = wrong.errors[0]
event, forged = verified()
told = {
    "listed": [question.slug for question in questions],
    "pages": count,
    "read": one.text,
    "made": made.id,
    "not_found": [missing.status, missing.type_],
    "invalid": [wrong.status, fault.pointer, fault.code],
    "event": [event.seq, event.data.from_, event.data.to],
    "forged": forged,
}
print(json.dumps(told))
