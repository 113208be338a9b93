"""`/` and the well-known places: where people and programs begin."""

import base64
import hashlib
import re
from datetime import UTC, datetime, timedelta

import pytest
from fastapi import FastAPI
from pydantic import ValidationError

from app.core.negotiation import wants_page
from app.core.settings import Settings
from tests.pages.test_problems import BROWSER
from tests.support.client import Client

HOST = "https://answerable.test"
CATALOG = "/.well-known/api-catalog"
SECURITY = "/.well-known/security.txt"


async def test_a_program_is_given_a_map_each_address_of_which_answers(reader: Client) -> None:
    found = await reader.get("/")

    assert (found["name"], found["questions"]) == ("Answerable", f"{HOST}/v1/questions")
    for name, url in found.items():
        if url.startswith(HOST) and name != "stream":
            answer = await reader.send("GET", url.removeprefix(HOST))
            assert answer.status_code == 200, name


async def test_a_browser_is_given_a_page_that_loads_nothing_from_elsewhere(
    reader: Client,
) -> None:
    page = await reader.send("GET", "/", headers=BROWSER)

    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["vary"] == "Accept"
    assert not re.search(r"https?://|<script", page.text)
    for link in re.findall(r'href="([^"]+)"', page.text):
        if link != "/v1/events/stream":
            assert (await reader.send("GET", link)).status_code == 200, link


async def test_a_page_s_policy_lets_its_own_style_in_and_nothing_else(reader: Client) -> None:
    for path in ("/", "/problems", "/problems/not-found"):
        page = await reader.send("GET", path, headers=BROWSER)
        [style] = re.findall(r"<style>(.*?)</style>", page.text)
        digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
        policy = page.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; style-src 'sha256-")
        assert f"'sha256-{digest}'" in policy
        assert "style=" not in page.text


async def test_links_lead_to_the_description_of_the_api(reader: Client) -> None:
    for headers in ({}, BROWSER):
        link = (await reader.send("GET", "/", headers=headers)).headers["link"]
        found = dict(re.findall(r'<([^>]+)>; rel="([^"]+)"', link))
        assert found == {
            "/openapi.json": "service-desc",
            "/docs": "service-doc",
            "/readyz": "status",
            CATALOG: "api-catalog",
        }
    lost = await reader.send("GET", "/v1/nothing")
    assert 'rel="service-desc"' in lost.headers["link"]


async def test_the_catalog_is_a_linkset_whose_links_answer(reader: Client) -> None:
    answer = await reader.send("GET", CATALOG)

    assert answer.headers["content-type"] == (
        'application/linkset+json; profile="https://www.rfc-editor.org/info/rfc9727"'
    )
    [api] = answer.json()["linkset"]
    assert api["anchor"] == f"{HOST}/v1"
    for relation in ("service-desc", "service-doc", "status"):
        for link in api[relation]:
            there = await reader.send("GET", link["href"].removeprefix(HOST))
            assert there.headers["content-type"].partition(";")[0] == link["type"]


async def test_head_of_the_catalog_links_to_it(reader: Client) -> None:
    head = await reader.send("HEAD", CATALOG)

    assert head.content == b""
    assert head.headers["link"].startswith(f'<{HOST}{CATALOG}>; rel="api-catalog"')


async def test_security_txt_says_whom_to_tell(reader: Client) -> None:
    answer = await reader.send("GET", SECURITY)

    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    fields = dict(line.split(": ", 1) for line in answer.text.splitlines())
    assert fields["Contact"] == "mailto:security@example.org"
    assert fields["Canonical"] == f"{HOST}{SECURITY}"
    expires = datetime.fromisoformat(fields["Expires"]) - datetime.now(UTC)
    assert timedelta(days=178) < expires < timedelta(days=365)


async def test_without_a_contact_security_txt_says_how_one_is_named(
    web: FastAPI, settings: Settings, reader: Client
) -> None:
    web.state.settings = settings.model_copy(update={"security_contact": ""})

    problem = await reader.get(SECURITY, expect=404)

    assert "ANSWERABLE_SECURITY_CONTACT" in problem["detail"]


@pytest.mark.parametrize("contact", ["somebody", "http://a.example", "https://a\nExpires: 2030"])
def test_a_contact_that_is_none_is_a_clear_error(contact: str) -> None:
    with pytest.raises(ValidationError, match=r"use security@example.org, or https://…"):
        Settings(security_contact=contact)


@pytest.mark.parametrize(
    ("accept", "is_page"),
    [
        (BROWSER["Accept"], True),
        ("text/html", True),
        ("*/*", False),
        ("", False),
        ("application/json", False),
        ("application/json, text/html;q=0.9", False),
        ("text/html;q=0", False),
        ("text/html;q=x", False),
    ],
)
def test_a_page_is_for_those_who_name_html(accept: str, is_page: bool) -> None:
    assert wants_page(accept.encode()) is is_page
