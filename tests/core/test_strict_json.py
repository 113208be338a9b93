"""JSON as I-JSON has it: what is refused, what is taken, and where a fault is."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.errors import Invalid, Malformed
from app.core.strict_json import DEPTH, LARGEST, check_json
from app.core.text import FORBIDDEN

CLEAN = st.text(max_size=20).filter(lambda text: not FORBIDDEN.search(text))
NUMBERS = st.integers(-LARGEST, LARGEST) | st.floats(allow_nan=False, allow_infinity=False)
DOCUMENTS: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | NUMBERS | CLEAN,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(CLEAN, inner, max_size=4),
    max_leaves=20,
)


def pointer_of(body: bytes) -> str:
    with pytest.raises(Invalid) as caught:
        check_json(body)
    return caught.value.errors[0].pointer


@given(DOCUMENTS, st.booleans())
def test_every_clean_document_is_taken_escaped_or_not(document: Any, escaped: bool) -> None:
    check_json(json.dumps(document, ensure_ascii=escaped).encode())


@given(st.binary(max_size=200))
def test_any_bytes_are_taken_or_refused_with_a_problem(body: bytes) -> None:
    try:
        check_json(body)
    except (Malformed, Invalid) as problem:
        assert problem.status in (400, 422)  # noqa: PT017


@given(DOCUMENTS, CLEAN)
def test_a_key_given_twice_is_refused_wherever_it_is(document: Any, key: str) -> None:
    name, value = json.dumps(key), json.dumps(document)
    twice = f"[[{value}, {{{name}: {value}, {name}: 1}}]]"

    with pytest.raises(Malformed, match="twice"):
        check_json(twice.encode())


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
@pytest.mark.parametrize("depth", [DEPTH, DEPTH + 1, 255, 100_000])
def test_nesting_ends_at_32(depth: int, opening: str, closing: str) -> None:
    body = (opening * depth + ("1" if closing == "}" else "") + closing * depth).encode()

    if depth <= DEPTH:
        check_json(body)
    else:
        with pytest.raises(Malformed, match="32 levels"):
            check_json(body)


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        (rb'{"a": [0, {"b": "\u0000"}]}', "/a/1/b"),
        (rb'{"a/b": {"c~d": "\ud800"}}', "/a~1b/c~0d"),
        (rb'["\u202e"]', "/0"),
        (rb'"\u0007"', ""),
        (b'{"n": 1e999}', "/n"),
        (b'{"n": [-9007199254740992]}', "/n/0"),
    ],
)
def test_a_fault_points_to_its_place(body: bytes, pointer: str) -> None:
    assert pointer_of(body) == pointer


def test_a_pointer_repeats_no_forbidden_character_and_at_most_200_others() -> None:
    body = json.dumps({"a\u202e" * 50: {"b" * 999: {"c" * 999: {"d" * 999: {"e": "\0"}}}}})
    pointer = pointer_of(body.encode())

    assert len(pointer) <= 200
    assert not FORBIDDEN.search(pointer)


@pytest.mark.parametrize("number", [LARGEST, -LARGEST, 1.7976931348623157e308, 5e-324, -0.0])
def test_the_largest_numbers_that_are_exact_are_taken(number: float) -> None:
    check_json(json.dumps([number]).encode())


@pytest.mark.parametrize("body", [b"NaN", b"[-Infinity]", b"01", b"+1", b".5", b"1.", b"0x1", b""])
def test_numbers_that_are_not_of_json_are_refused(body: bytes) -> None:
    with pytest.raises(Malformed):
        check_json(body)
