"""One carrier's part of one send: what its threads share, and how it stands."""

import logging
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from digest.clock import Clock
from digest.delivery.desk import Desk
from digest.delivery.duty import Duty
from digest.delivery.receivers import known
from digest.delivery.retry import Doubt
from digest.delivery.settings import DeliverySettings
from digest.editions.store import Edition
from digest.providers.carrier import Carrier
from digest.render.personal import Personaliser

log = logging.getLogger(__name__)

_RESTS = 3  # in a row; who asks for more is put off, or has its heir take over
_BRAKED_SECONDS = 60.0  # by then the books know, and give out none


def _nobody() -> str | None:
    return None


@dataclass(kw_only=True)
class Job:
    """What the threads of one carrier share; ``name`` is the carrier's in the settings.

    ``first_place`` is the place of the thread that goes ahead. ``heir`` names the carrier that
    would take over now. ``is_rationed``: letters may have waited for their hour or day.
    """

    edition: Edition
    carrier: Carrier
    personalisers: Mapping[int, Personaliser]
    desk: Desk
    duty: Duty
    settings: DeliverySettings
    clock: Clock
    stop: threading.Event
    doubt: Doubt
    name: str = ""
    first_place: int = 0
    heir: Callable[[], str | None] = _nobody
    is_rationed: bool = False
    trouble: str | None = None
    pause_reason: str | None = None
    error: BaseException | None = None
    halted: threading.Event = field(default_factory=threading.Event)
    is_down: bool = False
    rest: float | None = None  # seconds for which the carrier wants to be left alone
    brakes: dict[str, float] = field(default_factory=dict)  # who asked to slow down, until when
    hints: Counter[str] = field(default_factory=Counter)
    rests: int = 0  # for which the carrier asked since it took a letter
    _rests_until: float = 0.0

    @property
    def may_go_on(self) -> bool:
        """Whether another letter may be begun."""
        return not (self.stop.is_set() or self.halted.is_set())

    def halt(self) -> None:
        """Begin no other letter; those under way are finished."""
        self.halted.set()
        self.desk.clear()

    def pause(self, reason: str) -> None:
        """Halt, because somebody has to look at this first."""
        self.pause_reason = self.trouble = reason
        self.halt()

    def fall(self, reason: str, *, rest: float | None = None) -> None:
        """Halt, because this carrier takes nothing more; what is left is its heir's, if any.

        ``rest``: for how many seconds it need not be asked again.
        """
        if self.is_down:
            return
        heir = self.heir()
        self.rest = rest
        self.trouble = reason if heir is None else f"{reason}; carrier {heir!r} took over"
        self.is_down = True
        if heir is not None:
            log.error("carrier %s: %s", self.name or self.carrier.name, self.trouble)
        self.halt()

    def let_rest(self, seconds: float) -> bool:
        """Ask the carrier nothing for so long; False when it wants that too often.

        What several threads hear at the same time is one wish.
        """
        if not self.is_resting:
            self.rests += 1
        self._rests_until = max(self._rests_until, self.clock.monotonic() + seconds)
        return self.rests <= _RESTS

    @property
    def is_resting(self) -> bool:
        """Whether the carrier asked for a moment's rest, which is not over."""
        return self.clock.monotonic() < self._rests_until

    def await_rest(self) -> None:
        """Wait until the carrier may be asked again, or until we are to stop."""
        left = self._rests_until - self.clock.monotonic()
        if left > 0:
            self.clock.wait(left, stop=self.stop)

    def brake(self, domain: str) -> None:
        """Give out no letter for this provider that lies ready."""
        self.brakes[known(domain) or domain] = self.clock.monotonic() + _BRAKED_SECONDS

    def is_braked(self, domain: str) -> bool:
        """Whether letters to this domain have to wait."""
        until = self.brakes.get(known(domain) or domain)
        return until is not None and self.clock.monotonic() < until
