"""Which carriers there are, and how one is made from its settings."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches

from digest.clock import Clock
from digest.errors import ConfigurationError
from digest.failpoint import Failpoint
from digest.providers.carrier import Carrier
from digest.providers.doomed import DoomedCarrier, dial_to
from digest.providers.folder import FolderCarrier, FolderSettings
from digest.providers.line import Dial
from digest.providers.memory import MemoryCarrier
from digest.providers.session import SmtpSettings
from digest.providers.smtp import SmtpCarrier
from digest.providers.wire import dial


@dataclass(frozen=True, kw_only=True)
class CarrierSettings:
    """Which carrier takes the letters, and the settings of each."""

    kind: str = "smtp"
    smtp: SmtpSettings = field(default_factory=SmtpSettings)
    folder: FolderSettings = field(default_factory=FolderSettings)

    def __post_init__(self) -> None:
        """Refuse a kind that does not exist."""
        if self.kind not in KINDS:
            near = get_close_matches(self.kind, KINDS, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(KINDS)}"
            raise ConfigurationError(f"[carrier] kind = {self.kind!r} does not exist; {hint}")


KINDS: Mapping[str, Callable[[CarrierSettings, Clock, Dial], Carrier]] = {
    "smtp": lambda settings, clock, dial: SmtpCarrier(settings.smtp, clock=clock, dial=dial),
    "folder": lambda settings, *_: FolderCarrier(settings.folder),
    "memory": lambda *_: MemoryCarrier(),
}


def build(
    settings: CarrierSettings, *, clock: Clock | None = None, failpoint: Failpoint | None = None
) -> Carrier:
    """Make the carrier; its time limits run on ``clock``, else on the machine's.

    One with a ``failpoint`` kills this process there. Raises `ConfigurationError` for settings
    that cannot work.
    """
    make = KINDS[settings.kind]
    if failpoint is None:
        return make(settings, clock or Clock(), dial)
    carrier = make(settings, clock or Clock(), dial_to(failpoint))
    return DoomedCarrier(carrier, failpoint=failpoint)
