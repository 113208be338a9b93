"""The Merkle tree over the ledger: RFC 6962 (section 2.1) with SHA-256, pure functions.

What is stored of a tree are its complete subtrees, addressed by `(level, position)`: the one at
level 0, position 5 is leaf 5; the one at level 3, position 2 is over leaves 16 to 23. They never
change once they are there. A tree of any size is a few of them, its *peaks*, one for each bit of
the size, the largest first.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence

Address = tuple[int, int]
Nodes = Mapping[Address, bytes]

LEVEL_BITS = 56
EMPTY = hashlib.sha256(b"").digest()
"""The root of the tree without leaves."""


class Inconsistent(ValueError):
    """A proof that does not prove what it should."""


def leaf_hash(leaf: bytes) -> bytes:
    """Hash a leaf."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash the node over two subtrees."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def append(
    size: int, peaks: Sequence[bytes], leaves: Iterable[bytes]
) -> tuple[list[tuple[Address, bytes]], list[bytes]]:
    """Add leaf hashes to a tree.

    Returns the subtrees that became complete, with their hashes, and the new peaks.
    """
    stack, made = list(peaks), list[tuple[Address, bytes]]()
    for leaf in leaves:
        value, level, position = leaf, 0, size
        made.append(((level, position), value))
        while position & 1:
            value = node_hash(stack.pop(), value)
            level, position = level + 1, position >> 1
            made.append(((level, position), value))
        stack.append(value)
        size += 1
    return made, stack


def root(peaks: Sequence[bytes]) -> bytes:
    """Return the root of the tree that has these peaks."""
    if not peaks:
        return EMPTY
    value = peaks[-1]
    for peak in reversed(peaks[:-1]):
        value = node_hash(peak, value)
    return value


def cover(begin: int, end: int) -> list[Address]:
    """Return the complete subtrees that make up the leaves from `begin` up to `end`.

    `begin` is where RFC 6962 splits a tree, or 0, so that they are the peaks of that subtree.
    """
    found = []
    while begin < end:
        level = (end - begin).bit_length() - 1
        found.append((level, begin >> level))
        begin += 1 << level
    return found


def peaks_of(size: int) -> list[Address]:
    """Return the addresses of the peaks of a tree."""
    return cover(0, size)


def inclusion(index: int, size: int) -> list[list[Address]]:
    """Say of what the proof that a leaf is in a tree consists, from the leaf's sibling up.

    Each step is the cover of a subtree, whose hash is the root of those peaks (RFC 6962, 2.1.1).

    Raises:
        ValueError: the tree has no such leaf.
    """
    if not 0 <= index < size:
        raise ValueError(f"A tree of {size} has no leaf {index}.")
    begin, end, steps = 0, size, []
    while end - begin > 1:
        middle = begin + _split(end - begin)
        if index < middle:
            steps.append(cover(middle, end))
            end = middle
        else:
            steps.append(cover(begin, middle))
            begin = middle
    return steps[::-1]


def consistency(old: int, new: int) -> list[list[Address]]:
    """Say of what the proof that one tree continues another consists (RFC 6962, 2.1.2).

    It is empty for an old tree without leaves, and for two of the same size.

    Raises:
        ValueError: the old tree is larger.
    """
    if not 0 <= old <= new:
        raise ValueError(f"A tree of {new} cannot continue one of {old}.")
    if old in (0, new):
        return []
    begin, end, steps = 0, new, []
    is_whole = True  # the old tree is a whole subtree on the way, whose hash the verifier knows
    while end > old:
        middle = begin + _split(end - begin)
        if old <= middle:
            steps.append(cover(middle, end))
            end = middle
        else:
            steps.append(cover(begin, middle))
            begin, is_whole = middle, False
    if not is_whole:
        steps.append(cover(begin, end))
    return steps[::-1]


def hashes(steps: Iterable[Iterable[Address]], nodes: Nodes) -> list[bytes]:
    """Return a proof's hashes, when the subtrees that it needs are at hand."""
    return [root([nodes[address] for address in step]) for step in steps]


def verify_inclusion(
    index: int, size: int, leaf: bytes, proof: Sequence[bytes], expected: bytes
) -> None:
    """Check that a leaf hash is at `index` in a tree (RFC 9162, 2.1.3.2). expected: its root.

    Raises:
        Inconsistent: it is not, by this proof.
    """
    if not 0 <= index < size:
        raise Inconsistent(f"A tree of {size} has no leaf {index}.")
    value, position, last = leaf, index, size - 1
    for sibling in proof:
        if last == 0:
            raise Inconsistent("The proof is too long.")
        if position & 1 or position == last:
            value = node_hash(sibling, value)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            value = node_hash(value, sibling)
        position, last = position >> 1, last >> 1
    if last != 0 or value != expected:
        raise Inconsistent("The proof does not lead to the root.")


def key(address: Address) -> int:
    """Write an address as the number by which a subtree is stored: level by level, in order."""
    level, position = address
    return level << LEVEL_BITS | position


def is_address(address: Address) -> bool:
    """Tell whether a subtree can be stored: there are far more than there will be leaves."""
    level, position = address
    return level < LEVEL_BITS and position < 1 << LEVEL_BITS


def join(peaks: Sequence[bytes]) -> bytes:
    """Write peaks as the bytes that are stored."""
    return b"".join(peaks)


def part(stored: bytes) -> list[bytes]:
    """Read peaks from the bytes that are stored."""
    return [stored[start : start + 32] for start in range(0, len(stored), 32)]


def _split(size: int) -> int:
    """Return the largest power of two smaller than `size`."""
    return 1 << (size - 1).bit_length() - 1
