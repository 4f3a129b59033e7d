"""One source: its health and cadence, its latest posts, its quarantine, and a pause."""

from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import Response

from digest import curating, editing, pictures, roster, sourcebook
from digest.charts.words import counted
from digest.errors import UsageError
from digest.render.links import link
from digest.sources.watch import Alarm
from digest.web.console.frame import Frame
from digest.web.console.gate import Editor, Viewer


@dataclass(frozen=True, kw_only=True)
class SourcePages:
    """The page of a source, and what is decided on it."""

    frame: Frame

    def router(self) -> APIRouter:
        """Join the pages to their addresses."""
        router = APIRouter()
        router.add_api_route("/sources/{source_id:int}", self.show, methods=["GET"])
        router.add_api_route("/sources/{source_id:int}/pause", self.pause, methods=["POST"])
        router.add_api_route("/sources/{source_id:int}/release", self.release, methods=["POST"])
        return router

    def show(self, request: Request, visit: Viewer, source_id: int) -> Response:
        """Show everything that is known of it."""
        page = sourcebook.of(visit.app, source_id)
        overview = sourcebook.overview(visit.app)
        alarm = Alarm(page.row.alarm).sentence if page.row.alarm else ""
        return self.frame.page(
            request,
            "source.html.j2",
            here="sources",
            title=page.row.name,
            page=page,
            row=page.row,
            health=overview.of(source_id).health,
            alarm=alarm,
            href=link(page.row.home or page.row.url),
            latest=[(post, link(post.url)) for post in page.latest],
            cadence=pictures.of_sources(visit.app, overview, only=source_id),
            captured=page.is_captured,
            muted=[one.word for one in curating.muted(visit.app) if one.source == page.row.name],
        )

    def pause(self, request: Request, visit: Editor, source_id: int) -> Response:
        """Stop reading it, or read it again."""
        name = sourcebook.of(visit.app, source_id).row.name
        stops = visit.field("do") != "resume"
        roster.pause_source(visit.app, name, until_resumed=stops)
        sourcebook.count(visit.app)
        fate = "is paused: nothing of it is read" if stops else "is read again"
        return self.frame.back(request, f"/sources/{source_id}", said=f"{name} {fate}.")

    def release(self, request: Request, visit: Editor, source_id: int) -> Response:
        """Let it out of quarantine; its held posts are taken or dropped."""
        name, what = sourcebook.of(visit.app, source_id).row.name, visit.field("do")
        if what not in {"take", "drop"}:
            raise UsageError("say what becomes of its held posts: take them, or drop them")
        titles = editing.release(visit.app, name, take=what == "take")
        sourcebook.count(visit.app)
        fate = "taken" if what == "take" else "dropped"
        said = f"{name} is released; {counted(len(titles), 'held post')} {fate}."
        return self.frame.back(request, f"/sources/{source_id}", said=said)
