"""What is posted to subscribers, for the OpenAPI document: one operation for each type of event.

The schemas say what a body of the format `standard` holds, type by type, so that clients can be
generated that parse any of them.
"""

from datetime import timedelta
from typing import Any, Literal

from pydantic import BaseModel, Field, create_model
from pydantic.json_schema import models_json_schema

from app.core.dates import EdtfDate
from app.ledger.schemas import EventRead, EventType
from app.questions.state import State
from app.webhooks import examples
from app.webhooks.formats import standard
from app.webhooks.schedule import DELAYS
from app.webhooks.sender import TEST

REF = "#/components/schemas/{model}"
UNION = "WebhookEvent"


def _without_default(schema: dict[str, Any]) -> None:
    schema.pop("default", None)


def _optional(description: str, **more: Any) -> Any:
    """Declare a member that is absent rather than null."""
    return Field(None, description=description, json_schema_extra=_without_default, **more)


class RecordedData(BaseModel):
    """What was put on the record."""

    object: dict[str, Any] = _optional(
        "All values as of this event; what refers to something else is an id. Absent if omitted."
    )
    omitted: list[str] = _optional(
        f"Names what is missing because the body would not be under {standard.LIMIT:,} bytes;"
        " `reason`, where named, is cut short. GET /v1/events/{seq} has all. Mostly absent.",
        examples=[["object", "previous"]],
    )


class UpdatedData(RecordedData):
    """What was edited."""

    previous: dict[str, Any] = _optional(
        "The former values of what changed, and of nothing else. Absent if omitted."
    )


class StateChangedData(UpdatedData):
    """Where a question stood before, and where it stands now."""

    from_: State = Field(alias="from")
    to: State
    cause: str = Field(
        description=(
            "Id of the ask, response, ruling or correction that changed it, or of the question"
            " that was merged into it."
        ),
        examples=["response_01jv8z4x9kf3t8w2m5r7c1q0ab"],
    )


class MergedData(UpdatedData):
    """What a thing was merged into."""

    into: str = Field(
        description="Id of the one that stayed: what you keep of the other belongs there now.",
        examples=["question_01jv8z4x9kf3t8w2m5r7c1q0ab"],
    )


class OverdueData(UpdatedData):
    """A date that passed, and where the question stood then."""

    respond_by: EdtfDate = Field(description="By when an answer was asked for.")
    state: State


class UnansweredForData(UpdatedData):
    """An age that a question reached, and where it stood then."""

    days: int = Field(
        description="How many days after it was first asked: 30, 90, 180, 365, 730, …",
        examples=[365],
    )
    state: State


class WebhookTestData(BaseModel):
    """Nothing: a test has no data."""


TOLD: dict[str, tuple[str, str]] = {
    EventType.COMPANY_CREATED: (
        "A company was added",
        "Somebody put a company on the record. Questions to it may follow.",
    ),
    EventType.COMPANY_UPDATED: (
        "A company was edited",
        "Its name, slug, identifiers or description changed; `previous` has what they were.",
    ),
    EventType.COMPANY_MERGED: (
        "A company was merged into another",
        "It was recorded twice. Its questions are put to the other one since (`question.updated`"
        " follows for each), and its id and slugs lead there.",
    ),
    EventType.ASKER_CREATED: (
        "An asker was added",
        "Somebody put an asker on the record. Questions that it asked may follow.",
    ),
    EventType.ASKER_UPDATED: (
        "An asker was edited",
        "Its name, slug, kind or description changed; `previous` has what they were.",
    ),
    EventType.ASKER_MERGED: (
        "An asker was merged into another",
        "It was recorded twice. Its asks are shown as the other one's since, and its id and slugs"
        " lead there.",
    ),
    EventType.DOSSIER_CREATED: (
        "A dossier was opened",
        "It holds no question yet: `dossiers` of a question says in which it is.",
    ),
    EventType.DOSSIER_UPDATED: (
        "A dossier was edited",
        "Its title, slug or description changed. A question that is put into it or taken out is"
        " told of as `question.updated`.",
    ),
    EventType.SOURCE_CREATED: (
        "A source was added",
        "A document was recorded, mostly together with the first entry that cites it, and before"
        " that entry.",
    ),
    EventType.SOURCE_UPDATED: (
        "A source was edited",
        "What is known of a document changed, such as where a copy of it is archived; or a check"
        " read it for the first time, or found what was cited there again.",
    ),
    EventType.SOURCE_CHANGED: (
        "A source is no longer what was cited",
        "A check found other bytes at its address. `sha256`, or `read_sha256` where nobody gave"
        " one, is still of those that were cited. It is sent once, however often they change.",
    ),
    EventType.SOURCE_GONE: (
        "A source is no longer there",
        "A check found nothing at its address any more (404 or 410). `archived_url` may name a"
        " copy. A server that does not answer, or refuses to, is no news.",
    ),
    EventType.QUESTION_CREATED: (
        "A question was put on the record",
        "It begins as `unanswered`. Each time that it was asked follows as `ask.recorded`.",
    ),
    EventType.QUESTION_UPDATED: (
        "A question was edited",
        "Its text, topics, dossiers, `respond_by` or the like changed. Where it stands is told of"
        " as `question.state_changed`, never here.",
    ),
    EventType.QUESTION_MERGED: (
        "A question was merged into another",
        "It was recorded twice. Its entries are on the timeline of the other one (`question`)"
        " since, and its id and slugs lead there. If that one stands elsewhere by them,"
        " `question.state_changed` is sent, too.",
    ),
    EventType.ASK_RECORDED: (
        "A question was asked",
        "An asker put the question to the company, for the first time or again. It is sent for an"
        " ask that replaces a corrected one, too.",
    ),
    EventType.STATEMENT_RECORDED: (
        "A company spoke, or refused to",
        "For each question on which the statement bears, `response.recorded` follows.",
    ),
    EventType.RESPONSE_RECORDED: (
        "A statement was held against a question",
        "`verdict` says how far it answers. If the question stands elsewhere now,"
        " `question.state_changed` follows.",
    ),
    EventType.RULING_RECORDED: (
        "An editor ruled where a question stands",
        "Its state was set without a statement, for instance to `withdrawn`; `reason` says why. If"
        " it was another one before, `question.state_changed` follows.",
    ),
    EventType.QUESTION_STATE_CHANGED: (
        "A question stands elsewhere now",
        "An entry or a correction moved the question `from` one state `to` another; `summary` is a"
        " sentence that can be posted as it is. This is the event for a bot that wants one only.",
    ),
    EventType.CORRECTION_RECORDED: (
        "An entry was retracted",
        "The ask, statement, response or ruling that `target` names was wrong, and `replacement`"
        " names what stands in its place, if anything does. If you published it, correct it.",
    ),
    EventType.QUESTION_OVERDUE: (
        "The date to answer by has passed",
        "The clock sends it the day after `respond_by` if the question was open then; once for a"
        " date, and late rather than never.",
    ),
    EventType.QUESTION_UNANSWERED_FOR: (
        "A question has been open for long",
        "The clock sends it 30, 90, 180 and 365 days after a question was first asked, then every"
        " 365 days, if it was open on that day.",
    ),
    EventType.IMPORT_RECORDED: (
        "A file was imported",
        "All that it brought is in the events `first_seq` to `last_seq` of its object, just before"
        " this one, each of which is sent by itself.",
    ),
    EventType.IMPORT_UNDONE: (
        "An import was taken back",
        "What it had recorded was corrected, in the events `undone_first_seq` to `undone_last_seq`"
        " of its object. If you published any of it, correct it.",
    ),
    EventType.KEY_COMPROMISED: (
        "An API key was reported stolen",
        "Somebody else may have written what stands under the name `actor` of its object since then"
        " (`since`). All of it is still there, and GET /v1/events?flagged=true lists it for review:"
        " wait before you rely on it.",
    ),
    EventType.RECORD_REDACTED: (
        "A part of the record was redacted",
        "Personal data was made unreadable for good. `places` of its object names the events and"
        " the fields (JSON Pointers): forget them too wherever you keep them.",
    ),
    TEST: (
        "A test that you asked for",
        "POST /v1/webhooks/{webhook}/test sends it to that webhook alone. Nothing has happened on"
        " the record: it has no entry in the ledger, and its `seq` is 0.",
    ),
}
"""By type of event: what happened in a few words, and what a receiver should know."""

DATA: dict[str, type[BaseModel]] = {
    EventType.SOURCE_CHANGED: UpdatedData,
    EventType.SOURCE_GONE: UpdatedData,
    EventType.IMPORT_UNDONE: UpdatedData,
    EventType.COMPANY_MERGED: MergedData,
    EventType.ASKER_MERGED: MergedData,
    EventType.QUESTION_MERGED: MergedData,
    EventType.QUESTION_STATE_CHANGED: StateChangedData,
    EventType.QUESTION_OVERDUE: OverdueData,
    EventType.QUESTION_UNANSWERED_FOR: UnansweredForData,
    TEST: WebhookTestData,
}
"""Of all others, those that end in `updated` have UpdatedData, the rest RecordedData."""


def schemas() -> dict[str, Any]:
    """Return the schema of each type of event with an example, their parts, and their union."""
    models = {kind: _model(kind) for kind in TOLD}
    _, made = models_json_schema(
        [(model, "validation") for model in models.values()], ref_template=REF
    )
    found: dict[str, Any] = made["$defs"]
    for example in examples.all_():
        found[_component(example["type"])]["examples"] = [example]
    refs = {kind: REF.format(model=_component(kind)) for kind in models}
    found[UNION] = {
        "title": UNION,
        "description": "Any body of the format `standard`: its `type` says which.",
        "oneOf": [{"$ref": ref} for ref in refs.values()],
        "discriminator": {"propertyName": "type", "mapping": refs},
    }
    return found


def operations() -> dict[str, Any]:
    """Return the section `webhooks`: by type of event, the POST that a receiver answers."""
    return {kind: {"post": _operation(kind)} for kind in TOLD}


def _operation(kind: str) -> dict[str, Any]:
    summary, description = TOLD[kind]
    schema = {"$ref": REF.format(model=_component(kind))}
    return {
        "tags": ["webhooks"],
        "summary": summary,
        "description": description,
        "operationId": f"on{_camel(kind)}",
        "parameters": [{"$ref": f"#/components/parameters/{name}"} for name in PARAMETERS],
        "requestBody": {
            "description": "The event. Verify the signature over these very bytes, then parse.",
            "required": True,
            "content": {"application/json": {"schema": schema}},
        },
        "responses": {
            "2XX": {"$ref": "#/components/responses/EventTaken"},
            "410": {"$ref": "#/components/responses/WebhookGone"},
            "429": {"$ref": "#/components/responses/WebhookPause"},
            "503": {"$ref": "#/components/responses/WebhookPause"},
            "default": {"$ref": "#/components/responses/EventNotTaken"},
        },
        "security": [],
    }


def _camel(kind: str) -> str:
    return "".join(word.capitalize() for word in kind.replace(".", "_").split("_"))


def _component(kind: str) -> str:
    return f"{_camel(kind)}Event"


def _model(kind: str) -> type[BaseModel]:
    """Narrow the event down to one type."""
    data = DATA.get(kind) or (UpdatedData if kind.endswith(".updated") else RecordedData)
    narrowed: dict[str, Any] = {"type": (Literal[kind], ...), "data": (data, ...)}
    if kind == TEST:
        narrowed["seq"] = (Literal[0], Field(description="A test is not in the ledger."))
    sentence = f"{TOLD[kind][0]}."
    return create_model(_component(kind), __base__=EventRead, __doc__=sentence, **narrowed)


def _header(name: str, kind: str, description: str, example: Any) -> dict[str, Any]:
    schema = {"type": kind, "examples": [example]}
    placed = {"name": name, "in": "header", "required": True}
    return {**placed, "description": description, "schema": schema}


PARAMETERS = {
    "WebhookId": _header(
        "webhook-id",
        "string",
        "Id of the delivery, the same in every attempt and replay: what you have taken under it,"
        " you need not take again. The signature covers it.",
        "delivery_01jv8z4x9kf3t8w2m5r7c1q0ab",
    ),
    "WebhookTimestamp": _header(
        "webhook-timestamp",
        "integer",
        "When this attempt was signed, in seconds since 1970. Refuse one that is more than five"
        " minutes off. The signature covers it.",
        1747299600,
    ),
    "WebhookSignature": _header(
        "webhook-signature",
        "string",
        "Signatures by Standard Webhooks (standardwebhooks.com), parted by spaces; one that fits is"
        " enough. `v1,…` is HMAC-SHA256 under the webhook's secret, in base64, of webhook-id,"
        " webhook-timestamp and body, joined by dots; there are two for 24 hours after a rotation."
        " `v1a,…` is Ed25519 under the key at /.well-known/webhook-keys.json.",
        "v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=",
    ),
    "WebhookNumber": _header(
        "webhook-number",
        "integer",
        "Numbers this webhook's deliveries without a gap. Where you see one, a delivery has not"
        " come yet.",
        17,
    ),
    "WebhookAttempt": _header(
        "webhook-attempt", "integer", "How often this delivery was sent, this time included.", 1
    ),
}

RESPONSES: dict[str, Any] = {
    "EventTaken": {
        "description": "Taken. Answer soon, and do afterwards what takes long; no body is needed."
    },
    "WebhookGone": {
        "description": "Disables the webhook, as the header `webhook-delivery: disable` does in any"
        " answer. Deliveries are held until it is enabled again.",
    },
    "WebhookPause": {
        "description": "With Retry-After nothing is sent to this webhook until then, and no attempt"
        " is spent. Without it: not taken.",
        "headers": {
            "Retry-After": {
                "description": "Seconds, or an HTTP date; 24 hours at most.",
                "schema": {"type": "string", "examples": ["120"]},
            }
        },
    },
    "EventNotTaken": {
        "description": "Not taken, as when there is no answer in time or a redirect: it is sent"
        f" again up to {len(DELAYS)} times, at growing intervals, for about"
        f" {sum(DELAYS, timedelta()).days} days.",
    },
}
