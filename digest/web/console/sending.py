"""The page of an issue that is on its way: how far it is, and the hand that stops it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response, StreamingResponse

from digest import pictures, questions, results, rings, steering
from digest.app import App
from digest.charts.figure import Figure
from digest.delivery.state import DeliveryState
from digest.editions.state import GOING, EditionState
from digest.editions.store import Edition
from digest.errors import DigestError
from digest.figures import kept
from digest.figures.stops import stops_of
from digest.results import Sending
from digest.web.console.frame import Frame
from digest.web.console.gate import Publisher, Viewer
from digest.web.console.live import Look, Lookout

_AT = "/issues/{period}"
_ON_ITS_WAY = GOING | {EditionState.PAUSED}
_SHOWN = 20  # of those who were refused


@dataclass(frozen=True, kw_only=True)
class SendingPages:
    """The live page, and its buttons."""

    frame: Frame
    lookout: Lookout

    def router(self) -> APIRouter:
        """Join the page and its buttons to their addresses."""
        router = APIRouter()
        router.add_api_route(f"{_AT}/sending", self.show, methods=["GET"])
        router.add_api_route(f"{_AT}/events", self.events, methods=["GET"])
        router.add_api_route(f"{_AT}/pause", self.pause, methods=["POST"])
        router.add_api_route(f"{_AT}/resume", self.resume, methods=["POST"])
        router.add_api_route(f"{_AT}/cancel", self.cancel, methods=["POST"])
        return router

    def show(self, request: Request, visit: Viewer, period: str, fresh: str = "") -> Response:
        """Show how far an issue is; one that has come to its end has another page.

        The stream counts anew at once, and so does a ``fresh`` page where no script runs.
        """
        edition = questions.edition_named(visit.app, period)
        if edition.state not in _ON_ITS_WAY:
            return self.frame.back(request, f"/issues/{period}/result")
        values = self._values(visit.app, edition, lately=not fresh)
        return self.frame.page(request, "sending.html.j2", **values)

    def events(self, visit: Viewer, period: str) -> Response:
        """Stream the figures, for as long as the issue is going."""
        app, edition = visit.app, questions.edition_named(visit.app, period)
        stream = self.lookout.stream(
            f"{edition.period} {edition.state}", lambda: self._look(app, edition), stop=app.stop
        )
        return StreamingResponse(
            stream,
            media_type="text/event-stream",
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )

    def pause(self, request: Request, visit: Publisher, period: str) -> Response:
        """Stop it; the rest can be cancelled from there, when the number stands still."""
        edition = questions.edition_named(visit.app, period)
        reason = visit.field("reason") or f"paused by {visit.person.name}"
        edition, _ = steering.pause(visit.app, edition, reason=reason)
        said = "Paused: what is in hand is handed over, and nothing after it."
        return self.frame.back(request, f"/issues/{edition.period}/sending", said=said)

    def resume(self, request: Request, visit: Publisher, period: str) -> Response:
        """Let it go on."""
        edition, left = steering.resume(visit.app, questions.edition_named(visit.app, period))
        said = (
            f"It goes on within a minute: to the {left.to_go:,} people still to be served,"
            " and to nobody else."
        )
        return self.frame.back(request, f"/issues/{edition.period}/sending", said=said)

    def cancel(self, request: Request, visit: Publisher, period: str) -> Response:
        """Give up on the rest, when their number was typed right."""
        edition = questions.edition_named(visit.app, period)
        typed, reason = visit.field("people"), visit.field("reason")
        try:
            _, dropped = steering.close(
                visit.app,
                edition,
                people=count_of(typed),
                reason=reason or f"cancelled by {visit.person.name}",
            )
        except DigestError as error:
            if edition.state not in _ON_ITS_WAY:
                raise
            return self.frame.refused(
                request,
                error,
                template="sending.html.j2",
                **self._values(visit.app, edition, typed=typed, reason=reason),
            )
        said = f"The issue is closed; {dropped:,} people were not served. They stay named below."
        return self.frame.back(request, f"/issues/{edition.period}/result", said=said)

    def _look(self, app: App, edition: Edition) -> Look:
        now = results.sending(app, edition)
        html = self.frame.part("sending-live.html.j2", **_live(app, now))
        is_over = now.edition.state is not edition.state or not _is_live(now)
        return Look(html=html, is_over=is_over)

    def _values(
        self,
        app: App,
        edition: Edition,
        *,
        typed: str = "",
        reason: str = "",
        lately: bool = False,
    ) -> dict[str, Any]:
        now = results.sending(app, edition, lately=lately)
        name = f"Issue {edition.number or edition.period}"
        verb = "is paused" if now.edition.state is EditionState.PAUSED else "is going out"
        return {
            "here": "issues",
            "title": f"{name} {verb}",
            "edition": now.edition,
            "is_paused": now.edition.state is EditionState.PAUSED,
            "is_live": _is_live(now),
            "paused": results.paused(app, now),
            "ring": rings.words(app, edition),
            "charts": charts_of(app, edition, name=name),
            "typed": typed,
            "reason": reason,
            **_live(app, now),
        }


def count_of(typed: str) -> int | None:
    """Read a number that a person typed, as 1,780 or "1 780"; None for anything else."""
    digits = typed.replace(",", "").replace(".", "").replace(" ", "")
    return int(digits) if digits.isascii() and digits.isdecimal() else None


def charts_of(app: App, edition: Edition, *, name: str) -> dict[str, Any]:
    """Draw an issue over time and by provider, as it was counted last."""
    with app.database.read() as session:
        counted = kept.outcome(session, edition.id)
        stops = stops_of(session, edition) if counted else ()
    if counted is None:
        return {}
    over_time: Figure = pictures.of_delivery(counted.outcome, issue=name, stops=stops)
    by_provider: Figure = pictures.of_providers(counted.outcome, issue=name)
    return {"at": counted.at, "over_time": over_time, "by_provider": by_provider}


def _is_live(now: Sending) -> bool:
    """Whether the figures move by themselves; a pause lets what is in hand come to its end."""
    return now.edition.state in GOING or (
        now.edition.state is EditionState.PAUSED and now.gauge.in_hand > 0
    )


def _live(app: App, now: Sending) -> dict[str, Any]:
    """Return what changes: figures that add up to the candidates, the pace, and who was refused."""
    return {
        "edition": now.edition,
        "gauge": now.gauge,
        "figures": _figures(now),
        "done": now.gauge.candidates - now.gauge.to_go,
        "pace": now.pace,
        "in_hand": now.gauge.in_hand,
        "counted_at": now.counted_at,
        "refused": results.missed(
            app, now.edition, most=_SHOWN, state=DeliveryState.REJECTED, newest=True
        ),
    }


def _figures(now: Sending) -> Sequence[tuple[int, str, str]]:
    """Return each figure with its words and its class; together they are all candidates."""
    gauge = now.gauge
    shown = [
        (gauge.to_go - gauge.of(DeliveryState.DEFERRED), "to go", ""),
        (gauge.of(DeliveryState.DEFERRED), "deferred", "warn"),
        (gauge.of(DeliveryState.REJECTED), "refused", "bad"),
        (gauge.of(DeliveryState.UNKNOWN), "unknown", "bad"),
    ]
    rare = [
        (gauge.of(DeliveryState.FAILED), "failed", "bad"),
        (gauge.of(DeliveryState.SKIPPED), "skipped", ""),
    ]
    return [*shown, *(figure for figure in rare if figure[0])]
