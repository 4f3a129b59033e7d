"""What holds for every answer: the headers that protect readers, and a log without their links."""

import logging
from collections.abc import MutableMapping
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from digest.clock import Clock

log = logging.getLogger(__name__)

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
    "Referrer-Policy": "no-referrer",  # a link in a page must not carry the token away
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "interest-cohort=()",
}


class Guard:
    """Adds the headers an answer does not have yet, and writes one log line for it.

    The line names the route, never the path: a path can be somebody's unsubscribe link.
    """

    def __init__(self, app: ASGIApp, *, clock: Clock) -> None:
        self._app = app
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = self._clock.monotonic()
        status = 500

        async def guarded(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                protect(MutableHeaders(scope=message))
            await send(message)

        try:
            await self._app(scope, receive, guarded)
        finally:
            spent = (self._clock.monotonic() - began) * 1000
            log.info("%s %s %d %.0f ms", scope["method"], route_of(scope), status, spent)


def protect(headers: MutableHeaders) -> None:
    """Add what every answer carries, and keep what this one says itself."""
    for name, value in HEADERS.items():
        headers.setdefault(name, value)


def route_of(scope: MutableMapping[str, Any]) -> str:
    """Return the route's pattern (``/u/{token}``), or a word for what matched none."""
    return getattr(scope.get("route"), "path", "(no such page)")
