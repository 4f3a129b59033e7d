"""The doorway of the console: from which machines, and under which names, it can be reached.

Whoever asks from elsewhere gets the site's own "no such page". The name is looked at too, so that
no other site can have a browser on this machine ask under a name of its own (DNS rebinding).
"""

import ipaddress
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from digest.accounts.settings import ConsoleSettings
from digest.pages import WebSettings
from digest.web.console.cookies import is_local_name

_NO_SUCH_PAGE = 404
_BY_A_PROXY = (
    "forwarded",
    "via",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-real-ip",
)


class Doorway:
    """Passes on the requests that may come in, and raises 404 for all others."""

    def __init__(self, console: ASGIApp, *, settings: ConsoleSettings, web: WebSettings) -> None:
        self._console = console
        self._is_open = settings.open
        public = urlsplit(web.public_url).netloc
        self._hosts = frozenset(name.lower() for name in (public, *settings.hosts))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or raise 404 for the site to answer."""
        if not self._may_enter(scope):
            raise HTTPException(_NO_SUCH_PAGE)
        await self._console(scope, receive, send)

    def _may_enter(self, scope: Scope) -> bool:
        if "\0" in scope["path"] or b"%00" in scope["query_string"]:
            return False  # no name and no address holds it, and PostgreSQL has no place for it
        headers = Headers(scope=scope)
        host = headers.get("host", "").lower()
        if self._is_open:
            return host in self._hosts or is_local_name(host)
        return is_local_name(host) and _is_this_machine(scope, headers)


def _is_this_machine(scope: Scope, headers: Headers) -> bool:
    """Whether a browser here asks, and no proxy here asks for somebody elsewhere."""
    if any(name in headers for name in _BY_A_PROXY):
        return False
    client = scope.get("client")
    try:
        return client is None or ipaddress.ip_address(client[0]).is_loopback
    except ValueError:
        return False
