"""Muted words in the console: those for all sources, and those for one."""

from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import Response

from digest import curating, sourcebook
from digest.errors import UsageError
from digest.web.console.frame import Frame
from digest.web.console.gate import Editor, Visit


@dataclass(frozen=True, kw_only=True)
class SourceMutePages:
    """The two buttons: mute a word, and let it be heard again."""

    frame: Frame

    def router(self) -> APIRouter:
        """Join the buttons to their addresses."""
        router = APIRouter()
        router.add_api_route("/sources/mute", self.everywhere, methods=["POST"])
        router.add_api_route("/sources/{source_id:int}/mute", self.here, methods=["POST"])
        return router

    def everywhere(self, request: Request, visit: Editor) -> Response:
        """Mute a word in the titles of all sources, or let it be heard again."""
        return self.frame.back(request, "/sources", said=_turned(visit, source=None))

    def here(self, request: Request, visit: Editor, source_id: int) -> Response:
        """Do so for one source."""
        name = sourcebook.of(visit.app, source_id).row.name
        said = _turned(visit, source=name)
        return self.frame.back(request, f"/sources/{source_id}", said=said)


def _turned(visit: Visit, *, source: str | None) -> str:
    word = visit.field("word")
    if not word:
        raise UsageError("type the word that is to be muted; nothing was done")
    if visit.field("do") == "unmute":
        curating.unmute(visit.app, [word], source=source)
        return f"“{word}” is heard again."
    if not curating.mute(visit.app, [word], source=source):
        return f"“{word}” was muted already."
    return f"“{word}” is muted: posts with it in their titles are left out."
