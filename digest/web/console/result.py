"""The page of an issue that has left: how it went, who did not get it, and what can be done."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from fastapi import APIRouter, Request
from fastapi.responses import Response

from digest import clicks, pictures, questions, results, steering
from digest.app import App
from digest.delivery.state import DeliveryState
from digest.editions.state import OPEN, EditionState
from digest.editions.store import Edition
from digest.errors import DigestError, UsageError
from digest.web.console.frame import Frame
from digest.web.console.gate import Publisher, Viewer, Visit
from digest.web.console.sending import charts_of, count_of

_AT = "/issues/{period}"
_STATES = (
    DeliveryState.REJECTED,
    DeliveryState.FAILED,
    DeliveryState.SKIPPED,
    DeliveryState.UNKNOWN,
    DeliveryState.DEFERRED,
)


@dataclass(frozen=True, kw_only=True)
class ResultPages:
    """The result, and the decisions that are left to a person."""

    frame: Frame

    def router(self) -> APIRouter:
        """Join the page and its buttons to their addresses."""
        router = APIRouter()
        router.add_api_route(f"{_AT}/result", self.show, methods=["GET"])
        router.add_api_route(f"{_AT}/resolve", self.resolve, methods=["POST"])
        router.add_api_route(f"{_AT}/resend", self.resend, methods=["POST"])
        router.add_api_route(f"{_AT}/withdraw", self.withdraw, methods=["POST"])
        return router

    def show(
        self, request: Request, visit: Viewer, period: str, state: str = "", after: int = 0
    ) -> Response:
        """Show how an issue went; one that is still open has a page of its own."""
        edition = questions.edition_named(visit.app, period)
        if edition.state in OPEN:
            return self.frame.back(request, f"/issues/{edition.period}")
        values = self._values(visit.app, edition, state=_state(state), after=max(after, 0))
        return self.frame.page(request, "result.html.j2", **values)

    def resolve(self, request: Request, visit: Publisher, period: str) -> Response:
        """Decide about one letter that nobody can know about, or about all of them."""

        def decide(edition: Edition) -> str:
            decision, number = visit.field("decision"), count_of(visit.field("delivery"))
            if decision not in {"sent", "resend"}:
                raise UsageError("say whether they have it, or it is to be sent again")
            chosen = steering.ALL if number is None else steering.Chosen(deliveries=[number])
            letters = steering.resolve(
                visit.app, edition, decision=cast("steering.Decision", decision), chosen=chosen
            )
            fate = "taken as sent" if decision == "sent" else "sent once more"
            return f"{letters:,} letter{'s are' if letters > 1 else ' is'} {fate}."

        return self._decided(request, visit, period, decide)

    def resend(self, request: Request, visit: Publisher, period: str) -> Response:
        """Try those once more whose servers put us off until the deadline."""

        def decide(edition: Edition) -> str:
            again = steering.resend(visit.app, edition, people=count_of(visit.field("people")))
            return f"{again:,} people are tried once more, within a minute."

        return self._decided(request, visit, period, decide)

    def withdraw(self, request: Request, visit: Publisher, period: str) -> Response:
        """Take an issue out of the archive."""

        def decide(edition: Edition) -> str:
            reason = visit.field("reason")
            if not reason:
                raise UsageError("write the reason: readers see it in place of the issue")
            steering.withdraw(visit.app, edition, reason=reason)
            return "The issue is withdrawn: the archive shows your notice in its place."

        return self._decided(request, visit, period, decide)

    def _decided(
        self, request: Request, visit: Visit, period: str, decide: Callable[[Edition], str]
    ) -> Response:
        """Do what was decided and say so; what is refused is shown with what was typed."""
        edition = questions.edition_named(visit.app, period)
        try:
            said = decide(edition)
        except DigestError as error:
            if edition.state in OPEN:
                raise
            people, reason = visit.field("people"), visit.field("reason")
            values = self._values(visit.app, edition, people=people, reason=reason)
            return self.frame.refused(request, error, template="result.html.j2", **values)
        return self.frame.back(request, f"/issues/{edition.period}/result", said=said)

    def _values(
        self,
        app: App,
        edition: Edition,
        *,
        state: DeliveryState | None = None,
        after: int = 0,
        people: str = "",
        reason: str = "",
    ) -> dict[str, Any]:
        done = results.result(app, edition)
        named = results.missed(app, edition, after=after, state=state)
        gauge = done.gauge
        name = f"Issue {edition.number or edition.period}"
        return {
            "here": "issues",
            "title": name,
            "result": done,
            "edition": done.edition,
            "gauge": gauge,
            "lines": results.outcome(done),
            "accepted_share": results.share(gauge.of(DeliveryState.ACCEPTED), gauge.tried),
            "missed": named,
            "more": named[-1].number if len(named) == results.PAGE else None,
            "state": str(state or ""),
            "states": [(str(one), one.word, gauge.of(one)) for one in _STATES if gauge.of(one)],
            "again": gauge.of(DeliveryState.FAILED),
            "unknown": gauge.of(DeliveryState.UNKNOWN),
            "may_withdraw": done.edition.state in {EditionState.SENT, EditionState.FAILED},
            "answers": pictures.of_answers(done.votes) if any(done.votes.values()) else None,
            "charts": charts_of(app, edition, name=name),
            "clicked": _clicked(app, edition),
            "people": people,
            "reason": reason,
        }


def _clicked(app: App, edition: Edition) -> list[clicks.Clicked]:
    """Return how often the posts were followed; nothing where clicks are not counted."""
    with app.database.read() as session:
        return clicks.of_issue(session, edition.id)


def _state(word: str) -> DeliveryState | None:
    """Read the state that a page was asked for; None for all, and for what is none."""
    return next((state for state in _STATES if state == word), None)
