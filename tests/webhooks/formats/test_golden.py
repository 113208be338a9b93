"""Every format to the letter, for one real event, and for one that attacks each chat.

`REWRITE_GOLDEN=1 .venv/bin/pytest tests/webhooks/formats/test_golden.py` writes the files anew.
"""

import json
import os
from pathlib import Path

import pytest

from app.ledger.schemas import EventRead
from app.webhooks.formats import CHATS, WebhookFormat
from tests.webhooks.formats.samples import HOSTILE, event, said

GOLDEN = Path(__file__).parent / "golden"
CASES = {wanted.value: (wanted, event()) for wanted in WebhookFormat} | {
    f"{wanted}-hostile": (wanted, event(summary=HOSTILE)) for wanted in CHATS
}


@pytest.mark.parametrize("name", CASES)
def test_a_message_is_as_it_was(name: str) -> None:
    wanted, told = CASES[name]
    path = GOLDEN / f"{name}.json"
    now = said(wanted, told)
    if os.environ.get("REWRITE_GOLDEN"):
        # ASCII, so that what is invisible can be seen
        path.write_text(json.dumps(now, indent=2) + "\n")

    assert now == json.loads(path.read_text()), (
        f"{path.name} differs; if that is meant, run the tests with REWRITE_GOLDEN=1"
    )


def test_there_is_no_golden_file_too_many() -> None:
    assert {path.stem for path in GOLDEN.iterdir()} == set(CASES)


def test_the_standard_file_reads_back_as_the_event() -> None:
    assert EventRead.model_validate_json((GOLDEN / "standard.json").read_text()) == event()
