"""What text may contain: no control characters, nothing that hides or reorders what is shown."""

import re
import unicodedata
from functools import lru_cache
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError
from slugify import slugify

from app.core.ids import SLUG

FORBIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"  # control characters but tab, line feed and return
    "\u202a-\u202e\u2066-\u2069"  # bidirectional embeddings, overrides and isolates
    "\ud800-\udfff"  # lone surrogates: no UTF-8 form
    "\ufdd0-\ufdef\ufffe\uffff]"  # noncharacters: no XML form
)
SLUG_LENGTH = 80
JOINERS = set("\u200c\u200d\u200e\u200f")
"""What Persian, Indic and right-to-left scripts need; in other names it only hides."""
WITHOUT_JOINERS = {ord(character): None for character in JOINERS}
INVISIBLE = ("Cf", "Zs", "Zl", "Zp", "Cc")


def flaw(text: str) -> str | None:
    """Name what text may not contain, such as `U+0000`, or return None when it is clean."""
    found = FORBIDDEN.search(text)
    return f"U+{ord(found[0]):04X}" if found else None


def _compose(value: Any) -> Any:
    """Bring text into Unicode's composed form, before its length counts: it may become longer."""
    return unicodedata.normalize("NFC", value) if isinstance(value, str) else value


def _line(text: str) -> str:
    if any(character in text for character in "\n\r\t\u2028\u2029"):
        raise PydanticCustomError("line", "Give one line, without tabs or line breaks.")
    hidden = {character for character in text if unicodedata.category(character) == "Cf"}
    if hidden - JOINERS or (hidden and text.translate(WITHOUT_JOINERS).isascii()):
        raise PydanticCustomError("invisible", "Take the invisible characters out of it.")
    return _prose(text)


def _prose(text: str) -> str:
    text = text.strip()
    if all(unicodedata.category(character) in INVISIBLE for character in text):
        raise PydanticCustomError("blank", "Give some text; it is blank.")
    return text


def line(max_length: int) -> Any:
    """Make the type of a text of one line, trimmed, in Unicode's composed form."""
    constraints = StringConstraints(strict=True, min_length=1, max_length=max_length)
    return Annotated[str, BeforeValidator(_compose), constraints, AfterValidator(_line)]


def prose(max_length: int) -> Any:
    """Make the type of a text that may have several lines."""
    constraints = StringConstraints(strict=True, min_length=1, max_length=max_length)
    return Annotated[str, BeforeValidator(_compose), constraints, AfterValidator(_prose)]


def _lower(tag: str) -> str:
    if tag != tag.lower():
        raise PydanticCustomError("lower_case", "Write it in lower case.")
    return tag


def _no_tag_twice(tags: list[str]) -> list[str]:
    if len(set(tags)) != len(tags):
        raise PydanticCustomError("repeated", "Name each one once.")
    return tags


def _web(url: str) -> str:
    scheme, _, rest = url.partition("://")
    host = re.split(r"[/?#]", rest, maxsplit=1)[0]
    if scheme.lower() not in ("http", "https") or not host or re.search(r"[\s<>\"\\^`{|}]", url):
        raise PydanticCustomError("url", "Give a web address that begins with https:// or http://.")
    if "@" in host:
        raise PydanticCustomError("url", "Give the address without a user name or password.")
    return f"{scheme.lower()}://{host.lower()}{rest[len(host) :]}"


class Unique:
    """Says in a list's schema that nothing may stand in it twice."""

    def __get_pydantic_json_schema__(self, schema: Any, handler: Any) -> Any:
        return {**handler(schema), "uniqueItems": True}


class _Uri:
    """Adds the format to a schema; unlike `json_schema_extra` it can stand beside another one."""

    def __get_pydantic_json_schema__(self, schema: Any, handler: Any) -> Any:
        return {**handler(schema), "format": "uri"}


FORMS: dict[str, str] = {}
"""What to say of a text that does not have the form that a pattern asks for, by pattern."""


def form(pattern: str, *, max_length: int, detail: str, examples: list[str]) -> Any:
    """Describe a text of a certain form, for `Annotated[str, …]`; `detail` says what is right."""
    FORMS[pattern] = detail
    return Field(
        strict=True,
        pattern=pattern,
        max_length=max_length,
        description=detail,
        examples=examples,
    )


Line = line(300)
Title = line(300)
Prose = prose(10_000)
Slug = Annotated[
    str,
    form(
        SLUG,
        max_length=SLUG_LENGTH,
        detail="Lower-case letters a to z, digits and single hyphens, such as microsoft-2025.",
        examples=["microsoft"],
    ),
]
Reference = Annotated[
    str,
    Field(strict=True, min_length=1, max_length=120, description="An id or a slug."),
]
Tag = Annotated[
    str,
    form(
        r"^[^\W_A-Z]+(-[^\W_A-Z]+)*$",
        max_length=60,
        detail="A lower-case word, or several joined by hyphens, such as human-rights.",
        examples=["audit"],
    ),
    BeforeValidator(_compose),
    AfterValidator(_lower),
]
Tags = Annotated[list[Tag], Field(max_length=20), Unique(), AfterValidator(_no_tag_twice)]
References = Annotated[
    list[Reference], Field(max_length=50), Unique(), AfterValidator(_no_tag_twice)
]
Language = Annotated[
    str,
    form(
        r"^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|\d{3}))?$",
        max_length=20,
        detail="A language tag (BCP 47), such as en, fr or zh-Hant.",
        examples=["en", "fr", "zh-Hant"],
    ),
]
WebAddress = Annotated[
    str,
    StringConstraints(strict=True, min_length=8, max_length=2000),
    AfterValidator(_line),
    AfterValidator(_web),
    _Uri(),
]
Sha256 = Annotated[
    str,
    form(
        r"^[0-9a-f]{64}$",
        max_length=64,
        detail="The SHA-256 of the bytes that were seen, as 64 lower-case hexadecimal digits.",
        examples=["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"],
    ),
]


@lru_cache(maxsize=1024)
def slug_from(text: str, fallback: str) -> str:
    """Make a slug from a title or question: transliterated, whole words, at most 60 characters."""
    return slugify(text, max_length=60, word_boundary=True, save_order=True) or fallback


def shorten(text: str, limit: int) -> str:
    """Cut text to at most `limit` characters, at a word where there is one, and mark the cut."""
    text = " ".join(text.split())
    if len(text) <= limit:
        return text
    head = text[: limit - 1]
    return (head.rsplit(" ", 1)[0] if " " in head[limit // 2 :] else head).rstrip(" ,;:.") + "…"
