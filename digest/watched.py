"""How others watch over the newsletter: what the operator may choose."""

import re
from dataclasses import dataclass, field
from datetime import time
from urllib.parse import urlsplit

from digest.errors import ConfigurationError
from digest.limits import Share

_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


@dataclass(frozen=True, kw_only=True)
class MetricsSettings:
    """Who may read `/metrics`, which tells counts and times and names nobody.

    ``open`` answers everybody; without it only programs on this machine are answered.
    """

    open: bool = False


@dataclass(frozen=True, kw_only=True)
class HeartbeatSettings:
    """Who is told that all is well.

    ``url`` is asked after each complete run, unless an issue is late: whoever misses it raises the
    alarm. An issue is late when less than ``share`` of its letters have been accepted ``by`` a time
    of day, in the newsletter's zone, at or after its slot; with an empty one none ever is.
    """

    url: str = field(default="", repr=False)
    share: Share = 0.99
    by: str = "09:40"

    def __post_init__(self) -> None:
        """Refuse what cannot be asked, and a time that no clock shows."""
        if self.url and not urlsplit(self.url).hostname:
            raise ConfigurationError("[heartbeat] url is no web address; write it as https://...")
        if self.by and not _TIME.fullmatch(self.by):
            raise ConfigurationError(
                f"[heartbeat] by = {self.by!r} is no time of day; write it as 09:40"
            )

    @property
    def limit(self) -> time | None:
        """The time of day at which an issue has to be out."""
        return time.fromisoformat(self.by) if self.by else None
