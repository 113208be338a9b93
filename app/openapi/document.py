"""The OpenAPI document: what FastAPI makes of the routes, and what it leaves out."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel

from app.core.errors import InvalidProblemRead, ProblemRead
from app.core.ratelimit import FREE
from app.imports.schemas import ImportProblemRead
from app.openapi import examples, links, parameters, problems
from app.pages.home import ApiCatalog
from app.webhooks import events

DESCRIPTION = """
Who asked a company what, what it said, whether that answered the question, and every correction
since.

* Reading the record needs no key. Writing, and your own webhooks, need one: `Authorization: Bearer
  ans_live_…`, or the key as the password of HTTP Basic.
* Dates are as precise as what is known: `2025`, `2025-05` or `2025-05-15`. Instants are RFC 3339 in
  UTC.
* Every error is a problem (RFC 9457); its `detail` says what to do.
* `RateLimit` says how many requests are left, and 429 when to come back. A 304 counts a tenth.
* Lists come in pages: follow `next_cursor`, or the `Link` header.
* Every POST takes an `Idempotency-Key`, every write `?dry_run=true`. An edit (PATCH) needs
  `If-Match` with the ETag of your last GET.
"""
STANDING_APART: dict[str, type[BaseModel]] = {
    "Problem": ProblemRead,
    "InvalidProblem": InvalidProblemRead,
    "ImportProblem": ImportProblemRead,
    "ApiCatalog": ApiCatalog,
}
"""By name, schemas of answers that FastAPI does not make by itself."""
DONE = {
    "200": "As asked for.",
    "201": "It is made; with `dry_run` it is not, and the answer says what it would be.",
    "202": "Taken; it is done in a moment.",
    "204": "Done.",
}
"""What stands in the place of FastAPI's "Successful Response"."""
BOUNDS = {"ge": "minimum", "le": "maximum"}
TAGS = {
    "questions": "One question to one company, its asks, rulings and timeline.",
    "statements": "What companies said, and how it bears on questions.",
    "corrections": "The public retraction of what was wrong.",
    "companies": "Whom questions are put to.",
    "askers": "Who puts questions.",
    "dossiers": "Named sets of questions.",
    "sources": "The documents that are cited.",
    "drafts": "Writes kept outside the ledger until they are published: embargoes.",
    "imports": "Spreadsheets brought onto the record, and taken back.",
    "events": "The ledger: everything that changed, in order.",
    "stats": "Figures, each with what it counts and leaves out.",
    "exports": "The lists without pages, for spreadsheets and programs.",
    "feeds": "What happened, and what is due, for feed readers and calendars.",
    "badges": "Where something stands, to embed: pictures, shields.io, oEmbed.",
    "vocabulary": "Every word of the record, explained in English and French.",
    "redactions": "Personal data taken out of the record, in public.",
    "log": "The transparency log: what proves that the record was not rewritten.",
    "webhooks": "Being told of events the moment they are recorded.",
    "keys": "API keys, for administrators.",
    "service": "Whether the service is well, and what its problems mean.",
}


def describe(app: FastAPI) -> None:
    """Make the application serve this document as its own."""
    cached: dict[str, Any] = {}

    def openapi() -> dict[str, Any]:
        if not cached:
            cached.update(_document(app))
        return cached

    app.openapi = openapi  # type: ignore[method-assign]


def _document(app: FastAPI) -> dict[str, Any]:
    document = get_openapi(
        title=app.title,
        version=app.version,
        summary=app.summary,
        description=DESCRIPTION.strip(),
        routes=app.routes,
        servers=[{"url": "/", "description": "The server that serves this document."}],
        tags=[{"name": name, "description": text} for name, text in TAGS.items()],
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        separate_input_output_schemas=False,
    )
    schemas = document["components"]["schemas"]
    for name, model in STANDING_APART.items():
        schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas |= schema.pop("$defs", {})
        schemas[name] = schema | {"title": name}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            operation.setdefault("security", [])
            if path not in FREE:
                operation["responses"]["429"] = problems.TOO_MANY
            operation["tags"] = operation["tags"][-1:]  # generators make a class of each tag
            parameters.mend(method, operation)
            for status, answer in operation["responses"].items():
                if answer.get("description") == "Successful Response":
                    answer["description"] = DONE[status]
    schemas |= events.schemas()
    document["components"] |= {
        "schemas": dict(sorted(schemas.items())),
        "parameters": events.PARAMETERS,
        "responses": events.RESPONSES | problems.LIMITED | problems.shared(document["paths"]),
    }
    document["webhooks"] = events.operations()
    _name_bounds(document)
    examples.add(document)
    links.add(document)
    return document


def _name_bounds(part: Any) -> None:
    """Call bounds by the names that JSON Schema has for them.

    (pydantic leaves its own names where a validator stands between a type and its bounds.)
    """
    if isinstance(part, list):
        for member in part:
            _name_bounds(member)
    elif isinstance(part, dict):
        for own, name in BOUNDS.items():
            if part.get("type") == "integer" and own in part:
                part[name] = part.pop(own)
        for member in part.values():
            _name_bounds(member)
