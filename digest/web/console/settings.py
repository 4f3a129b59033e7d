"""The page of the settings in force: read here, changed in config.toml."""

from collections.abc import Iterator
from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import Response

from digest import questions
from digest.app import App
from digest.inforce import in_force
from digest.web.console.frame import Frame
from digest.web.console.gate import Viewer

_APPROVAL = {
    "checked": "an issue is sent by itself unless a check fails or somebody holds it",
    "auto": "an issue is sent by itself, whatever the checks say",
    "manual": "an issue waits until somebody approves it",
}


@dataclass(frozen=True, kw_only=True)
class SettingsPages:
    """What is set, and where that can be changed."""

    frame: Frame

    def router(self) -> APIRouter:
        """Join the page to its address."""
        router = APIRouter()
        router.add_api_route("/settings", self.show, methods=["GET"])
        return router

    def show(self, request: Request, visit: Viewer) -> Response:
        """Show all settings, secrets masked."""
        app = visit.app
        return self.frame.page(
            request,
            "settings.html.j2",
            here="settings",
            title="Settings",
            tab="settings",
            sections=in_force(app.config),
            path=str(app.path) if app.path else "config.toml",
            facts=list(_facts(app)),
        )


def _facts(app: App) -> Iterator[tuple[str, str]]:
    """Say in words what an operator looks for first."""
    config, schedule = app.config, app.config.schedule
    due = app.local(questions.coming_period(app).due_at)
    yield "Newsletter", config.newsletter.name
    yield "Issues", f"one a {schedule.cadence}; the next is due {due}, {schedule.zone}"
    yield "Approval", _APPROVAL[schedule.approval]
    yield "Languages", ", ".join(config.email.languages)
    yield "Sender", config.sender.from_address
    yield "Letters leave by", config.carrier.kind
    yield "Pages for readers", config.web.public_url
