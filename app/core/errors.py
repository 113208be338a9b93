"""The one family of errors, each with its HTTP status, answered as RFC 9457 problems.

Problem
├── Malformed 400            ├── PreconditionFailed 412
├── Unauthenticated 401      ├── TooLarge 413
├── Forbidden 403            ├── UnsupportedMediaType 415
├── NotFound 404             ├── Invalid 422
├── MethodNotAllowed 405     ├── IdempotencyMismatch 422
├── RequestTimeout 408       ├── PreconditionRequired 428
├── Conflict 409             ├── Unavailable 503
├── TooManyRequests 429      ├── NotImplementedHere 501
└── Internal 500
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, Field

MEDIA_TYPE = "application/problem+json"
PROBLEMS_PATH = "/problems"

Location = Literal["body", "query", "path", "header"]


class Fault(BaseModel):
    """One thing that is wrong with an input, and where."""

    location: Location = Field(alias="in", description="Which part of the request it is in.")
    pointer: str = Field(
        description="JSON Pointer (RFC 6901) into the body, or `/` and the parameter's name.",
        examples=["/responses/0/verdict"],
    )
    detail: str = Field(description="What is wrong and what would be right.")
    code: str = Field(description="The kind of fault, for programs.", examples=["missing"])


class ProblemRead(BaseModel):
    """An error, as RFC 9457 describes it."""

    type: str = Field(
        description="Path of the page that explains this kind of problem.",
        examples=["/problems/not-found"],
    )
    title: str = Field(description="The kind of problem, in a few words.")
    status: int = Field(description="The HTTP status.", examples=[404])
    detail: str = Field(description="What happened here, and what to do.")
    request_id: str = Field(description="Quote it when you report the problem.")


class InvalidProblemRead(ProblemRead):
    """A problem with the input: every fault with its place."""

    errors: list[Fault]


class Problem(Exception):
    """An error that a client is told about."""

    status: ClassVar[int] = 500
    slug: ClassVar[str] = "internal"
    title: ClassVar[str] = "Something went wrong here"
    meaning: ClassVar[str] = "The service has a fault, or something that it needs does."
    sample: ClassVar[str] = "The failure was logged under this request_id."
    advice: ClassVar[str] = "Try again; if it stays, report it with the request_id."

    def __init__(
        self,
        detail: str,
        *,
        errors: Sequence[Fault] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = list(errors)
        self.headers = dict(headers or {})

    @classmethod
    def example(cls) -> "Problem":
        """Make one as it could occur, to be shown where the kind is explained."""
        return cls(cls.sample)

    def body(self, request_id: str) -> dict[str, Any]:
        """Return the problem document."""
        document: dict[str, Any] = {
            "type": f"{PROBLEMS_PATH}/{self.slug}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "request_id": request_id,
        }
        if self.errors:
            document["errors"] = [fault.model_dump(by_alias=True) for fault in self.errors]
        return document


class Malformed(Problem):
    status = 400
    slug = "malformed"
    title = "The request cannot be read"
    meaning = (
        "The address, a header or the body is not what HTTP or JSON allow, or holds characters "
        "that are refused everywhere."
    )
    sample = "The query has a % without two hexadecimal digits. Write %25 for a %."
    advice = "Send strict JSON in UTF-8 and percent-encode the query; `detail` names the place."


class Unauthenticated(Problem):
    status = 401
    slug = "unauthenticated"
    title = "A valid key is needed"
    meaning = (
        "The address needs a key, and the request has none, or one that is mistyped, unknown, "
        "expired or revoked."
    )
    sample = "Send your key as `Authorization: Bearer ans_live_…`."
    advice = (
        "Send `Authorization: Bearer ans_live_…`, or the key as the password of HTTP Basic. Ask an"
        " administrator for a key, or make one with `answerable keys create NAME --scope write`."
    )

    def __init__(self, detail: str) -> None:
        super().__init__(detail, headers={"WWW-Authenticate": 'Bearer realm="answerable"'})


class Forbidden(Problem):
    status = 403
    slug = "forbidden"
    title = "The key may not do this"
    meaning = "The key is good, but does not have the scope that the address needs."
    sample = "This needs a key with the scope admin; yours has: write."
    advice = "Use a key that has the scope which `detail` names."


class NotFound(Problem):
    status = 404
    slug = "not-found"
    title = "There is no such thing"
    meaning = (
        "Nothing is at this address, or what it names is not on the record, or was not yet on "
        "the day or at the instant that was asked for."
    )
    sample = "There is no question with this id or slug."
    advice = "Check the id or slug; lists such as /v1/questions show what there is."


class MethodNotAllowed(Problem):
    status = 405
    slug = "method-not-allowed"
    title = "This address does not take that method"
    meaning = "The address exists, but cannot be asked in this way."
    sample = "PUT is not possible here, only GET, HEAD, PATCH."
    advice = "The Allow header names the methods that it takes."


class RequestTimeout(Problem):
    status = 408
    slug = "request-timeout"
    title = "The body did not arrive in time"
    meaning = "The request began, and its body did not arrive in time."
    sample = "The body did not arrive within 30 seconds."
    advice = "Send the whole body without pausing."


class Conflict(Problem):
    status = 409
    slug = "conflict"
    title = "This does not fit the record as it stands"
    meaning = "The input is valid by itself, but clashes with what is on the record."
    sample = "A company has this slug already. Choose another slug."
    advice = "Read what is on the record, then send what fits it; `detail` says what clashes."


class PreconditionFailed(Problem):
    status = 412
    slug = "precondition-failed"
    title = "It was changed meanwhile"
    meaning = (
        "Somebody else changed it between your GET and your edit, so that the edit would undo "
        "what they did."
    )
    sample = (
        "It was changed since you read it. GET it again, then repeat the edit with the new "
        "ETag in If-Match."
    )
    advice = "GET it again, look at the change, and repeat the edit with the new ETag."


class TooLarge(Problem):
    status = 413
    slug = "too-large"
    title = "The body is too large"
    meaning = "The body has more bytes than are taken at once."
    sample = "A body may have at most 262,144 bytes; this one has 300,000."
    advice = "Send less at once; `detail` states the limit."


class UnsupportedMediaType(Problem):
    status = 415
    slug = "unsupported-media-type"
    title = "The body is of a type that is not read here"
    meaning = "The body is not in a form that this address reads."
    sample = "Send the body as `Content-Type: application/json`."
    advice = "Send `Content-Type: application/json`."


class Invalid(Problem):
    status = 422
    slug = "invalid"
    title = "The input is not valid"
    meaning = (
        "The request could be read, but some of what it says is not as it should be. Nothing "
        "was changed."
    )
    advice = "Each entry of `errors` says where it is, what is wrong and what would be right."

    @classmethod
    def at(
        cls, pointer: str, detail: str, *, code: str = "invalid", location: Location = "body"
    ) -> "Invalid":
        """Make the problem of a single fault."""
        fault = Fault(**{"in": location}, pointer=pointer, detail=detail, code=code)
        return cls(detail, errors=[fault])

    @classmethod
    def example(cls) -> "Invalid":
        """Make one of a single fault."""
        detail = "Give a date as it is known: 2025, 2025-05 or 2025-05-15."
        return cls.at("/asks/0/asked_on", detail)

    def under(self, pointer: str) -> "Invalid":
        """Return the same problem, its faults placed below a member of the body."""
        moved = [
            fault.model_copy(update={"pointer": pointer + fault.pointer}) for fault in self.errors
        ]
        return Invalid(self.detail, errors=moved)


class IdempotencyMismatch(Problem):
    status = 422
    slug = "idempotency-key-reused"
    title = "This Idempotency-Key belongs to another request"
    meaning = (
        "An `Idempotency-Key` is kept for 7 days with the request that it was first sent with, "
        "and this is a different one."
    )
    sample = "This Idempotency-Key was used for another request. Use a new one."
    advice = "Use a new Idempotency-Key for each different request."

    def __init__(self, detail: str) -> None:
        placed: dict[str, Any] = {"in": "header", "pointer": "/idempotency-key"}
        super().__init__(detail, errors=[Fault(**placed, detail=detail, code="reused")])


class PreconditionRequired(Problem):
    status = 428
    slug = "precondition-required"
    title = "An edit needs If-Match"
    meaning = "An edit has to say which version it is an edit of."
    sample = "Send If-Match with the ETag of your last GET, so that no other edit is lost."
    advice = "GET it first and send its ETag back as `If-Match`, so that no edit is lost."


class TooManyRequests(Problem):
    status = 429
    slug = "too-many-requests"
    title = "Too many requests"
    meaning = "Your address, or your key, has asked for more than its share of the moment."
    sample = (
        "Your address has made its 600 reads in a minute. Come back in 42 seconds, or send a "
        "key: it has more."
    )
    advice = (
        "Wait as long as Retry-After says. `RateLimit` on every answer says how many requests are"
        " left; send `If-None-Match`, for a 304 counts a tenth; a key has larger limits."
    )


class Internal(Problem):
    """An error of ours. The details are in the log, under the request id."""


class NotImplementedHere(Problem):
    status = 501
    slug = "not-implemented"
    title = "This is not made here"
    meaning = "What was asked for is sensible, but this service does not make it."
    sample = "There is no such format. Leave it out, or use json or xml."
    advice = "`detail` says what is made instead."


class Unavailable(Problem):
    status = 503
    slug = "unavailable"
    title = "The service cannot answer right now"
    meaning = "The database does not answer, or too much is going on at once. Nothing was changed."
    sample = "The database does not answer. Send the request again shortly."
    advice = "Wait as long as Retry-After says, then send the same request again."

    def __init__(self, detail: str, *, retry_after: int = 5) -> None:
        super().__init__(detail, headers={"Retry-After": str(retry_after)})


FAMILY: tuple[type[Problem], ...] = (
    Malformed,
    Unauthenticated,
    Forbidden,
    NotFound,
    MethodNotAllowed,
    RequestTimeout,
    Conflict,
    PreconditionFailed,
    TooLarge,
    UnsupportedMediaType,
    Invalid,
    IdempotencyMismatch,
    PreconditionRequired,
    TooManyRequests,
    Internal,
    NotImplementedHere,
    Unavailable,
)
BY_STATUS: dict[int, type[Problem]] = {kind.status: kind for kind in reversed(FAMILY)}
