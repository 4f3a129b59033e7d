"""Builds the ways out for the app: the carriers, routes and paces, and the gate before them."""

import logging
from collections.abc import Mapping

from digest.clock import Clock
from digest.config import FAILPOINT, Configuration, ordered_failpoint
from digest.delivery.gate import Gate
from digest.delivery.pace import Pace
from digest.delivery.routes import MAIN, Routing
from digest.delivery.traffic import Traffic
from digest.errors import ConfigurationError
from digest.failpoint import Failpoint
from digest.providers import registry
from digest.providers.capabilities import Needs
from digest.providers.carrier import Carrier
from digest.providers.redirected import redirected
from digest.providers.registry import CarrierSettings
from storage.database import Database

log = logging.getLogger(__name__)


def settings_of(config: Configuration) -> Mapping[str, CarrierSettings]:
    """Return the settings of every carrier by its name; `MAIN` is section [carrier]."""
    return {MAIN: config.carrier, **config.carriers}


def carriers_of(
    config: Configuration, *, clock: Clock, failpoint: Failpoint | None
) -> Mapping[str, Carrier]:
    """Make every carrier; one is refused where it cannot say what the settings ask for."""
    needs = Needs(return_domain=config.sender.bounce_domain, signature=config.dkim.is_on)
    made = registry.build_all(settings_of(config), needs=needs, clock=clock, failpoint=failpoint)
    return redirected(made, settings=config.test)


def leaves_machine(config: Configuration) -> bool:
    """Tell whether a carrier hands letters to another machine."""
    return any(map(registry.leaves_machine, settings_of(config).values()))


def is_in_memory(config: Configuration) -> bool:
    """Tell whether a carrier keeps letters in the memory of this very process."""
    return any(own.kind == "memory" for own in settings_of(config).values())


def traffic_of(config: Configuration, *, carriers: Mapping[str, Carrier], gate: Gate) -> Traffic:
    """Return which letters go which way, and when."""
    return Traffic(
        routing=Routing(routes=config.routes, failover=config.failover.to),
        others={name: one for name, one in carriers.items() if name != MAIN},
        caps=config.pace.receivers,
        gate=gate,
    )


def pace_of(config: Configuration, *, database: Database) -> Pace:
    """Return what keeps all senders together below the rates that were set."""
    most = {name: own.letters_per_minute for name, own in settings_of(config).items()}
    return Pace(database, settings=config.pace, by_carrier=most)


def failpoint_of(config: Configuration) -> Failpoint | None:
    """Return where this process has to die, for a test; refused where letters leave the machine."""
    failpoint = ordered_failpoint()
    if failpoint is None:
        return None
    if leaves_machine(config):
        raise ConfigurationError(
            f"environment {FAILPOINT} kills senders on purpose, and [carrier] leaves"
            " this machine: nothing was sent; unset it, or use a carrier on this machine"
        )
    log.warning("%s is set: this process will die at %s", FAILPOINT, failpoint)
    return failpoint
