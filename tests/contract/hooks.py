"""What Schemathesis has to know of this service: loaded by it, in its own process.

Its key must not be able to end the run by revoking itself; and two of its checks are right but for
certain answers, each named here with the reason.
"""

import os
from typing import Any

import schemathesis
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import Failure
from schemathesis.specs.openapi.checks import positive_data_acceptance

NOBODY = "key_00000000000000000000000000"
REFUSED = {
    "unknown_reference": "an id or slug of nothing that is on the record",
    "conflict": "parameters that exclude each other, such as q and known_at",
    "date": "2025-02-30: no pattern knows the calendar",
    "instant": "the same, to the microsecond",
    "past": "an instant that had to lie in the future",
    "future": "a date that had to lie in the past, or a seq that the ledger has not come to",
    "too_far": "an instant more than ten years ahead",
    "key_expires": "an instant after the key's own end",
    "lei": "check digits, which no pattern computes",
    "enum": "a word of a list that is joined by commas",
    "source": "neither url nor title and hash: generators make nothing usable of such an anyOf",
    "one_of": "either of two members: for the same reason",
    "unreachable": "a webhook's address to which nothing may be sent",
    "unknown_pointer": "a place of an event where nothing is to be redacted",
    "int_type": "2.0, which JSON Schema takes for a whole number",
    "character": "a character that is allowed nowhere, such as NUL",
    "number": "a number that is none of an event",
    "reused": "an Idempotency-Key that belongs to another request",
    "repeated": "the same question twice, by id and by slug",
    "url": "what only looks like a web address",
    "blank": "text of spaces alone",
    "line": "text with line breaks where one line is wanted",
    "invisible": "text of characters that nobody sees",
    "lower_case": "a letter whose lower case is another one, beyond what a pattern knows",
}
"""What the schema allows and the service refuses, by the code of the fault, with the reason."""


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: dict[str, Any]) -> None:
    """Let it do to its own key what it likes, but to another one."""
    parameters = case.path_parameters
    if case.method != "GET" and parameters and parameters.get("key") == os.environ["OWN_KEY"]:
        parameters["key"] = NOBODY


@schemathesis.check
def valid_data_is_taken(ctx: Any, response: Any, case: Any) -> bool | None:
    """Hold what the schema allows to be taken, but for faults of which it cannot speak."""
    try:
        return positive_data_acceptance(ctx, response, case)
    except Failure:
        if not _is_argued(response, case):
            raise
    return None


def _is_argued(response: Any, case: Any) -> bool:
    if response.status_code == 400:
        detail = response.json()["detail"]
        # A cursor is signed, so whatever is made up is refused; and some characters are everywhere.
        return "cursor" in detail or "which is not allowed" in detail
    if response.status_code == 412:  # an ETag that is made up is never the present one
        return "if-match" in {name.lower() for name in case.headers or {}}
    if response.status_code == 422:
        if "report" in response.json():  # of a file: what stands in it no schema tells
            return bool(case.path == "/v1/imports")
        return all(fault["code"] in REFUSED for fault in response.json()["errors"])
    return False


@schemathesis.check
def no_server_error(ctx: Any, response: Any, case: Any) -> bool | None:
    """Hold every 5xx for a fault, but for the two that a request asks for."""
    try:
        return not_a_server_error(ctx, response, case)
    except Failure:
        detail = response.json().get("detail", "")
        if response.status_code == 503 and "check min_seq" in detail:
            return None  # the ledger has not come so far: to be asked again, so it is no 4xx
        if response.status_code == 501 and case.path == "/oembed":
            return None  # oEmbed 1.0 asks for 501 where a format is not made
        raise
