"""What the index is asked, before either database has its say."""

from collections.abc import Iterator
from dataclasses import dataclass

Sequence = tuple[str, ...]
"""Words that follow one another; mostly just one."""
Group = tuple[Sequence, ...]
"""Alternatives. Only the first may be of several words."""


@dataclass(frozen=True)
class Expression:
    """Questions that have one alternative of each group, and nothing of what is excluded."""

    wanted: tuple[Group, ...]
    excluded: tuple[Sequence, ...] = ()

    @property
    def has_phrases(self) -> bool:
        """Whether it asks for the order of words, which an index of words alone cannot tell."""
        sequences = (*self.excluded, *(sequence for group in self.wanted for sequence in group))
        return any(len(sequence) > 1 for sequence in sequences)

    def loosely(self) -> "Expression":
        """Return it without the order of words: it finds all that this does, and more."""
        wanted = tuple(group for each in self.wanted for group in _loosely(each))
        return Expression(wanted, tuple(one for one in self.excluded if len(one) == 1))


def _loosely(group: Group) -> Iterator[Group]:
    """Yield a group for each word of the first alternative: the others are one word each."""
    first, *others = group
    for word in first:
        yield ((word,), *others)
