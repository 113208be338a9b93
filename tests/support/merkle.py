"""What a witness does with a consistency proof; the service itself only gives them."""

from collections.abc import Sequence

from app.ledger import tree


def verify_consistency(
    old: int, new: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes
) -> None:
    """Check that a tree continues an older one (RFC 9162, 2.1.4.2).

    Raises:
        Inconsistent: it does not, by this proof.
    """
    if old > new:
        raise tree.Inconsistent(f"A tree of {new} cannot continue one of {old}.")
    if old in (0, new):
        if proof or (old == new and old_root != new_root) or (old == 0 and old_root != tree.EMPTY):
            raise tree.Inconsistent("Two roots of one size differ, or the proof should be empty.")
        return
    if not proof:
        raise tree.Inconsistent("The proof is too short.")
    steps = _consistency_steps(old, new, [old_root, *proof] if old & (old - 1) == 0 else proof)
    if steps != (old_root, new_root):
        raise tree.Inconsistent("The proof does not lead from the one root to the other.")


def _consistency_steps(old: int, new: int, proof: Sequence[bytes]) -> tuple[bytes, bytes]:
    """Return the two roots that a consistency proof leads to."""
    position, last = old - 1, new - 1
    while position & 1:
        position, last = position >> 1, last >> 1
    older = newer = proof[0]
    for sibling in proof[1:]:
        if last == 0:
            raise tree.Inconsistent("The proof is too long.")
        if position & 1 or position == last:
            older, newer = tree.node_hash(sibling, older), tree.node_hash(sibling, newer)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            newer = tree.node_hash(newer, sibling)
        position, last = position >> 1, last >> 1
    if last != 0:
        raise tree.Inconsistent("The proof is too short.")
    return older, newer
