"""What a transaction has looked up for many rows at once, so that not each row asks by itself.

Whoever works through a batch calls the `foresee` of the services below it with all that the batch
will ask; they keep the answers here, and look here first. What is not foreseen is asked as ever.
"""

from collections.abc import Hashable, Mapping
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

FORESIGHT = "foresight"


class _Unknown:
    """Nobody has looked for it."""


UNKNOWN: Final = _Unknown()


def keep(session: AsyncSession, name: str, answers: Mapping[Any, Any]) -> None:
    """Keep answers to questions of one kind, instead of those kept before."""
    session.info.setdefault(FORESIGHT, {})[name] = dict(answers)


def note(session: AsyncSession, name: str, key: Hashable, answer: Any) -> None:
    """Change an answer, where questions of this kind are foreseen."""
    found = session.info.get(FORESIGHT, {}).get(name)
    if found is not None:
        found[key] = answer


def ask(session: AsyncSession, name: str, key: Hashable) -> Any:
    """Return an answer that was foreseen, or `UNKNOWN`."""
    return session.info.get(FORESIGHT, {}).get(name, {}).get(key, UNKNOWN)
