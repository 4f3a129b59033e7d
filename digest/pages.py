"""Where the public pages stand: the settings of the web, and the addresses printed into mail."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from digest.errors import ConfigurationError
from digest.limits import PortOrAny


@dataclass(frozen=True, kw_only=True)
class WebSettings:
    """How readers reach the pages, and on which socket they are served.

    ``public_url`` is what stands in mail: scheme and host, as the proxy in front shows them, with
    https wherever real readers are. ``host`` and ``port`` are where this process listens.
    """

    public_url: str = "https://digest.example"
    host: str = "127.0.0.1"
    port: PortOrAny = 8025

    def __post_init__(self) -> None:
        """Refuse an address that a reader's mail program could not open."""
        parts = urlsplit(self.public_url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ConfigurationError(
                f"[web] public_url = {self.public_url!r} is no web address; write it as"
                " https://digest.example.org"
            )
        if parts.path.strip("/") or parts.query or parts.fragment:
            raise ConfigurationError(
                f"[web] public_url = {self.public_url!r} has more than a host; the pages"
                " stand at the root of a host of their own"
            )

    def unsubscribe_url(self, token: str) -> str:
        """Return the address behind the unsubscribe link and the one-click header."""
        return f"{self.public_url.rstrip('/')}/u/{token}"

    def issue_url(self, number: int) -> str:
        """Return the permanent address of an issue."""
        return f"{self.public_url.rstrip('/')}/{number}"
