"""The page of the log: who did what, to what, and when."""

from dataclasses import dataclass
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import Response

from digest import staff
from digest.logbook import told
from digest.web.console.frame import BASE, Frame
from digest.web.console.gate import Viewer

_LOG = "/settings/log"
_MOST = 50


@dataclass(frozen=True, kw_only=True)
class JournalPages:
    """The log, filtered and in pages."""

    frame: Frame

    def router(self) -> APIRouter:
        """Join the page to its address."""
        router = APIRouter()
        router.add_api_route(_LOG, self.show, methods=["GET"])
        return router

    def show(
        self,
        request: Request,
        visit: Viewer,
        about: str = "",
        by: str = "",
        before: int | None = None,
    ) -> Response:
        """Show a page of the log, the newest first."""
        found = staff.log(
            visit.app, most=_MOST + 1, about=about or None, actor=by or None, before=before
        )
        shown, more = found[:_MOST], len(found) > _MOST
        chosen = {name: value for name, value in (("about", about), ("by", by)) if value}
        return self.frame.page(
            request,
            "log.html.j2",
            here="settings",
            title="Log",
            tab="log",
            rows=[(entry, told(entry.facts)) for entry in shown],
            about=about,
            by=by,
            newest=f"{BASE}{_LOG}?{urlencode(chosen)}" if before else "",
            older=f"{BASE}{_LOG}?{urlencode({**chosen, 'before': shown[-1].id})}" if more else "",
        )
