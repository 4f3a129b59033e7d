"""What stands between the ledger and the carriers: routes, paces, hours, more carriers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from zoneinfo import ZoneInfo

from digest.delivery.gate import Gate
from digest.delivery.hours import HoursSettings, WarmUpSettings
from digest.delivery.routes import Routing
from digest.delivery.sorting import Sorter
from digest.providers.carrier import Carrier


def _open_gate() -> Gate:
    return Gate(hours=HoursSettings(), warm_up=WarmUpSettings(), zone=ZoneInfo("UTC"))


@dataclass(frozen=True, kw_only=True)
class Traffic:
    """The rules of a send. As they are by default, every letter goes to one carrier, at once.

    ``others`` are the carriers beside the main one, by name; ``caps`` the most letters a minute
    for receiving providers, by name.
    """

    routing: Routing = field(default_factory=Routing)
    others: Mapping[str, Carrier] = field(default_factory=dict)
    caps: Mapping[str, int] = field(default_factory=dict)
    gate: Gate = field(default_factory=_open_gate)

    @cached_property
    def sorter(self) -> Sorter:
        """What decides about letters that were claimed."""
        return Sorter(routing=self.routing, caps=self.caps)
