"""Which address a request comes from, where proxies stand before the service.

Each proxy adds the address that it was called from at the end of `X-Forwarded-For`. So with so many
proxies of one's own, the entry so many places from the right is what the outermost saw; all that
is left of it is whatever the client wrote, and is not looked at. (RFC 7239's `Forwarded` is not
read: a proxy that writes one header passes on the other as it came, so anybody could forge it.)
"""

from functools import lru_cache
from ipaddress import IPv6Address, ip_address

from starlette.types import Scope

PREFIX = 64
"""Bits of an IPv6 address that count: one customer has all addresses that begin with them."""


def client_of(scope: Scope, proxies: int) -> str:
    """Return the address that a request counts for.

    proxies: how many of one's own stand before the service. With none the header is ignored.
    """
    client = scope.get("client")
    peer = client[0] if client else ""
    if not proxies:
        return normal(peer) or peer
    entries = [
        entry
        for name, value in scope["headers"]
        if name == b"x-forwarded-for"
        for entry in value.decode("latin-1").split(",")
    ]
    if not entries:
        return normal(peer) or peer
    return normal(entries[max(len(entries) - proxies, 0)]) or normal(peer) or peer


@lru_cache(maxsize=4096)
def normal(entry: str) -> str | None:
    """Return an address in one form, with or without a port before; None when it is not one.

    An IPv6 address becomes its network, one that holds an IPv4 address becomes that.
    """
    text = entry.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if not isinstance(address, IPv6Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    network = int(address) >> (128 - PREFIX) << (128 - PREFIX)
    return f"{IPv6Address(network)}/{PREFIX}"
