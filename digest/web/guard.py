"""What holds for every answer: the headers that protect readers, and a log without their links."""

import logging
from collections.abc import MutableMapping
from typing import Any

from fastapi.telemetry import TelemetryConfig
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from digest.clock import Clock

log = logging.getLogger(__name__)

LONGEST_BODY = 1_048_576  # bytes

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
    "Referrer-Policy": "no-referrer",  # a link in a page must not carry the token away
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "interest-cohort=()",
}
_RAW = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]
_ONLY_HTTPS = (b"strict-transport-security", b"max-age=31536000")  # a year; RFC 6797

# A path can be somebody's unsubscribe link: no other program is told what was asked for.
UNTOLD: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False}


class Guard:
    """Adds the headers an answer does not have yet, and writes one log line for it.

    The line names the route, never the path: a path can be somebody's unsubscribe link.
    """

    def __init__(self, app: ASGIApp, *, clock: Clock, is_secure: bool) -> None:
        self._app = app
        self._clock = clock
        self._is_secure = is_secure

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
                protect(MutableHeaders(scope=message), is_secure=self._is_secure)
            await send(message)

        try:
            await self._app(scope, receive, guarded)
        finally:
            spent = (self._clock.monotonic() - began) * 1000
            log.info("%s %s %d %.0f ms", scope["method"], route_of(scope), status, spent)


def protect(headers: MutableHeaders, *, is_secure: bool = False) -> None:
    """Add what every answer carries, and keep what this one says itself.

    Where the site ``is_secure`` browsers are told to come by https only, for a year.
    """
    there = {name for name, _ in headers.raw}
    more = [*_RAW, _ONLY_HTTPS] if is_secure else _RAW
    headers.raw.extend(one for one in more if one[0] not in there)


def route_of(scope: MutableMapping[str, Any]) -> str:
    """Return the route's pattern (``/u/{token}``), or a word for what matched none."""
    return getattr(scope.get("route"), "path", "(no such page)")


class BodyLimit:
    """Refuses a body that is longer than any form of ours, before it fills the memory.

    What stands below the paths ``apart`` has limits of its own.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        most: int = LONGEST_BODY,
        refusal: Response | None = None,
        apart: tuple[str, ...] = (),
    ) -> None:
        self._app = app
        self._most = most
        self._refusal = refusal or _TOO_LARGE
        self._apart = apart

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, as long as its body is short enough."""
        is_apart = scope.get("path", "").startswith(self._apart)
        if scope["type"] != "http" or is_apart:
            await self._app(scope, receive, send)
            return
        announced = Headers(scope=scope).get("content-length", "0")
        if not announced.isdecimal() or int(announced) > self._most:
            await self._refusal(scope, receive, send)
            return
        seen = 0

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > self._most:
                raise HTTPException(413)
            return message

        await self._app(scope, counted, send)


_TOO_LARGE = PlainTextResponse(
    "this is longer than anything that this site takes\n", status_code=413
)
