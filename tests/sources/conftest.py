"""What tests of checks may use: a site on this machine, what it shows, and checks of it."""

import hashlib
from collections.abc import AsyncIterator
from datetime import timedelta
from ipaddress import IPv4Network
from typing import Any

import pytest

from app.core.db import Database
from app.core.settings import Settings
from app.sources import checking
from app.sources.checking import Checked, Due
from app.sources.models import Online
from tests.support.client import Client
from tests.support.receiver import Receiver, receiving
from tests.webhooks.test_transport import answer

CITED, OTHER = b"what was cited", b"what is there now"
NEWS = "source.updated,source.changed,source.gone"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"webhook_allow_networks": (IPv4Network("127.0.0.0/8"),)})


@pytest.fixture
async def site() -> AsyncIterator[Receiver]:
    async with receiving() as site:
        yield site


def sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


class Checks:
    """Cites pages of a site, and lets them be looked at."""

    def __init__(
        self, site: Receiver, settings: Settings, database: Database, editor: Client
    ) -> None:
        self.site, self.settings, self.database, self.editor = site, settings, database, editor

    def show(self, body: bytes = b"", status: int = 200, path: str = "/page") -> None:
        self.site.answers[path] = answer(status, body=body)

    async def cite(self, path: str = "/page", **fields: Any) -> Any:
        return await self.editor.post("/v1/sources", {"url": self.site.url(path), **fields})

    async def run(self, *, older_than: timedelta = timedelta(), limit: int = 100) -> list[Checked]:
        """Look at all that are due."""
        chosen = await checking.due(self.database, older_than=older_than, limit=limit)
        return await self.look(chosen)

    async def look(self, chosen: list[Due], *, dry_run: bool = False) -> list[Checked]:
        async with checking.fetcher(self.settings) as fetching:
            found = checking.check(self.database, fetching, chosen, dry_run=dry_run)
            return [checked async for checked in found]

    async def find(self, body: bytes = b"", status: int = 200) -> Checked:
        """Let the one source be looked at when this is at its address."""
        self.show(body, status)
        (checked,) = await self.run()
        return checked

    async def source(self, source: Any) -> Any:
        return await self.editor.get(f"/v1/sources/{source['id']}")

    async def told(self) -> list[Any]:
        return await self.editor.events(type=NEWS)


@pytest.fixture
def checks(site: Receiver, settings: Settings, database: Database, editor: Client) -> Checks:
    return Checks(site, settings, database, editor)


def what(checked: Checked) -> tuple[Online | None, bool, str | None]:
    return checked.online, checked.is_news, checked.why
