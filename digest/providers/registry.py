"""Which carriers there are, and how one is made from its settings."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches

from digest.clock import Clock
from digest.errors import ConfigurationError
from digest.providers.carrier import Carrier
from digest.providers.folder import FolderCarrier, FolderSettings
from digest.providers.memory import MemoryCarrier
from digest.providers.session import SmtpSettings
from digest.providers.smtp import SmtpCarrier


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


KINDS: Mapping[str, Callable[[CarrierSettings, Clock], Carrier]] = {
    "smtp": lambda settings, clock: SmtpCarrier(settings.smtp, clock=clock),
    "folder": lambda settings, _: FolderCarrier(settings.folder),
    "memory": lambda _, __: MemoryCarrier(),
}


def build(settings: CarrierSettings, *, clock: Clock | None = None) -> Carrier:
    """Make the carrier; its time limits run on ``clock``, else on the machine's.

    Raises `ConfigurationError` for settings that cannot work.
    """
    return KINDS[settings.kind](settings, clock or Clock())
