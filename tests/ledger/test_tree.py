"""The Merkle tree is that of RFC 6962 at every size; its proofs prove that and nothing else."""

import hashlib
from collections.abc import Iterator

import pytest

from app.ledger import tree
from tests.support.merkle import verify_consistency

KNOWN_LEAVES = [
    bytes.fromhex(text)
    for text in (
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]  # fmt: skip
KNOWN_ROOTS = [  # of the test vectors of Certificate Transparency, by size
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
SIZES = [*range(71), 127, 128, 129, 254, 255, 256, 257, 258, 511, 512, 513]
LARGE = [65_534, 65_535, 65_536, 65_537, 65_538]
LEAVES = [tree.leaf_hash(number.to_bytes(4, "big")) for number in range(LARGE[-1])]


def naive(leaves: list[bytes]) -> bytes:
    """The root as RFC 6962, section 2.1, defines it."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    middle = 1
    while middle * 2 < len(leaves):
        middle *= 2
    return hashlib.sha256(b"\1" + naive(leaves[:middle]) + naive(leaves[middle:])).digest()


@pytest.fixture(scope="module")
def nodes() -> dict[tree.Address, bytes]:
    made, _ = tree.append(0, [], LEAVES)
    return dict(made)


@pytest.fixture(scope="module")
def roots(nodes: dict[tree.Address, bytes]) -> dict[int, bytes]:
    return {
        size: tree.root([nodes[peak] for peak in tree.peaks_of(size)]) for size in SIZES + LARGE
    }


@pytest.mark.parametrize("size", range(9))
def test_small_roots_are_the_known_ones(size: int) -> None:
    _, peaks = tree.append(0, [], map(tree.leaf_hash, KNOWN_LEAVES[:size]))
    assert tree.root(peaks).hex() == KNOWN_ROOTS[size]


def test_every_root_is_the_one_that_the_rfc_defines(roots: dict[int, bytes]) -> None:
    for size, root in roots.items():
        assert root == naive(LEAVES[:size]), size


def test_it_does_not_matter_how_many_leaves_are_added_at_once() -> None:
    one_by_one, peaks = list[tuple[tree.Address, bytes]](), list[bytes]()
    for size, leaf in enumerate(LEAVES[:300]):
        made, peaks = tree.append(size, peaks, [leaf])
        one_by_one += made
    at_once, peaks_at_once = tree.append(0, [], LEAVES[:300])
    assert sorted(one_by_one) == sorted(at_once)
    assert peaks == peaks_at_once
    assert tree.part(tree.join(peaks)) == peaks


def inclusions() -> Iterator[tuple[int, int]]:
    for size in SIZES[1:]:
        for index in range(size):
            yield index, size
    for size in LARGE:
        for index in (0, 1, 255, 256, 32_767, 32_768, 65_533, size - 1):
            yield index, size


def test_every_leaf_is_proved_to_be_where_it_is_and_nowhere_else(
    nodes: dict[tree.Address, bytes], roots: dict[int, bytes]
) -> None:
    for index, size in inclusions():
        proof = tree.hashes(tree.inclusion(index, size), nodes)
        tree.verify_inclusion(index, size, LEAVES[index], proof, roots[size])
        for wrong in {(index + 1) % size, index ^ 1} - {index}:
            with pytest.raises(tree.Inconsistent):
                tree.verify_inclusion(wrong, size, LEAVES[index], proof, roots[size])


def test_every_tree_is_proved_to_continue_every_smaller_one(
    nodes: dict[tree.Address, bytes], roots: dict[int, bytes]
) -> None:
    pairs = [(old, new) for new in SIZES for old in SIZES if old <= new]
    pairs += [(old, new) for new in LARGE for old in (*SIZES, *LARGE) if old <= new]
    for old, new in pairs:
        proof = tree.hashes(tree.consistency(old, new), nodes)
        verify_consistency(old, new, proof, roots[old], roots[new])
        if 0 < old < new:
            with pytest.raises(tree.Inconsistent):
                verify_consistency(old, new, proof, roots[new], roots[new])


@pytest.mark.parametrize(("old", "new"), [(3, 7), (4, 7), (6, 8), (255, 257), (256, 300)])
def test_a_proof_with_one_bit_flipped_or_a_hash_more_or_less_proves_nothing(
    nodes: dict[tree.Address, bytes], old: int, new: int
) -> None:
    def root(size: int) -> bytes:
        return naive(LEAVES[:size])

    proof = tree.hashes(tree.consistency(old, new), nodes)
    inclusion = tree.hashes(tree.inclusion(old, new), nodes)
    for place in range(len(proof)):
        broken = list(proof)
        broken[place] = bytes([broken[place][0] ^ 1]) + broken[place][1:]
        with pytest.raises(tree.Inconsistent):
            verify_consistency(old, new, broken, root(old), root(new))
    for wrong in (proof[:-1], [*proof, proof[0]], []):
        with pytest.raises(tree.Inconsistent):
            verify_consistency(old, new, wrong, root(old), root(new))
    for wrong in (inclusion[:-1], [*inclusion, inclusion[0]]):
        with pytest.raises(tree.Inconsistent):
            tree.verify_inclusion(old, new, LEAVES[old], wrong, root(new))


def test_what_is_not_in_a_tree_has_no_proof() -> None:
    for index, size in ((0, 0), (5, 5), (-1, 3)):
        with pytest.raises(ValueError, match="has no leaf"):
            tree.inclusion(index, size)
    with pytest.raises(ValueError, match="cannot continue"):
        tree.consistency(8, 7)
