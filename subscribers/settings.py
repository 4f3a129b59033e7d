"""What the operator may choose about people: their keys, what is kept of them, and how many."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from storage.limits import Limits

_Kept = Annotated[int, Limits(3, 3650)]  # days; a link works for two, and its request must be there


@dataclass(frozen=True, kw_only=True)
class KeySettings:
    """How often one key may ask: so many times a minute, over all processes."""

    requests_per_minute: Annotated[int, Limits(1, 1_000_000)] = 600


@dataclass(frozen=True, kw_only=True)
class RetentionSettings:
    """How long is kept what nobody confirmed.

    ``pending_days``: a request for a subscription, after its last letter, or the request itself
    where no server took one (rule R37). ``unasked_days``: somebody who was imported without a
    source of consent and has not confirmed since.
    """

    pending_days: _Kept = 7
    unasked_days: _Kept = 90


class KeepAddress(StrEnum):
    """How much of a network address is kept as evidence."""

    FULL = "full"
    CUT = "cut"  # the network: /24, or /48 of IPv6
    NONE = "none"


@dataclass(frozen=True, kw_only=True)
class Allowances:
    """How many sign-ups an hour are taken: of one address, one network, one domain, and in all.

    ``per_ip`` is for one network address, ``per_network`` for its neighbours (/24, /48 of IPv6).
    """

    per_address: int = 20
    per_ip: int = 20
    per_network: int = 100
    per_domain: int = 500
    in_all: int = 2000
