"""Webhooks and deliveries as clients send and see them."""

from enum import StrEnum
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictBool, model_validator
from pydantic_core import PydanticCustomError

from app.core.dates import Instant
from app.core.pagination import Page, PageQuery
from app.core.schemas import OMITTED, Body
from app.core.text import Line, Reference, Tag, Unique, WebAddress
from app.ledger.schemas import EventRead, EventType
from app.questions.state import State
from app.webhooks.formats import WebhookFormat
from app.webhooks.models import DeliveryStatus

EXAMPLE: dict[str, Any] = {
    "url": "https://bot.example.org/answerable",
    "event_types": ["question.state_changed", "correction.recorded"],
    "filter": {"company": "microsoft"},
    "description": "Posts answers to the desk.",
}
MOST_IN_FLIGHT = 64
PREVIEW_DAYS = 30
SAMPLES = 3


def _known_states(given: str) -> str:
    for unknown in {part.strip() for part in given.split(",")} - set(State):
        detail = f"{unknown[:40]!r} is no state. There are: {', '.join(State)}."
        raise PydanticCustomError("enum", "{detail}", {"detail": detail})
    return ",".join(part.strip() for part in given.split(","))


def _no_type_twice(types: list[EventType]) -> list[EventType]:
    if len(set(types)) != len(types):
        raise PydanticCustomError("repeated", "Name each one once.")
    return types


EventTypes = Annotated[
    list[EventType],
    Field(min_length=1, max_length=len(EventType), description="Only these; null for all."),
    Unique(),
    AfterValidator(_no_type_twice),
]
InFlight = Annotated[
    int,
    Field(
        strict=True,
        ge=1,
        le=MOST_IN_FLIGHT,
        description="How many deliveries may be under way at once; one while it is failing.",
    ),
]


class WebhookFilter(Body):
    """Which events are wanted; they have to fit every member that is given.

    Each is about the record as it was when the event was recorded.
    """

    company: Reference | None = None
    dossier: Reference | None = Field(None, description="The dossier itself, or questions in it.")
    topic: Tag | None = Field(None, description="Of the question.")
    question: Reference | None = None
    asker: Reference | None = Field(None, description="The asker itself, or questions it asked.")
    state: (
        Annotated[str, Field(strict=True, max_length=200), AfterValidator(_known_states)] | None
    ) = Field(
        None,
        description="Where the question stands after the event; several joined by commas.",
        examples=["partial,answered"],
    )


class WebhookPreview(Body):
    """A subscription to be tried out on the events of the last days."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"filter": {"company": "microsoft"}}]}
    )

    event_types: EventTypes | None = None
    filter: WebhookFilter | None = None
    format: WebhookFormat = WebhookFormat.STANDARD


class WebhookCreate(Body):
    """A new subscription."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    url: WebAddress = Field(description="Where to post; https, at a public address.")
    event_types: EventTypes | None = None
    filter: WebhookFilter | None = None
    format: WebhookFormat = WebhookFormat.STANDARD
    ordered: StrictBool = Field(
        False,
        description="One at a time, in order of `seq`; a failing one holds up those behind it.",
    )
    max_in_flight: InFlight = 8
    description: Line | None = None


class WebhookPatch(Body):
    """An edit of a subscription: only what is sent changes. `filter` is replaced as a whole."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"filter": {"company": "microsoft", "state": "answered"}}]}
    )

    url: WebAddress = OMITTED
    event_types: EventTypes | None = None
    filter: WebhookFilter | None = None
    format: WebhookFormat = OMITTED
    ordered: StrictBool = OMITTED
    max_in_flight: InFlight = OMITTED
    description: Line | None = None


class WebhookStatus(StrEnum):
    """How a subscription is.

    `failing`: at least three attempts in a row failed; one delivery at a time is tried. `paused`:
    the endpoint asked to wait, with Retry-After. `disabled`: nothing is sent until it is enabled.
    """

    ENABLED = "enabled"
    FAILING = "failing"
    PAUSED = "paused"
    DISABLED = "disabled"


class WebhookRead(BaseModel):
    """A subscription, without its secret."""

    id: str = Field(examples=["webhook_01jv8z4x9kf3t8w2m5r7c1q0ab"])
    url: str = Field(examples=[EXAMPLE["url"]])
    event_types: list[EventType] | None = Field(description="Only these; null for all.")
    filter: WebhookFilter | None
    format: WebhookFormat
    ordered: bool
    max_in_flight: int = Field(examples=[8])
    description: str | None = Field(examples=[EXAMPLE["description"]])
    status: WebhookStatus
    failures: int = Field(description="How many attempts in a row failed.", examples=[0])
    failing_since: Instant | None = Field(description="When the first of them failed.")
    last_error: str | None = Field(
        description="What went wrong last, while it fails.", examples=["It answered 500."]
    )
    paused_until: Instant | None = Field(description="Until when nothing is sent.")
    disabled_at: Instant | None
    disabled_reason: str | None = Field(examples=["The endpoint answered 410 Gone."])
    former_secret_expires_at: Instant | None = Field(
        description="Until when deliveries carry a signature under the former secret, too."
    )
    after_seq: int = Field(
        description="It gets the events that come after this one.", examples=[1200]
    )
    number: int = Field(description="The running number of its newest delivery.", examples=[17])
    replaying: bool = Field(description="Whether a replay has still to queue deliveries.")
    created_at: Instant
    updated_at: Instant


class WebhookDetail(WebhookRead):
    """A subscription and how many deliveries wait, each counted up to 10,000."""

    pending_count: int = Field(description="Deliveries that are waiting or under way.")
    held_count: int = Field(description="Deliveries held back since it was disabled.")


class WebhookCreated(WebhookRead):
    """A subscription with its secret, which is shown this once."""

    secret: str = Field(
        description="Verifies the signatures (Standard Webhooks).",
        examples=["whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD…"],
    )


class WebhookPage(Page[WebhookRead]):
    """A page of subscriptions."""


class WebhookEnable(Body):
    """How to enable a subscription again."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"replay_held": True}]})

    replay_held: StrictBool = Field(
        False,
        description=(
            "Send what was held, and what failed since it began to fail. Otherwise it stays held,"
            " and can be replayed later."
        ),
    )


class PreviewSample(BaseModel):
    """An event that would have matched, and the body that would have been posted."""

    event: EventRead
    body: dict[str, Any]


class PreviewRead(BaseModel):
    """What a subscription would have got."""

    days: int = Field(description="How many days back were looked at.")
    matched: int = Field(description="How many events of those days match.")
    samples: list[PreviewSample] = Field(description="The newest of them, three at most.")


class AttemptRead(BaseModel):
    """One time that a delivery was sent."""

    number: int = Field(description="Sent as `webhook-attempt`.", examples=[1])
    started_at: Instant
    milliseconds: int | None = Field(
        description="How long it took; null when nobody knows.", examples=[38]
    )
    status: int | None = Field(
        description="The HTTP status of the answer, if there was one.", examples=[500]
    )
    error: str | None = Field(
        description="What went wrong; null when it was taken.", examples=["It answered 500."]
    )
    answer: str = Field(
        description="The beginning of the answer's body, at most 2 KiB.", examples=["Oh no."]
    )
    address: str | None = Field(
        description="The address that was dialled.", examples=["203.0.113.7"]
    )


class DeliveryRead(BaseModel):
    """One event on its way to one webhook."""

    id: str = Field(
        description="Sent as `webhook-id`; the same in every attempt and replay.",
        examples=["delivery_01jv8z4x9kf3t8w2m5r7c1q0ab"],
    )
    number: int = Field(
        description="Sent as `webhook-number`: a running one for each webhook.", examples=[17]
    )
    seq: int = Field(description="The event; 0 for a test.", examples=[1217])
    event_type: str = Field(examples=["question.state_changed"])
    status: DeliveryStatus
    attempt_count: int = Field(description="How often it was sent.")
    due_at: Instant | None = Field(description="When it is sent next, while it waits.")
    created_at: Instant
    finished_at: Instant | None = Field(description="When it was delivered, or had failed.")
    last_status: int | None = Field(
        description="The HTTP status of the last answer.", examples=[500]
    )
    last_error: str | None = Field(
        description="What went wrong last; null when it was taken.", examples=["It answered 500."]
    )


class DeliveryDetail(DeliveryRead):
    """A delivery and every attempt."""

    attempts: list[AttemptRead] = Field(
        description="The times it was sent, the newest 100 at most, oldest first."
    )


class DeliveryPage(Page[DeliveryRead]):
    """A page of deliveries."""


class DeliveryFilters(PageQuery):
    """Which deliveries to list."""

    status: DeliveryStatus | None = None


class ReplayCreate(Body):
    """Which events to send again."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"after_seq": 1200}]})

    after_seq: Annotated[int, Field(strict=True, ge=0, le=2**53)] | None = Field(
        None, description="All events after this one."
    )
    since: Instant | None = Field(None, description="Or all that were recorded since then.")
    dry_run: StrictBool = Field(False, description="Only count them.")

    @model_validator(mode="after")
    def _one_of_two(self) -> "ReplayCreate":
        if (self.after_seq is None) == (self.since is None):
            raise PydanticCustomError("one_of", "Give either after_seq or since.")
        return self


class ReplayRead(BaseModel):
    """What a replay sends."""

    count: int = Field(description="How many events match the subscription.", examples=[17])
    after_seq: int = Field(description="It begins after this event.", examples=[1200])
    until_seq: int = Field(description="It ends with this event.", examples=[1234])
    dry_run: bool = Field(description="Whether they were only counted.")


class WebhookKeyRead(BaseModel):
    """A public key of the service, as a JSON Web Key (RFC 7517, RFC 8037)."""

    kty: str = Field(examples=["OKP"])
    crv: str = Field(examples=["Ed25519"])
    alg: str = Field(examples=["EdDSA"])
    use: str = Field(examples=["sig"])
    kid: str
    x: str = Field(description="The key's 32 bytes, in base64url.")
    whpk: str = Field(description="The same as Standard Webhooks write it.", examples=["whpk_…"])


class WebhookKeys(BaseModel):
    """The keys under which deliveries are signed (`v1a`)."""

    keys: list[WebhookKeyRead]
