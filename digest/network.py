"""Which network addresses a fetch may reach; pure, and judged after the name was resolved."""

from collections.abc import Iterable, Sequence
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

WEB_PORTS = frozenset({80, 443})

# `ipaddress.is_global` calls some of these public on Python 3.11, and each of them leads
# somewhere else than it says, or to more than one machine.
_REFUSED = tuple(
    ip_network(text)
    for text in (
        "192.0.0.0/24",  # protocol assignments
        "192.88.99.0/24",  # 6to4 relays
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved
        "2001::/23",  # protocol assignments, Teredo among them
        "2002::/16",  # 6to4
        "3fff::/20",  # documentation
    )
)
# All that is given out so far (RFC 4291, 2.4). Outside lie multicast and site-local addresses,
# and the IPv4-mapped, -compatible, -translated and NAT64 ones.
_GLOBAL_UNICAST = IPv6Network("2000::/3")
# Where an IPv4 address stands inside an IPv6 address: network, and bits to the right of it.
_EMBEDDING = tuple(
    (IPv6Network(text), shift)
    for text, shift in (
        ("::/96", 0),
        ("::ffff:0:0/96", 0),
        ("::ffff:0:0:0/96", 0),
        ("64:ff9b::/96", 0),
        ("2002::/16", 80),
    )
)


def networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """Return the networks written as CIDR ("127.0.0.0/8"); ValueError names a wrong one."""

    def read(text: str) -> Network:
        try:
            return ip_network(text)
        except ValueError:
            raise ValueError(f"{text!r} is no network; write it as 10.0.0.0/8") from None

    return tuple(map(read, texts))


def is_public(address: Address) -> bool:
    """Whether the address belongs to a machine on the open internet.

    Addresses that only wrap another one (NAT64, 6to4, Teredo, mapped, ...) are never public.
    """
    if address.version == 6 and address not in _GLOBAL_UNICAST:  # noqa: PLR2004 - IPv6
        return False
    return address.is_global and not any(address in network for network in _REFUSED)


def may_connect(text: str, port: int, *, allowed: Sequence[Network] = ()) -> bool:
    """Whether a fetch may connect to this resolved address and port.

    ``allowed`` opens networks that are not public, on any port; elsewhere only the ports of the
    web are open. An address that wraps an IPv4 address must be allowed itself, and what it wraps
    must be public or allowed too.
    """
    address = ip_address(text)
    if not any(address in network for network in allowed):
        return is_public(address) and port in WEB_PORTS
    return all(
        is_public(inner) or any(inner in network for network in allowed)
        for inner in _wrapped(address)
    )


def _wrapped(address: Address) -> list[IPv4Address]:
    """Return the IPv4 addresses that an IPv6 address carries inside."""
    if isinstance(address, IPv4Address) or address == IPv6Address("::1"):
        return []
    found = list(address.teredo or ())
    value = int(address)
    for network, shift in _EMBEDDING:
        if address in network:
            found.append(IPv4Address((value >> shift) & 0xFFFF_FFFF))
    return found
