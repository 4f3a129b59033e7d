"""The page of one issue before its freeze: what is in it, how it looks, and whether it may go."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from digest import approval, drafting, looking, planning, testmail, weekly
from digest.app import App
from digest.calendar import Period
from digest.errors import DigestError, UsageError
from digest.render.lenses import ALL
from digest.web.console.frame import Frame
from digest.web.console.gate import Editor, Publisher, Viewer, Visit
from digest.web.console.issueview import view_of
from digest.web.console.lens import WIDTHS, Look, Looked, look_of
from digest.web.console.periods import edition_of, is_sealed, open_period
from subscribers.errors import SubscriberError

_AT = "/issues/{period}"
_NOTHING_TYPED: Mapping[str, str] = {}


@dataclass(frozen=True, kw_only=True)
class IssuePages:
    """The page, its words, the test, and the buttons that let it go or keep it."""

    frame: Frame

    def router(self) -> APIRouter:
        """Join the page and its buttons to their addresses."""
        router = APIRouter()
        router.add_api_route(_AT, self.show, methods=["GET"])
        router.add_api_route(f"{_AT}/words", self.words, methods=["POST"])
        router.add_api_route(f"{_AT}/test", self.test, methods=["POST"])
        router.add_api_route(f"{_AT}/as", self.look_as, methods=["POST"])
        router.add_api_route(f"{_AT}/approve", self.approve, methods=["POST"])
        router.add_api_route(f"{_AT}/hold", self.hold, methods=["POST"])
        router.add_api_route(f"{_AT}/send", self.send, methods=["POST"])
        return router

    def show(self, request: Request, visit: Viewer, period: str, look: Looked) -> Response:
        """Show it; a sealed one has another page."""
        edition = edition_of(visit.app, period)
        if is_sealed(edition):
            return self.frame.back(request, f"/issues/{period}/sending")
        values = page_values(visit.app, open_period(visit.app, period), look=look)
        return self.frame.page(request, "issue.html.j2", **values)

    def words(self, request: Request, visit: Editor, period: str) -> Response:
        """Keep a person's subject, preheader and introduction."""
        names = ("subject", "preheader", "introduction")
        typed = {name: visit.field(name) for name in names}

        def keep(app: App, target: Period) -> str:
            drafting.keep_own_words(app, target, drafting.own_words(app, target, **typed))
            return "The words are kept."

        return self.press(request, visit, period, keep, typed=typed)

    def test(self, request: Request, visit: Editor, period: str) -> Response:
        """Send a test to the addresses that were typed, with blanks or commas between them."""
        typed = {"addresses": visit.field("addresses")}

        def send(app: App, target: Period) -> str:
            addresses = typed["addresses"].replace(",", " ").split()
            tested = testmail.send_test(app, target, addresses)
            return " ".join(f"{one.email} {one.sentence}." for one in tested)

        return self.press(request, visit, period, send, typed=typed)

    def look_as(self, request: Request, visit: Viewer, period: str) -> Response:
        """Look at it as a reader: the address is turned into a number, and stands in no address."""
        typed = {"reader": visit.field("reader")}
        try:
            number = looking.number_of(visit.app, typed["reader"]) if typed["reader"] else None
        except (DigestError, SubscriberError) as error:
            return self.refused(request, visit, period, error, typed=typed)
        look = replace(look_of(request), reader=str(number or ""))
        return self.frame.back(request, f"/issues/{period}{look.address}#preview")

    def approve(self, request: Request, visit: Publisher, period: str) -> Response:
        """Let it go as it looks now."""

        def agree(app: App, target: Period) -> str:
            edition = approval.approve(app, weekly.open_for_person(app, target))
            return f"Approved as it looks now; it leaves {app.local(edition.due_at)}."

        return self.press(request, visit, period, agree)

    def hold(self, request: Request, visit: Publisher, period: str) -> Response:
        """Keep the schedule from sending it."""
        typed = {"reason": visit.field("reason")}

        def keep(app: App, target: Period) -> str:
            reason = typed["reason"] or f"held by {visit.person.name}"
            approval.hold(app, weekly.open_for_person(app, target), reason=reason)
            return "Held: nothing is sent until somebody approves it."

        return self.press(request, visit, period, keep, typed=typed)

    def send(self, request: Request, visit: Publisher, period: str) -> Response:
        """Let it leave before its slot, to as many people as were typed."""
        typed = {"people": visit.field("people")}

        def leave(app: App, target: Period) -> str:
            edition = weekly.open_for_person(app, target)
            approval.send_now(app, edition, people=_number(typed["people"]))
            return "Approved; the scheduler sends it within a minute, unless you hold it."

        return self.press(request, visit, period, leave, typed=typed)

    def press(
        self,
        request: Request,
        visit: Visit,
        period: str,
        do: Callable[[App, Period], str],
        *,
        typed: Mapping[str, str] = _NOTHING_TYPED,
    ) -> Response:
        """Do what a button says, and go back to the page; where it is refused, lose nothing."""
        try:
            said = do(visit.app, open_period(visit.app, period))
        except (DigestError, SubscriberError) as error:
            return self.refused(request, visit, period, error, typed=typed)
        path = f"/issues/{period}{look_of(request).address}"
        return self.frame.back(request, path, said=said)

    def refused(
        self,
        request: Request,
        visit: Visit,
        period: str,
        error: Exception,
        *,
        typed: Mapping[str, str],
    ) -> Response:
        """Show the page again with what was typed, and say why nothing was done."""
        if is_sealed(edition_of(visit.app, period)):
            return self.frame.refused(request, error, here="issues")
        target, look = open_period(visit.app, period), look_of(request)
        values = page_values(visit.app, target, look=look, typed=typed)
        return self.frame.refused(request, error, template="issue.html.j2", **values)


def page_values(
    app: App,
    period: Period,
    *,
    look: Look | None = None,
    typed: Mapping[str, str] = _NOTHING_TYPED,
) -> dict[str, Any]:
    """Return what the template is given; ``typed`` stands in the fields instead of what is kept."""
    plan = planning.draw(app, period)
    edition = edition_of(app, period.name)
    view, look = view_of(app, plan, edition), look or Look()
    name = f"Issue {plan.issue.number}" if plan.issue else f"Issue of {period.name}"
    return {
        "here": "issues",
        "title": name,
        "issue": view,
        "typed": defaultdict(str, {**view.words, **typed}),
        "look": look,
        "reader": looking.called(app, look.reader) if look.reader else "",
        "lenses": ALL,
        "widths": WIDTHS,
        "most_tests": testmail.MOST,
    }


def _number(text: str) -> int:
    digits = text.replace(",", "").replace(" ", "")
    if not digits.isdecimal() or not digits.isascii():
        raise UsageError("type the number of people it would go to, in digits; nothing was sent")
    return int(digits)
