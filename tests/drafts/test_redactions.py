"""A text that was redacted from the record does not come back by a draft that holds it."""

from app.auth.schemas import Scope
from app.core.db import Database
from app.core.settings import Settings
from app.drafts.publishing import Embargoes
from tests.conftest import new_key
from tests.drafts.conftest import Drafting, hour, question, statement
from tests.redactions.conftest import SECRET, event_of, redact, respond
from tests.support.client import Client
from tests.support.make import Make


async def test_a_draft_that_holds_what_is_redacted_is_stopped_until_it_is_edited(
    drafting: Drafting,
    make: Make,
    reader: Client,
    settings: Settings,
    database: Database,
    embargoes: Embargoes,
) -> None:
    redactor = Client(reader.http, await new_key(settings, database, "dpo", Scope.REDACT))
    put, other = await make.question(), await make.question()
    await respond(make, put, SECRET)
    quoting = [{"question": other["id"], "verdict": "partial", "excerpt": f"He said: {SECRET}"}]
    same = await drafting.save(statement(other, responses=quoting), publish_at=hour(days=1))
    innocent = await drafting.save(question(), publish_at=hour(days=1))
    seq = (await event_of(reader, "response.recorded"))["seq"]

    tried = await redact(redactor, seq, "/data/object/excerpt", params={"dry_run": "true"})
    assert (await drafting.get(same))["status"] == "waiting"
    answer = await redact(redactor, seq, "/data/object/excerpt")
    await drafting.come(same, innocent)
    await embargoes.publish_due()

    assert "draft" not in str(tried) + str(answer)
    assert (await drafting.get(innocent))["status"] == "published"
    stopped = await drafting.get(same)
    assert stopped["status"] == "failed"
    assert "redacted" in stopped["problem"]["detail"]
    await drafting.publish(same, expect=409)
    assert SECRET not in str(await reader.events())
    clean = await drafting.patch(same, write=statement(other), publish_at=None)
    assert (clean["status"], clean["problem"]) == ("waiting", None)
    await drafting.publish(same)
