"""The charts that pages of the console share, with the time at which they were counted."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from digest import pictures, sourcebook
from digest.app import App
from digest.charts.figure import Figure
from digest.figures import kept
from digest.sourcebook import Overview
from digest.web.console.frame import Frame
from digest.web.console.gate import Editor

SOURCES = 30
"""How many sources a picture on a page shows; the list below it has all."""

_BACK = {"today": "/", "subscribers": "/subscribers", "deliverability": "/deliverability"}


@dataclass(frozen=True, kw_only=True)
class Dated:
    """A chart of figures that are kept, and when they were counted."""

    figure: Figure
    at: datetime


@dataclass(frozen=True, kw_only=True)
class ChartPages:
    """The button that counts figures now."""

    frame: Frame

    def router(self) -> APIRouter:
        """Join the button to its address."""
        router = APIRouter()
        router.add_api_route("/figures", self.count, methods=["POST"])
        return router

    def count(self, request: Request, visit: Editor) -> Response:
        """Count what is shown as kept, and go back to the page that asked."""
        kept.count_readers(visit.app)
        kept.renew(visit.app)
        sourcebook.count(visit.app)
        path = _BACK.get(visit.field("page"), "/")
        return self.frame.back(request, path, said="The figures were counted anew.")


def of_today(app: App) -> dict[str, Any]:
    """Return what the two boxes of Today need: ``growth`` (None before a count), ``cadence``."""
    return {"growth": growth(app), "cadence": cadence(app, sourcebook.overview(app))}


def cadence(app: App, overview: Overview) -> Figure:
    """Draw the sources that are worth a look, as many as a page can show."""
    return pictures.of_sources(app, overview, most=SOURCES)


def growth(app: App) -> Dated | None:
    """Draw how the list grew, as it was counted last."""
    with app.database.read() as session:
        counted = kept.readers(session)
    if counted is None:
        return None
    return Dated(figure=pictures.of_growth(counted.readers), at=counted.at)
