"""Calls operations by their ids, and keeps what was sent and answered for the document."""

import json
import re
from typing import Any

from httpx import AsyncClient, Response

from app.core.errors import BY_STATUS

JSON, JSONL, FORM = "application/json", "application/jsonl", "multipart/form-data"
LINES = 2
"""How many lines of a file of lines are shown."""
TOLD_OTHERWISE = ("getVerifier", "streamEvents")
"""Operations whose routers say what their answers look like: a program, a stream without an end."""
SECRETS = (
    (re.compile(r"ans_live_\w{8}_\w{38}"), "ans_live_Zy8kPq3x_" + "0" * 38),
    (re.compile(r"whsec_[\w+/=]+"), "whsec_" + "A" * 43 + "="),
    (re.compile(r"http://127\.0\.0\.1:\d+"), "https://bot.example.org"),
)
"""What is not to stand in a document, with what stands there instead."""


class Recorder:
    """Calls operations and keeps the first answer of each status and media type."""

    def __init__(self, document: dict[str, Any], http: AsyncClient, key: str) -> None:
        self._document = document
        self._http = http
        self._key = key
        self._operations = {
            operation["operationId"]: (method, path, operation)
            for path, item in document["paths"].items()
            for method, operation in item.items()
        }
        self.operations: dict[str, Any] = {}
        self.problems: dict[str, Any] = {}

    async def call(
        self,
        name: str,
        body: Any = None,
        *,
        query: dict[str, Any] | None = None,
        accept: str | None = None,
        file: str | None = None,
        prefer: str = "",
        **path: Any,
    ) -> Any:
        """Call an operation, with the example of its schema where no body is given.

        An edit is sent with the ETag of a fresh read. file: what is uploaded. prefer: RFC 7240.
        """
        method, address, operation = self._operations[name]
        if file is not None:
            upload = {"file": file.encode()}
            wish = {"Prefer": prefer} if prefer else {}
            answer = await self.send(method, address, files=upload, params=query, headers=wish)
            assert answer.status_code < 400, (name, answer.status_code, answer.text)
            return self._keep(name, operation, {"file": file}, answer, FORM)
        if body is None and "requestBody" in operation:
            body = self._example(operation["requestBody"]["content"][JSON]["schema"])
        headers = {"Accept": accept} if accept else {}
        if method == "patch":
            etag = (await self.send("get", address.format(**path))).headers["ETag"]
            headers["If-Match"] = etag
        answer = await self.send(
            method, address.format(**path), json=body, params=query, headers=headers
        )
        assert answer.status_code < 400, (name, answer.status_code, answer.text)
        return self._keep(name, operation, body, answer)

    async def fail(self, status: int, method: str, address: str, **options: Any) -> None:
        """Bring a problem about, and keep it as the example of its kind."""
        answer = await self.send(method, address, **options)
        assert answer.status_code == status, answer.text
        self.problems[BY_STATUS[status].__name__] = answer.json()

    def result(self) -> dict[str, Any]:
        """Return all that was kept, without secrets."""
        text = json.dumps({"operations": self.operations, "problems": self.problems})
        for pattern, instead in SECRETS:
            text = pattern.sub(instead, text)
        found: dict[str, Any] = json.loads(text)
        return found

    async def send(self, method: str, address: str, **options: Any) -> Response:
        """Send a request that is no example."""
        headers = {"Authorization": f"Bearer {self._key}"} | options.pop("headers", {})
        options = {name: value for name, value in options.items() if value is not None}
        return await self._http.request(method.upper(), address, headers=headers, **options)

    def _keep(
        self, name: str, operation: Any, body: Any, answer: Response, sent_as: str = JSON
    ) -> Any:
        kept = self.operations.setdefault(name, {"responses": {}})
        status = str(answer.status_code)
        kind = answer.headers.get("content-type", "").partition(";")[0]
        declared = operation["responses"][status].get("content", {})
        assert not kind or kind in declared, f"{name} does not declare {kind}"
        if body is not None:
            kept.setdefault("request", {sent_as: body})
        if not kind:
            return None
        said = answer.json() if kind.endswith("json") else answer.content.decode(errors="replace")
        if not is_binary(declared[kind]) and name not in TOLD_OTHERWISE:
            shown = "".join(said.splitlines(keepends=True)[:LINES]) if kind == JSONL else said
            kept["responses"].setdefault(status, {}).setdefault(kind, shown)
        return said

    def _example(self, schema: dict[str, Any]) -> Any:
        """Find the example that a schema has, or the first of its alternatives that has one."""
        for one in (schema, *schema.get("anyOf", ()), *schema.get("oneOf", ())):
            name = one.get("$ref", "").rpartition("/")[2]
            found = self._document["components"]["schemas"].get(name, one).get("examples")
            if found:
                return found[0]
        return None


def is_binary(content: dict[str, Any]) -> bool:
    """Tell whether a body is bytes, which JSON has no example of."""
    return bool(content.get("schema", {}).get("format") == "binary")
