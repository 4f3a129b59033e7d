"""The button that begins the next issue with the words of this one."""

from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import Response

from digest import duplicating, questions
from digest.errors import DigestError
from digest.web.console.frame import Frame
from digest.web.console.gate import Editor
from digest.web.console.periods import open_period


@dataclass(frozen=True, kw_only=True)
class IssueCopyPages:
    """What leads from one issue to another one that begins like it."""

    frame: Frame

    def router(self) -> APIRouter:
        """Join the button to its address."""
        router = APIRouter()
        router.add_api_route("/issues/{period}/duplicate", self.duplicate, methods=["POST"])
        return router

    def duplicate(self, request: Request, visit: Editor, period: str) -> Response:
        """Copy it to the issue that was typed, or to the one after, and go there."""
        source = questions.edition_named(visit.app, period)
        try:
            named = visit.field("to")
            target = (
                open_period(visit.app, named)
                if named
                else duplicating.next_after(visit.app, source)
            )
            made = duplicating.duplicate(visit.app, source, target)
        except DigestError as error:
            return self.frame.refused(request, error, here="issues")
        said = f"{made.sentence[:1].upper()}{made.sentence[1:]}."
        return self.frame.back(request, f"/issues/{target.name}", said=said)
