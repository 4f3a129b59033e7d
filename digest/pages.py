"""Where the public pages stand: the settings of the web, and the addresses printed into mail."""

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

from digest.errors import ConfigurationError
from digest.limits import PortOrAny


@dataclass(frozen=True, kw_only=True)
class WebSettings:
    """How readers reach the pages, and on which socket they are served.

    ``public_url`` is what stands in mail: scheme and host, as the proxy in front shows them, with
    https wherever real readers are. ``host`` and ``port`` are where this process listens.
    ``trusted_proxies`` are the addresses or networks whose X-Forwarded-For is believed.
    """

    public_url: str = "https://digest.example"
    host: str = "127.0.0.1"
    port: PortOrAny = 8025
    trusted_proxies: tuple[str, ...] = ("127.0.0.1", "::1")

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
        for proxy in self.trusted_proxies:
            try:
                ipaddress.ip_network(proxy)
            except ValueError:
                raise ConfigurationError(
                    f"[web] trusted_proxies: {proxy!r} is no network; write it as 10.0.0.0/8"
                ) from None

    @property
    def is_secure(self) -> bool:
        """Whether readers come by https."""
        return self.public_url.startswith("https:")

    def unsubscribe_url(self, token: str) -> str:
        """Return the address behind the unsubscribe link and the one-click header."""
        return f"{self.public_url.rstrip('/')}/u/{token}"

    def confirm_url(self, token: str) -> str:
        """Return the address at which a subscription is confirmed."""
        return f"{self.public_url.rstrip('/')}/c/{token}"

    @property
    def archive_url(self) -> str:
        """The address of the list of all issues."""
        return f"{self.public_url.rstrip('/')}/archive"

    def issue_url(self, number: int) -> str:
        """Return the permanent address of an issue."""
        return f"{self.public_url.rstrip('/')}/{number}"

    def pause_url(self, token: str) -> str:
        """Return the address behind "Pause for 4 weeks" in an issue."""
        return f"{self.public_url.rstrip('/')}/p/{token}"

    def ask_url(self, token: str) -> str:
        """Return the address behind "Choose topics and language": it asks for a fresh link."""
        return f"{self.public_url.rstrip('/')}/l/{token}"

    def manage_url(self, token: str) -> str:
        """Return the address of a reader's own pages, as only a fresh link may name it."""
        return f"{self.public_url.rstrip('/')}/me/{token}"

    def address_url(self, token: str) -> str:
        """Return the address at which a new address is confirmed."""
        return f"{self.public_url.rstrip('/')}/a/{token}"

    def move_back_url(self, token: str) -> str:
        """Return the address at which a change of address is undone."""
        return f"{self.public_url.rstrip('/')}/b/{token}"

    def feedback_url(self, number: int) -> str:
        """Return what the answers to "Was this issue worth your time?" are appended to."""
        return f"{self.public_url.rstrip('/')}/f/{number}"
