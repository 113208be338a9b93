"""Words: how texts become what is searched, the same in both databases and in any mix of languages.

A word is a run of letters and digits, folded: without case, without accents, in one form of each
letter. In scripts that put no spaces between words, each character is a word of its own, so that
what is looked for is found inside what is written.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from importlib.metadata import version
from threading import Lock
from typing import Any, NamedTuple

import snowballstemmer

VERSION = f"1/{unicodedata.unidata_version}/{version('snowballstemmer')}"
"""What was made by another version is made anew by `answerable migrate`."""

GAP, FIELD = "·", "¶"
"""What stands between texts, and between fields, so that no phrase reaches over. No word is it."""

LONGEST = 64
"""Characters of a word; what is longer is found by its beginning."""
FOLDS_KEPT = 20_000
"""Characters whose folds are remembered: more than there are in use, less than there are."""

WITHOUT_SPACES = (
    "CJK ", "IDEOGRAPHIC ", "HIRAGANA ", "KATAKANA", "HANGUL ", "BOPOMOFO ", "THAI ", "LAO ",
    "KHMER ", "MYANMAR ", "TIBETAN ",
)  # fmt: skip
"""How the names of characters begin that stand without spaces, or take endings that vary."""
IGNORED = ("VARIATION SELECTOR", "COMBINING GRAPHEME", "COMBINING KATAKANA", "ARABIC TATWEEL")
OTHER_FORMS = {
    "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "ħ": "h", "ı": "i", "ĸ": "k", "ł": "l",
    "ŋ": "n", "ŧ": "t", "þ": "th", "ƒ": "f", "ə": "e", "ё": "е", "ѐ": "е", "ѝ": "и", "ى": "ي",
    "ی": "ي", "ک": "ك",
}  # fmt: skip
"""Letters that are written as others where a keyboard lacks them, or by habit."""

LANGUAGES = {
    "ar": "arabic", "ca": "catalan", "cs": "czech", "da": "danish", "de": "german", "el": "greek",
    "en": "english", "eo": "esperanto", "es": "spanish", "et": "estonian", "eu": "basque",
    "fa": "persian", "fi": "finnish", "fr": "french", "ga": "irish", "hi": "hindi",
    "hu": "hungarian", "hy": "armenian", "id": "indonesian", "it": "italian", "lt": "lithuanian",
    "nb": "norwegian", "ne": "nepali", "nl": "dutch", "nn": "norwegian", "no": "norwegian",
    "pl": "polish", "pt": "portuguese", "ro": "romanian", "ru": "russian", "sr": "serbian",
    "st": "sesotho", "sv": "swedish", "ta": "tamil", "tr": "turkish", "yi": "yiddish",
}  # fmt: skip
"""Languages whose words are known by their stems."""


class Span(NamedTuple):
    """A word, and where it stands in the text."""

    word: str
    start: int
    end: int


class _Folds(dict[int, str]):
    """What each character becomes, for `str.translate`."""

    def __missing__(self, code: int) -> str:
        folded = "".join(_part(character) for character in _fold(chr(code)))
        if len(self) < FOLDS_KEPT:
            self[code] = folded
        return folded


def _fold(character: str) -> str:
    """Return a character without case and accents."""
    if "CYRILLIC" not in unicodedata.name(character, ""):  # there a mark makes another letter
        parts = unicodedata.normalize("NFKD", character)
        kept = "".join(part for part in parts if not _is_accent(part))
        character = unicodedata.normalize("NFC", kept)
    return "".join(OTHER_FORMS.get(letter, letter) for letter in character.casefold())


def _is_accent(character: str) -> bool:
    """Tell whether a mark may be left out. Those of Indic scripts and of kana may not."""
    kind = unicodedata.combining(character)
    return kind >= 200 or 10 <= kind <= 36 or kind == 1


def _part(character: str) -> str:
    """Return what a folded character is in a text: part of a word, a whole one, or their end."""
    category, name = unicodedata.category(character), unicodedata.name(character, "")
    if category == "Nd":
        return str(unicodedata.decimal(character))
    if category in ("Cf", "Me") or _is_accent(character) or name.startswith(IGNORED):
        return ""
    if category[0] not in "LMN" or "\u02b0" <= character <= "\u02ff":  # these are apostrophes
        return " "
    return f" {character} " if name.startswith(WITHOUT_SPACES) else character


FOLDS = _Folds()


def of(text: str) -> list[str]:
    """Return the words of a text."""
    return [word[:LONGEST] for word in text.translate(FOLDS).split()]


def spans(text: str) -> list[Span]:
    """Return the words of a text with their places in it."""
    found: list[Span] = []
    for chunk in re.finditer(r"\S+", text):
        found += _spans(chunk[0], chunk.start())
    return found


def _spans(chunk: str, offset: int) -> Iterable[Span]:
    """Yield the words of a text, of which each character may become several or none."""
    word, start, end = "", 0, 0
    for index, character in enumerate(chunk):
        letters = FOLDS[ord(character)]
        if word and not letters:
            end = index + 1  # an accent by itself belongs to what it stands on
        for letter in letters:
            if letter != " ":
                start = start if word else index
                word, end = word + letter, index + 1
            elif word:
                yield Span(word[:LONGEST], offset + start, offset + end)
                word = ""
    if word:
        yield Span(word[:LONGEST], offset + start, offset + end)


def language(tag: str) -> str | None:
    """Return the language of a tag (BCP 47) when its stems are known."""
    primary = tag.partition("-")[0]
    return primary if primary in LANGUAGES else None


def has_stem(word: str) -> bool:
    """Tell whether a word may have other forms: numbers and single characters have none."""
    return len(word) > 2 and word.isalpha()


_stemmers: dict[str, Any] = {}
_turn = Lock()


@lru_cache(maxsize=200_000)
def stem(language: str, word: str) -> str:
    """Return what the forms of a word have in common, in a language of `LANGUAGES`."""
    name = LANGUAGES[language]
    with _turn:  # a stemmer serves one thread at a time
        if name not in _stemmers:
            _stemmers[name] = snowballstemmer.stemmer(name)
        stemmed: str = _stemmers[name].stemWord(word)
    return stemmed[:LONGEST] or word
