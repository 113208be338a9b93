from tests.support.client import Client
from tests.support.make import Make


async def test_smoke(editor: Client, make: Make) -> None:
    question = await make.question(state="answered", on="2025-05-15")
    await make.statement(question, kind="no_comment", verdict="declined", on="2025-05-16")
    assert (await editor.question(question))["state"] == "answered"
    print(await editor.timeline(question))
