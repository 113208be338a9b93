"""Which of the questions that were found come first. The same on both databases.

Each term that was looked for counts in each field where it stands: more in the question's own
words than in what was said around it, more as it was written than in another form, more the more
often, but ever less so. Words that follow one another in the question as they did in the query
count once more. Of two questions that count the same, the one put on the record later comes first.
"""

from collections.abc import Iterable
from itertools import pairwise
from typing import NamedTuple

from app.search.terms import Terms
from app.search.words import FIELD

WEIGHTS = {"text": 100, "company": 60, "translations": 60, "context": 30, "responses": 30}
"""What a field counts, in the order in which a document has them."""

EXACT, OTHER_FORM = 10, 6
"""What it counts that a word stands there once, as it was written or in another form."""

HALF = 10
"""What counts so much counts half of the most that a field can."""


class Hit(NamedTuple):
    """A question that was found. docid: its place in the order of recording."""

    question_id: str
    docid: int
    score: int


class Ranking:
    """Ranks questions by the first words of their fields, as a document's `head` has them."""

    def __init__(self, terms: Terms) -> None:
        self._terms = [
            [
                (_whole(sought.words), EXACT),
                *((_whole([form]), OTHER_FORM) for form in sought.forms),
                *((_whole([company]), EXACT) for company in sought.companies),
            ]
            for sought in terms.wanted
        ]
        alone = [sought.words for sought in terms.wanted]
        self._pairs = [_whole([*one, *other]) for one, other in pairwise(alone)]

    def order(self, hits: Iterable[tuple[int, str, str]]) -> list[Hit]:
        """Return what was found, given as docid, question id and head, with the best first."""
        ranked = [Hit(question_id, docid, self.score(head)) for docid, question_id, head in hits]
        return sorted(ranked, key=lambda hit: (hit.score, hit.docid), reverse=True)

    def score(self, head: str) -> int:
        """Return what a question counts."""
        total = 0
        for field, weight in zip(f" {head} ".split(FIELD), WEIGHTS.values(), strict=True):
            counted = 0
            for term in self._terms:
                found = 0
                for word, counts in term:
                    if word in field:
                        found += counts * field.count(word)
                counted += 2 * HALF * found // (found + HALF)
            for pair in self._pairs:
                if pair in field:
                    counted += EXACT
            total += weight * counted
        return total


def _whole(words: Iterable[str]) -> str:
    """Return words as they stand in a text of folded words, so that no part of one is found."""
    return f" {' '.join(words)} "
