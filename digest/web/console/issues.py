"""The list of issues: the next one first, each with its state in words."""

from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import Response

from digest import questions
from digest.app import App
from digest.calendar import Period
from digest.editions.state import EditionState
from digest.editions.store import Edition
from digest.web.console.frame import Frame
from digest.web.console.gate import Viewer

LABELS = {
    EditionState.DRAFT: "Draft",
    EditionState.HELD: "Held",
    EditionState.APPROVED: "Approved",
    EditionState.FROZEN: "Frozen",
    EditionState.SENDING: "Sending",
    EditionState.PAUSED: "Paused",
    EditionState.SENT: "Sent",
    EditionState.EMPTY: "Empty week",
    EditionState.FAILED: "Closed",
    EditionState.WITHDRAWN: "Withdrawn",
}
"""What the console calls the states of an issue."""

_TONES = {
    EditionState.HELD: "warn",
    EditionState.PAUSED: "warn",
    EditionState.FAILED: "bad",
    EditionState.SENT: "ok",
    EditionState.APPROVED: "ok",
}
_MOST = 120


@dataclass(frozen=True, kw_only=True)
class Line:
    """One row of the list; ``people`` is None where an issue is not sealed."""

    period: str
    number: int | None
    label: str
    tone: str
    reason: str
    due_at: object
    people: int | None


@dataclass(frozen=True, kw_only=True)
class IssuesPages:
    """All issues, newest first."""

    frame: Frame

    def router(self) -> APIRouter:
        """Join the page to its address."""
        router = APIRouter()
        router.add_api_route("/issues", self.list, methods=["GET"])
        return router

    def list(self, request: Request, visit: Viewer) -> Response:
        """List them, with the one that is next on top, opened or not."""
        rows = _lines(visit.app)
        return self.frame.page(
            request, "issues.html.j2", here="issues", title="Issues", rows=rows[:_MOST]
        )


def _lines(app: App) -> "list[Line]":
    rows = [_line(edition) for edition in questions.all_editions(app)]
    coming = questions.current_period(app)
    if coming.name not in {row.period for row in rows}:
        rows.insert(0, _coming(coming))
    return rows


def _line(edition: Edition) -> Line:
    return Line(
        period=edition.period,
        number=edition.number,
        label=LABELS[edition.state],
        tone=_TONES.get(edition.state, ""),
        reason=edition.reason or "",
        due_at=edition.due_at,
        people=edition.candidates,
    )


def _coming(period: Period) -> Line:
    return Line(
        period=period.name,
        number=None,
        label=LABELS[EditionState.DRAFT],
        tone="",
        reason="nobody has decided anything about it yet",
        due_at=period.due_at,
        people=None,
    )
