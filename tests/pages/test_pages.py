"""Documentation, probes and the pages that explain problems."""

import re

from app.core.errors import FAMILY
from tests.support.client import Client


async def test_the_documentation_needs_nothing_from_elsewhere(reader: Client) -> None:
    page = await reader.send("GET", "/docs")
    assert page.status_code == 200
    links = re.findall(r"(?:src|href)=\"([^\"]+)\"", page.text)
    assert links
    assert not re.search(r"https?://", page.text)
    for link in links:
        assert (await reader.send("GET", link)).status_code == 200


async def test_probes_answer(reader: Client) -> None:
    assert await reader.get("/healthz") == {"status": "ok"}
    assert await reader.get("/readyz") == {"status": "ready", "seq": 0}


async def test_every_kind_of_problem_is_explained(reader: Client) -> None:
    listed = (await reader.get("/problems"))["data"]
    assert len(listed) == len(FAMILY)
    for kind in listed:
        assert await reader.get(kind["type"]) == kind
        assert kind["advice"]
    await reader.get("/problems/nothing-like-it", expect=404)
