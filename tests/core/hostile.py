"""Requests that no endpoint should ever have to think about, and the status each deserves."""

import gzip
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

JSON = (b"content-type", b"application/json")
STATUSES = (400, 401, 404, 405, 409, 412, 413, 415, 422, 428)
COMPANIES = b"/v1/companies"
QUESTIONS = b"/v1/questions"
STATEMENTS = b"/v1/statements"
RULINGS = b"/v1/questions/asked/rulings"
WEBHOOKS = b"/v1/webhooks"
PREVIEWS = b"/v1/webhooks/preview"
REPLAYS = b"/v1/webhooks/webhook_01jv8z4x9kf3t8w2m5r7c1q0ab/replay"
EDITS = b"/v1/companies/microsoft"
SOURCE = {"url": "https://example.org/a", "title": "An article"}
ASK = {"asker": "associated-press", "asked_on": "2025-05", "source": SOURCE}
QUESTION = {"company": "microsoft", "text": "Which firm?", "lang": "en", "asks": [ASK]}
STATEMENT = {
    "company": "microsoft",
    "kind": "reply",
    "title": "A reply",
    "published_on": "2025-05",
    "lang": "en",
    "source": SOURCE,
}
WEBHOOK = {"url": "https://93.184.215.14/hook"}
REDACTIONS = b"/v1/redactions"
REDACTION = {
    "seq": 1, "pointers": ["/summary"], "legal_basis": "A court's order.", "reason": "A name.",
}  # fmt: skip
RULING = {"state": "withdrawn", "effective_on": "2025-06", "reason": "It was taken back."}


@dataclass(frozen=True)
class Case:
    """One hostile request, and the statuses that are right for it."""

    name: str
    expect: int
    method: str
    target: bytes
    chunks: Iterable[bytes] = (b"",)
    headers: tuple[tuple[bytes, bytes], ...] = field(default=())


def raw(name: str, expect: int, body: bytes, target: bytes = COMPANIES) -> Case:
    """Post a body as it is."""
    return Case(name, expect, "POST", target, (body,), (JSON,))


def post(name: str, target: bytes, good: dict[str, Any], expect: int = 422, /, **bad: Any) -> Case:
    """Post a good body with some fields made bad."""
    return raw(name, expect, json.dumps({**good, **bad}).encode(), target)


def patch(
    name: str, expect: int, body: Any, match: bytes | None = b"*", target: bytes = EDITS
) -> Case:
    """Patch a company, or something else."""
    headers = (JSON, (b"if-match", match)) if match is not None else (JSON,)
    return Case(name, expect, "PATCH", target, (json.dumps(body).encode(),), headers)


def sent(name: str, expect: int, *headers: tuple[bytes, bytes], body: bytes = b"{}") -> Case:
    """Post with other headers."""
    return Case(name, expect, "POST", COMPANIES, (body,), headers)


def get(name: str, expect: int, target: bytes, *headers: tuple[bytes, bytes]) -> Case:
    """Read an address."""
    return Case(name, expect, "GET", target, headers=headers)


NAMED = b'{"name": "Example", "slug": "example"}'
TEXTS = [
    raw("an escaped NUL", 422, rb'{"name": "a\u0000b"}'),
    raw("a raw NUL", 400, b'{"name": "a\x00b"}'),
    raw("an escaped control character", 422, rb'{"name": "a\u001bb"}'),
    raw("a raw control character", 400, b'{"name": "a\x1bb"}'),
    raw("a C1 control character", 422, '{"name": "a\x85b"}'.encode()),
    raw("an escaped lone surrogate", 422, rb'{"name": "a\ud800b"}'),
    raw("surrogates in the wrong order", 422, rb'{"name": "\udc00\ud800"}'),
    raw("a lone surrogate as raw bytes", 400, b'{"name": "a\xed\xa0\x80b"}'),
    raw("a lone surrogate in a key", 422, rb'{"name": "a", "\ud800": 1}'),
    raw("NUL in a key deep inside", 422, rb'{"identifiers": {"a": [{"\u0000": 1}]}}'),
    raw("a bidi override", 422, '{"name": "a\u202eb"}'.encode()),
    raw("a bidi isolate", 422, rb'{"name": "a\u2066b"}'),
    raw("a noncharacter", 422, rb'{"name": "a\uffffb"}'),
    raw("invalid UTF-8", 400, b'{"name": "a\xffb"}'),
    raw("overlong UTF-8", 400, b'{"name": "a\xc0\x80b"}'),
    raw("a byte order mark", 400, b"\xef\xbb\xbf" + NAMED),
    raw("UTF-16", 400, NAMED.decode().encode("utf-16")),
    post("a line break in a name", COMPANIES, {}, name="a\nb"),
    post("a blank name", COMPANIES, {}, name=" \u00a0\u2003"),
    post("a name of 301 characters", COMPANIES, {}, name="a" * 301),
]
DOCUMENTS = [
    raw("nesting of 33", 400, b'{"a":' * 33 + b"1" + b"}" * 33),
    raw("lists nested 33 deep", 400, b"[" * 33 + b"]" * 33),
    raw("nesting of 255", 400, b'{"a":' * 255 + b"1" + b"}" * 255),
    raw("nesting of 100,000", 400, b"[" * 100_000 + b"]" * 100_000),
    raw("100,000 opening brackets", 400, b"[" * 100_000),
    raw("a key twice", 400, b'{"name": "a", "name": "b"}'),
    raw("a key twice deep inside", 400, b'{"a": [{"b": {"c": 1, "c": 1}}]}'),
    raw("a key twice, once escaped", 400, rb'{"name": "a", "n\u0061me": "b"}'),
    raw("a surrogate key twice", 400, rb'{"\ud800": 1, "\ud800": 2}'),
    raw("NaN", 400, b'{"name": NaN}'),
    raw("Infinity", 400, b'{"name": Infinity}'),
    raw("minus Infinity", 400, b'{"name": -Infinity}'),
    raw("1e400", 422, b'{"name": 1e400}'),
    raw("an integer of 2^53", 422, b'{"name": 9007199254740992}'),
    raw("an integer below -2^53", 422, b'{"name": -9007199254740993}'),
    raw("an integer of 5,000 digits", 400, b'{"name": ' + b"9" * 5000 + b"}"),
    raw("an empty body", 422, b""),
    raw("only spaces", 400, b"   "),
    raw("null", 422, b"null"),
    raw("a list for an object", 422, b"[]"),
    raw("a text for an object", 422, b'"name"'),
    raw("half an object", 400, b'{"name": "a"'),
    raw("two objects", 400, NAMED + NAMED),
    raw("single quotes", 400, b"{'name': 'a'}"),
    raw("a comment", 400, b'{"name": "a"} // why'),
    post("an unknown field", COMPANIES, {"name": "a"}, nmae="a"),
    post("an unknown field deep inside", COMPANIES, {"name": "a"}, identifiers={"isin": "US5"}),
    post("the id given", COMPANIES, {"name": "a"}, id="company_01jv8z4x9kf3t8w2m5r7c1q0ab"),
    post("51 names", COMPANIES, {"name": "a"}, names=["b"] * 51),
    post("20,000 names", COMPANIES, {"name": "a"}, names=["b"] * 20_000),
    post("201 responses", STATEMENTS, STATEMENT, responses=[{}] * 201),
    post("101 asks", QUESTIONS, QUESTION, asks=[ASK] * 101),
    post("no asks", QUESTIONS, QUESTION, asks=[]),
    post("a redaction of nothing", REDACTIONS, REDACTION, pointers=[]),
    post("a redaction of what is not there", REDACTIONS, REDACTION, pointers=["/data/object/id"]),
    post("a redaction of everything", REDACTIONS, REDACTION, pointers=[""]),
    post("a redaction of an event not reached", REDACTIONS, REDACTION, 404, seq=2**53 - 1),
    post("a redaction of seq 2^63", REDACTIONS, REDACTION, seq=2**63),
    post("a redaction of seq true", REDACTIONS, REDACTION, seq=True),
    post("a redaction without a reason", REDACTIONS, REDACTION, reason=" "),
    post("51 pointers", REDACTIONS, REDACTION, pointers=["/summary"] * 51),
]
KINDS = [
    post("a number for a text", COMPANIES, {}, name=5),
    post("a boolean for a text", COMPANIES, {}, name=True),
    post("an object for a text", COMPANIES, {}, name={"en": "a"}),
    post("a text for a list", COMPANIES, {"name": "a"}, names="b"),
    post("a number within a list of texts", COMPANIES, {"name": "a"}, names=["b", 1]),
    post("null for a text", COMPANIES, {}, name=None),
    post(
        "a text for a boolean",
        QUESTIONS,
        QUESTION,
        translations={"fr": {"text": "Qui ?", "machine": "true"}},
    ),
    post(
        "a number for a boolean",
        QUESTIONS,
        QUESTION,
        translations={"fr": {"text": "Qui ?", "machine": 1}},
    ),
    post("a number for an enum", STATEMENTS, STATEMENT, kind=1),
    post("an unknown enum", STATEMENTS, STATEMENT, kind="rumour"),
    post("an enum in capitals", STATEMENTS, STATEMENT, kind="REPLY"),
    post("a state as a list", RULINGS, RULING, state=["withdrawn"]),
    post("a source that is a number", STATEMENTS, STATEMENT, source=7),
    post("a source that is a list", STATEMENTS, STATEMENT, source=[SOURCE]),
    post("a script for a url", STATEMENTS, STATEMENT, source={"url": "javascript:alert(1)"}),
    post("a url with a password", STATEMENTS, STATEMENT, source={"url": "https://a:b@c.org/"}),
    post("an unknown company", QUESTIONS, QUESTION, company="nobody"),
    post("a slug of 81 characters", COMPANIES, {"name": "a"}, slug="a" * 81),
    post("a slug with a line break", COMPANIES, {"name": "a"}, slug="a\n"),
    post("a date as an epoch number", STATEMENTS, STATEMENT, published_on=1747267200),
    post("a date as a year's number", STATEMENTS, STATEMENT, published_on=2025),
    post("a date as an epoch text", STATEMENTS, STATEMENT, published_on="1747267200"),
    *(
        post(f"the date {date!r}", STATEMENTS, STATEMENT, published_on=date)
        for date in (
            *("2025-13", "2025-02-30", "0000", "20250515", "2025-5", "", "2025-05-15T00"),
            *("٢٠٢٥", "2025-05\n", " 2025", "-2025", "9999-12-31"),
        )
    ),
    post("an instant as a number", b"/v1/sources", SOURCE, seen_at=1747267200),
    post("an instant without an offset", b"/v1/sources", SOURCE, seen_at="2025-05-15T09:00:00"),
    post("an instant beyond time", b"/v1/sources", SOURCE, seen_at="0001-01-01T00:00:00+14:00"),
    patch("a patch with an unknown field", 422, {"nmae": "a"}),
    patch("a patch of what may not be null", 422, {"name": None}),
    patch("a patch that is a list", 422, []),
    patch("a patch without If-Match", 428, {"name": "a"}, None),
    patch("a patch with garbage in If-Match", 412, {"name": "a"}, b'W/",,\xff"\x01'),
    patch("a patch with 8,000 tags in If-Match", 412, {"name": "a"}, b'"0",' * 8000),
]
PRIVATE = (
    *("10.0.0.1", "127.0.0.1", "0x7f.1", "2130706433", "0", "localhost", "999.1.1.1", "[::1]"),
    *("[::ffff:127.0.0.1]", "[64:ff9b::1]", "[fe80::1%25eth0]", "[::1", "a:b", "93.184.215.14:22"),
    *(
        "93.184.215.14:99999",
        "93.184.215.14:-1",
        "user@93.184.215.14",
        "..",
        "a" * 300,
        "xn--a.b.1",
    ),
)
NOTHING: dict[str, Any] = {}
FILTERS: list[Any] = [
    *({"company": "nobody"}, {"company": ""}, {"company": 1}, {"asker": ["a"]}, []),
    *({"question": "a" * 10_000}, {"topic": "A"}, {"topic": "a|b"}, {"dossier": "%"}),
    *({"state": "lost"}, {"state": ","}, {"state": "answered," * 500}, {"colour": "red"}),
]
EVENT_TYPES: list[Any] = [
    *([], "ask.recorded", ["ask.recorded"] * 2, ["a"] * 9000, [None], [[]], {}),
]
HOOKS = [
    *(post(f"a hook at {at[:30]}", WEBHOOKS, {}, url=f"https://{at}/") for at in PRIVATE),
    *(
        post(f"the hook {url!r}", WEBHOOKS, {}, url=url)
        for url in ("http://93.184.215.14/", "ftp://93.184.215.14/", "https://", "//", 7, None)
    ),
    post("a hook of 2,001 characters", WEBHOOKS, {}, url="https://93.184.215.14/" + "a" * 1979),
    post("an unknown member of a webhook", WEBHOOKS, WEBHOOK, secret="whsec_AAAA"),
    *(
        post(f"{target[13:].decode()} filter {str(wanted)[:40]}", target, good, filter=wanted)
        for target, good in ((WEBHOOKS, WEBHOOK), (PREVIEWS, NOTHING))
        for wanted in FILTERS
    ),
    *(
        post(f"the event types {str(types)[:40]}", WEBHOOKS, WEBHOOK, event_types=types)
        for types in EVENT_TYPES
    ),
    *(
        post(f"{count!r} in flight", WEBHOOKS, WEBHOOK, max_in_flight=count)
        for count in (0, 65, -1, "8", True, 1.5, 2**53, None)
    ),
    post("ordered: yes", WEBHOOKS, WEBHOOK, ordered="yes"),
    post("a format nobody knows", WEBHOOKS, WEBHOOK, format="xml"),
    post("a webhook's description of two lines", WEBHOOKS, WEBHOOK, description="a\nb"),
    raw("a webhook's description with NUL", 422, rb'{"description": "a\u0000b"}', WEBHOOKS),
    raw("a webhook that is a list", 422, b"[]", WEBHOOKS),
    patch("a patch of no webhook", 404, {"ordered": True}, target=WEBHOOKS + b"/none"),
    patch(
        "a patch of a webhook to loopback", 422, {"url": "https://[::1]/"}, target=WEBHOOKS + b"/a"
    ),
    patch("a patch of a webhook's url to null", 422, {"url": None}, target=WEBHOOKS + b"/a"),
    patch("a patch of a webhook's number", 422, {"number": 1}, target=WEBHOOKS + b"/a"),
    *(
        post(f"a replay of {str(wanted)[:40]}", REPLAYS, {}, 422, **wanted)
        for wanted in (
            *({"after_seq": -1}, {"after_seq": "0"}, {"after_seq": 2**53 + 1}, {"after_seq": None}),
            *({"since": "today"}, {"since": 0}, {"after_seq": 0, "since": "2025-05-15T09:00:00Z"}),
        )
    ),
    post("a dry run of 1", WEBHOOKS + b"?dry_run=1", WEBHOOK),
    post("a dry run of 1 of a key", b"/v1/keys?dry_run=1", {"name": "a", "scopes": ["write"]}),
    Case(
        "a webhook's Idempotency-Key of 300 characters",
        422,
        "POST",
        WEBHOOKS,
        (json.dumps(WEBHOOK).encode(),),
        (JSON, (b"idempotency-key", b"k" * 300)),
    ),
    post("a replay of no webhook", REPLAYS, {}, 404, after_seq=0),
]
LARGE = b'{"name": "' + b"a" * 262_144 + b'"}'
HEADERS = [
    sent("no content type", 415),
    sent("a form", 415, (b"content-type", b"application/x-www-form-urlencoded"), body=b"name=a"),
    sent("plain text", 415, (b"content-type", b"text/plain")),
    sent("a content type of raw bytes", 415, (b"content-type", b"\xff\xfe/json")),
    sent("latin-1", 415, (b"content-type", b"application/json; charset=latin-1")),
    sent("UTF-16 declared", 415, (b"content-type", b'application/json; charset="utf-16"')),
    sent("gzip", 415, JSON, (b"content-encoding", b"gzip"), body=gzip.compress(NAMED)),
    sent("a large body", 413, JSON, body=LARGE),
    sent("a large body declared", 413, JSON, (b"content-length", b"99999999"), body=NAMED),
    sent("a length of 5,000 digits", 422, JSON, (b"content-length", b"9" * 5000)),
    sent("a length that is no number", 422, JSON, (b"content-length", "²".encode("latin-1"))),
    Case("a large body in pieces", 413, "POST", COMPANIES, [b" " * 9000] * 30, (JSON,)),
    Case("small pieces of bad JSON", 400, "POST", COMPANIES, [b"{"] * 300, (JSON,)),
    *(
        sent(f"an Idempotency-Key {name}", 422, JSON, (b"idempotency-key", key), body=NAMED)
        for name, key in [
            ("of 300 characters", b"k" * 300),
            ("of non-ASCII", "clé".encode()),
            ("of raw bytes", b"\xff\x00"),
            ("with a space", b"a b"),
            ("that is empty", b""),
        ]
    ),
]
BODIES = TEXTS + DOCUMENTS + KINDS + HOOKS + HEADERS
