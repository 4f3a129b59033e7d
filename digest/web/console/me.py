"""The pages about oneself: password, second factor, and the browsers that are signed in."""

import secrets
from dataclasses import dataclass
from typing import Any

import segno
from fastapi import APIRouter, Request
from fastapi.responses import Response

from digest import staff
from digest.accounts.passwords import SHORTEST, Passwords
from digest.errors import UsageError
from digest.web.console.frame import Frame
from digest.web.console.gate import Viewer, Visit

_ME = "/settings/me"
_SALT_BYTES = 16
_LONGEST_SALT = 64


@dataclass(frozen=True, kw_only=True)
class OwnPages:
    """What somebody changes about their own account."""

    frame: Frame
    passwords: Passwords

    def router(self) -> APIRouter:
        """Join the pages to their addresses."""
        router = APIRouter()
        router.add_api_route(_ME, self.show, methods=["GET"])
        router.add_api_route(f"{_ME}/password", self.password, methods=["POST"])
        router.add_api_route(f"{_ME}/factor", self.factor, methods=["GET"])
        router.add_api_route(f"{_ME}/factor", self.turn_on, methods=["POST"])
        router.add_api_route(f"{_ME}/factor/off", self.turn_off, methods=["POST"])
        router.add_api_route(f"{_ME}/sessions/{{number}}/end", self.end, methods=["POST"])
        return router

    def show(self, request: Request, visit: Viewer) -> Response:
        """Show the account and its sessions."""
        return self._page(request, visit)

    def password(self, request: Request, visit: Viewer) -> Response:
        """Change the password; every other session ends."""
        person, new = visit.person, _typed(visit, "new")
        try:
            _refuse_guest(visit)
            _refuse_differing(new, _typed(visit, "again"))
            staff.change_password(
                visit.app,
                person.name,
                old=_typed(visit, "old"),
                new=new,
                passwords=self.passwords,
                keep=person.session,
            )
        except UsageError as error:
            return self._page(request, visit, error=error)
        said = "Your password is changed. You are signed out everywhere else."
        return self.frame.back(request, _ME, said=said)

    def factor(self, request: Request, visit: Viewer) -> Response:
        """Show a new second factor, which counts only when a code of it was typed."""
        return self._factor(request, visit, salt=secrets.token_urlsafe(_SALT_BYTES))

    def turn_on(self, request: Request, visit: Viewer) -> Response:
        """Ask for codes from now on, and show the recovery codes."""
        salt = visit.field("salt")[:_LONGEST_SALT]
        try:
            _refuse_guest(visit)
            self._check(visit)
            codes = staff.turn_factor_on(
                visit.app,
                visit.person.name,
                salt=salt,
                code=visit.field("code"),
                keep=visit.person.session,
            )
        except UsageError as error:
            return self._factor(request, visit, salt=salt, error=error)
        return self.frame.page(
            request, "recovery.html.j2", here="settings", title="Recovery codes", codes=codes
        )

    def turn_off(self, request: Request, visit: Viewer) -> Response:
        """Ask for no codes any more."""
        try:
            _refuse_guest(visit)
            staff.turn_factor_off(
                visit.app,
                visit.person.name,
                code=visit.field("code"),
                keep=visit.person.session,
            )
        except UsageError as error:
            return self._page(request, visit, error=error)
        said = "Your second factor is off. You are signed out everywhere else."
        return self.frame.back(request, _ME, said=said)

    def end(self, request: Request, visit: Viewer, number: int) -> Response:
        """End one of one's own sessions."""
        _refuse_guest(visit)
        ended = staff.end_session(visit.app, visit.person.name, session_id=number)
        said = "That browser is signed out." if ended else "That session had ended before."
        return self.frame.back(request, _ME, said=said)

    def _check(self, visit: Visit) -> None:
        staff.check_password(
            visit.app,
            visit.person.name,
            password=_typed(visit, "password"),
            passwords=self.passwords,
        )

    def _page(self, request: Request, visit: Visit, *, error: Exception | None = None) -> Response:
        person = visit.person
        values: dict[str, Any] = {
            "here": "settings",
            "title": "My account",
            "tab": "me",
            "account": staff.one(visit.app, person.name) if person.id else None,
            "devices": staff.devices(visit.app, person.id),
            "shortest": SHORTEST,
            "passwords": not visit.app.config.console.oidc.only,
        }
        if error is not None:
            return self.frame.refused(request, error, template="me.html.j2", **values)
        return self.frame.page(request, "me.html.j2", **values)

    def _factor(
        self, request: Request, visit: Visit, *, salt: str, error: Exception | None = None
    ) -> Response:
        _refuse_guest(visit)
        account = staff.one(visit.app, visit.person.name)
        uri, text = staff.factor_uri(visit.app, account, salt=salt)
        values: dict[str, Any] = {
            "here": "settings",
            "title": "Second factor",
            "picture": segno.make(uri, error="m").svg_data_uri(scale=4, border=4),
            "text": text,
            "salt": salt,
            "account": account,
        }
        if error is not None:
            return self.frame.refused(request, error, template="factor.html.j2", **values)
        return self.frame.page(request, "factor.html.j2", **values)


def _typed(visit: Visit, name: str) -> str:
    """Return a password as it was typed: the space around it belongs to it."""
    value = visit.form.get(name)
    return value if isinstance(value, str) else ""


def _refuse_guest(visit: Visit) -> None:
    if not visit.person.id:
        raise UsageError("there are no accounts in the demo: digest init makes a console of yours")


def _refuse_differing(new: str, again: str) -> None:
    if new != again:
        raise UsageError("the two new passwords differ; nothing was changed")
