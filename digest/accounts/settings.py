"""How the console can be reached, and how long somebody stays signed in."""

from dataclasses import dataclass, field
from typing import Annotated

from digest.accounts.oidc.settings import OidcSettings
from digest.accounts.secured import is_secured
from digest.errors import ConfigurationError
from digest.limits import Count
from digest.pages import WebSettings
from storage.limits import Limits


@dataclass(frozen=True, kw_only=True)
class ConsoleSettings:
    """Whether other machines may ask for the console, and when a session ends.

    Without ``open`` it answers this machine only. ``hosts`` are further names under which it may
    be asked for, beside that of ``[web] public_url``. A session ends after ``idle_hours`` without
    a request, and ``days`` after it began. A file for an import has ``upload_bytes`` at most.
    ``oidc`` is who else may vouch for somebody.
    """

    open: bool = False
    hosts: tuple[str, ...] = ()
    idle_hours: Annotated[int, Limits(1, 168)] = 12
    days: Annotated[int, Limits(1, 90)] = 14
    upload_bytes: Count = 200_000_000
    oidc: OidcSettings = field(default_factory=OidcSettings)

    def url(self, path: str, *, web: WebSettings) -> str:
        """Return the address of a page of the console ("/console/issues"), for whoever may see it.

        That is this machine's own where the console is not open to others.
        """
        base = web.public_url.rstrip("/") if self.open else f"http://127.0.0.1:{web.port}"
        return f"{base}{path}"

    def check(self, web: WebSettings) -> None:
        """Refuse to show passwords to the network; raises `ConfigurationError`."""
        if self.open and not is_secured(web.public_url):
            raise ConfigurationError(
                f"[console] open = true with [web] public_url = {web.public_url!r} would send"
                " passwords readable over the network; put a proxy with https in front, or"
                " reach the console through a tunnel: ssh -L 8025:127.0.0.1:8025"
            )
