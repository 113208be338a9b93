"""An API client for tests: short calls that check the status they expect."""

from typing import Any

from httpx import AsyncClient, Response


class Client:
    """Calls the application with one key, or none."""

    def __init__(self, http: AsyncClient, key: str | None) -> None:
        self.http = http
        self.key = key

    async def send(self, method: str, url: str, **options: Any) -> Response:
        """Send a request as this client."""
        headers = {**({"Authorization": f"Bearer {self.key}"} if self.key else {})}
        headers |= options.pop("headers", {})
        return await self.http.request(method, url, headers=headers, **options)

    async def get(self, url: str, /, expect: int = 200, **params: Any) -> Any:
        """Read, and return the body."""
        options = {"params": params} if params else {}  # httpx drops a URL's own query for `{}`
        return _body(await self.send("GET", url, **options), expect)

    async def post(self, url: str, body: Any = None, expect: int = 201, **options: Any) -> Any:
        """Write, and return the body."""
        return _body(await self.send("POST", url, json=body, **options), expect)

    async def patch(
        self, url: str, body: Any, expect: int = 200, match: str | None = None, **options: Any
    ) -> Any:
        """Edit with the ETag of a fresh read, or the one given."""
        if match is None:
            match = (await self.send("GET", url)).headers["ETag"]
        options["headers"] = {"If-Match": match, **options.get("headers", {})}
        return _body(await self.send("PATCH", url, json=body, **options), expect)

    async def pages(self, url: str, /, **params: Any) -> list[Any]:
        """Read a list through all its pages."""
        found: list[Any] = []
        cursor: dict[str, Any] = {}
        while True:
            page = await self.get(url, **params, **cursor)
            found += page["data"]
            if not page["has_more"]:
                return found
            cursor = {"cursor": page["next_cursor"]}

    async def question(self, question: Any, **params: Any) -> Any:
        """Read a question."""
        return await self.get(f"/v1/questions/{_id(question)}", **params)

    async def timeline(self, question: Any, **params: Any) -> Any:
        """Read the entries of a question's timeline."""
        return await self.pages(f"/v1/questions/{_id(question)}/timeline", **params)

    async def events(self, **params: Any) -> list[Any]:
        """Read the ledger."""
        return await self.pages("/v1/events", **params)

    async def correct(self, target: str, expect: int = 201, **fields: Any) -> Any:
        """Retract an entry."""
        body = {"target": target, "reason": "It was wrong.", **fields}
        return await self.post("/v1/corrections", body, expect)


def _id(question: Any) -> str:
    return question if isinstance(question, str) else str(question["id"])


def _body(response: Response, expect: int) -> Any:
    assert response.status_code == expect, f"{response.status_code}: {response.text}"
    if response.status_code == 204:
        return None
    kind = "application/problem+json" if expect >= 400 else "application/json"
    assert response.headers["content-type"] == kind
    return response.json()
