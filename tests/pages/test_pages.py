"""Documentation, probes and the pages that explain problems."""

import re

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
