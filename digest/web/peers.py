"""Who asks: the network address behind a request, past the proxies that are trusted."""

import ipaddress
from collections.abc import Sequence
from functools import lru_cache

from fastapi import Request

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_MOST_HOPS = 20


def peer_of(request: Request, *, trusted: Sequence[str]) -> str | None:
    """Return the address of whoever asks; None where there is none (a local socket).

    X-Forwarded-For is read from its end, where the nearest proxy writes, and only as far as the
    ``trusted`` addresses and networks reach: whatever a stranger wrote before that is not believed.
    """
    networks = _networks(tuple(trusted))
    peer = _parsed(request.client.host if request.client else "")
    hops = ",".join(request.headers.getlist("x-forwarded-for")).split(",")
    for hop in list(reversed(hops))[:_MOST_HOPS]:
        if peer is None or not any(peer in network for network in networks):
            break
        named = _parsed(hop.strip())
        if named is None:
            break
        peer = named
    return str(peer) if peer else None


@lru_cache(maxsize=10)
def _networks(trusted: tuple[str, ...]) -> tuple[Network, ...]:
    return tuple(ipaddress.ip_network(network) for network in trusted)


@lru_cache(maxsize=1000)  # our proxies, and whoever asks again and again
def _parsed(text: str) -> Address | None:
    try:
        address = ipaddress.ip_address(text.strip("[]"))
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        return address.ipv4_mapped
    return address
