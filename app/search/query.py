"""What somebody looks for: words, quoted phrases, and what to leave out.

    microsoft "external firm" -audit      the word, the phrase, and not that word

Whatever is written has a meaning, and nothing of it reaches a database as syntax: what is no word
divides words. A word whose parts are divided is a phrase (`data-centre`), but at an apostrophe
(`l'entreprise`) each part longer than a letter is looked for by itself.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from app.core.errors import Invalid
from app.search import words

LONGEST = 200
MOST_TERMS = 16
PARTS = re.compile(r'(?P<minus>-?)(?:"(?P<quoted>[^"]*)"?|(?P<bare>[^\s"]+))')
QUOTES = str.maketrans(dict.fromkeys("“”„«»‟＂", '"'))
APOSTROPHES = re.compile("['’‘ʼ`´]")
EXAMPLE = 'Write words to look for, such as: external firm, or "external firm" -audit'


@dataclass(frozen=True)
class Term:
    """A word, or several that follow one another. Only a word by itself has other forms."""

    words: tuple[str, ...]
    is_quoted: bool = False

    @property
    def is_phrase(self) -> bool:
        """Whether it is more than one word."""
        return len(self.words) > 1


@dataclass(frozen=True)
class Query:
    """Terms that must all be there, and terms of which none may be."""

    wanted: tuple[Term, ...]
    excluded: tuple[Term, ...] = ()

    @classmethod
    def parse(cls, given: str) -> "Query":
        """Read what was written in `q`.

        Raises:
            Invalid: it is too long, or there is nothing in it to look for.
        """
        if len(given) > LONGEST:
            detail = f"q may have {LONGEST} characters at the most. Look for fewer words."
            raise Invalid.at("/q", detail, code="too_long", location="query")
        wanted: dict[Term, None] = {}
        excluded: dict[Term, None] = {}
        composed = unicodedata.normalize("NFC", given)
        for is_excluded, term in _terms(composed.translate(QUOTES)):
            (excluded if is_excluded else wanted)[term] = None
        if len(wanted) + len(excluded) > MOST_TERMS:
            detail = (
                f"q may have {MOST_TERMS} words at the most. Leave out those that matter least."
            )
            raise Invalid.at("/q", detail, code="too_many_words", location="query")
        if not wanted:
            said = "only leaves words out" if excluded else "has no word in it"
            raise Invalid.at("/q", f"q {said}. {EXAMPLE}", code="no_words", location="query")
        return cls(tuple(wanted), tuple(excluded))


def _terms(given: str) -> Iterator[tuple[bool, Term]]:
    """Yield each term, and whether it is to be left out."""
    for part in PARTS.finditer(given):
        is_excluded = bool(part["minus"])
        if part["bare"] is None:
            found = [tuple(words.of(part["quoted"]))]
        else:
            found = _parted(part["bare"]) if not is_excluded else [tuple(words.of(part["bare"]))]
        for term in found:
            if term:
                yield is_excluded, Term(term, is_quoted=part["bare"] is None)


def _parted(bare: str) -> list[tuple[str, ...]]:
    """Divide what stands without quotes at its apostrophes, and leave out single letters there."""
    parts = [tuple(words.of(part)) for part in APOSTROPHES.split(bare)]
    longer = [part for part in parts if len("".join(part)) > 1]
    return longer or parts
