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
    advice = "Send strict JSON in UTF-8 and percent-encode the query; `detail` names the place."


class Unauthenticated(Problem):
    status = 401
    slug = "unauthenticated"
    title = "A valid key is needed"
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
    advice = "Use a key that has the scope which `detail` names."


class NotFound(Problem):
    status = 404
    slug = "not-found"
    title = "There is no such thing"
    advice = "Check the id or slug; lists such as /v1/questions show what there is."


class MethodNotAllowed(Problem):
    status = 405
    slug = "method-not-allowed"
    title = "This address does not take that method"
    advice = "The Allow header names the methods that it takes."


class RequestTimeout(Problem):
    status = 408
    slug = "request-timeout"
    title = "The body did not arrive in time"
    advice = "Send the whole body without pausing."


class Conflict(Problem):
    status = 409
    slug = "conflict"
    title = "This does not fit the record as it stands"
    advice = "Read what is on the record, then send what fits it; `detail` says what clashes."


class PreconditionFailed(Problem):
    status = 412
    slug = "precondition-failed"
    title = "It was changed meanwhile"
    advice = "GET it again, look at the change, and repeat the edit with the new ETag."


class TooLarge(Problem):
    status = 413
    slug = "too-large"
    title = "The body is too large"
    advice = "Send less at once; `detail` states the limit."


class UnsupportedMediaType(Problem):
    status = 415
    slug = "unsupported-media-type"
    title = "The body is of a type that is not read here"
    advice = "Send `Content-Type: application/json`."


class Invalid(Problem):
    status = 422
    slug = "invalid"
    title = "The input is not valid"
    advice = "Each entry of `errors` says where it is, what is wrong and what would be right."

    @classmethod
    def at(
        cls, pointer: str, detail: str, *, code: str = "invalid", location: Location = "body"
    ) -> "Invalid":
        """Make the problem of a single fault."""
        fault = Fault(**{"in": location}, pointer=pointer, detail=detail, code=code)
        return cls(detail, errors=[fault])

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
    advice = "Use a new Idempotency-Key for each different request."

    def __init__(self, detail: str) -> None:
        placed: dict[str, Any] = {"in": "header", "pointer": "/idempotency-key"}
        super().__init__(detail, errors=[Fault(**placed, detail=detail, code="reused")])


class PreconditionRequired(Problem):
    status = 428
    slug = "precondition-required"
    title = "An edit needs If-Match"
    advice = "GET it first and send its ETag back as `If-Match`, so that no edit is lost."


class TooManyRequests(Problem):
    status = 429
    slug = "too-many-requests"
    title = "Too many requests"
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
    advice = "`detail` says what is made instead."


class Unavailable(Problem):
    status = 503
    slug = "unavailable"
    title = "The service cannot answer right now"
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
