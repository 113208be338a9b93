"""A cache that holds so many bytes."""

from app.core.lru import OVERHEAD, Lru


def test_it_forgets_what_was_not_asked_for_longest() -> None:
    kept: Lru[str] = Lru(8 * (OVERHEAD + 100))
    for number in range(8):
        kept.put(number, str(number), 100)
    assert kept.get(0) == "0"

    kept.put(8, "8", 100)

    assert kept.get(1) is None
    assert [kept.get(number) for number in (0, 2, 8)] == ["0", "2", "8"]


def test_it_never_holds_more_than_its_limit() -> None:
    kept: Lru[bytes] = Lru(50_000)
    for number in range(1000):
        kept.put(number % 70, bytes(number), number)
        assert 0 <= kept.size <= 50_000


def test_a_value_replaces_the_one_that_was_there() -> None:
    kept: Lru[str] = Lru(10_000)
    kept.put("key", "old", 1000)
    kept.put("key", "new", 500)
    assert kept.get("key") == "new"
    assert kept.size == 500 + OVERHEAD


def test_what_alone_takes_much_of_it_is_not_kept_and_leaves_no_former_value() -> None:
    kept: Lru[str] = Lru(10_000)
    kept.put("key", "old", 10)
    kept.put("key", "large", 9000)
    assert kept.get("key") is None
    assert kept.size == 0


def test_of_nothing_it_keeps_nothing() -> None:
    kept: Lru[str] = Lru(0)
    kept.put("key", "value", 0)
    assert kept.get("key") is None
