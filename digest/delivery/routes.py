"""Which carrier a letter goes to, and which one takes over: by the reader's domain. Pure."""

from collections.abc import Collection
from dataclasses import dataclass, field
from functools import cached_property

MAIN = ""
"""The name of the carrier of section [carrier]."""


@dataclass(frozen=True, kw_only=True)
class Route:
    """Readers at these ``domains`` are served by the carrier of this name.

    A domain stands for itself; with "*." in front of it, for all domains below.
    """

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012 - read by pydantic in a list of tables

    domains: tuple[str, ...]
    carrier: str


@dataclass(frozen=True, kw_only=True)
class FailoverSettings:
    """Who takes over when a carrier is down or its quota is used up: names of [carriers], in order.

    Only what was surely not taken is given to another one.
    """

    to: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Routing:
    """The routes, and who takes over in which order."""

    routes: tuple[Route, ...] = ()
    failover: tuple[str, ...] = field(default=())

    @cached_property
    def _by_domain(self) -> dict[str, str]:
        pairs = [(domain, route.carrier) for route in self.routes for domain in route.domains]
        return {domain.lower(): carrier for domain, carrier in reversed(pairs)}

    def carrier_of(self, domain: str) -> str:
        """Return the name of the carrier for readers at this domain; the first route wins."""
        if not self.routes:
            return MAIN
        if carrier := self._by_domain.get(domain):
            return carrier
        labels = domain.split(".")
        for start in range(1, len(labels)):
            if carrier := self._by_domain.get("*." + ".".join(labels[start:])):
                return carrier
        return MAIN

    def in_place_of(self, name: str, *, down: Collection[str]) -> str | None:
        """Return who serves the readers of this carrier now; None when nobody is left."""
        if name not in down:
            return name
        return next((heir for heir in self.failover if heir not in down), None)
