"""Small factories: they put on the record, through the API, what a test needs."""

from typing import Any

from tests.support.client import Client

SOURCE = {"url": "https://example.org/2025/05/article", "title": "An article", "lang": "en"}
REACHED_BY = ("acknowledged", "declined", "nonresponsive", "partial", "answered")


class Make:
    """Makes things with one editor's key. What is not given does not matter to the test."""

    def __init__(self, editor: Client) -> None:
        self.editor = editor
        self._names: set[str] = set()

    async def company(self, slug: str = "microsoft", **fields: Any) -> str:
        """Put a company on the record once, and return its slug."""
        if f"company {slug}" not in self._names:
            body = {"slug": slug, "name": slug.title(), **fields}
            await self.editor.post("/v1/companies", body)
            self._names.add(f"company {slug}")
        return slug

    async def asker(self, slug: str = "associated-press", **fields: Any) -> str:
        """Put an asker on the record once, and return its slug."""
        if f"asker {slug}" not in self._names:
            body = {"slug": slug, "name": slug.title(), "kind": "newsroom", **fields}
            await self.editor.post("/v1/askers", body)
            self._names.add(f"asker {slug}")
        return slug

    async def dossier(self, slug: str = "microsoft-imod") -> str:
        """Open a dossier once, and return its slug."""
        if f"dossier {slug}" not in self._names:
            await self.editor.post("/v1/dossiers", {"slug": slug, "title": slug})
            self._names.add(f"dossier {slug}")
        return slug

    async def question(
        self,
        *,
        state: str = "unanswered",
        on: str = "2025-05",
        company: str = "microsoft",
        asker: str = "associated-press",
        **fields: Any,
    ) -> Any:
        """Put a question that was asked on a date and has come to a state."""
        body = {
            "company": await self.company(company),
            "text": "Which external firm did Microsoft hire?",
            "lang": "en",
            "asks": [{"asker": await self.asker(asker), "asked_on": on, "source": SOURCE}],
            **fields,
        }
        question = await self.editor.post("/v1/questions", body)
        if state in REACHED_BY:
            await self.statement(question, verdict=state, on=on)
        elif state == "withdrawn":
            await self.ruling(question, state=state, on=on)
        return await self.editor.question(question)

    async def ask(self, question: Any, *, on: str, asker: str = "associated-press") -> Any:
        """Put a question once more."""
        body = {"asker": await self.asker(asker), "asked_on": on, "source": SOURCE}
        return await self.editor.post(f"/v1/questions/{question['id']}/asks", body)

    async def statement(
        self,
        *questions: Any,
        verdict: str = "declined",
        on: str = "2025-05",
        kind: str = "reply",
        expect: int = 201,
        **fields: Any,
    ) -> Any:
        """Publish a statement that bears on questions with one verdict."""
        company = questions[0]["company"]["slug"] if questions else "microsoft"
        body = {
            "company": await self.company(company),
            "kind": kind,
            "title": "What the company said",
            "published_on": on,
            "lang": "en",
            "source": SOURCE,
            "responses": [{"question": item["id"], "verdict": verdict} for item in questions],
            **fields,
        }
        return await self.editor.post("/v1/statements", body, expect)

    async def ruling(self, question: Any, *, state: str, on: str, **fields: Any) -> Any:
        """Set a question's state."""
        body = {"state": state, "effective_on": on, "reason": "The asker said so.", **fields}
        return await self.editor.post(f"/v1/questions/{question['id']}/rulings", body)

    async def merge(self, one: Any, into: Any, expect: int = 200, **fields: Any) -> Any:
        """Merge a question into another."""
        body = {"into": into["id"], "reason": "It was recorded twice.", **fields}
        return await self.editor.post(f"/v1/questions/{one['id']}/merge", body, expect)
