"""Routes that are looked at before all others: what many ask for in the same second."""

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route
from starlette.types import Scope


class RouteAhead(Route):
    """A page that takes the request as it is, and is found without looking at any other.

    To look through all routes, and to have FastAPI find out what a page wants to know, takes longer
    than the page itself. Its ``endpoint`` runs on the event loop, so it must not wait for anything.
    Errors are answered as those of other pages.
    """

    def __init__(
        self, path: str, endpoint: Callable[[Request], Awaitable[Response]], *, method: str
    ) -> None:
        super().__init__(path, endpoint, methods=[method])

    def matches(self, scope: Scope) -> tuple[Match, dict[str, Any]]:
        """Say whether it is this one; no other method of its path is its business."""
        if scope["type"] != "http" or scope["method"] not in (self.methods or ()):
            return Match.NONE, {}
        match, found = super().matches(scope)
        return match, {**found, "route": self}  # for the log, and the evidence of a sign-up
