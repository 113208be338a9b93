"""Showing where a question was found: its texts as HTML, with `<mark>` around what was looked for.

Everything else in them is escaped, so that a page can show them as they are. What is marked is what
was written, with its accents and capitals.
"""

import re
from collections.abc import Iterator, Sequence
from html import escape

from sqlalchemy import Connection

from app.search import documents, terms, words
from app.search.query import Query
from app.search.terms import Terms

LENGTH = 200
"""Characters of a longer text that are shown, about."""
BEFORE = 60
"""Of these so many stand before the first hit."""
CUT = "…"
Place = tuple[int, int]
"""Where a hit begins and ends in a text."""


def of(connection: Connection, query: Query, ids: Sequence[str]) -> dict[str, dict[str, str]]:
    """Return those texts of each question in which something was found, by their names."""
    marker = Marker(terms.resolve(connection, query))
    shown: dict[str, dict[str, str]] = {}
    for searched in documents.load(connection, ids):
        marked = shown[searched.row.id] = {}
        for text in searched.texts:
            if text.name and text.name not in marked and (found := marker.mark(text.text)):
                marked[text.name] = found
    return shown


class Marker:
    """Marks in texts what was looked for."""

    def __init__(self, sought: Terms) -> None:
        sequences = [one.words for one in sought.wanted]
        sequences += [(form,) for one in sought.wanted for form in one.forms]
        self._words = {one[0] for one in sequences if len(one) == 1}
        self._phrases = [one for one in sequences if len(one) > 1]
        self._any = self._words.union(*self._phrases)

    def mark(self, text: str) -> str | None:
        """Return a text, or the part of it around the first hit; None when there is none."""
        if self._any.isdisjoint(words.of(text)):
            return None
        places = _joined(sorted(self._places(text)))
        if not places:
            return None
        start, end = _part(text, places[0])
        shown, last = [CUT] if start else [], start
        for place in places:
            if place[1] <= end:
                hit = escape(text[place[0] : place[1]])
                shown += [escape(text[last : place[0]]), f"<mark>{hit}</mark>"]
                last = place[1]
        return "".join([*shown, escape(text[last:end]), CUT if end < len(text) else ""])

    def _places(self, text: str) -> Iterator[Place]:
        spans = words.spans(text)
        for index, span in enumerate(spans):
            if span.word in self._words:
                yield span.start, span.end
            for phrase in self._phrases:
                following = spans[index : index + len(phrase)]
                if phrase == tuple(one.word for one in following):
                    yield span.start, following[-1].end


def _joined(places: list[Place]) -> list[Place]:
    """Make one of places that touch, as the characters of some scripts do."""
    joined: list[Place] = []
    for start, end in places:
        if joined and start <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(end, joined[-1][1])
        else:
            joined.append((start, end))
    return joined


def _part(text: str, first: Place) -> Place:
    """Choose what of a text is shown, from word to word where there are spaces."""
    if len(text) <= LENGTH:
        return 0, len(text)
    start = max(0, min(first[0] - BEFORE, len(text) - LENGTH))
    end = max(start + LENGTH, first[1])
    if start and (space := re.search(r"\s", text[start : first[0]])):
        start += space.end()
    spaces = [space.start() for space in re.finditer(r"\s", text[first[1] : end])]
    if end < len(text) and spaces:
        end = first[1] + spaces[-1]
    return start, min(end, len(text))
