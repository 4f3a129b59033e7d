"""How the web is read: what the operator may choose."""

from dataclasses import dataclass

from digest.errors import ConfigurationError
from digest.limits import Count, CountOrNone, Seconds
from digest.network import networks


@dataclass(frozen=True, kw_only=True)
class HttpSettings:
    """How the web is read.

    ``deadline`` (seconds) holds for the whole fetch: names, connections, redirects and body.
    ``connect_timeout`` (seconds) holds for each address tried. ``max_bytes`` limits the body, as
    sent and as unfolded; ``max_header_bytes`` the headers of each answer. ``allow_networks``
    opens networks that are not public, as "10.0.0.0/8".
    """

    user_agent: str = "Digest/0.1 (weekly newsletter; reads feeds)"
    deadline: Seconds = 20.0
    connect_timeout: Seconds = 5.0
    max_bytes: Count = 8_000_000
    max_header_bytes: Count = 65_536
    max_redirects: CountOrNone = 5
    allow_networks: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what no request could say, and networks that are none."""
        if not self.user_agent.isprintable() or not self.user_agent.isascii():
            raise ConfigurationError("[http] user_agent takes printable ASCII characters only")
        try:
            networks(self.allow_networks)
        except ValueError as error:
            raise ConfigurationError(f"[http] allow_networks: {error}") from error
