"""The first page of the console: what needs a person, what comes next, how the last one went."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from digest import headcount, needs, planning, questions, results, staff
from digest.app import App
from digest.delivery.state import DeliveryState
from digest.editions.best import pace_of
from digest.editions.state import GOING, EditionState
from digest.editions.store import Edition
from digest.errors import DigestError
from digest.logbook import told
from digest.needs import Need
from digest.planning import Plan
from digest.selection import Reason
from digest.web.console import charts, outlook
from digest.web.console.frame import Frame
from digest.web.console.gate import Viewer
from digest.web.console.periods import edition_of
from digest.web.console.preflight import Preflight

_LATELY = 8


@dataclass(frozen=True, kw_only=True)
class TodayPages:
    """What needs a person, and what happens next."""

    frame: Frame
    preflight: Preflight = field(default_factory=Preflight)

    def router(self) -> APIRouter:
        """Join the page to its address."""
        router = APIRouter()
        router.add_api_route("/", self.today, methods=["GET"])
        return router

    def today(self, request: Request, visit: Viewer) -> Response:
        """Show the page."""
        app = visit.app
        plan, trouble = self._planned(app)
        found = needs.needs(app, plan=plan)
        return self.frame.page(
            request,
            "today.html.j2",
            here="today",
            title="Today",
            needs=found,
            nothing="" if found else needs.nothing(app),
            coming=needs.coming(app),
            trouble=trouble,
            next=_next(app, plan, found) if plan else None,
            last=_last(app),
            lately=[(entry, told(entry.facts)) for entry in staff.log(app, most=_LATELY)],
            reading=needs.last_reading(app),
            **charts.of_today(app),
        )

    def _planned(self, app: App) -> tuple[Plan | None, str]:
        """Draw up the coming issue; where that fails, return why."""
        try:
            return self.preflight.plan(app, questions.current_period(app)), ""
        except DigestError as error:
            return None, str(error)


def _next(app: App, plan: Plan, found: Sequence[Need]) -> dict[str, Any]:
    """Say what is in the coming issue, to how many it goes, and what may keep it from that."""
    posts = plan.selection.chosen
    skipped = [one for one in plan.selection.refused if one.reason is Reason.SKIPPED]
    return {
        "period": plan.period,
        "number": plan.issue.number if plan.issue else None,
        "posts": len(posts) + len(skipped) + len(planning.awaited(app, plan)),
        "blogs": len({post.source for post in posts}),
        "selected": len(posts),
        "people": headcount.lately(app, pace=pace_of(plan.period.name)),
        "will": outlook.will(app, plan, edition_of(app, plan.period.name)),
        "in_the_way": outlook.in_the_way(app, plan, found),
    }


def _last(app: App) -> dict[str, Any] | None:
    """Say how the last issue went, each figure with what it is of."""
    edition = needs.last_settled(app)
    if edition is None:
        return None
    done = results.result(app, edition, lately=True)
    accepted = done.gauge.of(DeliveryState.ACCEPTED)
    return {
        "edition": edition,
        "name": needs.called(edition),
        "share": results.share(accepted, done.gauge.tried),
        "base": f"{accepted:,} accepted of {done.gauge.tried:,} tried",
        "lines": results.outcome(done)[1:],  # the first is the share
        "counted_at": done.counted_at,
        "path": _page_of(edition),
    }


def _page_of(edition: Edition) -> str:
    on_its_way = edition.state in GOING | {EditionState.PAUSED}
    return f"/console/issues/{edition.period}/{'sending' if on_its_way else 'result'}"
