"""Whom a request comes from: what is kept of it as evidence, and which budgets it uses. Pure."""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from subscribers.addresses import Mailbox
from subscribers.budgets import Budget
from subscribers.settings import Allowances, KeepAddress
from subscribers.text import one_line
from subscribers.tokens import Keyring

_LONGEST_AGENT = 200
_LONGEST_FORM = 500
_BITS_OF_V4 = 24
_BITS_OF_V6 = 48


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Where a request came from: the peer's network address, its program, the form it used."""

    ip: str | None = None
    user_agent: str = ""
    form: str = ""

    def kept(self, keep: KeepAddress) -> dict[str, Any]:
        """Return what is kept of it as evidence."""
        kept = {
            "user_agent": one_line(self.user_agent, limit=_LONGEST_AGENT),
            "form": one_line(_page_of(self.form), limit=_LONGEST_FORM),
        }
        if self.ip is None or keep is KeepAddress.NONE:
            return kept
        return {**kept, "ip": self.ip if keep is KeepAddress.FULL else network_of(self.ip)}


def _page_of(url: str) -> str:
    """Return the address of a page without what was asked of it: it may name who asked."""
    return url.partition("#")[0].partition("?")[0]


def budgets_of(
    mailbox: Mailbox, *, ip: str | None, allowances: Allowances, keyring: Keyring
) -> list[Budget]:
    """Return what a sign-up uses; none of the names tells an address or a network.

    That of the address is quiet: whether it was entered before is nobody's business.
    """
    wanted: dict[str, tuple[str, int]] = {
        "address": (mailbox.canonical, allowances.per_address),
        "domain": (mailbox.domain, allowances.per_domain),
        "zz all": ("", allowances.in_all),  # last: all wait for this row
    }
    if ip is not None:
        wanted |= {
            "ip": (ip, allowances.per_ip),
            "network": (network_of(ip), allowances.per_network),
        }
    return [
        Budget(
            name=f"signup {kind} {keyring.budget_key(f'{kind} {what}')}",
            most=most,
            quiet=kind == "address",
        )
        for kind, (what, most) in wanted.items()
    ]


@lru_cache(maxsize=1_000)  # asked for the budgets and for the evidence of each request
def network_of(ip: str) -> str:
    """Return the network of an address: ``192.0.2.0/24``, ``2001:db8:1::/48``."""
    address = ipaddress.ip_address(ip)
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    bits = _BITS_OF_V4 if address.version == 4 else _BITS_OF_V6  # noqa: PLR2004 - IP versions
    return str(ipaddress.ip_network(f"{address}/{bits}", strict=False))


def as_evidence(
    origin: Origin, *, keep: KeepAddress, more: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return the evidence of one step: where it came from, and what else is to be kept."""
    return {**origin.kept(keep), **(more or {})}
