"""The pages of people and roles: who may use the console, and what they may do."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from digest import staff
from digest.accounts.record import Account
from digest.accounts.roles import Role
from digest.app import App
from digest.errors import UsageError
from digest.web.console.frame import Frame
from digest.web.console.gate import Admin, Visit
from subscribers.errors import SubscriberError

_LIST = "/settings/people"
MEANINGS = {
    Role.VIEWER: "sees everything",
    Role.EDITOR: "chooses posts and words, looks after the sources",
    Role.PUBLISHER: "approves, sends, holds, pauses; looks after the readers",
    Role.ADMIN: "people and roles, keys, imports and exports, templates",
}


@dataclass(frozen=True, kw_only=True)
class AccountPages:
    """The list of accounts, and what an admin does about one."""

    frame: Frame

    def router(self) -> APIRouter:
        """Join the pages to their addresses."""
        router = APIRouter()
        router.add_api_route(_LIST, self.show, methods=["GET"])
        router.add_api_route(_LIST, self.add, methods=["POST"])
        for action, answer in (
            ("role", self.role),
            ("email", self.email),
            ("link", self.link),
            ("reset-factor", self.reset_factor),
            ("disable", self.disable),
            ("enable", self.enable),
        ):
            router.add_api_route(f"{_LIST}/{action}", answer, methods=["POST"])
        return router

    def show(self, request: Request, visit: Admin) -> Response:
        """List the accounts."""
        return self._page(request, visit.app)

    def add(self, request: Request, visit: Admin) -> Response:
        """Add an account, and show the link by which its owner gets in."""
        name, role, email = visit.field("name"), visit.field("role"), visit.field("email")
        try:
            account = staff.add(visit.app, name, role=_role(role), email=email)
        except (UsageError, SubscriberError) as error:
            return self._page(
                request, visit.app, error=error, typed={"name": name, "role": role, "email": email}
            )
        return self._link(request, visit.app, account.name)

    def link(self, request: Request, visit: Admin) -> Response:
        """Make a new link for somebody."""
        try:
            return self._link(request, visit.app, visit.field("name"))
        except UsageError as error:
            return self._page(request, visit.app, error=error)

    def role(self, request: Request, visit: Admin) -> Response:
        """Give somebody another role."""
        role = visit.field("role")
        return self._do(
            request,
            visit,
            lambda name: staff.set_role(visit.app, name, role=_role(role)),
            said=f"{{name}} is {role} now. Their sessions have ended.",
        )

    def email(self, request: Request, visit: Admin) -> Response:
        """Give somebody another address."""
        email = visit.field("email")
        return self._do(
            request,
            visit,
            lambda name: staff.set_email(visit.app, name, email=email),
            said="{name} has another address now. Their sessions have ended.",
        )

    def reset_factor(self, request: Request, visit: Admin) -> Response:
        """Take away a second factor that was lost."""
        return self._do(
            request,
            visit,
            lambda name: staff.reset_factor(visit.app, name),
            said="{name} is asked for no code any more. Their sessions have ended.",
        )

    def disable(self, request: Request, visit: Admin) -> Response:
        """Shut an account."""
        return self._do(
            request,
            visit,
            lambda name: staff.disable(visit.app, name),
            said="{name} can sign in no more. Their sessions have ended.",
        )

    def enable(self, request: Request, visit: Admin) -> Response:
        """Open an account again."""
        return self._do(
            request,
            visit,
            lambda name: staff.enable(visit.app, name),
            said="{name} can sign in again.",
        )

    def _do(
        self, request: Request, visit: Visit, action: Callable[[str], Account], *, said: str
    ) -> Response:
        try:
            account = action(visit.field("name"))
        except (UsageError, SubscriberError) as error:
            return self._page(request, visit.app, error=error)
        return self.frame.back(request, _LIST, said=said.replace("{name}", account.name))

    def _link(self, request: Request, app: App, name: str) -> Response:
        """Show a link, which nobody can show again: so this is no redirect."""
        return self._page(request, app, link=staff.make_link(app, name), link_of=name)

    def _page(
        self, request: Request, app: App, *, error: Exception | None = None, **values: Any
    ) -> Response:
        shown: dict[str, Any] = {
            "here": "settings",
            "title": "People and roles",
            "tab": "people",
            "accounts": staff.everybody(app),
            "roles": MEANINGS,
            "oidc": app.config.console.oidc,
            "typed": {},
            **values,
        }
        if error is not None:
            return self.frame.refused(request, error, template="people.html.j2", **shown)
        return self.frame.page(request, "people.html.j2", **shown)


def _role(word: str) -> Role:
    try:
        return Role(word)
    except ValueError:
        raise UsageError(f"a role is {', '.join(Role)}") from None
