"""How a word of the record is explained: by a label and a sentence, in English and in French.

A sentence is plain and neutral. It says what is on the record and no more: not why somebody kept
silent, not whether what they said is true.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

BEFORE = re.compile(" (?=[;!?])")
BESIDE = re.compile("(?<=«) | (?=[:»])")


class Lang(StrEnum):
    """The languages in which the words are explained."""

    EN = "en"
    FR = "fr"


@dataclass(frozen=True)
class Word:
    """One word: in each language its label and what it means.

    The spaces that French puts beside punctuation are written as ordinary ones.
    """

    en: tuple[str, str]
    fr: tuple[str, str]

    @property
    def labels(self) -> dict[Lang, str]:
        """The word as readers see it: short, in lower case, fit for a badge or a chart."""
        return {Lang.EN: self.en[0], Lang.FR: typeset(self.fr[0])}

    @property
    def meanings(self) -> dict[Lang, str]:
        """One sentence that says what it means."""
        return {Lang.EN: self.en[1], Lang.FR: typeset(self.fr[1])}


def typeset(french: str) -> str:
    """Make the spaces that French puts beside punctuation non-breaking, narrow where it is so."""
    return BESIDE.sub("\u00a0", BEFORE.sub("\u202f", french))
