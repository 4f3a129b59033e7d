"""The console's cookies: for its own pages only, out of reach of scripts and other sites."""

import re
from dataclasses import dataclass

from fastapi import Request
from fastapi.responses import Response

LOCAL_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})
_SECURE_PREFIX = "__Host-"  # binds a cookie to this host and to https (RFC 6265bis 4.1.3.2)
_PORT = re.compile(r":\d{1,5}$")


@dataclass(frozen=True, kw_only=True)
class Cookies:
    """Keeps values in a browser.

    They travel over https only, except to a browser that calls this very machine by its local
    name: there is no https, and no network either.
    """

    is_https: bool

    def get(self, request: Request, name: str) -> str:
        """Return what was kept under a name, or nothing."""
        return request.cookies.get(self._name(request, name), "")

    def set(
        self,
        request: Request,
        answer: Response,
        name: str,
        value: str,
        *,
        over_links: bool = False,
    ) -> None:
        """Keep a value until the browser is closed, or it is dropped.

        ``over_links``: links and redirects of other sites bring it along (SameSite=Lax).
        """
        answer.set_cookie(
            self._name(request, name),
            value,
            path="/",
            secure=self._is_secure(request),
            httponly=True,
            samesite="lax" if over_links else "strict",
        )

    def drop(self, request: Request, answer: Response, name: str) -> None:
        """Have the browser forget a value."""
        answer.delete_cookie(
            self._name(request, name),
            path="/",
            secure=self._is_secure(request),
            httponly=True,
            samesite="strict",
        )

    def _name(self, request: Request, name: str) -> str:
        prefix = _SECURE_PREFIX if self._is_secure(request) else ""
        return f"{prefix}digest-{name}"

    def _is_secure(self, request: Request) -> bool:
        return self.is_https and not is_local_name(request.headers.get("host", ""))


def is_local_name(host: str) -> bool:
    """Whether a Host header names this very machine, so that no other site can stand behind it."""
    return _PORT.sub("", host.lower()) in LOCAL_NAMES
