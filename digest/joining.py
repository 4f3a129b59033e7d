"""How people join: what the operator may choose about sign-up."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

from digest.errors import ConfigurationError
from digest.limits import Count, Pause
from subscribers.settings import Allowances, KeepAddress


@dataclass(frozen=True, kw_only=True)
class SignupLimits:
    """How many sign-ups an hour are taken; see `Allowances`."""

    per_address: Count = 20
    per_ip: Count = 20
    per_network: Count = 100
    per_domain: Count = 500
    in_all: Count = 2000


@dataclass(frozen=True, kw_only=True)
class SignupSettings:
    """How people join.

    ``confirm``: "same-browser" lets the link confirm by itself in the browser that asked for it,
    "button" never, and with "code" only the six digits count. ``keep_ip`` is how much of a network
    address is kept as evidence: "full", "cut" (/24, /48 of IPv6), "none". ``minimum_seconds`` is
    how long a person takes over the form at least. ``reminder`` sends one reminder a day later,
    ``welcome`` a letter after the confirmation, with the latest issue and what is always worth
    reading: ``evergreen`` holds addresses by their titles.
    """

    confirm: Literal["same-browser", "button", "code"] = "same-browser"
    keep_ip: Literal["full", "cut", "none"] = "cut"
    minimum_seconds: Pause = 2.0
    reminder: bool = False
    welcome: bool = False
    evergreen: Mapping[str, str] = field(default_factory=dict)
    limits: SignupLimits = field(default_factory=SignupLimits)

    def __post_init__(self) -> None:
        """Refuse an address that a reader could not open."""
        for title, url in self.evergreen.items():
            parts = urlsplit(url)
            if not title.strip() or parts.scheme not in {"http", "https"} or not parts.hostname:
                raise ConfigurationError(
                    f"[signup] evergreen: {title!r} = {url!r} takes a title and a web address, as"
                    ' "How we test" = "https://blog.example/how-we-test"'
                )

    @property
    def keep(self) -> KeepAddress:
        """How much of a network address is kept."""
        return KeepAddress(self.keep_ip)

    @property
    def allowances(self) -> Allowances:
        """The limits, in the words of those who count."""
        limits = self.limits
        return Allowances(
            per_address=limits.per_address,
            per_ip=limits.per_ip,
            per_network=limits.per_network,
            per_domain=limits.per_domain,
            in_all=limits.in_all,
        )
