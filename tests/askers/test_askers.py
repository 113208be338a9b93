"""Askers: who puts questions."""

from tests.support.client import Client
from tests.support.make import Make


async def test_askers_are_put_listed_by_kind_and_edited(editor: Client, make: Make) -> None:
    ngo = await editor.post(
        "/v1/askers", {"name": "EFF", "kind": "ngo", "website": "https://eff.org"}
    )
    await make.asker("associated-press")

    page = await editor.get("/v1/askers", kind="ngo")
    edited = await editor.patch("/v1/askers/eff", {"slug": "electronic-frontier", "website": None})

    assert page["data"] == [ngo]
    assert edited["website"] is None
    assert (await editor.send("GET", "/v1/askers/eff")).status_code == 308
    assert await editor.get(f"/v1/askers/{ngo['id']}") == edited


async def test_a_kind_that_does_not_exist_is_answered_with_those_that_do(editor: Client) -> None:
    problem = await editor.post("/v1/askers", {"name": "X", "kind": "blogger"}, expect=422)
    assert problem["errors"][0]["pointer"] == "/kind"
    assert "newsroom" in problem["errors"][0]["detail"]


async def test_an_anonymous_asker_is_not_named_in_a_summary(editor: Client, make: Make) -> None:
    await make.asker("unnamed", kind="anonymous")
    question = await make.question(asker="unnamed")
    asked = (await editor.events(type="ask.recorded"))[0]
    assert asked["summary"] == (
        f"A question to Microsoft is reported, without naming who asked: {question['text']}"
    )
