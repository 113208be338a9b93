"""Dossiers: named sets of questions."""

from tests.support.client import Client
from tests.support.make import Make


async def test_a_dossier_is_opened_translated_and_edited(editor: Client) -> None:
    translations = {"fr": {"title": "Microsoft et l’armée"}, "de": {"title": "Microsoft"}}
    body = {"title": "Microsoft and the army", "translations": translations}
    dossier = await editor.post("/v1/dossiers", body)
    assert dossier["slug"] == "microsoft-and-the-army"

    edited = await editor.patch(
        "/v1/dossiers/microsoft-and-the-army",
        {"translations": {"de": None, "it": {"title": "Microsoft", "machine": True}}},
    )

    assert set(edited["translations"]) == {"fr", "it"}
    assert edited["translations"]["it"]["machine"] is True
    assert await editor.pages("/v1/dossiers") == [edited]


async def test_questions_go_into_dossiers_and_out_again(editor: Client, make: Make) -> None:
    await make.dossier("one")
    await make.dossier("two")
    question = await make.question(dossiers=["one"])
    path = f"/v1/questions/{question['id']}"
    between = question["updated_at"]

    await editor.patch(path, {"dossiers": ["two"]})
    await editor.patch(path, {"dossiers": ["two", "one"]})

    counts = [
        (await editor.get(f"/v1/dossiers/{slug}"))["question_count"] for slug in ("one", "two")
    ]
    assert counts == [1, 1]
    then = await editor.get("/v1/questions", dossier="two", known_at=between)
    assert then["data"] == []
    then = await editor.get("/v1/questions", dossier="one", known_at=between)
    assert then["data"][0]["dossiers"] == question["dossiers"]
