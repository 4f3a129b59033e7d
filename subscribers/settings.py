"""What the operator may choose about people: their keys, what is kept of them, and how many."""

from dataclasses import dataclass
from enum import StrEnum

_MOST_PER_MINUTE = 1_000_000
_SHORTEST, _LONGEST = 3, 3650  # days; a link works for two


@dataclass(frozen=True, kw_only=True)
class KeySettings:
    """How often one key may ask: so many times a minute, over all processes."""

    requests_per_minute: int = 600

    def __post_init__(self) -> None:
        """Refuse a limit that lets nothing through."""
        if not 1 <= self.requests_per_minute <= _MOST_PER_MINUTE:
            raise ValueError(f"[api] requests_per_minute takes 1 to {_MOST_PER_MINUTE}")


@dataclass(frozen=True, kw_only=True)
class RetentionSettings:
    """How long is kept what nobody confirmed.

    ``pending_days``: a request for a subscription, after it was made (rule R37). ``unasked_days``:
    somebody who was imported without a source of consent and has not confirmed since.
    """

    pending_days: int = 7
    unasked_days: int = 90

    def __post_init__(self) -> None:
        """Refuse a time that deletes requests whose link still works."""
        for name in ("pending_days", "unasked_days"):
            if not _SHORTEST <= getattr(self, name) <= _LONGEST:
                raise ValueError(f"[retention] {name} takes {_SHORTEST} to {_LONGEST} days")


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
