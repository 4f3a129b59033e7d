"""What is found out about an issue by rendering it: its weight, its links, and every check."""

from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import Response

from digest import headcount, planning, printing
from digest.checks.issue import examine
from digest.editions.best import pace_of
from digest.errors import DigestError
from digest.web.console.frame import Frame
from digest.web.console.gate import Viewer
from digest.web.console.lens import Looked, look_at
from digest.web.console.periods import edition_of, is_sealed, open_period
from subscribers.errors import SubscriberError

_SIZES = (80_000, 90_000, 100_000)
"""Bytes up to which a mail is light, within our own budget, and not cut by Gmail."""

_MOST_CONTENTS = 3
"""Contents for readers of some topics that are rendered for a page: each takes 15 milliseconds."""


@dataclass(frozen=True, kw_only=True)
class IssueCheckPages:
    """The part of the page that takes longer, so that it comes after the rest."""

    frame: Frame

    def router(self) -> APIRouter:
        """Join both parts to their addresses."""
        router = APIRouter()
        router.add_api_route("/issues/{period}/checks", self.checks, methods=["GET"])
        router.add_api_route("/issues/{period}/weight", self.weight, methods=["GET"])
        return router

    def checks(self, request: Request, visit: Viewer, period: str) -> Response:
        """Run every check that asks nothing outside this machine; of what is sealed, none."""
        if is_sealed(edition_of(visit.app, period)):
            return self.frame.back(request, f"/issues/{period}/sending")
        target = open_period(visit.app, period)
        asked = headcount.choices_lately(visit.app, pace=pace_of(target.name))
        drawn = planning.plan(visit.app, target)
        plan = planning.complete(visit.app, drawn, asked=asked, most=_MOST_CONTENTS)
        issue = plan.issue
        contents = printing.assortment_of(visit.app, issue, asked).kinds if issue else ()
        findings = list(examine(visit.app, plan, resolver=None))
        return self.frame.page(
            request,
            "issue-checks.html.j2",
            here="issues",
            title=f"Checks of {target.name}",
            period=target.name,
            findings=findings,
            looked_at=len(plan.composed),
            contents=len(contents),
        )

    def weight(self, request: Request, visit: Viewer, period: str, look: Looked) -> Response:
        """Say what the form that is looked at weighs, what was cut from it, and where it leads."""
        trouble, shown = "", None
        try:
            shown = look_at(visit.app, period, look)
        except (DigestError, SubscriberError) as error:
            trouble = str(error)
        return self.frame.page(
            request,
            "issue-weight.html.j2",
            here="issues",
            title="Size and links",
            period=period,
            shown=shown,
            trouble=trouble,
            tone=_tone(shown.size) if shown else "",
        )


def _tone(size: int) -> str:
    light, budget, cut = _SIZES
    del light
    return "ok" if size <= budget else "warn" if size <= cut else "bad"
