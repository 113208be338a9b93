"""Which addresses may be reached, so that nobody calls into a private network through us.

A URL that somebody else chose is checked when it is given (`check_url`, `check_names`), and its
address again each time it is dialled (`socket_for`), because a name may lead elsewhere by then.
"""

import asyncio
import re
import socket
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

import structlog
from aiohttp import AddrInfoType
from yarl import URL

log = structlog.get_logger("answerable.guard")
Networks = tuple[IPv4Network | IPv6Network, ...]

# What may be reached is a range less the special-purpose blocks of
# https://www.iana.org/assignments/iana-ipv4-special-registry (as of 2025-10-09) and
# https://www.iana.org/assignments/iana-ipv6-special-registry (as of 2025-10-09), also those that
# the registry calls globally reachable: no server is behind an anycast or translated address.
# `ipaddress.is_global` is no substitute: it lets NAT64, 6to4, site-local and multicast through.
FIRST_V4, LAST_V4 = IPv4Address("1.0.0.0"), IPv4Address("223.255.255.255")
SPECIAL_V4 = tuple(
    IPv4Network(block)
    for block in (
        "10.0.0.0/8",  # private use
        "100.64.0.0/10",  # shared address space of carriers
        "127.0.0.0/8",  # loopback
        "168.63.129.16/32",  # in no registry: the host of a machine in Azure, seen from inside
        "169.254.0.0/16",  # link-local, where clouds keep credentials
        "172.16.0.0/12",  # private use
        "192.0.0.0/24",  # IETF protocol assignments
        "192.0.2.0/24",  # documentation
        "192.31.196.0/24",  # AS112
        "192.52.193.0/24",  # AMT
        "192.88.99.0/24",  # 6to4 relay anycast
        "192.168.0.0/16",  # private use
        "192.175.48.0/24",  # AS112
        "198.18.0.0/15",  # benchmarking
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
    )
)
GLOBAL_V6 = IPv6Network("2000::/3")
SPECIAL_V6 = tuple(
    IPv6Network(block)
    for block in (
        "2001::/23",  # IETF protocol assignments: Teredo, benchmarking, AMT, AS112, ORCHID, …
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4: holds any IPv4 address
        "2620:4f:8000::/48",  # AS112
        "3fff::/20",  # documentation
    )
)

UNSEEN = re.compile(r"[\s\x00-\x1f\x7f]")
LABEL = "[a-z0-9_-]{1,63}"
NAME = re.compile(rf"(?=.{{1,253}}$){LABEL}(\.{LABEL})*")
NUMERIC = re.compile(r"(.*\.)?([0-9]+|0x[0-9a-f]*)")
"""Ends in a number, so that no name system knows it: an IPv4 address, or a mistake."""
NOT_PUBLIC = "is not a public address; use one that can be reached from the internet."
PATIENCE = 2.0
"""Seconds that a look-up may take while somebody waits for the answer."""

# Threads of their own: names that hang hold up only other names that somebody gives just now.
_lookups = ThreadPoolExecutor(8, thread_name_prefix="names")


class Refused(OSError):
    """An address that may not be reached; the message names it."""

    def __init__(self, address: str) -> None:
        super().__init__(f"{address} is not a public address")


def is_allowed(address: str, opened: Networks) -> bool:
    """Tell whether an address may be reached: a public one, or one that the operator opened.

    A network opens what it holds as written: 127.0.0.0/8 does not open ::ffff:127.0.0.1.
    """
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    if isinstance(parsed, IPv6Address) and parsed.scope_id is not None:
        return False
    return _is_public(parsed) or any(parsed in network for network in opened)


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    if isinstance(address, IPv4Address):
        return FIRST_V4 <= address <= LAST_V4 and not any(address in net for net in SPECIAL_V4)
    return address in GLOBAL_V6 and not any(address in net for net in SPECIAL_V6)


async def resolve(host: str) -> list[str]:
    """Return the addresses that a name has now; none when it has none or that takes too long."""
    lookup = asyncio.get_running_loop().run_in_executor(
        _lookups, lambda: socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    )
    try:
        async with asyncio.timeout(PATIENCE):
            return [str(info[4][0]) for info in await lookup]
    except (OSError, UnicodeError):  # a time-out is an OSError too
        return []


@dataclass(frozen=True)
class Guard:
    """What the operator of this service allows."""

    opened: Networks
    allow_http: bool

    def check_url(self, url: str) -> str | None:
        """Say what is wrong with a web address and what to do; None when it is fine."""
        try:
            parsed = URL(url)  # as aiohttp reads it, so that both see the same host
        except ValueError:
            return "Give a complete web address, such as https://example.org/path."
        return self._check_parts(url, parsed) or self._check_host((parsed.raw_host or "").lower())

    async def check_names(self, url: str) -> str | None:
        """Say whether an address that the host's name has now may not be reached.

        To be asked of a URL that `check_url` accepts. A name that is not known yet passes: the
        address is checked again when it is dialled.
        """
        host = URL(url).raw_host or ""
        if _literal(host) is not None or _is_localhost(host):
            return None  # `check_url` has judged them
        for address in await resolve(host):
            if not is_allowed(address, self.opened):
                log.info("address.refused", host=host, address=address)
                return (
                    f"{host} leads to what {NOT_PUBLIC}"  # not where: that is not for all to know
                )
        return None

    def socket_for(self, addr_info: AddrInfoType) -> socket.socket:
        """Make the socket that is to dial an address: the `socket_factory` of aiohttp.

        Raises:
            Refused: it may not be reached.
        """
        family, kind, protocol, _, address = addr_info
        if not is_allowed(str(address[0]), self.opened):
            raise Refused(address[0])
        made = socket.socket(family, kind, protocol)
        made.setblocking(False)
        return made

    def _check_parts(self, url: str, parsed: URL) -> str | None:
        port = parsed.port or 0
        plain = parsed.scheme == "http" and not self.allow_http
        faults = (
            (UNSEEN.search(url), "Take the spaces and control characters out of the address."),
            (plain, "Use https://…; plain http is only possible where the operator allows it."),
            (parsed.scheme not in ("http", "https"), "Give an address that begins with https://."),
            (
                parsed.user is not None or parsed.password is not None,
                "Give the address without a user name or password.",
            ),
            ("#" in url, "Take the # and what follows it off the address; it is never sent."),
            (
                port not in (80, 443) and not 1024 <= port <= 65_535,
                "Use port 443, 80, or one from 1024 to 65535.",
            ),
        )
        return next((fault for found, fault in faults if found), None)

    def _check_host(self, host: str) -> str | None:
        address = _literal(host)
        if address is not None:
            if not is_allowed(address, self.opened):
                return f"{address} {NOT_PUBLIC}"
            return None if address == host else f"Write the host as {address}."
        if NUMERIC.fullmatch(host.rstrip(".")) or not NAME.fullmatch(host.removesuffix(".")):
            return "Give an address with a host that exists, such as https://example.org/path."
        if _is_localhost(host) and not self._opens_loopback():
            return f"{host} is this service's own machine; give a host on the public internet."
        return None

    def _opens_loopback(self) -> bool:
        return any(is_allowed(address, self.opened) for address in ("127.0.0.1", "::1"))


def _literal(host: str) -> str | None:
    """Return the address, as usually written, that a host is in a form getaddrinfo takes."""
    host = host.rstrip(".")
    if ":" in host:
        return host  # IPv6, which yarl has written in its usual form
    if not NUMERIC.fullmatch(host):
        return None
    try:
        return socket.inet_ntoa(socket.inet_aton(host))  # 127.1, 0x7f.1, 2130706433, 0177.0.0.1
    except OSError:
        return None


def _is_localhost(host: str) -> bool:
    return f".{host.rstrip('.')}".endswith(".localhost")
