"""Which addresses may be reached: the public internet, and what the operator opened."""

import socket
from ipaddress import ip_network
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core import guard as guards
from app.core.guard import Guard, Networks, Refused, is_allowed
from tests.support.receiver import know_names, names_hang

PUBLIC = """
1.0.0.0 1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.0
168.63.129.15 169.253.255.255 169.255.0.0 172.15.255.255 172.32.0.0 192.0.1.0 192.0.3.0
192.31.195.255 192.52.194.0 192.88.98.255 192.167.255.255 192.169.0.0 192.175.49.0 198.17.255.255
198.20.0.0 198.51.99.255 203.0.114.0 223.255.255.255
2000::1 2001:200:: 2001:4860:4860::8888 2001:db7:ffff:: 2001:db9:: 2003::1 2606:4700:4700::1111
2620:4f:8001:: 2a00:1450:4001:82a::200e 3ffe::1 3fff:1000:: 3fff:ffff::
"""
NOT_PUBLIC = """
0.0.0.0 0.1.2.3 10.0.0.0 10.255.255.255 100.64.0.0 100.127.255.255 100.100.100.200
127.0.0.1 127.255.255.255 168.63.129.16 169.254.0.0 169.254.169.254 172.16.0.0 172.31.255.255
192.0.0.0 192.0.0.192 192.0.2.1 192.31.196.1 192.52.193.1 192.88.99.1 192.168.0.0 192.168.255.255
192.175.48.1 198.18.0.0 198.19.255.255 198.51.100.1 203.0.113.1 224.0.0.1 239.255.255.255
240.0.0.1 255.255.255.255
:: ::1 ::127.0.0.1 ::ffff:0:0 ::ffff:8.8.8.8 ::ffff:127.0.0.1 ::ffff:0:127.0.0.1
64:ff9b::7f00:1 64:ff9b::808:808 64:ff9b:1::1 100::1 100:0:0:1::1 1fff:ffff::
2001::1 2001:0:7f00:1:: 2001:1::1 2001:2::1 2001:3::1 2001:4:112::1 2001:10::1 2001:20::1
2001:30::1 2001:1ff:ffff:: 2001:db8::1 2001:db8:ffff:: 2002:: 2002:7f00:1:: 2002:808:808::1
2620:4f:8000::1 3fff:: 3fff:fff:ffff::1 4000::1 5f00::1 fc00::1 fd00:ec2::254 fe80::1 fe80::1%eth0
2a00:1450::1%eth0 febf::1 fec0::1 feff::1 ff00:: ff02::1 ff0e::1
localhost example.org 127.1 0x7f.1 2130706433 0177.0.0.1 1.1.1.1/32 1.1.1.1\x00 １.1.1.1
[2606:4700:4700::1111]
"""
CLOSED = Guard((), allow_http=False)
PLAIN = Guard((), allow_http=True)


def networks(*blocks: str) -> Networks:
    return tuple(ip_network(block) for block in blocks)


@pytest.mark.parametrize("address", PUBLIC.split())
def test_a_public_address_may_be_reached(address: str) -> None:
    assert is_allowed(address, ())


@pytest.mark.parametrize("address", [*NOT_PUBLIC.split(), "", " 1.1.1.1", "1.1.1.1 "])
def test_any_other_may_not(address: str) -> None:
    assert not is_allowed(address, ())


@pytest.mark.parametrize(
    ("address", "opened", "allowed"),
    [
        ("127.0.0.1", ["127.0.0.0/8"], True),
        ("10.1.2.3", ["127.0.0.0/8", "10.1.0.0/16"], True),
        ("10.2.2.3", ["127.0.0.0/8", "10.1.0.0/16"], False),
        ("::1", ["127.0.0.0/8"], False),
        ("::1", ["::1/128"], True),
        ("::ffff:127.0.0.1", ["127.0.0.0/8"], False),
        ("::ffff:127.0.0.1", ["::ffff:127.0.0.0/104"], True),
        ("127.0.0.1", ["::ffff:127.0.0.0/104"], False),
        ("64:ff9b::7f00:1", ["127.0.0.0/8"], False),
        ("fe80::1", ["fe80::/10"], True),
        ("fe80::1%eth0", ["fe80::/10"], False),
        ("8.8.8.8", ["10.0.0.0/8"], True),
    ],
)
def test_what_the_operator_opened_is_compared_as_written(
    address: str, opened: list[str], allowed: bool
) -> None:
    assert is_allowed(address, networks(*opened)) is allowed


@given(st.ip_addresses())
def test_nothing_but_globally_routed_unicast_is_allowed(address: Any) -> None:
    if is_allowed(str(address), ()):
        assert address.is_global
        assert not address.is_multicast
        assert not address.is_reserved


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org",
        "https://example.org/hook?token=%23a&b=c@d",
        "HTTPS://EXAMPLE.ORG/hook",
        "https://example.org./hook",
        "https://example.org:443/",
        "https://example.org:80/",
        "https://example.org:1024/",
        "https://example.org:65535/",
        "https://münchen.example/",
        "https://a_b.example.org/",
        "https://1.example.org/",
        "https://8.8.8.8/hook",
        "https://[2606:4700:4700::1111]:8443/",
        "https://[2606:4700:4700:0:0::1111]/",
        "https://notlocalhost/",
        "https://localhost.example.org/",
    ],
)
def test_an_address_on_the_internet_is_fine(url: str) -> None:
    assert CLOSED.check_url(url) is None


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://example.org/", "Use https://…; plain http is only possible where"),
        ("ftp://example.org/", "begins with https://"),
        ("wss://example.org/", "begins with https://"),
        ("javascript:alert(1)", "begins with https://"),
        ("//example.org/", "begins with https://"),
        ("example.org", "begins with https://"),
        ("", "begins with https://"),
        ("https://", "with a host"),
        ("https:///hook", "with a host"),
        ("https://.", "with a host"),
        ("https://a..example.org/", "with a host"),
        (f"https://{'a' * 64}.example.org/", "with a host"),
        (f"https://{'a.' * 130}org/", "with a host"),
        ("https://a%2eb.example.org/", "with a host"),
        ("https://%31%32%37.1/", "with a host"),
        ("https://1.2.3.4.5/", "with a host"),
        ("https://256.1.1.1/", "with a host"),
        ("https://09.1.1.1/", "with a host"),
        ("https://example.0x/", "with a host"),
        ("https://example.org:99999/", "complete web address"),
        ("https://example.org:x/", "complete web address"),
        ("https://[::1/", "complete web address"),
        ("https://example.org\\@10.0.0.1/", "complete web address"),
        ("https://example.org/a b", "spaces and control characters"),
        ("https://exa\tmple.org/", "spaces and control characters"),
        ("https://example.org/\r\nHost:x", "spaces and control characters"),
        ("https://example.org/\x00", "spaces and control characters"),
        ("https://user@example.org/", "without a user name or password"),
        ("https://user:password@example.org/", "without a user name or password"),
        ("https://:password@example.org/", "without a user name or password"),
        ("https://8.8.8.8:443@10.0.0.1/", "without a user name or password"),
        ("https://example.org/#top", "Take the #"),
        ("https://example.org/#", "Take the #"),
        ("https://example.org:0/", "Use port 443, 80, or one from 1024"),
        ("https://example.org:22/", "Use port 443, 80, or one from 1024"),
        ("https://example.org:1023/", "Use port 443, 80, or one from 1024"),
        ("https://127.0.0.1/", "127.0.0.1 is not a public address"),
        ("https://127.1/", "127.0.0.1 is not a public address"),
        ("https://0x7f.1/", "127.0.0.1 is not a public address"),
        ("https://0X7F.1/", "127.0.0.1 is not a public address"),
        ("https://0x7f000001/", "127.0.0.1 is not a public address"),
        ("https://2130706433/", "127.0.0.1 is not a public address"),
        ("https://0177.0.0.1/", "127.0.0.1 is not a public address"),
        ("https://017700000001/", "127.0.0.1 is not a public address"),
        ("https://127.0.0.1./", "127.0.0.1 is not a public address"),
        ("https://127。0。0。1/", "127.0.0.1 is not a public address"),
        ("https://①②⑦.0.0.1/", "127.0.0.1 is not a public address"),
        ("https://0/", "0.0.0.0 is not a public address"),
        ("https://[::1]/", "::1 is not a public address"),
        ("https://[::ffff:127.0.0.1]/", "::ffff:7f00:1 is not a public address"),
        ("https://[0:0:0:0:0:ffff:7f00:1]/", "::ffff:7f00:1 is not a public address"),
        ("https://[fe80::1%25eth0]/", "is not a public address"),
        ("https://169.254.169.254/latest/meta-data", "169.254.169.254 is not a public address"),
        ("https://010.8.8.8/", "Write the host as 8.8.8.8."),
        ("https://134744072/", "Write the host as 8.8.8.8."),
        ("https://8.8.8.8./", "Write the host as 8.8.8.8."),
        ("https://localhost/", "own machine"),
        ("https://LOCALHOST./", "own machine"),
        ("https://a.localhost:8443/", "own machine"),
    ],
)
def test_another_is_refused_in_words_that_say_what_to_do(url: str, words: str) -> None:
    if words == "with a host":
        words = "Give an address with a host that exists"
    assert words in (CLOSED.check_url(url) or "")


def test_plain_http_is_fine_where_the_operator_allows_it() -> None:
    assert PLAIN.check_url("http://example.org/") is None
    assert "is not a public address" in (PLAIN.check_url("http://10.0.0.1/") or "")


@pytest.mark.parametrize("opened", ["127.0.0.0/8", "::1/128"])
def test_localhost_is_fine_where_loopback_is_opened(opened: str) -> None:
    opening = Guard(networks(opened), allow_http=True)

    assert opening.check_url("http://localhost:8000/hook") is None
    assert opening.check_url("http://a.localhost./hook") is None


def test_an_opened_address_must_be_written_in_its_usual_form_too() -> None:
    opening = Guard(networks("127.0.0.0/8"), allow_http=True)

    assert opening.check_url("http://127.0.0.1:8000/") is None
    assert opening.check_url("http://127.1:8000/") == "Write the host as 127.0.0.1."
    assert opening.check_url("http://[::1]:8000/") is not None


async def test_a_name_is_refused_when_any_of_its_addresses_is_not_public(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    know_names(
        monkeypatch,
        {
            "good.example": ["93.184.215.14", "2606:2800:21f::1"],
            "bad.example": ["93.184.215.14", "fd00::1"],
            "local.example": ["127.0.0.1"],
        },
    )
    opening = Guard(networks("127.0.0.0/8"), allow_http=False)

    assert await CLOSED.check_names("https://good.example/") is None
    assert await CLOSED.check_names("https://bad.example/") == (
        "bad.example leads to what is not a public address;"
        " use one that can be reached from the internet."
    )
    assert await CLOSED.check_names("https://local.example/") is not None
    assert await opening.check_names("https://local.example/") is None


async def test_a_name_that_is_not_known_yet_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    know_names(monkeypatch, {})

    assert await CLOSED.check_names("https://soon.example/") is None
    assert await CLOSED.check_names("https://8.8.8.8/") is None


async def test_a_name_whose_look_up_hangs_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guards, "PATIENCE", 0.1)

    with names_hang(monkeypatch):
        assert await CLOSED.check_names("https://slow.example/") is None


def test_a_socket_is_made_for_an_allowed_address_only() -> None:
    opening = Guard(networks("127.0.0.0/8"), allow_http=True)
    stream = (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "")

    with opening.socket_for((*stream, ("127.0.0.1", 80))) as made:
        assert not made.getblocking()
        assert made.family == socket.AF_INET
    with pytest.raises(Refused, match=r"^10.0.0.5 is not a public address$"):
        opening.socket_for((*stream, ("10.0.0.5", 80)))
    with pytest.raises(Refused, match=r"^::1 is not a public address$"):
        opening.socket_for((socket.AF_INET6, *stream[1:], ("::1", 80, 0, 0)))
