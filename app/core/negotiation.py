"""What a client says that it takes (RFC 9110, section 12.5), and which of what is there it gets."""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

RANGE = re.compile(r"[a-z]{1,8}(-[a-z0-9]{1,8})*", re.ASCII)
WEIGHT = re.compile(r"q=([01](?:\.[0-9]{0,3})?)", re.ASCII)
LANGUAGES = 5
"""So many languages of a header are looked at."""


@lru_cache(maxsize=256)
def encoding(accepted: bytes, there: tuple[str, ...]) -> str:
    """Return the content coding to answer in; an empty text for the bytes as they are.

    there: the codings at hand, the one that is preferred first.
    """
    wanted = dict(_weights(accepted))
    best, name = 0.0, ""
    for coding in there:
        weight = wanted.get(coding, wanted.get("*", 0.0))
        if weight > best:
            best, name = weight, coding
    return name if best >= wanted.get("identity", 0.0) else ""


@lru_cache(maxsize=256)
def languages(accepted: bytes) -> tuple[str, ...]:
    """Return the languages that a header names, the most wanted first, in lower case."""
    wanted = [pair for pair in _weights(accepted) if pair[1] > 0 and RANGE.fullmatch(pair[0])]
    ordered = sorted(wanted, key=lambda pair: -pair[1])
    return tuple(dict.fromkeys(name for name, _ in ordered))[:LANGUAGES]


def choose(wanted: Sequence[str], there: Iterable[str]) -> str | None:
    """Return the language among those that are there which is wanted most, or None.

    A wanted one matches a tag that is the same or begins with it, and falls back to a shorter one
    (RFC 4647, section 3.4): `fr-CA` takes `fr`, and `pt` takes `pt-BR`.
    """
    by_name = {name.lower(): name for name in there}
    for language in wanted:
        steps = language.split("-")
        for count in range(len(steps), 0, -1):
            shorter = "-".join(steps[:count])
            if shorter in by_name:
                return by_name[shorter]
        for name, tag in by_name.items():
            if name.startswith(f"{language}-"):
                return tag
    return None


@lru_cache(maxsize=256)
def wants_page(accepted: bytes) -> bool:
    """Tell whether an `Accept` header names HTML, and wants it more than JSON.

    Browsers name it; what takes anything, such as curl, is given JSON.
    """
    wanted = dict(_weights(accepted))
    return wanted.get("text/html", 0.0) > wanted.get("application/json", 0.0)


def _weights(accepted: bytes) -> list[tuple[str, float]]:
    found = []
    for part in accepted.decode("latin-1").lower().split(","):
        name, _, parameters = part.partition(";")
        weight = WEIGHT.fullmatch(parameters.strip())
        if name.strip() and (weight or not parameters.strip()):
            found.append((name.strip(), float(weight[1]) if weight else 1.0))
    return found
