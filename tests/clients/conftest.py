"""What the generated clients meet: a live server with a record, and a delivery that it sent."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from ipaddress import IPv4Network
from pathlib import Path

import pytest
from httpx import AsyncClient

from app.auth.schemas import Scope
from app.core.db import Database
from app.core.settings import Settings
from tests.conftest import new_key
from tests.support.client import Client
from tests.support.make import Make
from tests.support.receiver import receiving
from tests.support.server import serving

STATES = ("declined", "unanswered", "declined", "answered", "declined", "declined")


@dataclass(frozen=True)
class Live:
    """A server with questions on its record, and what a client may need of it.

    delivery: a file that holds the headers and the body of a webhook that it sent. secret: what
    verifies it.
    """

    url: str
    key: str
    api: Client
    delivery: Path
    secret: str

    def environment(self) -> dict[str, str]:
        """Return what the programs that use clients read."""
        return {
            "URL": self.url,
            "KEY": self.key,
            "DELIVERY": str(self.delivery),
            "SECRET": self.secret,
        }


@pytest.fixture
async def live(settings: Settings, tmp_path: Path) -> AsyncIterator[Live]:
    opened = {
        "webhook_allow_networks": (IPv4Network("127.0.0.0/8"),),
        "webhook_allow_http": True,
        "serve_worker": True,
    }
    own = settings.model_copy(update=opened)
    database = Database(own)
    key = await new_key(own, database, "developer", Scope.WRITE, Scope.WEBHOOKS)
    await database.close()
    with serving(own) as server:
        async with AsyncClient(base_url=server.url) as http, receiving() as receiver:
            api = Client(http, key)
            make = Make(api)
            for number, state in enumerate(STATES):
                await make.question(state=state, slug=f"question-{number}")
            hook = {"url": receiver.url(), "event_types": ["question.state_changed"]}
            webhook = await api.post("/v1/webhooks", hook)
            await make.question(state="partial", slug="question-of-the-delivery")
            [sent] = await receiver.wait_for(1)
            delivery = tmp_path / "delivery.json"
            said = {"headers": sent.headers, "body": sent.body.decode()}
            delivery.write_text(json.dumps(said), encoding="utf-8")
            yield Live(server.url, key, api, delivery, webhook["secret"])
