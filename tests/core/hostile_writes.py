"""Hostile drafts, mergers and imports: what holds for a write holds for how it is kept, too."""

import json
from typing import Any

from tests.core.hostile import ASK, QUESTION, Case, post, raw

DRAFTS = b"/v1/drafts"
MERGES = b"/v1/questions/asked/merge"
IMPORTS = b"/v1/imports"
MERGE = {"into": "elsewhere", "reason": "It was recorded twice."}
DRAFT: dict[str, Any] = {"write": {"kind": "question", "body": QUESTION}}
BOUNDARY = b"limit"
HEADER = b"external_id,company,question,lang,askers,asked_on,source_url\r\n"
ROW = b"a1,microsoft,%s,en,associated-press,2025-05,https://example.org/a\r\n"


def draft(name: str, expect: int, /, **write: Any) -> Case:
    """Post a draft of something."""
    return post(name, DRAFTS, DRAFT, expect, write=write)


def upload(name: str, expect: int, content: bytes, more: bytes = b"") -> Case:
    """Post a form with a file, and with more after it."""
    part = b'Content-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n' + content
    body = b"--" + BOUNDARY + b"\r\n" + part + b"\r\n" + more + b"--" + BOUNDARY + b"--\r\n"
    kind = (b"content-type", b"multipart/form-data; boundary=" + BOUNDARY)
    return Case(name, expect, "POST", IMPORTS, (body,), (kind,))


def field(name: bytes, value: bytes) -> bytes:
    """Return one more field of a form."""
    head = b'Content-Disposition: form-data; name="' + name + b'"\r\n\r\n'
    return b"--" + BOUNDARY + b"\r\n" + head + value + b"\r\n"


def nested(depth: int) -> bytes:
    """Return a draft whose body is arrays within arrays."""
    return b'{"write": {"kind": "question", "body": ' + b"[" * depth + b"]" * depth + b"}}"


WRITES = [
    draft("draft: no kind", 422, body=QUESTION),
    draft("draft: a kind that there is not", 422, kind="rumour", body=QUESTION),
    draft("draft: a kind of another type", 422, kind=["question"], body=QUESTION),
    draft("draft: the body of another kind", 422, kind="company", body=QUESTION),
    draft("draft: no body", 422, kind="question"),
    draft("draft: nothing to be asked", 422, kind="ask", body=ASK),
    draft("draft: asked of nothing", 422, kind="ask", question="nothing", body=ASK),
    draft("draft: a NUL within", 422, kind="question", body={**QUESTION, "text": "a\0b"}),
    draft("draft: a bidi override", 422, kind="question", body={**QUESTION, "text": "a\u202eb"}),
    draft("draft: a surrogate within", 422, kind="question", body={**QUESTION, "text": "\ud800"}),
    draft("draft: an unknown field", 422, kind="question", body={**QUESTION, "seen": 1}),
    draft(
        "draft: a version beyond 2^53", 422,
        kind="company_edit", company="microsoft", version=2**64, body={"name": "M"},
    ),
    draft(
        "draft: a version below none", 422,
        kind="company_edit", company="microsoft", version=-1, body={"name": "M"},
    ),
    post("draft: an hour that has passed", DRAFTS, DRAFT, publish_at="2020-01-01T00:00:00Z"),
    post("draft: an hour beyond all hours", DRAFTS, DRAFT, publish_at="9999-12-31T23:59:59Z"),
    post("draft: an hour that is none", DRAFTS, DRAFT, publish_at="tomorrow"),
    raw("draft: nested deeply", 400, nested(40), DRAFTS),
    raw("draft: NaN", 400, b'{"write": {"kind": "ask", "question": NaN}}', DRAFTS),
    raw("draft: a key twice", 400, b'{"write": {}, "write": {}}', DRAFTS),
    post("merger: into itself", MERGES, MERGE, 409, into="asked"),
    post("merger: into nothing", MERGES, MERGE),
    post("merger: into a number", MERGES, MERGE, into=7),
    post("merger: no reason", MERGES, MERGE, into="asked", reason="  "),
    post("merger: a surrogate", MERGES, MERGE, reason="\udfff"),
    raw("merger: of nothing", 404, json.dumps(MERGE).encode(), b"/v1/askers/nobody/merge"),
    raw("import: JSON", 415, json.dumps({"file": "a"}).encode(), IMPORTS),
    upload("import: a kind that there is not", 422, HEADER, field(b"kind", b"rumours")),
    upload("import: a field that there is not", 422, HEADER, field(b"seen", b"1")),
    Case(
        "import: a form cut off", 422, "POST", IMPORTS, (b"--limit\r\nContent-Dis",),
        ((b"content-type", b"multipart/form-data; boundary=limit"),),
    ),
    Case(
        "import: a form without a boundary", 400, "POST", IMPORTS, (b"a",),
        ((b"content-type", b"multipart/form-data"),),
    ),
]  # fmt: skip
UPLOADS = [
    upload("a NUL in a cell", 422, HEADER + ROW % b"a\0b"),
    upload("a surrogate in a cell", 422, HEADER + ROW % b"\xed\xa0\x80"),
    upload("a bidi override in a cell", 422, HEADER + ROW % "a\u202eb".encode()),
    upload("nothing at all", 422, b""),
    upload("a header alone", 422, HEADER),
]
"""Files that are refused for what stands in them, with a report."""
