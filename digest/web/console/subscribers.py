"""The readers: how the list grew, where each stands, and how one is found."""

from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from digest import dossier, pictures
from digest.app import App
from digest.figures import kept
from digest.web.console.frame import Frame
from digest.web.console.gate import Viewer
from subscribers import directory
from subscribers.addresses import mask
from subscribers.directory import Member
from subscribers.errors import AddressError

_PAGE = 50  # people
_COLOURS = {
    "confirmed": "ok",
    "pending": "warn",
    "paused": "warn",
    "bounced": "bad",
    "complained": "bad",
}


@dataclass(frozen=True, kw_only=True)
class SubscribersPages:
    """The list in pages, with its figures, and the way to one person."""

    frame: Frame

    def router(self) -> APIRouter:
        """Join the pages to their addresses."""
        router = APIRouter()
        router.add_api_route("/subscribers", self.list, methods=["GET"])
        router.add_api_route("/subscribers/find", self.find, methods=["POST"])
        return router

    def list(self, request: Request, visit: Viewer, after: int = 0, status: str = "") -> Response:
        """Show a page of the list, by number; ``status`` leaves all others out."""
        return self._page(request, visit.app, after=max(after, 0), status=status)

    def find(self, request: Request, visit: Viewer) -> Response:
        """Go to the person with this address; it never stands in an address of a page."""
        typed = visit.field("address")
        problem = "nobody is known under this address"
        try:
            found = dossier.find(visit.app, typed)
        except AddressError as error:
            found, problem = None, str(error)
        if found is None:
            problem = f"{problem[:1].upper()}{problem[1:]}."
            return self._page(request, visit.app, typed=typed, status_code=404, problem=problem)
        return self.frame.back(request, f"/subscribers/{found}")

    def _page(
        self, request: Request, app: App, *, after: int = 0, status: str = "", typed: str = "",
        status_code: int = 200, problem: str | None = None,
    ) -> Response:  # fmt: skip
        wanted = status if status in dossier.STATUSES else None
        with app.database.read() as session:
            members = directory.members(session, after_id=after, limit=_PAGE + 1, status=wanted)
            counted = kept.readers(session)
        return self.frame.page(
            request,
            "subscribers.html.j2",
            here="subscribers",
            title="Subscribers",
            status=status_code,
            problem=problem,
            typed=typed,
            chosen=wanted or "",
            statuses=dossier.STATUSES,
            people=[(one, mask(one.email) if one.email else "(erased)", chip_of(one, app))
                    for one in members[:_PAGE]],
            after=after,
            further=members[_PAGE - 1].id if len(members) > _PAGE else None,
            **_figures(counted),
        )  # fmt: skip


def chip_of(member: Member, app: App) -> tuple[str, str]:
    """Return the word for how somebody stands, and the class that colours it."""
    word = dossier.standing(member, now=app.clock.now())
    return word, _COLOURS.get(word, "")


def _figures(counted: kept.CountedReaders | None) -> dict[str, Any]:
    if counted is None:
        return {"at": None, "standing": {}, "growth": None, "funnel": None}
    return {
        "at": counted.at,
        "standing": counted.readers.standing,
        "growth": pictures.of_growth(counted.readers),
        "funnel": pictures.of_funnel(counted.readers),
    }
