"""What monitors ask: whether the database answers, and the figures of the installation."""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, Response
from starlette.exceptions import HTTPException

from digest.metrics import MEDIA_TYPE, Meter
from digest.watched import MetricsSettings
from digest.web.peers import peer_of
from storage.database import Database, DatabaseUnreachableError

_NOT_FOUND = 404
_FRESH = {"Cache-Control": "no-store"}


@dataclass(frozen=True, kw_only=True)
class Health:
    """The page that tells a monitor whether the database answers."""

    database: Database

    def router(self) -> APIRouter:
        """Join the page to its address."""
        router = APIRouter()
        router.add_api_route("/healthz", self.healthz, methods=["GET", "HEAD"])
        return router

    def healthz(self) -> Response:
        """Ask the database for one row."""
        try:
            self.database.ping()
        except DatabaseUnreachableError:
            return PlainTextResponse("the database does not answer\n", status_code=503)
        return PlainTextResponse("ok\n", headers=_FRESH)


@dataclass(frozen=True, kw_only=True)
class Metrics:
    """The page that tells a monitor counts and times; strangers are told that there is none."""

    meter: Meter
    settings: MetricsSettings
    trusted: Sequence[str]

    def router(self) -> APIRouter:
        """Join the page to its address."""
        router = APIRouter()
        router.add_api_route("/metrics", self.metrics, methods=["GET", "HEAD"])
        return router

    def metrics(self, request: Request) -> Response:
        """Answer whoever may ask."""
        if not self.settings.open and not self._is_here(request):
            raise HTTPException(_NOT_FOUND)
        return Response(self.meter.text(), media_type=MEDIA_TYPE, headers=_FRESH)

    def _is_here(self, request: Request) -> bool:
        """Whether a program on this machine asks, and no proxy does so for somebody else.

        One that passes requests on without a word of it shows by the host it was asked for.
        """
        peer = peer_of(request, trusted=self.trusted)
        return _is_loopback(peer) and _is_loopback(request.url.hostname)


def _is_loopback(name: str | None) -> bool:
    if name == "localhost":
        return True
    try:
        return name is not None and ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
