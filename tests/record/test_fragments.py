"""Questions are rendered once for each version, and never shown as they no longer are."""

import json
from typing import Any

from httpx import ASGITransport, AsyncClient

from app.core.settings import Settings
from app.main import build, surround
from tests.support.client import Client
from tests.support.make import Make

LIST = "/v1/questions"
EXPAND = "responses,company,source"


async def _as_of_a_new_process(settings: Settings, url: str) -> Any:
    app = build(settings)
    async with app.router.lifespan_context(app):
        transport = ASGITransport(surround(app, settings))
        async with AsyncClient(transport=transport, base_url="https://answerable.test") as http:
            return (await http.get(url)).content


async def test_whatever_changes_a_list_says_what_a_new_process_would_say(
    settings: Settings, reader: Client, make: Make
) -> None:
    editor = make.editor
    await make.dossier()
    question = await make.question(slug="first", state="declined", dossiers=["microsoft-imod"])
    await make.question(slug="second", state="partial")
    source = question["asks"][0]["source"]["id"]
    asker = question["asks"][0]["asker"]["slug"]
    changes = [
        ("/v1/companies/microsoft", {"name": "Microsoft Corporation"}),
        (f"/v1/askers/{asker}", {"name": "The AP"}),
        ("/v1/dossiers/microsoft-imod", {"title": "Another title"}),
        (f"/v1/sources/{source}", {"title": "Another headline"}),
        ("/v1/questions/second", {"text": "Another wording?"}),
        ("/v1/companies/microsoft", {"slug": "microsoft-corporation"}),
    ]
    urls = [LIST, f"{LIST}?limit=1", f"{LIST}?expand={EXPAND}", f"{LIST}?as_of=2026-06"]

    for path, change in changes:
        for url in urls:
            await reader.send("GET", url)
        await editor.patch(path, change)
        for url in urls:
            shown = (await reader.send("GET", url)).content
            assert shown == await _as_of_a_new_process(settings, url), (path, url)

    response = question["latest_response"]["id"]
    await editor.correct(response)
    statement = await make.statement(question, verdict="answered")
    await editor.correct(statement["id"])
    for url in [*urls, f"{LIST}?expand=statement,responses"]:
        shown = (await reader.send("GET", url)).content
        assert shown == await _as_of_a_new_process(settings, url), url


async def test_a_whole_statement_counts_the_responses_that_others_got_since(
    reader: Client, make: Make
) -> None:
    first, second = await make.question(slug="first"), await make.question(slug="second")
    statement = await make.statement(first, verdict="partial")
    url = f"{LIST}/first?expand=statement"
    assert (await reader.get(url))["latest_response"]["statement"]["response_count"] == 1

    new = {"question": second["id"], "verdict": "declined"}
    await make.editor.post(f"/v1/statements/{statement['id']}/responses", new)

    assert (await reader.get(url))["latest_response"]["statement"]["response_count"] == 2


async def test_a_question_reads_the_same_alone_in_a_list_and_to_its_editor(
    reader: Client, make: Make
) -> None:
    await make.question(slug="asked", state="declined", translations={"fr": {"text": "Quoi ?"}})
    for options in ("", f"?expand={EXPAND}", "?lang=fr"):
        alone = (await reader.send("GET", f"{LIST}/asked{options}")).content
        listed = (await reader.send("GET", f"{LIST}{options}")).content
        editors = (await make.editor.send("GET", f"{LIST}/asked{options}")).content
        assert alone == editors
        assert listed == b'{"data":[' + alone + b'],"has_more":false,"next_cursor":null}'
        assert json.loads(alone)["slug"] == "asked"
