"""A day at the service in which every operation is called: the examples of the document.

A new operation gets a line here. What is sent is the example of its schema, where it has one.
"""

import asyncio
from typing import Any

from tests.openapi.recording import Recorder
from tests.support.receiver import Receiver

QUESTION = "microsoft-external-firm-name"
COMPANY, ASKER, DOSSIER = "microsoft", "associated-press", "microsoft-imod"
SHEET = """external_id,company,question,lang,askers,asked_on,source_url
desk-17,microsoft,How many engineers worked with the army?,en,associated-press,2025-05,\
https://www.example.org/news/microsoft-army
"""
EMBEDDED = f"https://answerable.example.org/q/{QUESTION}"


async def play(on: Recorder, receiver: Receiver) -> None:
    """Call every operation at least once."""
    await on.call("createCompany")
    webhook = await _subscribe(on, receiver)
    await _write(on)
    await _hold_back(on)
    await _import(on)
    await _merge(on)
    await receiver.wait_for(1)
    await _read(on)
    await _look_at_deliveries(on, webhook)
    await _manage_keys(on)
    await _redact(on)
    await _fail(on)


async def _write(on: Recorder) -> None:
    await on.call("createAsker")
    await on.call("createDossier")
    source = await on.call("createSource")
    await on.call("createSource")
    await on.call("createQuestion")
    await on.call("createAsk", question=QUESTION)
    statement = await on.call("createStatement")
    other = {"company": COMPANY, "slug": "microsoft-report", "lang": "en"}
    asks = [{"asker": ASKER, "asked_on": "2025-05", "source": source["id"]}]
    text = "Will Microsoft publish the report of the external firm?"
    await on.call("createQuestion", {**other, "text": text, "asks": asks})
    response = await on.call(
        "createResponse",
        {
            "question": "microsoft-report",
            "verdict": "nonresponsive",
            "excerpt": "an external firm",
            "rationale": "The statement mentions a firm but says nothing of its report.",
        },
        statement=statement["id"],
    )
    reason = "The statement refused to answer; the first verdict was too lenient."
    fixed = {"reason": reason, "replacement": {"verdict": "declined"}}
    await on.call("createCorrection", {"target": response["id"], **fixed})
    await on.call("createRuling", question="microsoft-report")
    await on.call("updateCompany", {"names": ["Microsoft Corporation", "MSFT"]}, company=COMPANY)
    await on.call("updateAsker", {"website": "https://apnews.com"}, asker=ASKER)
    french = {"translations": {"fr": {"title": "Microsoft et l’armée israélienne"}}}
    await on.call("updateDossier", french, dossier=DOSSIER)
    await on.call("updateSource", {"author": "A. Reporter"}, source=source["id"])
    edit = {"dossiers": [DOSSIER], "respond_by": "2025-06", "reason": "It is part of the dossier."}
    await on.call("updateQuestion", edit, question=QUESTION)


async def _hold_back(on: Recorder) -> None:
    draft = await on.call("createDraft")
    await on.call("listDrafts", query={"limit": 1})
    await on.call("getDraft", draft=draft["id"])
    await on.call("updateDraft", {"title": "For Friday’s front page"}, draft=draft["id"])
    await on.call("publishDraft", draft=draft["id"])
    await on.call("deleteDraft", draft=draft["id"])


async def _import(on: Recorder) -> None:
    await on.call("getTimelineTemplate")
    await on.call("getQuestionsTemplate")
    made = await on.call("createImport", file=SHEET)
    later = await on.call("createImport", file=SHEET, prefer="respond-async")
    for _ in range(600):
        seen = await on.send("GET", f"/v1/imports/{later['id']}")
        if seen.json()["status"] != "running":
            break
        await asyncio.sleep(0.05)
    await on.call("listImports", query={"limit": 1})
    await on.call("getImport", **{"import": made["id"]})
    await on.call("undoImport", **{"import": made["id"]})


async def _merge(on: Recorder) -> None:
    """Record a question, and whom it concerns, a second time, and unite them."""
    await on.call("createCompany", {"slug": "msft", "name": "Microsoft Corp."})
    await on.call("createAsker", {"slug": "ap", "name": "AP", "kind": "newsroom"})
    source = {"url": "https://www.example.org/news/microsoft"}
    asks = [{"asker": "ap", "asked_on": "2025-05", "source": source}]
    text = "Which external firm did Microsoft hire?"
    twin = {"company": "msft", "slug": "microsoft-which-firm", "lang": "en", "text": text}
    await on.call("createQuestion", {**twin, "asks": asks})
    why = {"reason": "It was recorded twice."}
    await on.call("mergeCompany", {"into": COMPANY, **why}, company="msft")
    await on.call("mergeAsker", {"into": ASKER, **why}, asker="ap")
    await on.call("mergeQuestion", {"into": QUESTION, **why}, question=twin["slug"])


async def _read(on: Recorder) -> None:
    one: dict[str, Any] = {"limit": 1}
    await on.call("listQuestions", query={"company": COMPANY, "state": "nonresponsive", **one})
    await on.call("getQuestion", question=QUESTION)
    await on.call("getTimeline", question=QUESTION)
    [statement] = (await on.call("listStatements", query=one))["data"]
    await on.call("getStatement", statement=statement["id"])
    [correction] = (await on.call("listCorrections", query=one))["data"]
    await on.call("getCorrection", correction=correction["id"])
    await on.call("listCompanies", query=one)
    await on.call("getCompany", company=COMPANY)
    await on.call("listAskers", query=one)
    await on.call("getAsker", asker=ASKER)
    await on.call("listDossiers", query=one)
    await on.call("getDossier", dossier=DOSSIER)
    [source] = (await on.call("listSources", query=one))["data"]
    await on.call("getSource", source=source["id"])
    await on.call("listEvents", query={"type": "question.state_changed", **one})
    await on.call("getEvent", seq=1)
    await on.call("getStats", query={"company": COMPANY})
    await on.call("getTimeseries", query={"interval": "year", "company": COMPANY})
    await on.call("getVocabulary")
    await _export(on)
    for kind, slug in (("Question", QUESTION), ("Company", COMPANY), ("Dossier", DOSSIER)):
        path: dict[str, Any] = {kind.lower(): slug}
        await on.call(f"get{kind}Badge", None, **path)
        await on.call(f"get{kind}BadgeJson", None, **path)
    await on.call("getOembed", query={"url": EMBEDDED})
    await on.call("getOembed", query={"url": EMBEDDED, "format": "xml"})
    await on.call("getServiceMap")
    await on.call("getServiceMap", accept="text/html")
    await on.call("getApiCatalog")
    await on.call("getSecurityContact")
    await on.call("getHealth")
    await on.call("getReadiness")
    await on.call("listProblems")
    await on.call("listProblems", accept="text/html")
    await on.call("getProblem", slug="not-found")
    await on.call("getProblem", slug="not-found", accept="text/html")
    await on.call("followPermalink", question=QUESTION)
    await on.call("getWebhookKeys")
    await on.call("getCheckpoint")
    await on.call("getVerifierKey")
    await on.call("getVerifier")
    await on.call("getTile", tile="0/000.p/1")
    await on.call("getEventProof", seq=1)
    await on.call("getEventProof", seq=1, query={"format": "tlog-proof"})


async def _export(on: Recorder) -> None:
    state, events = {"state": "nonresponsive"}, {"type": "question.state_changed"}
    for form in ("Csv", "Jsonl", "Json"):
        await on.call(f"exportQuestions{form}", query=state)
        await on.call(f"exportTimeline{form}", query=state)
        await on.call(f"exportEvents{form}", query=events)
    await on.call("exportLedger")
    await on.call("getAtomFeed", query=events)
    await on.call("getJsonFeed", query=events)
    await on.call("getRespondByCalendar")


async def _subscribe(on: Recorder, receiver: Receiver) -> str:
    url, types = receiver.url("/answerable"), ["question.state_changed", "correction.recorded"]
    kept = {"description": "Posts answers to the desk.", "filter": {"company": COMPANY}}
    made = await on.call("createWebhook", {"url": url, "event_types": types, **kept})
    await on.call("listWebhooks")
    return str(made["id"])


async def _look_at_deliveries(on: Recorder, webhook: str) -> None:
    await on.call("getWebhook", webhook=webhook)
    await on.call("updateWebhook", webhook=webhook)
    await on.call("previewWebhook")
    await on.call("testWebhook", webhook=webhook)
    for _ in range(600):
        sent = (await on.send("GET", f"/v1/webhooks/{webhook}/deliveries")).json()["data"]
        if all(one["status"] == "delivered" for one in sent):
            break
        await asyncio.sleep(0.05)
    [delivery] = (await on.call("listDeliveries", webhook=webhook, query={"limit": 1}))["data"]
    await on.call("getDelivery", webhook=webhook, delivery=delivery["id"])
    await on.call("replayDelivery", webhook=webhook, delivery=delivery["id"])
    await on.call("replayWebhook", {"after_seq": 1}, webhook=webhook)
    await on.call("rotateWebhookSecret", webhook=webhook)
    await on.call("enableWebhook", webhook=webhook)
    await on.call("deleteWebhook", webhook=webhook)


async def _manage_keys(on: Recorder) -> None:
    key = await on.call("createKey")
    await on.call("listKeys", query={"limit": 1})
    await on.call("getKey", key=key["id"])
    await on.call("rotateKey", {"overlap_hours": 24}, key=key["id"])
    await on.call("reportCompromisedKey", key=key["id"])
    await on.call("revokeKey", key=key["id"])


async def _redact(on: Recorder) -> None:
    said = await on.call(
        "listEvents", query={"type": "response.recorded", "question": "microsoft-report"}
    )
    reason = "The excerpt named an employee who is not a public figure."
    why = {"legal_basis": "GDPR, article 17 (1) (d)", "reason": reason}
    seq = said["data"][0]["seq"]
    pointers = ["/data/object/excerpt"]
    made = await on.call("createRedaction", {"seq": seq, "pointers": pointers, **why})
    await on.call("listRedactions")
    await on.call("getRedaction", redaction=made["id"])


async def _fail(on: Recorder) -> None:
    no_key = {"Authorization": ""}
    questions, own = "/v1/questions", f"/v1/questions/{QUESTION}"
    await on.fail(400, "GET", f"{questions}?cursor=of-another-list")
    await on.fail(401, "POST", questions, json={}, headers=no_key)
    await on.fail(404, "GET", f"{questions}/no-such-question")
    company = {"name": "Microsoft", "slug": COMPANY}
    await on.fail(409, "POST", "/v1/companies", json=company)
    await on.fail(412, "PATCH", own, json={"lang": "en"}, headers={"If-Match": '"1"'})
    await on.fail(413, "POST", questions, json={"text": "x" * 300_000})
    plain = {"Content-Type": "text/plain"}
    await on.fail(415, "POST", questions, content=b"text", headers=plain)
    await on.fail(422, "POST", "/v1/statements", json={"company": COMPANY, "kind": "rumour"})
    await on.fail(428, "PATCH", own, json={"lang": "en"})
