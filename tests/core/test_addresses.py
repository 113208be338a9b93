"""The address that a request counts for cannot be chosen by who sends it."""

import pytest

from app.core.addresses import client_of, normal


def of(proxies: int, *headers: str, peer: str = "10.0.0.1") -> str:
    pairs = [(b"x-forwarded-for", header.encode()) for header in headers]
    return client_of({"type": "http", "client": (peer, 1), "headers": pairs}, proxies)


def test_without_proxies_the_header_is_ignored() -> None:
    assert of(0, "192.0.2.1") == "10.0.0.1"


def test_an_address_is_taken_as_many_places_from_the_right_as_there_are_proxies() -> None:
    seen = "198.51.100.9, 192.0.2.1, 10.0.0.2"

    assert of(1, seen) == "10.0.0.2"
    assert of(2, seen) == "192.0.2.1"
    assert of(2, "198.51.100.9", "192.0.2.1", "10.0.0.2") == "192.0.2.1"


def test_what_a_client_writes_itself_changes_nothing() -> None:
    for forged in ("", "198.51.100.9, ", "198.51.100.9, 203.0.113.7, ", ",,,", "unknown, "):
        assert of(1, f"{forged}192.0.2.1") == "192.0.2.1"
        assert of(1, forged, "192.0.2.1") == "192.0.2.1"


def test_what_came_by_fewer_proxies_counts_for_what_the_first_of_them_saw() -> None:
    assert of(2, "192.0.2.1") == "192.0.2.1"
    assert of(2) == "10.0.0.1"


def test_an_entry_that_is_no_address_counts_for_the_proxy() -> None:
    assert of(1, "192.0.2.1, unknown") == "10.0.0.1"


@pytest.mark.parametrize(
    ("entry", "address"),
    [
        ("192.0.2.1:4711", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("[2001:db8:1:2::9]:443", "2001:db8:1:2::/64"),
        ('"[2001:db8:1:2::9]"', "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("0192.0.2.1", None),
        ("192.0.2.1\n", "192.0.2.1"),
        ("", None),
        ("_hidden", None),
        ("1" * 100_000, None),
    ],
)
def test_an_address_has_one_form_and_ipv6_counts_by_network(
    entry: str, address: str | None
) -> None:
    assert normal(entry) == address
