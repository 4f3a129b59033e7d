"""Whether mail arrives: what vouches for it, what comes back, and who is not mailed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlalchemy.orm import Session

from digest import checkup, people, pictures
from digest.app import App
from digest.checks.finding import Finding
from digest.editions import store as editions
from digest.editions.state import SEALED
from digest.figures import findings, kept
from digest.figures.outcome import Outcome
from digest.mail.event import Kind
from digest.standing import standing
from digest.web.console.frame import Frame
from digest.web.console.gate import Editor, Publisher, Viewer

COMPLAINTS = 0.003
"""The share at which Gmail and Yahoo refuse a sender (their rules for bulk mail since 2024)."""

_ISSUES = 8
_PAGE = 50  # suppressions
_OF_THE_DOMAIN = (
    "SPF", "DKIM", "DMARC", "PTR", "domain", "signatures", "sender", "carrier", "public address",
    "[sender]", "[web]", "TLS",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class DeliverabilityPages:
    """The state of the sending domain, the trouble of the latest issues, and suppressions."""

    frame: Frame

    def router(self) -> APIRouter:
        """Join the pages to their addresses."""
        router, at = APIRouter(), "/deliverability"
        router.add_api_route(at, self.show, methods=["GET"])
        router.add_api_route(f"{at}/check", self.check, methods=["POST"])
        router.add_api_route(f"{at}/suppress", self.suppress, methods=["POST"])
        router.add_api_route(f"{at}/lift", self.lift, methods=["POST"])
        router.add_api_route(f"{at}/suppressed", self.suppressed, methods=["GET"])
        return router

    def show(self, request: Request, visit: Viewer) -> Response:
        """Show what was found and counted last."""
        with visit.app.database.read() as session:
            found = findings.last(session)
            issues = [*_issues(session, visit.app)]
        outcomes = [(name, one.outcome) for name, one in issues]
        return self.frame.page(
            request,
            "deliverability.html.j2",
            here="deliverability",
            title="Deliverability",
            checked=found,
            of_domain=[one for one in found.findings if is_of_domain(one)] if found else (),
            counted_at=issues[-1][1].at if issues else None,
            charts=[*_charts(outcomes)],
            standing=standing(visit.app),
        )

    def check(self, request: Request, visit: Editor) -> Response:
        """Look everything up now, and keep what is found."""
        found = checkup.examine_and_keep(visit.app)
        wrong = sum(one.level == "error" for one in found)
        said = f"Checked: {wrong} to mend." if wrong else "Checked: nothing to mend."
        return self.frame.back(request, "/deliverability", said=said)

    def suppress(self, request: Request, visit: Publisher) -> Response:
        """Mail an address no more, whoever it belongs to."""
        changed = people.suppress(
            visit.app, visit.field("address"), detail=visit.field("reason") or None
        )
        said = (
            "No mail goes there any more." if changed else "It got no mail before; nothing changed."
        )
        return self.frame.back(request, "/deliverability/suppressed", said=said)

    def lift(self, request: Request, visit: Publisher) -> Response:
        """Let an address be mailed again."""
        found = people.lift(visit.app, visit.field("address"))
        said = "Nothing stood against this address."
        if found:
            said = f"It may be mailed again; it was suppressed for this: {found.reason}."
        return self.frame.back(request, "/deliverability/suppressed", said=said)

    def suppressed(self, request: Request, visit: Viewer, after: str = "") -> Response:
        """Show a page of the mailboxes that get no mail, by their hashes."""
        rows = people.suppressions(visit.app, after=after, limit=_PAGE + 1)
        return self.frame.page(
            request,
            "suppressed.html.j2",
            here="deliverability",
            title="Suppressed mailboxes",
            rows=rows[:_PAGE],
            after=after,
            further=rows[_PAGE - 1].mailbox_key if len(rows) > _PAGE else None,
        )


def is_of_domain(finding: Finding) -> bool:
    """Whether a finding is about the sending domain, and not about this machine."""
    return finding.sentence.startswith(_OF_THE_DOMAIN)


def _issues(session: Session, app: App) -> Iterator[tuple[str, kept.CountedOutcome]]:
    for edition in editions.all_editions(session, app.newsletter, states=SEALED)[-_ISSUES:]:
        counted = kept.outcome(session, edition.id)
        if counted:
            yield f"Issue {edition.number}", counted


def _charts(issues: Sequence[tuple[str, Outcome]]) -> Iterator[object]:
    if issues:
        yield pictures.of_trouble(issues, kind=Kind.COMPLAINED, limit=COMPLAINTS)
        yield pictures.of_trouble(issues, kind=Kind.HARD_BOUNCED)
        name, outcome = issues[-1]
        yield pictures.of_providers(outcome, issue=name)
