"""Every error that an answer can be is explained, where its `type` leads."""

import ast
import json
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest

from app.core.codes import CODES
from app.core.errors import FAMILY, Problem
from app.core.problems import MESSAGES
from tests.support.client import Client

APP = Path(__file__).parent.parent.parent / "app"
BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
EXAMPLE = re.compile(r"<pre><code>(HTTP/1.1 \d+ .*?)</code></pre>", re.DOTALL)


def subclasses(kind: type[Problem]) -> Iterator[type[Problem]]:
    """Find the errors of a kind; one that only says more of its kind has no `slug` of its own."""
    for own in kind.__subclasses__():
        if kind is Problem or "slug" in vars(own):
            yield own
        yield from subclasses(own)


def codes_in(path: Path) -> Iterator[str]:
    """Find the codes that a module writes down."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        given = [one.value for one in node.keywords if one.arg == "code"]
        if name == "PydanticCustomError":
            given += node.args[:1]
        elif name == "_unfit":
            given += node.args[2:3]
        elif name == "note":  # of a cell of an import
            given += node.args[3:4]
        for value in given:
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                yield value.value


KINDS = list(dict.fromkeys(subclasses(Problem)))


@pytest.mark.parametrize("kind", KINDS)
async def test_the_type_of_every_error_leads_to_a_page_and_to_json(
    reader: Client, kind: type[Problem]
) -> None:
    path = kind.example().body("0" * 32)["type"]

    page = await reader.send("GET", path, headers=BROWSER)
    data = await reader.get(path)

    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["vary"] == "Accept"
    assert (data["type"], data["title"], data["status"]) == (path, kind.title, kind.status)
    assert data["meaning"] != data["advice"]
    example = EXAMPLE.search(page.text)
    assert example is not None
    head, _, body = unescape(example[1]).partition("\n\n")
    assert head.startswith(f"HTTP/1.1 {kind.status} ")
    assert json.loads(body) == data["example"]
    assert {"type": path, "title": kind.title, "status": kind.status}.items() <= json.loads(
        body
    ).items()


def test_every_error_is_of_the_family_that_is_listed() -> None:
    assert {*KINDS} == {*FAMILY}
    assert len({kind.slug for kind in FAMILY}) == len(FAMILY)


async def test_an_error_s_own_example_is_what_the_service_answers(reader: Client) -> None:
    for status, answer in (
        (401, await reader.send("POST", "/v1/companies", json={"name": "a"})),
        (404, await reader.send("GET", "/v1/questions/none")),
    ):
        assert answer.status_code == status
        explained = await reader.get(answer.json()["type"])
        assert explained["example"].keys() == answer.json().keys()
        assert explained["title"] == answer.json()["title"]


async def test_the_list_of_problems_is_a_page_too(reader: Client) -> None:
    listed = (await reader.get("/problems"))["data"]
    page = await reader.send("GET", "/problems", headers=BROWSER)

    assert len(listed) == len(FAMILY)
    for kind in listed:
        assert await reader.get(kind["type"]) == kind
        assert f'<a href="{kind["type"]}">' in page.text
    await reader.get("/problems/nothing-like-it", expect=404)


async def test_a_page_and_json_have_etags_of_their_own(reader: Client) -> None:
    tags = []
    for headers in (BROWSER, {}):
        first = await reader.send("GET", "/problems/invalid", headers=headers)
        tags.append(first.headers["etag"])
        again = {**headers, "If-None-Match": tags[-1]}
        assert (await reader.send("GET", "/problems/invalid", headers=again)).status_code == 304
    assert tags[0] != tags[1]


def test_every_code_that_is_written_down_is_explained() -> None:
    found = {code for path in APP.rglob("*.py") for code in codes_in(path)} | {*MESSAGES}

    assert len(found) > 30
    assert found - {*CODES} == set()
    assert all(meaning.endswith(".") for meaning in CODES.values())


async def test_the_page_of_invalid_input_explains_the_codes(reader: Client) -> None:
    page = await reader.send("GET", "/problems/invalid", headers=BROWSER)
    listed = (await reader.get("/problems/invalid"))["codes"]

    assert {one["code"]: one["meaning"] for one in listed} == CODES
    assert all(f"<dt><code>{code}</code></dt>" in page.text for code in CODES)
