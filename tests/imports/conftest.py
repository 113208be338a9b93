"""Files, and a client that imports them."""

import csv
import io
import json
from collections.abc import Sequence
from typing import Any

import pytest
from httpx import Response

from app.imports import columns
from app.imports.models import ImportKind
from tests.support.client import Client
from tests.support.make import Make

QUESTIONS = columns.names(ImportKind.QUESTIONS)
TIMELINE = columns.names(ImportKind.TIMELINE)[:6]
ROW = {
    "external_id": "row-1",
    "company": "microsoft",
    "question": "Which external firm did Microsoft hire?",
    "lang": "en",
    "askers": "associated-press",
    "asked_on": "2025-05-15",
    "channel": "written",
    "source_url": "https://example.org/2025/05/article",
    "topics": "audit; cloud",
}
ENTRY = {
    "external_id": "row-1",
    "effective_on": "2025-06-01",
    "type": "response",
    "verdict": "partial",
    "note": "It names the country of the firm only.",
    "source_url": "https://example.org/2025/06/statement",
}


def row(number: int = 1, **cells: str) -> dict[str, str]:
    """A row of a question; each number is another one."""
    text = f"Which external firm did Microsoft hire in year {number}?"
    return {**ROW, "external_id": f"row-{number}", "question": text, **cells}


def entry(**cells: str) -> dict[str, str]:
    """A row of a timeline."""
    return {**ENTRY, **cells}


def written(
    rows: Sequence[dict[str, str]],
    *,
    delimiter: str = ",",
    header: Sequence[str] | None = None,
    bom: bool = False,
    end: str = "\r\n",
) -> bytes:
    """Write a CSV file as a spreadsheet does."""
    names = header or (TIMELINE if "type" in rows[0] else QUESTIONS)
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, names, delimiter=delimiter, lineterminator=end)
    writer.writeheader()
    writer.writerows(rows)
    return (b"\xef\xbb\xbf" if bom else b"") + text.getvalue().encode()


def jsonl(rows: Sequence[dict[str, Any]]) -> bytes:
    """Write a file of JSON objects, one a line."""
    return b"".join(json.dumps(one, ensure_ascii=False).encode() + b"\n" for one in rows)


class Importer:
    """Imports files as an editor."""

    def __init__(self, editor: Client) -> None:
        self.editor = editor

    async def send(self, content: bytes, /, *, form: Any = None, **options: Any) -> Response:
        """Send a file."""
        files = {"file": ("private-name.csv", content, "text/csv")}
        return await self.editor.send(
            "POST", "/v1/imports", files=files, data=form or {}, **options
        )

    async def bring(self, content: bytes, /, expect: int = 201, **options: Any) -> Any:
        """Import a file, and return the answer's body."""
        answer = await self.send(content, **options)
        assert answer.status_code == expect, f"{answer.status_code}: {answer.text}"
        return answer.json()

    async def dry(self, content: bytes, /, expect: int = 201, **options: Any) -> Any:
        """Do the same without keeping anything."""
        return await self.bring(content, expect, params={"dry_run": "true"}, **options)

    async def refused(self, content: bytes, /, **options: Any) -> list[Any]:
        """Send a file that is refused, and return why."""
        problem = await self.bring(content, 422, **options)
        assert problem["errors"]
        return [one for each in problem["report"]["rows"] for one in each["notes"]]

    async def undo(self, imported: Any, expect: int = 201, **options: Any) -> Any:
        """Take an import back."""
        path = f"/v1/imports/{imported['id']}/undo"
        return await self.editor.post(path, {"reason": "An old list."}, expect, **options)


@pytest.fixture
async def importer(make: Make) -> Importer:
    """An editor on whose record are a company and an asker."""
    await make.company()
    await make.asker()
    return Importer(make.editor)


def outcomes(imported: Any) -> list[str]:
    """The outcome of each row, in the file's order."""
    return [one["outcome"] for one in imported["report"]["rows"]]
